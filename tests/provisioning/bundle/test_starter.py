"""The starter on a 32-bit Windows: Wine for i386 in a Debian of its own, so that no machine is changed for it."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

pytestmark = pytest.mark.soak

TOO_OLD = 4  # as in provisioning/bundle/windows/starter.nsi
ENTER = (  # mounts in a namespace of their own, which ends with the process
    *("unshare", "--mount", "--propagation", "private", "sh", "-c"),
    'mount -t proc proc "$0/proc" && exec chroot "$0" "$@"',
)
ENVIRON = (
    *("env", "-i", "PATH=/usr/sbin:/usr/bin:/sbin:/bin", "HOME=/tmp", "WINEPREFIX=/tmp/prefix", "WINEDEBUG=-all"),
    "WINEDLLOVERRIDES=mscoree,mshtml,winemenubuilder.exe=",
)


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A Debian for i386 with a Windows in it."""
    assert os.geteuid() == 0, "a Debian of its own is made and entered by root alone: sudo make soak"
    made = tmp_path_factory.mktemp("i386") / "root"
    command = ("debootstrap", "--arch=i386", "--variant=minbase", "--include=wine,wine32", "bookworm", str(made))
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    run(made, "wineboot", "-i")
    yield made
    run(made, "wineserver", "-k")
    shutil.rmtree(made)


def run(root: Path, *command: str) -> int:
    quiet = {name: subprocess.DEVNULL for name in ("stdin", "stdout", "stderr")}
    return subprocess.run([*ENTER, str(root), *ENVIRON, *command], timeout=300, **quiet).returncode


@pytest.mark.parametrize("version", ["winxp", "win7", "win10"])
def test_a_32_bit_windows_is_told_and_left_as_it_was(root, exe, version):
    run(root, "winecfg", "/v", version)
    shutil.copy(exe["starter"], root / "tmp/starter.exe")
    shutil.copy(exe["installer"], root / "tmp" / exe["installer"].name)
    assert run(root, "wine", "/tmp/starter.exe", "/S") == TOO_OLD
    assert not list((root / "tmp/prefix").rglob("DiemCau"))
