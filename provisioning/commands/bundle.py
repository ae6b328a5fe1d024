"""bundle: what is installed at a site, made here for this centre."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from urllib.parse import urlsplit

import click

from contract.languages import say
from provisioning.bundle import BUNDLES
from provisioning.commands.centre import load_settings, telling

_BY_NAME = {bundle.name: bundle for bundle in BUNDLES}
_PYTHONS = "; ".join(f"{bundle.name}: {', '.join(bundle.pythons)}" for bundle in BUNDLES)
_ARCHITECTURES = "; ".join(f"{bundle.name}: {', '.join(bundle.architectures)}" for bundle in BUNDLES)


@click.group(help=say("Bộ cài cho các điểm cầu.", "Installers for the sites."))
def bundle() -> None:
    """Group the commands on bundles."""


@bundle.command(
    help=say(
        "Tạo bộ cài: deb cho Debian và Ubuntu, exe cho Windows. Bộ cài mang sẵn địa chỉ và chứng thư của trung tâm,"
        " nên ở điểm cầu chỉ cần gõ mã. Cần mạng tới PyPI; exe cần thêm makensis (apt-get install nsis).",
        "Build an installer: deb for Debian and Ubuntu, exe for Windows. It carries the centre's address and"
        " certificate, so that at a site only the code is typed. Needs PyPI; exe also makensis (apt-get install nsis).",
    )
)
@click.argument("name", type=click.Choice(list(_BY_NAME)), metavar="deb|exe")
@click.option(
    "--folder",
    default=".",
    type=click.Path(path_type=Path, file_okay=False),
    help=say("Nơi đặt bộ cài; mặc định là thư mục này.", "Where to put it; this folder unless told."),
)
@click.option(
    "--python",
    help=say(
        f"Phiên bản Python; mặc định là số đầu: {_PYTHONS}.", f"Python version, the first unless told: {_PYTHONS}."
    ),
)
@click.option("--architecture", help=say(f"Kiểu máy: {_ARCHITECTURES}.", f"Kind of machine: {_ARCHITECTURES}."))
@click.option("--server", help=say("Địa chỉ đăng ký, nếu khác cài đặt.", "Where to enrol, if not as in the settings."))
@click.option(
    "--ca",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help=say("Tệp chứng thư gốc, nếu khác của trung tâm này.", "The authority's file, if not this centre's."),
)
@click.option(
    "--page",
    help=say(
        "Trang mở bằng trình duyệt ở nơi không cài được; mặc định là trang của trung tâm.",
        "The page to open where nothing can be installed; the centre's page unless told.",
    ),
)
def build(
    name: str,
    folder: Path,
    python: str | None,
    architecture: str | None,
    server: str | None,
    ca: Path | None,
    page: str | None,
) -> None:
    """Build one bundle and tell where it is."""
    import tempfile

    from provisioning.bundle.order import Order, centre, told
    from provisioning.errors import ProvisioningError

    kind = _BY_NAME[name]
    python = _choose("--python", python, kind.pythons)
    architecture = _choose("--architecture", architecture, kind.architectures)
    settings = load_settings()
    with telling(), tempfile.TemporaryDirectory(prefix="diemcau-") as work:
        ca = ca or settings.home / "ca" / "ca.pem"
        if not ca.exists():
            raise ProvisioningError(
                f"Chưa có {ca}. Chạy trước: diemcau-provision init",
                f"There is no {ca}. Run first: diemcau-provision init",
            )
        belongs_to = centre(server or settings.enrolment_url, ca.read_bytes(), page or settings.page_url)
        click.echo(_told_of(belongs_to.server), err=True)
        folder.mkdir(parents=True, exist_ok=True)
        order = Order(belongs_to, python, architecture, folder.absolute(), Path(work), partial(click.echo, err=True))
        for file in kind.build(order):
            click.echo(told(file))


def _choose(option: str, asked: str | None, allowed: tuple[str, ...]) -> str:
    if asked is None:
        return allowed[0]
    if asked not in allowed:
        raise click.BadParameter(say("chọn một trong: ", "choose one of: ") + ", ".join(allowed), param_hint=option)
    return asked


def _told_of(server: str) -> str:
    """Return whose bundle this is, with a warning where the address is of use on this machine alone."""
    lines = [say(f"Bộ cài này đăng ký với trung tâm {server}", f"This bundle enrols at the centre {server}")]
    if urlsplit(server).hostname in ("127.0.0.1", "localhost"):
        lines.append(
            say(
                "CHÚ Ý: chỉ máy này tới được địa chỉ ấy. Hãy đặt public_host trong settings.json rồi đóng gói lại.",
                "WARNING: only this machine reaches that address. Set public_host in settings.json and build again.",
            )
        )
    return "\n".join(lines)
