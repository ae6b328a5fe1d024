from __future__ import annotations

import ctypes
import json
import os
import subprocess
import unicodedata
import zipfile
from pathlib import Path
from urllib.parse import quote

import pytest
from click.testing import CliRunner

from agent import cli, log, paths
from agent.doctor import bundle
from agent.spool import Spool
from contract.clock import Clock
from provisioning import identifiers

CLONE_NEWUTS = 0x04000000
PERSON = "Nguyễn Thị Hương Lan"
ACCOUNT = "huonglan87"
MACHINE = "PC-CO-LAN"
PASSWORD = "mK9_password-canary-0123456789ab"
PERMIT_KEY = "c0ffee" * 10 + "beef"
CODE = identifiers.new_code("K7QF2MX").printed()
ADDRESS = "10.77.66.55"
HARDWARE = "02:fc:77:66:55:44"
DOCUMENT = "Đề thi học kỳ của cô Lan.docx"


@pytest.fixture
def named_machine(own_network):
    """A machine with the name and the network address of somebody's PC, seen by this thread alone."""
    libc = ctypes.CDLL(None, use_errno=True)
    with Path("/proc/thread-self/ns/uts").open() as before:
        assert libc.unshare(CLONE_NEWUTS) == 0, os.strerror(ctypes.get_errno())
        assert libc.sethostname(MACHINE.encode(), len(MACHINE)) == 0
        for command in (
            f"ip link add eth9 address {HARDWARE} type veth peer name eth8",
            f"ip addr add {ADDRESS}/24 dev eth9",
            "ip link set eth9 up",
        ):
            subprocess.run(command.split(), check=True)
        yield
        assert libc.setns(before.fileno(), CLONE_NEWUTS) == 0


@pytest.fixture
def personal(enrolled, named_machine, tmp_path, monkeypatch):
    """A machine on which everything that must not leave it lies about, and the words to look for."""
    person = tmp_path / PERSON
    person.mkdir()
    monkeypatch.setenv("HOME", str(person))
    for name in ("USER", "LOGNAME", "USERNAME"):
        monkeypatch.setenv(name, ACCOUNT)
    home = enrolled().home.rename(person / "agent")
    monkeypatch.setenv("DIEMCAU_AGENT_HOME", str(home))
    (home / "password").write_text(PASSWORD)
    (home / "permit_key").write_text(PERMIT_KEY)
    (home / "site").write_text("K7QF2MX")
    (home / "request.json").write_text(json.dumps({"code": CODE, "server": "https://localhost"}))
    (home / DOCUMENT).write_text(CODE)
    for folder in ("spool", "log"):
        (home / folder).mkdir()
        (home / folder / DOCUMENT).touch()
    words = (PERSON, ACCOUNT, MACHINE, PASSWORD, PERMIT_KEY, CODE, ADDRESS, HARDWARE, str(tmp_path), str(home))
    poison = json.dumps([*words, *(quote(word) for word in words)]) + repr(words) + " ".join(words)
    settings = json.loads((home / "settings.json").read_text())
    (home / "settings.json").write_text(json.dumps({**settings, "note": poison}))
    (home / paths.LAST_REPORT).write_text(poison)
    file = log.LogFile(home / paths.LOG)
    for word in (*words, poison):
        file.write(f"no use: {word!r} {word}", 0.0)
    log.before(home / paths.LOG).write_text(unicodedata.normalize("NFD", poison))
    spool = Spool(paths.spool(home, "dev-00000001"), 65_536, Clock())
    spool.append(poison.encode())
    spool.close()
    return (*words, DOCUMENT)


def run(*arguments):
    return CliRunner().invoke(cli.main, ["doctor", *map(str, arguments)])


def test_nothing_secret_or_personal_is_in_any_byte_of_the_bundle(personal, tmp_path):
    file = tmp_path / "ho-tro.zip"
    result = run("--bundle", file)
    assert result.exit_code == 1, result.output  # nobody runs the agent there
    assert str(file) in result.output
    with zipfile.ZipFile(file) as packed:
        texts = {name: packed.read(name).decode("utf-8") for name in packed.namelist()}
    assert set(texts) == {
        *("README.txt", "doctor.json", "settings.json", "files.txt", "spool.json"),
        *("log/agent.log", "log/agent.log.1", "reports/last.json", "reports/1.json"),
    }
    for word in personal:
        for form in (word, json.dumps(word)[1:-1], quote(word), repr(word)[1:-1]):
            for name, text in texts.items():
                assert form.lower() not in unicodedata.normalize("NFC", text).lower(), (form, name)
                assert form.lower() not in name.lower()


def test_what_a_technician_needs_is_in_the_bundle(enrolled, tmp_path, monkeypatch):
    machine = enrolled("mqtts://localhost:8883")
    monkeypatch.setenv("DIEMCAU_AGENT_HOME", str(machine.home))
    file = log.LogFile(machine.home / paths.LOG)
    file.write("Đã kết nối với trung tâm.", 0.0)
    shown = json.loads(run("--json", "--bundle", tmp_path / "b.zip").stdout)
    with zipfile.ZipFile(tmp_path / "b.zip") as packed:
        results = json.loads(packed.read("doctor.json"))
        settings = json.loads(packed.read("settings.json"))
        listing = packed.read("files.txt").decode()
        assert "Đã kết nối với trung tâm." in packed.read("log/agent.log").decode()
        assert "<secret>" in packed.read("README.txt").decode()
    assert [(one["name"], one["state"]) for one in results] == [(one["name"], one["state"]) for one in shown]
    assert settings["brokers"] == ["mqtts://localhost:8883"]
    assert settings["device"] == "dev-00000001"
    assert "-rw-------         41 " in next(line for line in listing.splitlines() if line.endswith(" password"))


def test_a_machine_that_is_not_enrolled_has_a_bundle_too(stranger, tmp_path, monkeypatch):
    monkeypatch.setenv("DIEMCAU_AGENT_HOME", str(stranger.home))
    run("--bundle", tmp_path / "b.zip")
    with zipfile.ZipFile(tmp_path / "b.zip") as packed:
        assert packed.namelist() == ["README.txt", "doctor.json", "settings.json", "files.txt"]
        assert "problem" in json.loads(packed.read("settings.json"))


def test_each_file_of_ours_is_listed_by_its_name_and_others_are_counted(stranger):
    named = {value for name, value in vars(paths).items() if name.isupper() and isinstance(value, str)}
    (stranger.home / "log").mkdir()
    for name in (*named, DOCUMENT):
        (stranger.home / name).touch()
    *ours, others = bundle._listing(stranger.home)
    assert {line.split()[-1] for line in ours} == {*named, "log"}
    assert {"stop", "ca.asked.pem", "enrolment.json"} <= named
    assert others == "others: 1"


def test_of_a_file_that_somebody_else_made_long_only_the_end_is_taken(stranger, tmp_path):
    (stranger.home / "log").mkdir()
    (stranger.home / paths.LOG).write_text("first\n" + "no use\n" * 200_000 + "last\n")
    bundle.write(tmp_path / "b.zip", stranger, [])
    with zipfile.ZipFile(tmp_path / "b.zip") as packed:
        text = packed.read("log/agent.log").decode()
    assert len(text) == 2 * log.MOST_BYTES
    assert text.endswith("no use\nlast\n")


def test_a_file_that_exists_is_never_replaced(stranger, tmp_path):
    file = tmp_path / "b.zip"
    file.write_text("mine")
    with pytest.raises(bundle.BundleError, match="Hãy chọn tên khác"):
        bundle.write(file, stranger, [])
    assert file.read_text() == "mine"


def test_a_place_that_cannot_be_written_is_told_with_what_to_do(stranger, tmp_path):
    with pytest.raises(bundle.BundleError, match="chọn thư mục khác"):
        bundle.write(tmp_path / "nowhere" / "b.zip", stranger, [])
