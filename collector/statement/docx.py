"""A statement as an editable DOCX, in the form of a Vietnamese báo cáo (Decree 30/2020/NĐ-CP, annex I)."""

from __future__ import annotations

from io import BytesIO

import docx
from docx.document import Document as Docx
from docx.enum.section import WD_ORIENT, WD_SECTION
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.oxml.ns import qn
from docx.section import Section as Pages
from docx.shared import Mm, Pt
from docx.table import _Cell
from docx.text.paragraph import Paragraph

from collector.dashboard.words import Words
from collector.statement.document import Annex, Document, Section
from collector.statement.docx_parts import cell_style, line_beneath, number_pages, plain_grid, ruled_grid, set_language

_FONT = "Times New Roman"  # the decree's
_TEXT_PT, _SMALL_PT, _FOOT_PT = 13, 11, 8
_SHORT_MM, _LONG_MM = 210, 297  # of the paper
_STANDING_MM, _LYING_MM = (20, 15, 20, 30), (20, 20, 15, 20)  # margins: top, right, bottom, left
_STANDING_ROOM_MM, _LYING_ROOM_MM = 165, 257  # between them
_INDENT_MM, _GAP_PT = 10, 6


def write(document: Document, w: Words) -> bytes:
    """Return the document as the bytes of a .docx."""
    made = docx.Document()
    made.core_properties.title = f"{document.title} {document.number}"
    made.core_properties.author = document.office.replace("\n", " ")
    style = made.styles["Normal"]
    style.font.name, style.font.size = _FONT, Pt(_TEXT_PT)
    style.element.rPr.rFonts.set(qn("w:eastAsia"), _FONT)
    style.paragraph_format.space_before = style.paragraph_format.space_after = Pt(0)
    style.paragraph_format.line_spacing = 1
    set_language(made, w.lang)
    cell_style(made)
    pages = made.sections[0]
    _set_page(pages, _STANDING_MM)
    number_pages(pages)
    _head(made, document)
    for number, section in enumerate(document.sections, start=1):
        _section(made, number, section, w)
    _feet(made, document, w)
    for annex in document.annexes:
        _annex(made, annex, document.enclosed, w)
    out = BytesIO()
    made.save(out)
    return out.getvalue()


def _set_page(pages: Pages, margins_mm: tuple[int, int, int, int]) -> None:
    """Set the paper: standing, or lying for an annex."""
    is_lying = margins_mm == _LYING_MM
    pages.orientation = WD_ORIENT.LANDSCAPE if is_lying else WD_ORIENT.PORTRAIT
    width, height = (_LONG_MM, _SHORT_MM) if is_lying else (_SHORT_MM, _LONG_MM)
    pages.page_width, pages.page_height = Mm(width), Mm(height)
    top, right, bottom, left = margins_mm
    pages.top_margin, pages.right_margin = Mm(top), Mm(right)
    pages.bottom_margin, pages.left_margin = Mm(bottom), Mm(left)
    pages.header_distance = Mm(top / 2)


def _head(made: Docx, document: Document) -> None:
    """Write office and number beside the national motto, then title, subject and addressee."""
    grid = plain_grid(made, 2, (68, 97))
    (office, motto), (number, place) = (row.cells for row in grid.rows)
    _lines(office, document.office.split("\n"), Pt(12))
    line_beneath(office.add_paragraph(), room_mm=68, length_mm=25)
    _lines(motto, document.motto[:1], Pt(12))
    _lines(motto, document.motto[1:], Pt(_TEXT_PT))
    line_beneath(motto.add_paragraph(), room_mm=97, length_mm=52)
    _centred(number.paragraphs[0]).add_run(document.number)
    _centred(place.paragraphs[0]).add_run(document.place_and_date).italic = True
    title = _centred(made.add_paragraph())
    title.paragraph_format.space_before = Pt(2 * _GAP_PT)
    for text, size_pt in ((document.title, 14), (document.subject, 14), (document.meeting, _TEXT_PT)):
        run = title.add_run(text)
        run.bold, run.font.size = True, Pt(size_pt)
        title = _centred(made.add_paragraph()) if text != document.meeting else title
    line_beneath(made.add_paragraph(), room_mm=_STANDING_ROOM_MM, length_mm=50)
    _spaced(_centred(made.add_paragraph(document.to)))


def _lines(cell: _Cell, texts: list[str] | tuple[str, ...], size: Pt) -> None:
    """Write bold lines in the middle of a cell, below what stands there."""
    for text in texts:
        is_first = len(cell.paragraphs) == 1 and not cell.text
        paragraph = _centred(cell.paragraphs[0] if is_first else cell.add_paragraph())
        run = paragraph.add_run(text)
        run.bold, run.font.size = True, size


def _section(made: Docx, number: int, section: Section, w: Words) -> None:
    heading = _spaced(made.add_paragraph())
    heading.paragraph_format.keep_with_next = True
    heading.paragraph_format.first_line_indent = Mm(_INDENT_MM)
    heading.add_run(f"{number}. {section.heading}").bold = True
    for sentence in section.sentences:
        paragraph = _spaced(made.add_paragraph(sentence))
        paragraph.alignment = WD_ALIGN_PARAGRAPH.JUSTIFY
        paragraph.paragraph_format.first_line_indent = Mm(_INDENT_MM)
    for table in section.tables:
        caption = _spaced(made.add_paragraph())
        caption.paragraph_format.keep_with_next = True
        caption.add_run(table.caption).italic = True
        ruled_grid(made, table, w, _STANDING_ROOM_MM)


def _feet(made: Docx, document: Document, w: Words) -> None:
    """Write the receivers beside who signs, and below them what the document can be checked by."""
    _spaced(made.add_paragraph())
    grid = plain_grid(made, 1, (49, 58, 58))
    receivers, *signers = grid.rows[0].cells
    run = receivers.paragraphs[0].add_run(w.t("Nơi nhận:", "Receivers:"))
    run.bold, run.italic, run.font.size = True, True, Pt(12)
    for one in document.receivers:
        receivers.add_paragraph().add_run(f"- {one}").font.size = Pt(_SMALL_PT)
    for cell, signature in zip(signers, document.signatures, strict=True):
        _lines(cell, (signature.role, "", "", "", signature.name), Pt(_TEXT_PT))
        when = _centred(cell.add_paragraph()).add_run(signature.when)
        when.italic, when.font.size = True, Pt(_SMALL_PT)
    _spaced(made.add_paragraph()).add_run(document.foot).font.size = Pt(_FOOT_PT)


def _annex(made: Docx, annex: Annex, enclosed: str, w: Words) -> None:
    """Write a table behind the signatures, on pages of its own that lie."""
    pages = made.add_section(WD_SECTION.NEW_PAGE)
    pages.different_first_page_header_footer = False
    _set_page(pages, _LYING_MM)
    for text in (annex.name, annex.table.caption.upper()):
        _centred(made.add_paragraph()).add_run(text).bold = True
    below = _centred(made.add_paragraph())
    below.add_run(enclosed).italic = True
    below.paragraph_format.space_after = Pt(_GAP_PT)
    ruled_grid(made, annex.table, w, _LYING_ROOM_MM)


def _spaced(paragraph: Paragraph) -> Paragraph:
    paragraph.paragraph_format.space_before = Pt(_GAP_PT)
    return paragraph


def _centred(paragraph: Paragraph) -> Paragraph:
    paragraph.alignment = WD_ALIGN_PARAGRAPH.CENTER
    return paragraph
