"""A statement as a workbook: its tables, what is left to do by VNPT's branches, the annex of MyTV and equipment."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from io import BytesIO
from typing import Any, NamedTuple

import xlsxwriter
from xlsxwriter.worksheet import Worksheet

from collector.dashboard import labels
from collector.dashboard.names import short_unit
from collector.dashboard.words import Words
from collector.statement import figures, tables
from collector.statement.body import Body, Site
from collector.statement.document import Cell, Document, Table
from provisioning.moments import VIETNAM

_MOST_LETTERS = 32_767  # of a cell
_NARROWEST, _WIDEST = 8, 48  # letters of a column
_FIRST = 30  # letters of the first column of the first sheet, whose tables share their columns
_OTHERS = 20
_LINE_PT = 15
_LOOKED_AT = 1000  # rows, to find how wide a list's columns are
_A4 = 9  # by its number
_EQUIPMENT = ("picture_sound", "sound", "display", "camera", "host", "rehearsal")


class Forms(NamedTuple):
    """How cells look."""

    count: Any
    quantity: Any
    bold: Any
    bold_count: Any
    head: Any
    wrapped: Any


def write(body: Body, document: Document, w: Words) -> bytes:
    """Return the workbook's bytes; no cell is a formula or a link, whatever a text begins with."""
    out = BytesIO()
    book = xlsxwriter.Workbook(out, {"constant_memory": True})
    made = datetime.fromtimestamp(body.as_of / 1e6, UTC).astimezone(VIETNAM).replace(tzinfo=None)
    book.set_properties({"title": f"{document.title} {document.number}", "created": made})
    head = {"bold": True, "bottom": 1, "text_wrap": True, "valign": "vcenter", "bg_color": "#EBEBEB"}
    count = {"num_format": "#,##0", "align": "right", "indent": 1, "valign": "top"}
    looks: tuple[dict[str, Any], ...] = (
        *(count, count | {"num_format": "#,##0.0"}, {"bold": True}, count | {"bold": True}),
        *(head, {"text_wrap": True, "valign": "top"}),
    )
    forms = Forms(*(book.add_format(look) for look in looks))
    left = w.t("Việc còn lại", "What is left")
    _summary(_sheet(book, w.t("Báo cáo", "Statement")), document, forms, left)
    repairs = tables.repairs(body, figures.repairs(body), w)
    _list(_sheet(book, w.t("Đề xuất", "Proposals")), repairs.head, repairs.rows, forms)
    by_branch = sorted(figures.open_sites(body), key=lambda site: site.province)
    columns = (w.t("Chi nhánh VNPT", "VNPT branch"), *tables.open_sites(body, (), w).head)
    _list(_sheet(book, left), columns, _left(body, by_branch, w), forms)
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
    return f"VNPT {short_unit(name)}"


def _annex_head(w: Words) -> tuple[str, ...]:
    return (
        *(w.t("Chi nhánh VNPT", "VNPT branch"), w.t("Mã", "Code"), w.t("Điểm cầu", "Site"), w.t("Huyện", "District")),
        *(w.t("Vai trò", "Role"), w.t("Phương thức", "Medium"), w.t("Số chỗ", "Seats"), w.t("Trường", "Schools")),
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
    sheet.set_footer("&C&P/&N")
    return sheet


def _summary(sheet: Worksheet, document: Document, forms: Forms, left: str) -> None:
    """Write the document's sentences and tables below each other; `left`: the sheet of the open sites."""
    sheet.set_column(0, 0, _FIRST)
    sheet.set_column(1, 12, _OTHERS)
    below = Below(sheet, forms)
    for text in (f"{document.title} {document.number}", document.subject, document.meeting, document.place_and_date):
        below.put((text,), forms.bold)
    for number, section in enumerate(document.sections, start=1):
        below.put(())
        below.put((f"{number}. {section.heading}",), forms.bold)
        for sentence in section.sentences:
            below.put((sentence,))
        for table in section.tables:
            below.put_table(table)
    below.put(())
    for one in document.signatures:
        below.put((one.role, one.name, one.when))
    below.put((document.foot,))
    for annex in document.annexes:
        below.put(())
        below.put((annex.name,), forms.bold)
        if annex.table.is_wide:
            below.put((f"{annex.table.caption}: {left}",))
        else:
            below.put_table(annex.table)


class Below:
    """Writes rows of a sheet one below the other."""

    def __init__(self, sheet: Worksheet, forms: Forms) -> None:
        self._sheet, self._forms, self._row = sheet, forms, 0

    def put(self, cells: Sequence[Cell], form: Any = None) -> None:
        """Write the next row."""
        _row(self._sheet, self._row, cells, self._forms, form)
        self._row += 1

    def put_table(self, table: Table) -> None:
        """Write a table below its caption, each row as high as its texts."""
        self.put((table.caption,))
        for number, cells in enumerate((table.head, *table.rows)):
            self._sheet.set_row(self._row, _LINE_PT * max(map(_lines, range(len(cells)), cells)))
            is_sum = table.has_sum and number == len(table.rows)
            forms = self._forms
            self.put(cells, forms.bold if is_sum else forms.wrapped if number else forms.head)


def _lines(column: int, value: Cell) -> int:
    """Return how many lines a value takes in a column of the first sheet."""
    return max(1, -(-len(str(value)) // (_OTHERS if column else _FIRST)))


def _list(sheet: Worksheet, head: tuple[str, ...], rows: Iterable[Sequence[Cell]], forms: Forms) -> None:
    """Write a list to sort and to filter, its columns as wide as their texts."""
    sheet.freeze_panes(1, 0)
    sheet.repeat_rows(0)
    sheet.set_row(0, 2 * _LINE_PT)
    _row(sheet, 0, head, forms, forms.head)
    letters = [max(_NARROWEST, *map(len, text.split())) + 3 for text in head]  # the button of the filter beside it
    count = 0
    for count, cells in enumerate(rows, start=1):
        _row(sheet, count, cells, forms)
        if count <= _LOOKED_AT:
            letters = [max(one, len(str(value))) for one, value in zip(letters, cells, strict=True)]
    for column, longest in enumerate(letters):
        sheet.set_column(column, column, min(longest, _WIDEST) + 1)
    sheet.autofilter(0, 0, count, len(head) - 1)


def _row(sheet: Worksheet, row: int, cells: Sequence[Cell], forms: Forms, form: Any = None) -> None:
    for column, value in enumerate(cells):
        if isinstance(value, str):
            if value:
                sheet.write_string(row, column, value[:_MOST_LETTERS], form)
        elif value is not None:
            plain = forms.count if isinstance(value, int) else forms.quantity
            sheet.write_number(row, column, value, forms.bold_count if form is forms.bold else plain)
