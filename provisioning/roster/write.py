"""Writes the sites of a session as a roster file that `read` takes back unchanged and no spreadsheet executes."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from provisioning.roster.cells import guard
from provisioning.roster.columns import COLUMNS
from provisioning.roster.sites import SPARE_WORD, UNKNOWN_LINE, Site


def write(sites: Iterable[Site], places: Mapping[int, tuple[str, str]]) -> bytes:
    """Return the CSV, UTF-8 with the mark that Excel needs; `places` gives a unit's province and district."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow([column.heading for column in COLUMNS])
    for site in sites:
        for cells in _rows(site, *places[site.unit_id]):
            writer.writerow([_cell(column.words, cells.get(column.field)) for column in COLUMNS])
    return text.getvalue().encode("utf-8-sig")


def _rows(site: Site, province: str, district: str) -> Iterator[dict[str, Any]]:
    """Give a row per school or contact, whichever are more; the site's own cells stand in each, for filtering."""
    line = site.line
    own: dict[str, Any] = {
        "site_key": site.key,
        "site_name": site.name,
        "province": province,
        "district": district,
        "address": site.address,
        "hours": site.hours,
        "role": site.role,
        "medium": site.medium,
        "seats": site.seats,
        "hard_to_reach": "có" if site.is_hard_to_reach else None,
        "delivery": site.delivery or None,
        "speaking_order": site.speaking_order,
        "backup": None if site.backup is None else site.backup.venue or SPARE_WORD,
    }
    if line is not None:
        own |= {
            "provider": line.provider_name,
            "line_code": "" if line.code.startswith(UNKNOWN_LINE) else line.code,
            "download_mbps": line.download_mbps,
            "upload_mbps": line.upload_mbps,
            "line_kind": line.kind or None,
            "consented_mb": line.consented_mb,
            "paid_by": line.paid_by,
        }
    for i in range(max(1, len(site.schools), len(site.contacts))):
        row = own.copy()
        if i < len(site.schools):
            school = site.schools[i]
            row |= {"school_code": school.code, "school_name": school.name, "staff": school.staff}
        if i < len(site.contacts):
            contact = site.contacts[i]
            row |= {"contact_name": contact.name, "contact_phone": contact.phone}
        yield row


def _cell(words: Mapping[str, tuple[str, ...]] | None, value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, float):
        return f"{value:g}"
    return guard(words[value][0] if words else str(value))
