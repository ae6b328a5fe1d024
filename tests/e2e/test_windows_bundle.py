"""The Windows installer under Wine, in a folder with Vietnamese letters, with a real centre; `make soak` runs it.

Wine 8 lacks what Windows 7 lacks (`provisioning/bundle/imports.py`), so it stands for that too. What it cannot show:
SmartScreen, antivirus, a program that cannot be replaced because it is in use, and a 32-bit PC.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

import contract

pytestmark = pytest.mark.soak

SITE, OTHER_SITE = "DONGVAN", "MEOVAC"
PERSON = r"C:\users\Nguyễn Văn Ánh\AppData\Local"
FOLDERS = r"HKCU\Software\Microsoft\Windows\CurrentVersion\Explorer\User Shell Folders"
RUN, UNINSTALL = (rf"HKCU\Software\Microsoft\Windows\CurrentVersion\{name}" for name in ("Run", r"Uninstall\DiemCau"))
WITHIN_S = 300
GIVEN_UP, NOT_ENROLLED, TOO_OLD, IN_USE = 2, 3, 4, 5  # as in provisioning/bundle/windows/agent.nsi


class Windows:
    """A Windows of its own under Wine."""

    def __init__(self, folder: Path, version: str) -> None:
        self._prefix = folder / "prefix"
        self._environ = {name: value for name, value in os.environ.items() if name != "DISPLAY"} | {
            "WINEPREFIX": str(self._prefix),
            "WINEDEBUG": "-all",
            "WINEDLLOVERRIDES": "mscoree,mshtml,winemenubuilder.exe=",  # it fetches nothing, and keeps to its folder
            "LC_ALL": "C.UTF-8",
            "DIEMCAU_LANG": "en",
        }
        self.run("wineboot", "-i")
        self.run("winecfg", "/v", version)
        (self._prefix / "drive_c" / PERSON[3:].replace("\\", "/")).mkdir(parents=True)
        self.run("reg", "add", FOLDERS, "/v", "Local AppData", "/t", "REG_EXPAND_SZ", "/d", PERSON, "/f")
        self.stop()

    def run(self, *command: object) -> int:
        """Run a program to its end and return its exit code; what it starts may go on."""
        quiet = {name: subprocess.DEVNULL for name in ("stdin", "stdout", "stderr")}  # the resident inherits them
        return subprocess.run(["wine", *map(str, command)], env=self._environ, timeout=WITHIN_S, **quiet).returncode

    def command(self, *command: object) -> tuple[object, ...]:
        """Return how a command of the installed agent's command line is started."""
        return ("cmd", "/c", rf"{PERSON}\Programs\DiemCau\diemcau-agent.cmd", *command)

    def say(self, *command: object) -> str:
        """Run a command of the installed agent's command line; return what it prints."""
        code, told = self.ask(*self.command(*command))
        assert code == 0, told
        return told

    def ask(self, *command: object) -> tuple[int, str]:
        """Run a program that starts no other; return its exit code and what it prints."""
        ended = self.start(*command)
        told, _ = ended.communicate(timeout=WITHIN_S)
        return ended.returncode, told.decode("utf-8", errors="replace").replace("\r\n", "\n")

    def start(self, *command: object) -> subprocess.Popen[bytes]:
        """Start a program, to be talked to."""
        pipes = {name: subprocess.PIPE for name in ("stdin", "stdout")}
        return subprocess.Popen(["wine", *map(str, command)], env=self._environ, stderr=subprocess.DEVNULL, **pipes)

    def path(self, *parts: str) -> Path:
        """Where a file of the person lies."""
        return self._prefix.joinpath("drive_c", *PERSON[3:].split("\\"), *parts)

    def files(self) -> set[str]:
        """Every file and folder, but for those that Windows itself keeps changing."""
        everything = (str(path.relative_to(self._prefix)) for path in (self._prefix / "drive_c").rglob("*"))
        return {path for path in everything if "/Temp/" not in path}

    def registry(self) -> set[str]:
        """Every value of this person's registry under its key, but for Wine's own and how windows look."""
        exported = self._prefix / "exported.reg"
        assert self.run("reg", "export", "HKCU", rf"Z:{exported}", "/y") == 0
        found, key = set(), ""
        for line in exported.read_text(encoding="utf-16").splitlines():
            key = line if line.startswith("[") else key
            if not key.startswith((r"[HKEY_CURRENT_USER\Software\Wine", r"[HKEY_CURRENT_USER\Control Panel")):
                found.add(f"{key} {line}")
        return found

    def value(self, key: str, name: str) -> str | None:
        """A value of the registry; None when it is not there."""
        code, told = self.ask("reg", "query", key, "/v", name)
        return re.search(rf"{name}\s+REG_\w+\s+(.*)", told)[1].strip() if code == 0 else None

    def programs(self) -> list[str]:
        """Command lines of our programs that run here."""
        found = []
        for process in Path("/proc").glob("[0-9]*"):
            try:
                is_ours = f"WINEPREFIX={self._prefix}".encode() in (process / "environ").read_bytes()
                command = (process / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
            except OSError:
                continue
            if is_ours and "DiemCau" in command:
                found.append(command)
        return found

    def stop(self) -> None:
        """End everything that runs in it."""
        subprocess.run(["wineserver", "-k"], env=self._environ, timeout=60)
        subprocess.run(["wineserver", "-w"], env=self._environ, timeout=60)


@pytest.fixture
def windows(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Windows]:
    """A new Windows; 10 unless the test asks for another."""
    made = Windows(tmp_path, getattr(request, "param", "win10"))
    yield made
    made.stop()


@pytest.fixture(scope="module")
def installer(centre, tmp_path_factory):
    """A function that builds the installer of a version for a Python; each once."""
    built: dict[tuple[str, str], Path] = {}

    def build(version: str, python: str) -> Path:
        if (version, python) not in built:
            folder = tmp_path_factory.mktemp("exe")
            with pytest.MonkeyPatch.context() as patch:
                patch.setattr(contract, "__version__", version)
                centre.provision("bundle", "build", "exe", "--python", python, "--folder", folder)
            (built[version, python],) = folder.glob("*-x64.exe")
        return built[version, python]

    return build


@pytest.fixture
def old(installer) -> Path:
    return installer("0.1.0", "3.13")


@pytest.fixture
def new(installer) -> Path:
    return installer("0.2.0", "3.13")


def test_it_installs_enrols_reports_survives_an_upgrade_with_its_spool_and_leaves_nothing(
    centre, windows, old, new, until
):
    files, registry = windows.files(), windows.registry()

    assert windows.run(old, "/S", f"/CODE={centre.sheets[SITE].code}") == 0
    device = json.loads(windows.path("DiemCau", "settings.json").read_text())["device"]
    until(lambda: centre.site(SITE).presence(device) == "connected")
    (report, *_) = until(lambda: reports_of_the_line(centre, SITE))
    assert "Windows" in centre.page(report).text
    assert windows.value(UNINSTALL, "DisplayVersion") == "0.1.0"
    assert "agent.resident" in windows.value(RUN, "DiemCau")
    balance = until(lambda: drained(centre))

    centre.halt("broker")
    windows.say("once")
    left = windows.path("Programs", "DiemCau", "app", "of-the-old-version")
    left.touch()
    assert windows.run(new, "/S") == 0
    assert windows.value(UNINSTALL, "DisplayVersion") == "0.2.0"
    assert not left.exists()
    assert len(windows.programs()) == 1
    assert re.match(r"[1-9]\d* reports? waits? to be sent", windows.say("spool"))
    centre.start("broker")
    until(lambda: windows.say("spool").startswith("0 reports wait"), WITHIN_S)
    after = until(lambda: drained(centre))
    assert after["committed"] > balance["committed"]
    assert after["dropped"] == balance["dropped"]

    assert windows.run(windows.path("Programs", "DiemCau", "uninstall.exe"), "/S") == 0
    until(lambda: not windows.programs())
    until(lambda: centre.site(SITE).presence(device) == "stopped")
    until(lambda: not windows.path("Programs", "DiemCau").exists())
    assert windows.files() ^ files == set()
    assert sorted(registry ^ windows.registry()) == []


def test_a_code_that_is_refused_is_told_in_the_log_and_another_typed_later_starts_it(centre, windows, old, until):
    assert windows.run(old, "/S", "/CODE=K7QF2MX-ABCDE-FGHJK-4") == NOT_ENROLLED
    log = windows.path("DiemCau", "log", "install.log").read_text(encoding="utf-8")
    assert "code" in log
    assert "Traceback" not in log
    command = windows.command("enrol", centre.sheets[OTHER_SITE].code, "--later")  # as the start menu's entry does
    assert windows.run(*command) == 0
    assert windows.path("DiemCau", "settings.json").exists()
    until(windows.programs)


def test_an_upgrade_that_cannot_be_done_leaves_the_old_program_at_work(centre, windows, old, new):
    assert windows.run(old, "/S", f"/CODE={centre.sheets[OTHER_SITE].code}") == 0
    app, unpacked = windows.path("Programs", "DiemCau", "app"), windows.path("Programs", "DiemCau", "app.new")

    unpacked.touch()  # no folder can be made there
    resident = windows.programs()
    assert windows.run(new, "/S") == GIVEN_UP
    assert windows.value(UNINSTALL, "DisplayVersion") == "0.1.0"
    assert (app / "python" / "python.exe").exists()
    assert windows.programs() == resident != []
    unpacked.unlink()

    unpacked.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "none", unpacked], check=True)  # what is mounted cannot be renamed
    try:
        assert windows.run(new, "/S") == IN_USE
    finally:
        subprocess.run(["umount", unpacked], check=True)
    assert windows.value(UNINSTALL, "DisplayVersion") == "0.1.0"
    assert (app / "python" / "python.exe").exists()
    assert len(windows.programs()) == 1


def test_a_damaged_program_is_not_half_removed_and_the_installer_mends_it(windows, old):
    assert windows.run(old, "/S") == NOT_ENROLLED
    place = r"%LOCALAPPDATA%\Programs\DiemCau"
    uninstall = windows.path("Temp", "uninstall.cmd")
    uninstall.parent.mkdir(exist_ok=True)
    uninstall.write_text(f'"{place}\\uninstall.exe" /S _?={place}\n')  # so it stays until it is done, and tells how
    library = windows.path("Programs", "DiemCau", "app", "lib", "agent", "stopping.py")
    library.unlink()  # as an antivirus would; nobody can tell whether it runs
    assert windows.run("cmd", "/c", rf"{PERSON}\Temp\uninstall.cmd") == IN_USE
    assert windows.value(UNINSTALL, "DisplayVersion") == "0.1.0"
    assert "agent.resident" in windows.value(RUN, "DiemCau")
    assert windows.run(old, "/S") == NOT_ENROLLED
    assert library.exists()
    assert windows.run("cmd", "/c", rf"{PERSON}\Temp\uninstall.cmd") == 0
    assert windows.value(RUN, "DiemCau") is None


def test_without_a_network_it_is_installed_all_the_same_and_enrols_by_itself_later(centre, windows, old, until):
    centre.halt("enrolment")
    assert windows.run(old, "/S", f"/CODE={centre.sheets[OTHER_SITE].code}") == 0
    assert not windows.path("DiemCau", "settings.json").exists()
    assert len(windows.programs()) == 1
    centre.start("enrolment")
    until(windows.path("DiemCau", "settings.json").exists, WITHIN_S)
    device = json.loads(windows.path("DiemCau", "settings.json").read_text())["device"]
    until(lambda: device in centre.site(OTHER_SITE).text)
    assert windows.run(windows.path("Programs", "DiemCau", "uninstall.exe"), "/S") == 0
    until(lambda: not windows.programs() and not windows.path("DiemCau").exists())


@pytest.mark.parametrize("windows", ["win7", "win81"], indirect=True)
def test_an_older_windows_is_told_and_left_as_it_was(centre, windows, old):
    files = windows.files()
    assert windows.run(old, "/S", f"/CODE={centre.sheets[SITE].code}") == TOO_OLD
    assert windows.files() == files


@pytest.mark.parametrize("windows", ["win7"], indirect=True)
def test_on_windows_7_the_old_python_installs_enrols_and_reports_a_whole_round(centre, windows, installer, until):
    assert windows.run(installer("0.1.0", "3.8"), "/S", f"/CODE={centre.sheets['QUANBA'].code}") == 0
    measured = json.loads(windows.say("once", "--json"))["measurements"]
    assert [one["probe"] for one in measured if "failure" in one] == []
    (software,) = (one["findings"] for one in measured if one["probe"] == "software")
    assert software["python_version"].startswith("3.8.")
    device = json.loads(windows.path("DiemCau", "settings.json").read_text())["device"]
    until(lambda: centre.site("QUANBA").presence(device) == "connected")
    until(lambda: reports_of_the_line(centre, "QUANBA"))


def reports_of_the_line(centre, site: str) -> tuple[str, ...]:
    """Addresses of the reports by which a site's line is judged; none before one has come."""
    measured = centre.site(site).requirements.get("line-download_mbps")
    return measured.reports if measured else ()


def drained(centre):
    """The balance once nothing waits anywhere; None before."""
    balance = centre.summary()["balance"]
    return balance if balance["accepted"] and not balance["spooled"] else None
