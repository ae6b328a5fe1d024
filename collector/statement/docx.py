"""A statement as an editable DOCX, in the form of a Vietnamese báo cáo (Decree 30/2020/NĐ-CP, annex I)."""

from __future__ import annotations

from io import BytesIO

import docx
from docx.document import Document as Docx
from docx.enum.section import WD_ORIENT
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Mm, Pt
from docx.table import Table as DocxTable
from docx.table import _Cell
from docx.text.paragraph import Paragraph

from collector.dashboard.words import Words
from collector.statement.document import Cell, Document, Section, Table, plain

_FONT = "Times New Roman"  # the decree's
_TEXT_PT, _TABLE_PT = 13, 9
_MARGINS_MM = (20, 15, 20, 30)  # top, right, bottom, left
_WIDE = 7  # columns from which a section is set on pages that lie


def write(document: Document, w: Words) -> bytes:
    """Return the document as the bytes of a .docx."""
    made = docx.Document()
    made.core_properties.title = f"{document.title} {document.number}"
    made.core_properties.author = document.office.replace("\n", " ")
    style = made.styles["Normal"]
    style.font.name, style.font.size = _FONT, Pt(_TEXT_PT)
    style.element.rPr.rFonts.set(qn("w:eastAsia"), _FONT)
    _page(made, is_wide=any(len(table.head) >= _WIDE for section in document.sections for table in section.tables))
    _head(made, document)
    for number, section in enumerate(document.sections, start=1):
        _section(made, number, section, w)
    _feet(made, document, w)
    out = BytesIO()
    made.save(out)
    return out.getvalue()


def _page(made: Docx, *, is_wide: bool) -> None:
    page = made.sections[0]
    page.page_width, page.page_height = Mm(210), Mm(297)
    if is_wide:
        page.orientation, page.page_width, page.page_height = WD_ORIENT.LANDSCAPE, Mm(297), Mm(210)
    top, right, bottom, left = _MARGINS_MM
    page.top_margin, page.right_margin = Mm(top), Mm(right)
    page.bottom_margin, page.left_margin = Mm(bottom), Mm(left)


def _head(made: Docx, document: Document) -> None:
    """Write office and number beside the national motto, then title, subject and addressee."""
    table = made.add_table(rows=2, cols=2)
    _put(table.cell(0, 0), document.office, is_bold=True)
    _put(table.cell(1, 0), document.number)
    _put(table.cell(0, 1), "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM\nĐộc lập - Tự do - Hạnh phúc", is_bold=True)
    _put(table.cell(1, 1), document.place_and_date, is_italic=True)
    for text, is_bold in ((document.title, True), (document.subject, True), (document.to, False)):
        paragraph = _centred(made.add_paragraph())
        paragraph.add_run(text).bold = is_bold


def _section(made: Docx, number: int, section: Section, w: Words) -> None:
    made.add_paragraph().add_run(f"{number}. {section.heading}").bold = True
    for sentence in section.sentences:
        made.add_paragraph(sentence)
    for table in section.tables:
        caption = made.add_paragraph()
        caption.paragraph_format.keep_with_next = True
        caption.add_run(table.caption).italic = True
        _table(made, table, w)


def _table(made: Docx, table: Table, w: Words) -> None:
    """Write a table whose head comes again on each page."""
    rows = [list(table.head), *(plain(row, w) for row in table.rows)]
    grid = made.add_table(rows=len(rows), cols=len(table.head))
    grid.style = "Table Grid"
    for number, (texts, row) in enumerate(zip(rows, grid.rows, strict=True)):
        values = table.rows[number - 1] if number else ()
        for column, (text, cell) in enumerate(zip(texts, row.cells, strict=True)):
            _fill(cell, text, is_head=not number, is_number=_is_number(values[column]) if number else False)
    _repeat_head(grid)


def _is_number(value: Cell) -> bool:
    return isinstance(value, (int, float))


def _fill(cell: _Cell, text: str, *, is_head: bool, is_number: bool) -> None:
    paragraph = cell.paragraphs[0]
    run = paragraph.add_run(text)
    run.bold, run.font.size = is_head, Pt(_TABLE_PT)
    if is_number:
        paragraph.alignment = WD_ALIGN_PARAGRAPH.RIGHT


def _repeat_head(table: DocxTable) -> None:
    properties = table.rows[0]._tr.get_or_add_trPr()
    repeats = OxmlElement("w:tblHeader")
    repeats.set(qn("w:val"), "true")
    properties.append(repeats)


def _feet(made: Docx, document: Document, w: Words) -> None:
    """Write the receivers beside who signs, and below them what the document can be checked by."""
    table = made.add_table(rows=1, cols=1 + len(document.signatures))
    receivers = w.t("Nơi nhận:", "Receivers:")
    _put(table.cell(0, 0), "\n".join((receivers, *(f"- {one};" for one in document.receivers))), is_centred=False)
    for column, one in enumerate(document.signatures, start=1):
        _put(table.cell(0, column), f"{one.role}\n\n\n{one.name}\n{one.when}", is_bold=True)
    foot = made.add_paragraph().add_run(document.foot)
    foot.font.size = Pt(_TABLE_PT)


def _put(cell: _Cell, text: str, *, is_bold: bool = False, is_italic: bool = False, is_centred: bool = True) -> None:
    paragraph = cell.paragraphs[0]
    run = paragraph.add_run(text)
    run.bold, run.italic = is_bold, is_italic
    if is_centred:
        _centred(paragraph)


def _centred(paragraph: Paragraph) -> Paragraph:
    paragraph.alignment = WD_ALIGN_PARAGRAPH.CENTER
    return paragraph
