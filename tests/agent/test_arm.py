"""One whole round on the processors of small boards and boxes: Debian's Python for them under qemu, with locked wheels.

Real: the round child, its libraries, the parent that runs it, the probe server on loopback. Played: the processor.
What qemu cannot do (an ioctl that psutil uses) stands for systems that refuse.
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
from typing import NamedTuple

import pytest

from agent.child import Request, Round, Server
from agent.probes import PROBES
from contract.clock import Clock
from contract.findings import Fact, Network
from contract.report import Report

ROOT = Path(__file__).parents[2]
LIBRARIES = {  # the agent's, and what they need: pip refuses, by its hashes, when one is missing
    *("click", "paho-mqtt", "psutil", "pydantic", "speedtest-cli"),
    *("annotated-types", "pydantic-core", "typing-extensions", "typing-inspection"),
}


class Board(NamedTuple):
    """A kind of processor, as each of the programs names it."""

    name: str
    debian: str
    qemu: str
    missing: frozenset[str] = frozenset()  # libraries that publish no wheel for it


AARCH64 = Board("aarch64", "arm64", "qemu-aarch64-static")
ARMV7 = Board("armv7l", "armhf", "qemu-arm-static", frozenset({"psutil"}))


class Inside(NamedTuple):
    """A board, and the command that runs its Python with the agent in its place."""

    board: Board
    python: tuple[str, ...]


ENTER = (  # mounts in a namespace of their own, which ends with the process
    *("unshare", "--mount", "--propagation", "private", "sh", "-c"),
    'mount -t proc proc "$0/proc" && mount -t sysfs -o ro sysfs "$0/sys" && exec chroot "$0" "$@"',
)
pytestmark = pytest.mark.soak


@pytest.fixture(scope="module", params=[AARCH64, ARMV7], ids=lambda board: board.name)
def inside(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Inside]:
    """A throw-away root of another processor."""
    board: Board = request.param
    for program in (board.qemu, "debootstrap"):
        if shutil.which(program) is None:
            pytest.fail(f"{program} is missing: apt-get install qemu-user-static debootstrap")
    if os.geteuid() != 0:
        pytest.fail("a root of another processor is made and entered by root alone: sudo make soak")
    folder = tmp_path_factory.mktemp(board.name)
    root = folder / "root"
    run(
        "debootstrap", "--foreign", f"--arch={board.debian}", "--variant=minbase", "--include=python3", "bookworm", root
    )
    for package in sorted((root / "var/cache/apt/archives").glob("*.deb")):
        run("dpkg-deb", "-x", package, root)  # its second stage would only configure what nobody runs
    shutil.copy(str(shutil.which(board.qemu)), root / "usr/bin")
    packages = root / "usr/local/lib/python3.11/dist-packages"
    install_libraries(board, packages, folder / "pins")
    for package in ("agent", "contract"):
        shutil.copytree(ROOT / package, packages / package, ignore=shutil.ignore_patterns("__pycache__"))
    yield Inside(board, (*ENTER, str(root), f"/usr/bin/{board.qemu}", "/usr/bin/python3.11", "-I"))
    shutil.rmtree(root)


def install_libraries(board: Board, packages: Path, pins: Path) -> None:
    """Install what the lock pins of the agent's libraries, in the board's own wheels."""
    blocks = re.split(r"\n(?=\S)", (ROOT / ".ci/requirements.lock").read_text())
    pins.write_text("\n".join(block for block in blocks if block.split("==")[0] in LIBRARIES - board.missing))
    wheels = ("--only-binary=:all:", "--platform", f"manylinux2014_{board.name}", "--python-version", "3.11")
    run(
        sys.executable, "-m", "pip", "install", "--quiet", *wheels, "--target", packages, "--require-hashes", "-r", pins
    )


def run(*command: object) -> str:
    """Run a program; its output is shown when it fails."""
    ended = subprocess.run([str(part) for part in command], capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    return ended.stdout


def facts_of(report: Report) -> dict[str, Fact[object]]:
    """Return every fact of a report by its full name."""
    return {
        f"{m.probe}.{name}": value
        for m in report.measurements
        for name, value in m.findings or ()
        if isinstance(value, Fact)
    }


def test_a_whole_round_is_measured_there(inside: Inside, probe_server: Server) -> None:
    started_s = time.monotonic()
    request = Request("dev-00000001", "once", (), "/root", probe_server)
    measuring = Round(request, Clock(), (*inside.python, "-m", "agent.round"))
    outcome = None
    while outcome is None:
        time.sleep(0.05)
        outcome = measuring.poll()
    taken_s = time.monotonic() - started_s
    assert outcome.body is not None, outcome.problem
    report = Report.model_validate_json(outcome.body)
    print(f"\n{inside.board.name}: the round took {taken_s:.1f} s, its report has {len(outcome.body)} bytes")
    for m in report.measurements:
        print(f"{m.probe}: {m.duration_ms} ms", m.findings and m.findings.model_dump_json(exclude_none=True))
    assert [m.probe for m in report.measurements if m.failure is None] == [probe.name for probe in PROBES]
    facts = facts_of(report)
    assert facts["software.architecture"].value == inside.board.name
    assert {fact.why for fact in facts.values()} <= {None, "absent", "unsupported"}  # nothing broke, nothing was denied
    for name in ("host.cpu_count", "network.link", "clock.offset_ms", "path.rtt_ms", "line.round_trip_ms"):
        assert facts[name].why is None, name
    assert (facts["host.memory_total_bytes"].why == "unsupported") is ("psutil" in inside.board.missing)


def test_what_psutil_cannot_do_there_costs_its_own_facts_only(inside: Inside) -> None:
    program = "from agent import platforms; print(platforms.reader('other').network(None).model_dump_json())"
    found = Network.model_validate_json(run(*inside.python, "-c", program))
    why = "unsupported" if "psutil" in inside.board.missing else "error"  # OSError 38, of an ioctl
    assert found.link_speed_mbps.why == found.interfaces_up.why == why
    assert found.has_default_route.value is not None
