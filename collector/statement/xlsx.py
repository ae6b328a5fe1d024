"""A statement as a workbook: its tables, what is left to do by VNPT's branches, the annex of MyTV and equipment."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from io import BytesIO
from typing import Any

import xlsxwriter
from xlsxwriter.worksheet import Worksheet

from collector.dashboard import labels
from collector.dashboard.words import HANOI, Words
from collector.statement import figures
from collector.statement.body import Body, Site
from collector.statement.document import Cell, Document, open_head, open_row, repair_row

_MOST_LETTERS = 32_767  # of a cell
_WIDTH = 18
_EQUIPMENT = ("picture_sound", "sound", "display", "camera", "host", "rehearsal")


def write(body: Body, document: Document, w: Words) -> bytes:
    """Return the workbook's bytes; no cell is a formula or a link, whatever a text begins with."""
    out = BytesIO()
    book = xlsxwriter.Workbook(out, {"constant_memory": True})
    made = datetime.fromtimestamp(body.as_of / 1e6, UTC).astimezone(HANOI).replace(tzinfo=None)
    book.set_properties({"title": f"{document.title} {document.number}", "created": made})
    bold = book.add_format({"bold": True, "bottom": 1})
    _summary(book.add_worksheet(w.t("Báo cáo", "Statement")), document, bold)
    found = figures.repairs(body)
    proposals = document.sections[-1].tables[0]
    _sheet(book, w.t("Đề xuất", "Proposals"), proposals.head, (repair_row(body, one, w) for one in found), bold)
    head = (w.t("Chi nhánh VNPT", "VNPT branch"), *open_head(w))
    by_branch = sorted(figures.open_sites(body), key=lambda site: site.province)
    rows = ((_branch(body, site), *open_row(body, site, w)) for site in by_branch)
    _sheet(book, w.t("Việc còn lại", "What is left"), head, rows, bold)
    _sheet(book, w.t("Phụ lục MyTV và thiết bị", "Annex MyTV and equipment"), _annex_head(w), _annex(body, w), bold)
    book.close()
    return out.getvalue()


def _branch(body: Body, site: Site) -> str:
    name = body.provinces.get(site.province, site.province)
    return f"VNPT {name.removeprefix('Tỉnh ').removeprefix('Thành phố ')}"


def _annex_head(w: Words) -> tuple[str, ...]:
    return (
        *(w.t("Chi nhánh VNPT", "VNPT branch"), w.t("Mã", "Code"), w.t("Điểm cầu", "Site"), w.t("Huyện", "District")),
        *(w.t("Vai trò", "Role"), w.t("Phương tiện", "Medium"), w.t("Số chỗ", "Seats"), w.t("Trường", "Schools")),
        *(w.t("Nhà mạng", "Provider"), w.t("Mã đường truyền", "Line id"), w.t("Đầu mối", "Contact")),
        *(w.t("Mức", "Level"), w.t("Thiết bị còn thiếu hoặc chưa rõ", "Equipment missing or not known")),
    )


def _annex(body: Body, w: Words) -> Iterator[tuple[Cell, ...]]:
    for site in body.sites:
        lacking = [one for one in site.findings if one.fact in _EQUIPMENT]
        told = "; ".join(dict.fromkeys(f"{w.what(one.fact, one.metric)}: {w.level(one.level)}" for one in lacking))
        yield (
            *(_branch(body, site), site.code, site.name, site.district),
            *(w.name(labels.ROLES, site.role), w.name(labels.MEDIA, site.medium), site.seats, site.schools),
            *(site.provider, site.line, site.contact, w.level(site.level), told),
        )


def _summary(sheet: Worksheet, document: Document, bold: Any) -> None:
    """Write the document's sentences and tables below each other."""
    sheet.set_column(0, 0, 2 * _WIDTH)
    sheet.set_column(1, 12, _WIDTH)
    row = 0

    def put(cells: Sequence[Cell], form: Any = None) -> None:
        nonlocal row
        _row(sheet, row, cells, form)
        row += 1

    for text in (f"{document.title} {document.number}", document.subject, document.place_and_date):
        put((text,), bold)
    for number, section in enumerate(document.sections, start=1):
        put(())
        put((f"{number}. {section.heading}",), bold)
        for sentence in section.sentences:
            put((sentence,))
        for table in section.tables:
            put((table.caption,))
            put(table.head, bold)
            for cells in table.rows:
                put(cells)
    put(())
    for one in document.signatures:
        put((one.role, one.name, one.when))
    put((document.foot,))


def _sheet(book: Any, name: str, head: tuple[str, ...], rows: Iterable[Sequence[Cell]], bold: Any) -> None:
    sheet = book.add_worksheet(name)
    sheet.freeze_panes(1, 0)
    sheet.set_column(0, len(head) - 1, _WIDTH)
    _row(sheet, 0, head, bold)
    count = 0
    for count, cells in enumerate(rows, start=1):
        _row(sheet, count, cells, None)
    sheet.autofilter(0, 0, count, len(head) - 1)


def _row(sheet: Worksheet, row: int, cells: Sequence[Cell], form: Any) -> None:
    for column, value in enumerate(cells):
        if isinstance(value, str):
            if value:
                sheet.write_string(row, column, value[:_MOST_LETTERS], form)
        elif value is not None:
            sheet.write_number(row, column, value, form)
