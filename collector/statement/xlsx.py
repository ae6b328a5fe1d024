"""A statement as a workbook: its tables, what is left to do by VNPT's branches, the annex of MyTV and equipment."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from io import BytesIO
from typing import Any, NamedTuple

import xlsxwriter
from xlsxwriter.worksheet import Worksheet

from collector.dashboard import labels
from collector.dashboard.words import Words
from collector.statement import figures, tables
from collector.statement.body import Body, Site
from collector.statement.document import Cell, Document, Table
from provisioning.moments import VIETNAM

_MOST_LETTERS = 32_767  # of a cell
_NARROWEST, _WIDEST = 8, 48  # letters of a column
_FIRST = 30  # letters of the first column of the first sheet, whose tables share their columns
_OTHERS = 18
_A4 = 9
_EQUIPMENT = ("picture_sound", "sound", "display", "camera", "host", "rehearsal")


class Forms(NamedTuple):
    """How cells look."""

    text: Any
    count: Any
    quantity: Any
    bold: Any
    head: Any


def write(body: Body, document: Document, w: Words) -> bytes:
    """Return the workbook's bytes; no cell is a formula or a link, whatever a text begins with."""
    out = BytesIO()
    book = xlsxwriter.Workbook(out, {"constant_memory": True})
    made = datetime.fromtimestamp(body.as_of / 1e6, UTC).astimezone(VIETNAM).replace(tzinfo=None)
    book.set_properties({"title": f"{document.title} {document.number}", "created": made})
    ruled = {"bold": True, "bottom": 1, "text_wrap": True, "valign": "vcenter", "bg_color": "#EBEBEB"}
    looks: tuple[dict[str, Any], ...] = ({}, {"num_format": "#,##0"}, {"num_format": "#,##0.0"}, {"bold": True}, ruled)
    forms = Forms(*(book.add_format(look) for look in looks))
    _summary(_sheet(book, w.t("Báo cáo", "Statement")), document, forms)
    repairs = tables.repairs(body, figures.repairs(body), w)
    _list(_sheet(book, w.t("Đề xuất", "Proposals")), repairs.head, repairs.rows, forms)
    by_branch = sorted(figures.open_sites(body), key=lambda site: site.province)
    head, rows = (w.t("Chi nhánh VNPT", "VNPT branch"), *tables.open_sites(body, (), w).head), _left(body, by_branch, w)
    _list(_sheet(book, w.t("Việc còn lại", "What is left")), head, rows, forms)
    annex = _sheet(book, w.t("Phụ lục MyTV và thiết bị", "Annex MyTV and equipment"))
    _list(annex, _annex_head(w), _annex(body, w), forms)
    book.close()
    return out.getvalue()


def _left(body: Body, sites: Sequence[Site], w: Words) -> Iterator[tuple[Cell, ...]]:
    """Yield the open sites, some at a time: a country's rows would fill the memory."""
    for first in range(0, len(sites), 1000):
        some = sites[first : first + 1000]
        for site, row in zip(some, tables.open_sites(body, some, w).rows, strict=True):
            yield (_branch(body, site), *row)


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


def _sheet(book: Any, name: str) -> Worksheet:
    """Add a sheet that prints on lying pages, as wide as they are."""
    sheet: Worksheet = book.add_worksheet(name)
    sheet.set_landscape()
    sheet.set_paper(_A4)
    sheet.fit_to_pages(1, 0)
    sheet.set_margins(left=0.5, right=0.5)
    sheet.set_footer("&P/&N")
    return sheet


def _summary(sheet: Worksheet, document: Document, forms: Forms) -> None:
    """Write the document's sentences and tables below each other."""
    sheet.set_column(0, 0, _FIRST)
    sheet.set_column(1, 12, _OTHERS)
    row = 0

    def put(cells: Sequence[Cell], form: Any = None) -> None:
        nonlocal row
        _row(sheet, row, cells, forms, form)
        row += 1

    def put_table(table: Table) -> None:
        put((table.caption,))
        put(table.head, forms.head)
        for number, cells in enumerate(table.rows, start=1):
            put(cells, forms.bold if table.has_sum and number == len(table.rows) else None)

    for text in (f"{document.title} {document.number}", document.subject, document.meeting, document.place_and_date):
        put((text,), forms.bold)
    for number, section in enumerate(document.sections, start=1):
        put(())
        put((f"{number}. {section.heading}",), forms.bold)
        for sentence in section.sentences:
            put((sentence,))
        for table in section.tables:
            put_table(table)
    put(())
    for one in document.signatures:
        put((one.role, one.name, one.when))
    put((document.foot,))
    for annex in document.annexes:
        put(())
        put((annex.name,), forms.bold)
        put_table(annex.table)


def _list(sheet: Worksheet, head: tuple[str, ...], rows: Iterable[Sequence[Cell]], forms: Forms) -> None:
    """Write a list to sort and to filter, its columns as wide as their texts."""
    sheet.freeze_panes(1, 0)
    sheet.repeat_rows(0)
    _row(sheet, 0, head, forms, forms.head)
    letters = [max(_NARROWEST, *map(len, text.split())) + 3 for text in head]  # the button of the filter beside it
    count = 0
    for count, cells in enumerate(rows, start=1):
        _row(sheet, count, cells, forms)
        letters = [max(one, len(str(value))) for one, value in zip(letters, cells, strict=True)]
    for column, longest in enumerate(letters):
        sheet.set_column(column, column, min(longest, _WIDEST) + 1)
    sheet.autofilter(0, 0, count, len(head) - 1)


def _row(sheet: Worksheet, row: int, cells: Sequence[Cell], forms: Forms, form: Any = None) -> None:
    for column, value in enumerate(cells):
        if isinstance(value, str):
            if value:
                sheet.write_string(row, column, value[:_MOST_LETTERS], form or forms.text)
        elif value is not None:
            number = forms.count if isinstance(value, int) else forms.quantity
            sheet.write_number(row, column, value, form or number)
