"""The wheel, built from what is in the repository alone and installed elsewhere with the base dependencies only."""

import json
import os
import subprocess
import sys
import venv
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGES = {"agent", "collector", "contract", "provisioning"}


def run(command, folder, **environ):
    """Run a program as a user would, with nothing of this checkout on its path."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "DIEMCAU"))}
    return subprocess.run(
        command, cwd=folder, env=inherited | environ, capture_output=True, text=True, timeout=300, check=False
    )


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    source, target = tmp_path_factory.mktemp("source"), tmp_path_factory.mktemp("wheel")
    listed = run(["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"], ROOT).stdout
    for name in filter(None, listed.split("\0")):
        if (ROOT / name).is_file():
            (source / name).parent.mkdir(parents=True, exist_ok=True)
            (source / name).write_bytes((ROOT / name).read_bytes())
    built = run([sys.executable, "-m", "pip", "wheel", "--no-deps", "--wheel-dir", str(target), str(source)], target)
    assert built.returncode == 0, built.stdout + built.stderr
    (found,) = target.glob("diemcau-*.whl")
    return found


@pytest.fixture(scope="module")
def base(wheel, tmp_path_factory):
    """A fresh environment with the wheel and its base dependencies; returns its folder of programs."""
    folder = tmp_path_factory.mktemp("base")
    venv.create(folder, with_pip=False)
    pip = [sys.executable, "-m", "pip", "--python", str(folder / "bin" / "python")]
    installed = run([*pip, "install", "--quiet", str(wheel)], folder)
    assert installed.returncode == 0, installed.stdout + installed.stderr
    return folder / "bin"


def test_it_holds_the_four_packages_and_nothing_else(wheel):
    tops = {name.split("/")[0] for name in zipfile.ZipFile(wheel).namelist()}
    assert {top for top in tops if not top.endswith(".dist-info")} == PACKAGES


def test_it_holds_the_dashboards_assets_ready_built(wheel):
    archive = zipfile.ZipFile(wheel)
    static = "collector/dashboard/static/"
    manifest = json.loads(archive.read(f"{static}manifest.json"))
    assert manifest
    for name in manifest.values():
        assert archive.getinfo(static + name).file_size > 0
    assert not [name for name in archive.namelist() if "node_modules" in name]


def test_it_holds_the_script_that_is_run_on_windows(wheel):
    assert b"Get-WmiObject" in zipfile.ZipFile(wheel).read("agent/platforms/windows/wmi.ps1")


@pytest.mark.parametrize("script", ["diemcau-agent", "diemcau-provision", "diemcau-collector"])
def test_each_script_answers_help_in_both_languages(base, tmp_path, script):
    for language, word in (("en", "centre"), ("vi", "Điểm Cầu")):
        answer = run([str(base / script), "--help"], tmp_path, DIEMCAU_LANG=language, PYTHONUTF8="1")
        assert answer.returncode == 0, answer.stderr
        assert script in answer.stdout
        assert word.lower() in answer.stdout.lower()


def test_the_base_install_measures_this_machine_once(base, tmp_path):
    answer = run([str(base / "diemcau-agent"), "once", "--json"], tmp_path, DIEMCAU_AGENT_HOME=str(tmp_path / "home"))
    assert answer.returncode == 0, answer.stderr
    report = json.loads(answer.stdout)
    found = {m["probe"] for m in report["measurements"] if m.get("findings")}
    assert "host" in found


@pytest.mark.parametrize(
    ("script", "arguments", "extra"),
    [
        ("diemcau-collector", ["run"], "diemcau[collector]"),
        ("diemcau-collector", ["status"], "diemcau[collector]"),
        ("diemcau-provision", ["init"], "diemcau[provisioning]"),
    ],
)
def test_without_its_extra_a_command_names_the_one_to_install(base, tmp_path, script, arguments, extra):
    answer = run([str(base / script), *arguments], tmp_path, DIEMCAU_HOME=str(tmp_path / "home"))
    assert answer.returncode == 1
    assert f"pip install '{extra}'" in answer.stderr
    assert "Traceback" not in answer.stderr


def test_no_other_distribution_claims_our_package_names(base, tmp_path):
    program = "import importlib.metadata as m, json; print(json.dumps(m.packages_distributions()))"
    found = json.loads(run([str(base / "python"), "-c", program], tmp_path).stdout)
    assert {name: set(found[name]) for name in PACKAGES} == {name: {"diemcau"} for name in PACKAGES}
