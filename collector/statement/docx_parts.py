"""What a DOCX needs that python-docx has no words for: tables with set columns, short lines, numbers of pages."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from docx.document import Document as Docx
from docx.enum.style import WD_STYLE_TYPE
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.section import Section as Pages
from docx.shared import Mm, Pt
from docx.table import Table as Grid
from docx.table import _Cell
from docx.text.paragraph import Paragraph

from collector.dashboard.words import Words
from collector.statement.columns import widths_mm
from collector.statement.document import Cell, Table, plain

_TABLE_PT = 9
_LETTER_MM, _GAP_MM = 1.62, 2.4  # what a letter of these points takes, and a cell besides
_MARGIN = 57  # of a cell, left and right: 1 mm, in twentieths of a point
_GREY = "EBEBEB"
_STYLE = "Cell"


def set_language(made: Docx, lang: str) -> None:
    """Say which language the text is in, or Word marks every word of it as wrong."""
    made.styles["Normal"].element.rPr.append(_element("w:lang", val={"vi": "vi-VN"}.get(lang, "en-GB")))


def cell_style(made: Docx) -> None:
    """Make the style of what stands in tables with lines."""
    style = made.styles.add_style(_STYLE, WD_STYLE_TYPE.PARAGRAPH)
    style.base_style = made.styles["Normal"]
    style.font.size = Pt(_TABLE_PT)


def ruled_grid(made: Docx, table: Table, w: Words, room_mm: float) -> None:
    """Write a table with lines: its columns as wide as their texts ask, its head again on each page, no row torn."""
    widths = widths_mm(table, w, room_mm, _LETTER_MM, _GAP_MM)
    grid = _grid(made, 1 + len(table.rows), widths, "Table Grid")
    last = len(table.rows) if table.has_sum else -1
    rows: list[tuple[Sequence[Cell], list[str]]] = [((), list(table.head))]
    rows += [(row, plain(row, w)) for row in table.rows]
    for number, ((values, texts), row) in enumerate(zip(rows, grid._tbl.tr_lst, strict=True)):
        for column, (text, cell) in enumerate(zip(texts, row.tc_lst, strict=True)):
            is_number = bool(values) and isinstance(values[column], (int, float))
            _fill(_Cell(cell, grid), text, is_head=not number, is_bold=number in (0, last), is_number=is_number)
        row.get_or_add_trPr().append(_element("w:cantSplit"))
    grid._tbl.tr_lst[0].get_or_add_trPr().append(_element("w:tblHeader"))


def plain_grid(made: Docx, rows: int, widths: Sequence[float]) -> Grid:
    """Return a table without lines, to put things side by side; widths in mm."""
    return _grid(made, rows, widths, "Normal Table")


def line_beneath(paragraph: Paragraph, *, room_mm: float, length_mm: float) -> None:
    """Make of an empty paragraph a line in the middle of its room."""
    rule = _element("w:pBdr")
    rule.append(_element("w:top", val="single", sz="6", space="1", color="auto"))
    paragraph._p.get_or_add_pPr().append(rule)
    form = paragraph.paragraph_format
    form.left_indent = form.right_indent = Mm((room_mm - length_mm) / 2)
    form.space_before, form.line_spacing = Pt(2), Pt(4)


def number_pages(pages: Pages) -> None:
    """Number all pages but the first, in the middle above the text."""
    pages.different_first_page_header_footer = True
    paragraph = pages.header.paragraphs[0]
    paragraph.alignment = WD_ALIGN_PARAGRAPH.CENTER
    field = _element("w:fldSimple", instr="PAGE")
    paragraph._p.append(field)


def _grid(made: Docx, rows: int, widths: Sequence[float], style: str) -> Grid:
    """Return a table whose columns keep their widths (mm) in every program."""
    grid: Grid = made.add_table(rows=rows, cols=len(widths))
    grid.style = style
    grid.autofit = False
    properties = grid._tbl.tblPr
    margins = _element("w:tblCellMar")
    for side in ("left", "right"):
        margins.append(_element(f"w:{side}", w=str(_MARGIN), type="dxa"))
    properties.insert_element_before(margins, "w:tblLook")  # Word opens no table whose parts are out of order
    for column, width in zip(grid._tbl.tblGrid.gridCol_lst, widths, strict=True):
        column.w = Mm(width)
    for row in grid._tbl.tr_lst:
        for cell, width in zip(row.tc_lst, widths, strict=True):
            cell.width = Mm(width)
    return grid


def _fill(cell: _Cell, text: str, *, is_head: bool, is_bold: bool, is_number: bool) -> None:
    paragraph = cell.paragraphs[0]
    paragraph._p.get_or_add_pPr().style = _STYLE  # python-docx would look among all styles for it
    run = paragraph.add_run(text)
    if is_bold:
        run.bold = True
    if is_head:
        paragraph.alignment = WD_ALIGN_PARAGRAPH.CENTER
        shade, middle = _element("w:shd", val="clear", color="auto", fill=_GREY), _element("w:vAlign", val="center")
        for part in (shade, middle):
            cell._tc.get_or_add_tcPr().append(part)
    elif is_number:
        paragraph.alignment = WD_ALIGN_PARAGRAPH.RIGHT


def _element(name: str, **attributes: str) -> Any:
    made = OxmlElement(name)
    for attribute, value in attributes.items():
        made.set(qn(f"w:{attribute}"), value)
    return made
