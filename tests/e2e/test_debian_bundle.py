"""The Debian package in a throw-away Debian with its own systemd and dpkg, and a real centre; `make soak` runs it."""

from __future__ import annotations

import json
import os
import re
import secrets
import shutil
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

import contract

pytestmark = pytest.mark.soak

SITE = "DONGVAN"
KEPT_BY_OTHERS = (
    "run/",
    "var/lib/dpkg/",
    "var/lib/systemd/",
    "var/log/",
    "var/cache/",
    "var/tmp/",
)  # dpkg, adduser, systemd
BACKUPS = {"etc/passwd-", "etc/group-", "etc/shadow-", "etc/gshadow-"}
# Boots $0 with groups of processes of its own, under the name $1; all of it ends with the process.
BOOT = """
set -e
kinds="systemd devices memory pids"
for kind in $kinds; do
    mkdir /sys/fs/cgroup/$kind/$1
    echo $$ > /sys/fs/cgroup/$kind/$1/cgroup.procs
done
exec unshare --cgroup --mount --pid --uts --ipc --fork --kill-child --propagation private sh -ec '
    mount --bind "$0" "$0"
    mount -t proc proc "$0/proc"
    mount -t sysfs -o ro sysfs "$0/sys"
    for folder in sys/fs/cgroup run tmp; do mount -t tmpfs tmpfs "$0/$folder"; done
    for kind in $1; do
        mkdir "$0/sys/fs/cgroup/$kind"
        what=$kind
        if [ $kind = systemd ]; then what=none,name=systemd; fi
        mount -t cgroup -o $what $kind "$0/sys/fs/cgroup/$kind"
    done
    exec chroot "$0" env -i container=other PATH=/usr/sbin:/usr/bin:/sbin:/bin /lib/systemd/systemd' "$0" "$kinds"
"""


class Debian:
    """A Debian 12 in a folder, booted."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self._name = f"diemcau-test-{secrets.token_hex(4)}"
        self._outside = subprocess.Popen(["sh", "-c", BOOT, str(root), self._name], stdin=subprocess.DEVNULL)
        children = Path(f"/proc/{self._outside.pid}/task/{self._outside.pid}/children")
        deadline = time.monotonic() + 60
        while "systemd" not in self._first(children) or self.ask("systemctl", "is-system-running")[1] in (
            "",
            "starting",
        ):
            assert time.monotonic() < deadline, "it does not boot"
            time.sleep(0.2)

    def _first(self, children: Path) -> str:
        """Note the first process inside, and return its name."""
        self._inside = (children.read_text().split() or ["0"])[0]
        name = Path(f"/proc/{self._inside}/comm")
        return name.read_text() if name.exists() else ""

    def ask(self, *command: object) -> tuple[int, str]:
        """Run a program as root; return its exit code and what it prints."""
        enter = ("nsenter", "--target", self._inside, "--all", "--root", "--wd", "env", "-i")
        environ = ("PATH=/usr/sbin:/usr/bin:/sbin:/bin", "DIEMCAU_LANG=en", "LC_ALL=C.UTF-8")
        ended = subprocess.run([*enter, *environ, *map(str, command)], capture_output=True, text=True, timeout=300)
        return ended.returncode, (ended.stdout if ended.returncode == 0 else ended.stdout + ended.stderr).strip()

    def run(self, *command: object) -> str:
        """Run a program that must succeed; return what it prints."""
        code, told = self.ask(*command)
        assert code == 0, told
        return told

    def install(self, package: Path) -> None:
        shutil.copy(package, self.root / "package.deb")
        self.run("dpkg", "-i", "/package.deb")
        (self.root / "package.deb").unlink()

    def version(self) -> str:
        return self.run("dpkg-query", "-W", "-f", "${Version}", "diemcau-agent")

    def is_running(self) -> bool:
        return self.ask("systemctl", "is-active", "diemcau-agent")[1] == "active"

    def files(self) -> set[str]:
        """Every file and folder, but for those in which others keep their own records."""
        everything = (str(path.relative_to(self.root)) for path in self.root.rglob("*"))
        return {path for path in everything if not path.startswith(KEPT_BY_OTHERS)} - BACKUPS

    def accounts(self) -> str:
        return "".join((self.root / "etc" / name).read_text() for name in ("passwd", "group", "shadow", "gshadow"))

    def power_off(self) -> None:
        self._outside.kill()
        self._outside.wait()
        for group in Path("/sys/fs/cgroup").glob(f"*/{self._name}"):
            for folder in sorted((group, *group.rglob("*/")), reverse=True):
                self._remove(folder)

    def _remove(self, group: Path) -> None:
        """Remove a group of processes once the last of them is gone."""
        deadline = time.monotonic() + 30
        while (group / "cgroup.procs").read_text():
            assert time.monotonic() < deadline, f"{group} does not end"
            time.sleep(0.1)
        group.rmdir()


@pytest.fixture
def debian(tmp_path: Path) -> Iterator[Debian]:
    """A new Debian, with what the package depends on."""
    assert os.geteuid() == 0, "a Debian of its own is made and booted by root alone: sudo make soak"
    assert Path("/sys/fs/cgroup/systemd").is_dir(), "it boots on cgroup v1 alone: systemd.unified_cgroup_hierarchy=0"
    root = tmp_path / "root"
    command = ("debootstrap", "--variant=minbase", "--include=python3.11,adduser,systemd", "bookworm", str(root))
    made = subprocess.run(command, capture_output=True, text=True)
    assert made.returncode == 0, made.stdout[-2000:]
    booted = Debian(root)
    yield booted
    booted.power_off()
    shutil.rmtree(root)


@pytest.fixture(scope="module")
def packages(centre, tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """The package of an older version and of a newer one."""
    folder = tmp_path_factory.mktemp("deb")
    for version in ("0.1.0", "0.2.0"):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(contract, "__version__", version)
            centre.provision("bundle", "build", "deb", "--folder", folder)
    return sorted(folder.iterdir())


def test_it_installs_enrols_reports_survives_an_upgrade_with_its_spool_and_purges_without_a_trace(
    centre, debian, packages, until
):
    old, new = packages
    files, accounts = debian.files(), debian.accounts()

    debian.install(old)
    assert debian.run("diemcau-agent", "version") == contract.__version__
    assert debian.version() == "0.1.0+python3.11"
    assert "Trường THPT Đồng Văn" in debian.run("diemcau-agent", "enrol", centre.sheets[SITE].code)
    until(lambda: reports_of_the_line(centre, SITE))
    assert debian.is_running()
    balance = until(lambda: drained(centre))

    centre.halt("broker")
    debian.run("diemcau-agent", "once")
    debian.install(new)
    assert debian.version() == "0.2.0+python3.11"
    assert debian.is_running()
    assert re.match(r"[1-9]\d* reports? waits? to be sent", debian.run("diemcau-agent", "spool"))
    centre.start("broker")
    until(lambda: debian.run("diemcau-agent", "spool").startswith("0 reports wait"))
    after = until(lambda: drained(centre))
    assert after["committed"] > balance["committed"]
    assert after["dropped"] == balance["dropped"]

    debian.run("dpkg", "--remove", "diemcau-agent")
    device = json.loads((debian.root / "var/lib/diemcau-agent/settings.json").read_text())["device"]
    until(lambda: centre.site(SITE).presence(device) == "stopped")
    debian.install(new)
    until(lambda: centre.site(SITE).presence(device) == "connected")

    debian.run("dpkg", "--purge", "diemcau-agent")
    assert debian.files() == files
    assert debian.accounts() == accounts


def test_confined_by_its_unit_it_measures_all_and_is_stopped_and_started_by_its_own_command(
    centre, debian, packages, until
):
    debian.install(packages[0])
    debian.run("diemcau-agent", "enrol", centre.sheets["QUANBA"].code)
    until(lambda: (debian.root / "var/lib/diemcau-agent/last_report.json").exists())
    report = json.loads((debian.root / "var/lib/diemcau-agent/last_report.json").read_text())
    assert [one["probe"] for one in report["measurements"] if "failure" in one] == []
    debian.run("diemcau-agent", "stop")
    assert not debian.is_running()
    debian.run("systemctl", "start", "diemcau-agent")
    assert debian.is_running()
    for step in ("prerm remove", "postinst abort-remove"):  # as dpkg does when a removal is broken off
        script = f"DPKG_MAINTSCRIPT_PACKAGE=diemcau-agent /var/lib/dpkg/info/diemcau-agent.{step}"
        debian.run("sh", "-c", script)
    assert debian.is_running()


def test_an_ordinary_user_is_sent_to_sudo_and_roots_file_lands_where_it_was_asked_for(debian, packages):
    debian.install(packages[0])
    code, told = debian.ask("setpriv", "--reuid", "nobody", "--clear-groups", "diemcau-agent", "spool")
    assert (code, "sudo diemcau-agent spool" in told) == (1, True)
    debian.run(
        "sh", "-c", "cd /root && diemcau-agent inventory && cd /tmp && diemcau-agent inventory --record may.json"
    )
    debian.run("test", "-s", "/tmp/may.json")


def test_only_the_agents_own_user_reads_what_it_keeps(centre, debian, packages):
    debian.install(packages[0])
    debian.run("diemcau-agent", "enrol", centre.sheets["MEOVAC"].code)
    home = debian.root / "var/lib/diemcau-agent"
    owner = debian.run("id", "-u", "diemcau-agent").strip()
    for path in (home, *home.rglob("*")):
        assert str(path.stat().st_uid) == owner, path
        assert not path.stat().st_mode & 0o077, path


def reports_of_the_line(centre, site: str) -> tuple[str, ...]:
    """Addresses of the reports by which a site's line is judged; none before one has come."""
    measured = centre.site(site).requirements.get("line-download_mbps")
    return measured.reports if measured else ()


def drained(centre):
    """The balance once nothing waits anywhere; None before."""
    balance = centre.summary()["balance"]
    return balance if balance["accepted"] and not balance["spooled"] else None
