"""The real daemon of Network UPS Tools, watching a UPS that its own driver plays."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from agent.platforms import nut

PROGRAMS = Path("/lib/nut")
PATIENCE_S = 20.0


@pytest.fixture
def ups_tools(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, free_port: Callable[[], int]
) -> Iterator[Callable[..., None]]:
    """A function that starts upsd with one UPS of these variables; it answers when the function returns."""
    assert (PROGRAMS / "upsd").exists(), "apt-get install nut-server"
    folder = tmp_path / "nut"
    folder.mkdir()
    port = free_port()
    # Where they are, and no path to it: a socket's name may have 108 letters.
    environ = {**os.environ, "NUT_CONFPATH": str(folder), "NUT_STATEPATH": ".", "NUT_ALTPIDPATH": str(folder)}
    running: list[subprocess.Popen[bytes]] = []

    def run(program: str, *arguments: str) -> None:
        command = (str(PROGRAMS / program), "-D", "-u", "root", *arguments)
        with (folder / f"{program}.log").open("wb") as log:
            running.append(subprocess.Popen(command, env=environ, cwd=folder, stdout=log, stderr=log))

    def start(**variables: str) -> None:
        (folder / "ups.conf").write_text("[office]\ndriver = dummy-ups\nport = office.dev\n")
        told = {"ups.status": "OL", **{name.replace("_", "."): value for name, value in variables.items()}}
        (folder / "office.dev").write_text("".join(f"{name}: {value}\n" for name, value in told.items()))
        (folder / "upsd.conf").write_text(f"LISTEN 127.0.0.1 {port}\nSTATEPATH .\n")
        (folder / "upsd.users").touch()
        run("dummy-ups", "-a", "office")
        _until(lambda: (folder / "dummy-ups-office").exists(), folder)
        run("upsd")
        monkeypatch.setattr(nut, "_PLACE", ("127.0.0.1", port))
        _until(lambda: nut._ask("GET VAR office ups.status")[:1] == ['VAR office ups.status "OL"'], folder)

    yield start
    for one in reversed(running):
        one.terminate()
        one.wait(PATIENCE_S)


def _until(condition: Callable[[], bool], folder: Path) -> None:
    end_s = time.monotonic() + PATIENCE_S
    while not condition():
        assert time.monotonic() < end_s, "\n".join(log.read_text() for log in folder.glob("*.log"))
        time.sleep(0.05)
