"""One whole round on another processor: Debian's Python for aarch64 under qemu, with the wheels that the lock pins.

Real: the round child, its five libraries, the parent that runs it, the probe server on loopback. Played: the
processor. What qemu cannot do (an ioctl that psutil uses) stands for systems that refuse.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from agent.child import Request, Round, Server
from agent.probes import PROBES
from contract.clock import Clock
from contract.findings import Fact, Network
from contract.report import Report

ROOT = Path(__file__).parents[2]
QEMU = "qemu-aarch64-static"
LIBRARIES = {  # the agent's five and what they need; pip refuses, by its hashes, when one is missing
    *("click", "paho-mqtt", "psutil", "pydantic", "speedtest-cli"),
    *("annotated-types", "pydantic-core", "typing-extensions", "typing-inspection"),
}
PLATFORM = ("--platform", "manylinux2014_aarch64", "--python-version", "3.11", "--implementation", "cp")
ENTER = (  # mounts in a namespace of their own, which ends with the process
    *("unshare", "--mount", "--propagation", "private", "sh", "-c"),
    'mount -t proc proc "$0/proc" && mount -t sysfs -o ro sysfs "$0/sys" && exec chroot "$0" "$@"',
)
pytestmark = pytest.mark.soak


@pytest.fixture(scope="module")
def arm(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, ...]]:
    """The command that runs Python on aarch64, with the agent in its place, in a throw-away root."""
    for program in (QEMU, "debootstrap"):
        if shutil.which(program) is None:
            pytest.fail(f"{program} is missing: apt-get install qemu-user-static debootstrap")
    if os.geteuid() != 0:
        pytest.fail("a root of another processor is made and entered by root alone: sudo make soak")
    folder = tmp_path_factory.mktemp("aarch64")
    root = folder / "root"
    run("debootstrap", "--foreign", "--arch=arm64", "--variant=minbase", "--include=python3", "bookworm", root)
    for package in sorted((root / "var/cache/apt/archives").glob("*.deb")):
        run("dpkg-deb", "-x", package, root)  # its second stage would only configure what nobody runs
    shutil.copy(str(shutil.which(QEMU)), root / "usr/bin")
    packages = root / "usr/local/lib/python3.11/dist-packages"
    pins = folder / "pins"
    pins.write_text(pinned((ROOT / ".ci/requirements.lock").read_text()))
    pip = (sys.executable, "-m", "pip", "install", "--quiet", "--only-binary=:all:", *PLATFORM)
    run(*pip, "--target", packages, "--require-hashes", "-r", pins)
    for package in ("agent", "contract"):
        shutil.copytree(ROOT / package, packages / package, ignore=shutil.ignore_patterns("__pycache__"))
    yield (*ENTER, str(root), f"/usr/bin/{QEMU}", "/usr/bin/python3.11", "-I")
    shutil.rmtree(root)


def run(*command: object) -> str:
    """Run a program; its output is shown when it fails."""
    ended = subprocess.run([str(part) for part in command], capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    return ended.stdout


def pinned(lock: str) -> str:
    """Return the part of the lock that holds the agent's libraries, with their hashes."""
    blocks = re.split(r"\n(?=\S)", lock)
    return "\n".join(block for block in blocks if block.split("==")[0] in LIBRARIES)


def facts_of(report: Report) -> dict[str, Fact[object]]:
    """Return every fact of a report by its full name."""
    return {
        f"{m.probe}.{name}": value
        for m in report.measurements
        for name, value in m.findings or ()
        if isinstance(value, Fact)
    }


def test_a_whole_round_is_measured_on_aarch64(arm: tuple[str, ...], probe_server: Server) -> None:
    started_s = time.monotonic()
    measuring = Round(Request("dev-00000001", "once", (), "/root", probe_server), Clock(), (*arm, "-m", "agent.round"))
    outcome = None
    while outcome is None:
        time.sleep(0.05)
        outcome = measuring.poll()
    taken_s = time.monotonic() - started_s
    assert outcome.body is not None, outcome.problem
    report = Report.model_validate_json(outcome.body)
    print(f"\nthe round took {taken_s:.1f} s, its report has {len(outcome.body)} bytes")
    for m in report.measurements:
        print(f"{m.probe}: {m.duration_ms} ms", m.findings and m.findings.model_dump_json(exclude_none=True))
    assert [m.probe for m in report.measurements if m.failure is None] == [probe.name for probe in PROBES]
    facts = facts_of(report)
    assert facts["software.architecture"].value == "aarch64"
    assert {fact.why for fact in facts.values()} <= {None, "absent", "unsupported"}  # nothing broke, nothing was denied
    for name in ("host.memory_total_bytes", "network.link", "clock.offset_ms", "path.rtt_ms", "line.round_trip_ms"):
        assert facts[name].why is None, name


def test_what_psutil_cannot_do_there_costs_its_own_facts_only(arm: tuple[str, ...]) -> None:
    program = "from agent import platforms; print(platforms.reader('other').network(None).model_dump_json())"
    found = Network.model_validate_json(run(*arm, "-c", program))
    assert found.link_speed_mbps.why == found.interfaces_up.why == "error"  # OSError 38, of an ioctl
    assert found.has_default_route.value is not None
