"""The resident stays small by what it does not import; the command line stays quick by importing late."""

from __future__ import annotations

import subprocess
import sys

import pytest


def imported_by(statement: str) -> set[str]:
    code = f"import sys\n{statement}\nprint(*sys.modules)"
    return set(
        subprocess.run([sys.executable, "-I", "-c", code], capture_output=True, text=True, check=True).stdout.split()
    )


@pytest.mark.parametrize("heavy", ["pydantic", "pydantic_core", "psutil", "click", "speedtest", "asyncio"])
def test_the_resident_imports_nothing_heavy(heavy):
    loaded = imported_by("import agent.resident")
    assert "paho.mqtt.client" in loaded
    assert heavy not in loaded


def test_the_command_line_imports_light():
    loaded = imported_by("import agent.cli")
    assert "click" in loaded
    assert not loaded & {"pydantic", "psutil", "speedtest", "paho.mqtt.client", "sqlite3"}


def test_speedtest_is_imported_only_when_it_measures():
    assert "speedtest" not in imported_by("import agent.round")
