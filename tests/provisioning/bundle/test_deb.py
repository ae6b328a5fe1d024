from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

import contract

UNIT = Path(__file__).parents[3] / "provisioning/bundle/linux/diemcau-agent.service"
MOST_EXPOSED = 2.0  # of 10, by systemd-analyze


def told(*command: object) -> str:
    ended = subprocess.run([str(part) for part in command], capture_output=True, text=True)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    return ended.stdout + ended.stderr


@pytest.fixture(scope="module")
def unpacked(deb: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("unpacked")
    told("dpkg-deb", "-x", deb, folder)
    return folder


def test_it_is_for_the_python_of_its_distribution(deb):
    assert deb.name == "diemcau-agent_0.1.0+python3.11_amd64.deb"
    assert "python3.11" in told("dpkg-deb", "--field", deb, "Depends")
    assert told("dpkg-deb", "--field", deb, "Architecture") == "amd64\n"


def test_it_can_be_built_for_another_python_and_machine(build):
    (file,) = build("deb", "--python", "3.13", "--architecture", "arm64")
    listed = told("dpkg-deb", "-c", file)
    assert "_pydantic_core.cpython-313-aarch64-linux-gnu.so" in listed
    assert "x86_64" not in listed


def test_it_belongs_to_root_and_opens_to_all(deb):
    for line in told("dpkg-deb", "-c", deb).splitlines():
        mode, owner = line.split()[:2]
        assert owner == "root/root"
        assert mode[7] == "r"
        assert mode[8] != "w" or mode[0] == "l"


def test_it_carries_the_centres_address_and_authority_and_no_secret(unpacked):
    etc = unpacked / "etc/diemcau-agent"
    assert (etc / "ca.pem").read_bytes().startswith(b"-----BEGIN CERTIFICATE-----\n")
    assert "DIEMCAU_AGENT_SERVER=https://127.0.0.1:8443\n" in (etc / "centre").read_text()
    assert not [path for path in unpacked.rglob("*") if path.is_file() and b"PRIVATE KEY-----\n" in path.read_bytes()]


def test_it_holds_the_agent_and_nothing_of_the_centre(unpacked):
    (packages,) = unpacked.glob("usr/lib/diemcau-agent/lib/python3.11/site-packages")
    ours = {path.name for path in packages.iterdir() if "." not in path.name}
    assert {"agent", "contract"} <= ours
    assert not ours & {"collector", "provisioning", "sqlalchemy"}
    assert not list(unpacked.rglob("__pycache__"))


def test_the_same_build_gives_the_same_bytes(deb, build):
    (again,) = build("deb")
    assert again.read_bytes() == deb.read_bytes()


@pytest.fixture
def by_person(unpacked, tmp_path):
    """A function that runs the package's command as a person who is not root; returns exit code and what it prints."""
    identity = tmp_path / "id"
    identity.write_text("#!/bin/sh\necho 1000\n")
    identity.chmod(0o755)
    command = (unpacked / "usr/bin/diemcau-agent").read_text()
    command = command.replace(" /etc/", f" {unpacked}/etc/").replace(
        "/usr/lib/diemcau-agent/bin/python3", sys.executable
    )

    def run(*arguments, **environ):
        path = {"PATH": f"{tmp_path}:{os.environ['PATH']}", "HOME": str(tmp_path), "DIEMCAU_LANG": "en"}
        ended = subprocess.run(
            ["sh", "-c", command, "sh", *arguments], env={**path, **environ}, capture_output=True, text=True
        )
        return ended.returncode, ended.stdout + ended.stderr

    return run


@pytest.mark.parametrize("command", [("enrol", "K7QF2MX-ABCDE-FGHJK-4"), ("run",), ("once",), ("spool",), ("stop",)])
def test_a_person_who_is_not_root_is_sent_to_sudo_before_anything_is_done(by_person, command, tmp_path):
    code, told = by_person(*command)
    assert code == 1
    assert told.count(f"sudo diemcau-agent {' '.join(command)}\n") == 2
    assert told.startswith("Phần mềm")
    assert not (tmp_path / ".local").exists()


def test_a_person_may_ask_what_it_is_and_use_a_folder_of_their_own(by_person, tmp_path):
    assert by_person("version") == (0, f"{contract.__version__}\n")
    assert by_person("enrol", "--help")[0] == 0
    code, told = by_person("spool", DIEMCAU_AGENT_HOME=str(tmp_path))
    assert (code, "sudo diemcau-agent enrol CODE" in told) == (3, True)


def test_the_unit_is_sound(unpacked, tmp_path):
    unit = tmp_path / UNIT.name
    unit.write_text(UNIT.read_text().replace("/usr/bin/diemcau-agent", str(unpacked / "usr/bin/diemcau-agent")))
    assert told("systemd-analyze", "verify", "--man=no", unit) == ""


def test_the_unit_exposes_little_and_lets_cameras_be_read():
    answer = told("systemd-analyze", "security", "--offline=true", "--no-pager", UNIT)
    assert float(re.search(r"Overall exposure level for .*: ([\d.]+)", answer)[1]) <= MOST_EXPOSED
    assert "PrivateDevices" not in UNIT.read_text().replace("so PrivateDevices would", "")
