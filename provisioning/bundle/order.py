"""What a bundle is made from, and what a kind of bundle is."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import NamedTuple

import contract
from contract.languages import say
from provisioning.errors import ProvisioningError

_OLDEST_S = 1_767_225_600  # 2026-01-01: the date of every file in a bundle unless SOURCE_DATE_EPOCH says otherwise
_SERVER = re.compile(r"https://[A-Za-z0-9.-]+(:[0-9]{1,5})?(/[A-Za-z0-9._/-]*)?\Z")
_PAGE = re.compile(r"https?://[A-Za-z0-9.-]+(:[0-9]{1,5})?(/[A-Za-z0-9._/?=&-]*)?\Z")


class Centre(NamedTuple):
    """The centre that an agent belongs to."""

    server: str  # where it enrols
    ca_pem: bytes  # whom it trusts: with it in the bundle nobody has to compare a fingerprint
    page: str  # what a person opens where the bundle cannot be installed


class Order(NamedTuple):
    """What is to be built."""

    centre: Centre
    python: str  # "3.11"
    architecture: str  # as the bundle's kind calls it
    folder: Path  # where the bundle is put
    work: Path  # an empty folder to work in
    tell: Callable[[str], None]  # is told what is being done

    @property
    def version(self) -> str:
        """The agent's version, which is this centre's."""
        return contract.__version__


class Bundle(NamedTuple):
    """A kind of bundle."""

    name: str
    pythons: tuple[str, ...]  # that it can be built for; the first unless another is asked for
    architectures: tuple[str, ...]  # likewise
    build: Callable[[Order], tuple[Path, ...]]  # returns the files made; raises ProvisioningError


def centre(server: str, ca_pem: bytes, page: str) -> Centre:
    """Return the centre; raises ProvisioningError when an address cannot stand in an installer."""
    for address, form in ((server, _SERVER), (page, _PAGE)):
        if not form.match(address):
            raise ProvisioningError(
                f"Không dùng được địa chỉ {address}: phải có dạng https://tên:cổng.",
                f"The address {address} cannot be used: it must look like https://name:port.",
            )
    if ca_pem.count(b"-----BEGIN CERTIFICATE-----") != 1 or b"PRIVATE KEY" in ca_pem:
        raise ProvisioningError(
            "Tệp chứng thư gốc phải chứa đúng một chứng thư và không có khóa bí mật (thường là ca.pem).",
            "The authority's file must hold one certificate and no private key (it is usually ca.pem).",
        )
    return Centre(server, ca_pem, page)


def need(program: str, package: str) -> None:
    """Raise ProvisioningError, with the Debian package to install, when a program of the build is not there."""
    if shutil.which(program) is None:
        raise ProvisioningError(
            f"Cần {program} để đóng gói. Cài: apt-get install {package}",
            f"{program} is needed to build this. Install: apt-get install {package}",
        )


def run(*command: str, may_fail: bool = False, environ: Mapping[str, str] | None = None) -> str:
    """Run a program of the build and return what it prints; raises ProvisioningError."""
    inherited = {**os.environ, "SOURCE_DATE_EPOCH": str(moment_s())}
    ended = subprocess.run(command, env={**inherited, **(environ or {})}, capture_output=True, text=True, check=False)
    told = (ended.stdout + ended.stderr).strip()
    if ended.returncode != 0 and not may_fail:
        name, last = Path(command[0]).name, "\n".join(told.splitlines()[-10:])
        raise ProvisioningError(f"{name} không chạy được:\n{last}", f"{name} failed:\n{last}")
    return told


def moment_s() -> int:
    """Return the moment that every file of a bundle is dated by, so that the same build gives the same bytes."""
    return int(os.environ.get("SOURCE_DATE_EPOCH") or _OLDEST_S)


def date_all(folder: Path) -> None:
    """Date every file and folder alike."""
    for path in (folder, *folder.rglob("*")):
        os.utime(path, (moment_s(), moment_s()), follow_symlinks=False)


def told(file: Path) -> str:
    """Return a line that tells of a bundle that was made."""
    return say(f"Đã tạo {file}", f"Made {file}") + f" ({file.stat().st_size / 1e6:.1f} MB)"
