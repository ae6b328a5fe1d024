"""What is handed to the sites: each its new code, where to enrol, and how to know that place for the right one."""

from __future__ import annotations

import csv
import io
from collections.abc import Collection
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

from sqlalchemy import Connection, func, or_, select

from provisioning import audit, authority, codes, identifiers, secret_files, site_links
from provisioning.errors import ProvisioningError
from provisioning.roster.cells import guard
from provisioning.settings import Settings
from provisioning.store.tables import code, session, site

_HEADINGS = (
    "Mã điểm cầu",
    "Điểm cầu",
    "Mã đăng ký",
    "Địa chỉ máy chủ",
    "Dấu vân tay của máy chủ",
    "Trang của điểm cầu",
)


class Sheet(NamedTuple):
    """What is printed for one site."""

    site: str  # its key in the roster, else its code
    site_name: str
    code: str
    server: str
    fingerprint: str  # of the authority that the server is trusted by
    page: str  # the site's own, which opens without a login


def make_codes(
    connection: Connection, settings: Settings, site_code: str | None, actor: str, now_us: int
) -> list[Sheet]:
    """Make codes for one site, or for all that have none in force, valid until the last session ends.

    This is the only time they can be read: hand them out within the transaction. Raises ProvisioningError.
    """
    ends_at = connection.scalar(select(func.max(session.c.ends_at)))
    if ends_at is None or ends_at <= now_us:
        raise ProvisioningError(
            "Chưa có buổi nào sắp tới, nên mã không có ngày hết hạn. Xem: diemcau-provision session add --help",
            "No session lies ahead, so codes would have no end. See: diemcau-provision session add --help",
        )
    sites = [find(connection, site_code)] if site_code else _without_code(connection, now_us)
    key = secret_files.key(settings.folder("secrets"), "code-key")
    made = codes.make_codes(connection, key, {row.id: row.code for row in sites}, ends_at, now_us)
    if made:
        audit.append(connection, actor, "codes made", site_code or "all", {"codes": len(made)}, now_us)
    ca = authority.make_authority(settings.folder("ca"), datetime.fromtimestamp(now_us / 1e6, UTC))
    fingerprint = authority.fingerprint(ca.read_bytes())
    link_key = secret_files.key(settings.folder("secrets"), site_links.KEY)
    return [
        Sheet(
            row.roster_key or row.code,
            row.name,
            made[row.id],
            settings.enrolment_url,
            fingerprint,
            site_links.address(settings, link_key, row.code, row.link_generation),
        )
        for row in sites
    ]


def end_code(connection: Connection, site_code: str, actor: str, now_us: int) -> None:
    """Take a site's code out of use, for one that was lost or shown around. Raises ProvisioningError."""
    found = find(connection, site_code)
    codes.end_code(connection, found.id)
    audit.append(connection, actor, "code ended", found.code, {}, now_us)


def write_csv(file: Path, sheets: Collection[Sheet]) -> None:
    """Write the sheets to a new file that only its owner may read; no sheets, no file.

    Codes can be read only once, so a file that may hold some is never replaced. Raises ProvisioningError.
    """
    if file.exists():
        raise ProvisioningError(
            f"Đã có tệp {file}, có thể chứa mã chỉ hiện một lần, nên không ghi đè. Chọn tên tệp khác.",
            f"{file} exists and may hold codes that were shown only once, so it is kept. Choose another name.",
        )
    if not sheets:
        return
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(_HEADINGS)
    writer.writerows([guard(cell) for cell in sheet] for sheet in sheets)
    secret_files.write(file, text.getvalue().encode("utf-8-sig"))


class Site(NamedTuple):
    """A site as sheets and links name it."""

    id: int
    code: str
    roster_key: str | None
    name: str
    link_generation: int


_COLUMNS = (site.c.id, site.c.code, site.c.roster_key, site.c.name, site.c.link_generation)


def find(connection: Connection, site_code: str) -> Site:
    """Return the site of a code as typed. Raises ProvisioningError."""
    try:
        parsed = identifiers.parse_site(site_code)
    except identifiers.IdentifierError as error:
        raise ProvisioningError(
            f"{site_code} không phải mã điểm cầu.", f"{site_code} is not a site's code: {error}."
        ) from error
    found = connection.execute(select(*_COLUMNS).where(site.c.code == parsed)).one_or_none()
    if found is None:
        raise ProvisioningError(f"Không có điểm cầu {parsed}.", f"There is no site {parsed}.")
    return Site(*found)


def _without_code(connection: Connection, now_us: int) -> list[Site]:
    missing = or_(code.c.site_id.is_(None), code.c.ends_at <= now_us)
    query = select(*_COLUMNS).outerjoin(code, code.c.site_id == site.c.id).where(missing)
    return [Site(*row) for row in connection.execute(query.order_by(site.c.unit_id, site.c.id))]
