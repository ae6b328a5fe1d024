from __future__ import annotations

import json
import pkgutil
import subprocess

import pytest

from agent.facts import fact
from agent.platforms.windows import powershell
from agent.platforms.windows.powershell import ask, rows

SCRIPT = pkgutil.get_data("agent.platforms.windows", "wmi.ps1")
EDITION = "Microsoft Windows 10 Chuyên nghiệp"


def as_the_script_prints(told):
    """Return JSON in which every letter of a string is escaped."""
    if isinstance(told, dict):
        return "{" + ",".join(f"{as_the_script_prints(name)}:{as_the_script_prints(told[name])}" for name in told) + "}"
    if isinstance(told, list):
        return "[" + ",".join(map(as_the_script_prints, told)) + "]"
    if isinstance(told, str):
        return '"' + "".join(f"\\u{ord(letter):04x}" for letter in told) + '"'
    return json.dumps(told)


def test_what_the_script_prints_is_read_also_when_a_console_breaks_its_lines():
    told = {"Win32_OperatingSystem": [{"Caption": EDITION}], "MSFT_PhysicalDisk": "InvalidNamespace x"}
    printed = as_the_script_prints(told)
    for width in (80, 7, 1):
        lines = "\r\n".join(printed[start : start + width] for start in range(0, len(printed), width))
        assert ask(lambda _, lines=lines: lines + "\r\n") == told


def test_the_script_goes_as_a_command_because_files_of_scripts_are_forbidden_on_most_pcs():
    commands = []
    ask(lambda command: commands.append(command) or "{}")
    (program, *arguments), script = commands[0], SCRIPT.decode("ascii")
    assert program.endswith(r"\WindowsPowerShell\v1.0\powershell.exe")
    assert arguments == ["-NoProfile", "-NonInteractive", "-Command", script]
    line = subprocess.list2cmdline(commands[0])
    assert line.endswith(f'"{script}"')  # nothing in it needed escaping
    assert len(line) < 32_767  # CreateProcess takes no more


def test_the_script_asks_for_numbers_and_fixed_words_never_for_a_name_or_a_serial_number():
    for word in (b"Name'", b"FriendlyName", b"Serial", b"InstanceName", b"DeviceID", b"PNPDeviceID", b"MACAddress"):
        assert word not in SCRIPT


@pytest.mark.parametrize(
    ("printed", "why"),
    [("", "error"), ("PowerShell is a stub", "error"), ("[]", "error"), ("5", "error"), ('{"a": ', "error")],
)
def test_a_powershell_that_prints_something_else_is_an_error(printed, why):
    assert fact(lambda: ask(lambda _: printed)).why == why


@pytest.mark.parametrize(
    ("error", "why"),
    [
        (FileNotFoundError("powershell.exe"), "unsupported"),
        (PermissionError("blocked by policy"), "denied"),
        (RuntimeError("TimeoutExpired"), "error"),
    ],
)
def test_a_powershell_that_cannot_be_run_says_why(error, why):
    def run(_):
        raise error

    assert fact(lambda: ask(run)).why == why


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        ("AccessDenied GetWMIManagementException,Microsoft.PowerShell.Commands.GetWmiObjectCommand", "denied"),
        (" System.UnauthorizedAccessException,Microsoft.PowerShell.Commands.GetWmiObjectCommand", "denied"),
        ("InvalidClass x", "unsupported"),
        ("InvalidNamespace x", "unsupported"),
        ("NotSupported x", "unsupported"),
        (" CommandNotFoundException", "error"),
    ],
)
def test_a_class_that_gives_no_rows_says_why(answer, why):
    assert fact(lambda: rows({"C": answer}, "C")).why == why


def test_one_row_is_a_list_also_when_it_came_without_its_list():
    assert rows({"C": {"a": 1}}, "C") == rows({"C": [{"a": 1}]}, "C") == [{"a": 1}]


def test_a_class_that_was_not_asked_for_is_absent():
    assert fact(lambda: powershell.rows({}, "C")).why == "absent"
