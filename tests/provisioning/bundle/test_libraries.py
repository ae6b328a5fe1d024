"""The pinned libraries: those of the Windows bundle are older than the ones that every other test runs on."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from provisioning.bundle import BUNDLES
from provisioning.bundle.libraries import LOCKS

ROOT = Path(__file__).parents[3]


def test_the_contract_holds_on_the_pydantic_of_the_windows_bundle(tmp_path):
    pip = (sys.executable, "-m", "pip", "install", "--quiet", "--require-hashes", "--no-deps", "--only-binary", ":all:")
    subprocess.run([*pip, "--target", tmp_path, "-r", LOCKS / "exe.lock"], check=True, capture_output=True)
    environ = {**os.environ, "PYTHONPATH": str(tmp_path)}
    version = "import pydantic; print(pydantic.VERSION)"
    found = subprocess.run([sys.executable, "-c", version], env=environ, check=True, capture_output=True, text=True)
    assert found.stdout == "2.10.6\n"
    tests = [f"tests/contract/test_{name}.py" for name in ("golden", "report")]
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *tests]
    ended = subprocess.run(command, cwd=ROOT, env=environ, capture_output=True, text=True)
    assert ended.returncode == 0, ended.stdout


def test_every_line_of_a_lock_file_is_pinned_by_hash():
    for lock in LOCKS.glob("*.lock"):
        entries = lock.read_text().replace("\\\n", " ").splitlines()
        assert entries
        for entry in entries:
            assert "==" in entry.split()[0]
            assert "--hash=sha256:" in entry


def test_each_bundle_has_its_name_once():
    names = [bundle.name for bundle in BUNDLES]
    assert len(names) == len(set(names)) > 0
