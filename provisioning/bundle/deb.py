"""The Debian package: the agent under /usr/lib/diemcau-agent, for the Python of the distribution, as a systemd service.

bin/python3, pyvenv.cfg and lib/python3.N/site-packages form a virtual environment: so the agent's children, which are
started as `python3 -I -m agent.round`, find the same libraries and nothing of the machine's.
"""

from __future__ import annotations

from pathlib import Path

from contract.languages import say
from provisioning.bundle import libraries
from provisioning.bundle.order import Bundle, Order, date_all, need, run

_FILES = Path(__file__).parent / "linux"
_PLACES = {  # by the name of our file: where it goes, and its mode
    "diemcau-agent": ("usr/bin/diemcau-agent", 0o755),
    "diemcau-agent.service": ("{systemd}/system/diemcau-agent.service", 0o644),
    "system-sleep": ("{systemd}/system-sleep/diemcau-agent", 0o755),
    "copyright": ("usr/share/doc/diemcau-agent/copyright", 0o644),
    "centre": ("etc/diemcau-agent/centre", 0o644),
    "conffiles": ("DEBIAN/conffiles", 0o644),
    "postinst": ("DEBIAN/postinst", 0o755),
    "prerm": ("DEBIAN/prerm", 0o755),
    "postrm": ("DEBIAN/postrm", 0o755),
}
# Debian 12's systemd claims its folders as /lib; purging would remove one that is claimed by another name.
_SYSTEMD = {"3.11": "lib/systemd", "3.12": "usr/lib/systemd", "3.13": "usr/lib/systemd"}
# glibc 2.17 and later, by the names that wheels have carried (PEP 600); all distributions meant here have it
_PLATFORMS = {
    "amd64": ("manylinux_2_17_x86_64", "manylinux2014_x86_64", "manylinux_2_12_x86_64", "manylinux2010_x86_64"),
    "arm64": ("manylinux_2_17_aarch64", "manylinux2014_aarch64"),
}


def build(order: Order) -> tuple[Path, ...]:
    """Build the package."""
    need("dpkg-deb", "dpkg")
    root = order.work / "root"
    program = root / "usr/lib/diemcau-agent"
    libraries.lay(
        order, "deb.lock", _PLATFORMS[order.architecture], program / f"lib/python{order.python}/site-packages"
    )
    (program / "bin").mkdir()
    (program / "bin/python3").symlink_to(f"/usr/bin/python{order.python}")
    (program / "pyvenv.cfg").write_text("home = /usr/bin\ninclude-system-site-packages = false\n", encoding="ascii")
    for name, (place, mode) in _PLACES.items():
        _put(order, name, root / place.format(systemd=_SYSTEMD[order.python]), mode)
    (root / "etc/diemcau-agent/ca.pem").write_bytes(order.centre.ca_pem)
    _put(order, "control", root / "DEBIAN/control", KIBIBYTES=str(sum(_sizes(root)) // 1024))
    _open_to_all(root)
    date_all(root)
    order.tell(say("Đang đóng gói…", "Packing…"))
    file = order.folder / f"diemcau-agent_{_version(order)}_{order.architecture}.deb"
    run("dpkg-deb", "--root-owner-group", "-Zxz", "--build", str(root), str(file))
    return (file,)


def _version(order: Order) -> str:
    return f"{order.version}+python{order.python}"


def _put(order: Order, name: str, file: Path, mode: int = 0o644, **words: str) -> None:
    """Copy one of our files, with the words in it replaced."""
    text = (_FILES / name).read_text(encoding="utf-8")
    words = {
        **words,
        "VERSION": _version(order),
        "PYTHON": order.python,
        "ARCHITECTURE": order.architecture,
        "SERVER": order.centre.server,
    }
    for word, value in words.items():
        text = text.replace(f"@{word}@", value)
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text, encoding="utf-8")
    file.chmod(mode)


def _sizes(root: Path) -> list[int]:
    return [path.stat().st_size for path in root.rglob("*") if path.is_file() and not path.is_symlink()]


def _open_to_all(root: Path) -> None:
    """Let everybody read the program, whatever the umask here is."""
    for path in (root, *root.rglob("*")):
        if not path.is_symlink():
            is_open = path.is_dir() or path.stat().st_mode & 0o100
            path.chmod(0o755 if is_open else 0o644)


BUNDLE = Bundle("deb", tuple(_SYSTEMD), tuple(_PLATFORMS), build)
