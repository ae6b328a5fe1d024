"""A statement as a document: head, sections, annexes and signatures, whatever the form they are put in.

The form is that of a báo cáo (Decree 30/2020/NĐ-CP, annex I): what is signed is short, and long tables are annexes.
Page, PDF, DOCX and the workbook's first sheet draw it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from collector.dashboard.words import Words

Cell = str | int | float | None
Row = tuple[Cell, ...]


class Table(NamedTuple):
    """A table: what it shows, its columns, its rows; numbers as numbers. The last row may be the sum of the others."""

    caption: str
    head: tuple[str, ...]
    rows: tuple[Row, ...]
    has_sum: bool = False
    is_wide: bool = False  # it needs a page that lies


class Section(NamedTuple):
    """A numbered section: sentences, then tables."""

    heading: str
    sentences: tuple[str, ...]
    tables: tuple[Table, ...] = ()


class Annex(NamedTuple):
    """A table on pages of its own, behind the signatures."""

    name: str  # "Phụ lục I"
    table: Table


class Signature(NamedTuple):
    """Who signs, as what, and when; an empty name: not yet."""

    role: str
    name: str
    when: str


class Document(NamedTuple):
    """The whole document."""

    office: str
    number: str
    motto: tuple[str, str]
    place_and_date: str
    title: str
    subject: str
    meeting: str  # event and session
    to: str
    sections: tuple[Section, ...]
    signatures: tuple[Signature, ...]
    receivers: tuple[str, ...]
    annexes: tuple[Annex, ...]
    enclosed: str  # what an annex says it belongs to
    foot: str


class Signed(NamedTuple):
    """Who has signed: names and moments (microseconds UTC); None: not yet."""

    number: int
    sha256: str
    proposed: tuple[str, int] | None = None
    approved: tuple[str, int] | None = None


def plain(cells: Sequence[Cell], w: Words) -> list[str]:
    """Return a row's cells as text: numbers as the language writes them, with a decimal where they have one."""
    return ["" if one is None else one if isinstance(one, str) else _number(one, w) for one in cells]


def _number(one: float, w: Words) -> str:
    return w.number(int(one)) if one == int(one) else decimal(one, w)


def decimal(one: float, w: Words) -> str:
    """Return a number with one decimal, as the language writes it."""
    return f"{one:,.1f}".translate(str.maketrans(",.", ".,") if w.lang == "vi" else {})


def is_of_numbers(table: Table, column: int) -> bool:
    """Tell whether a column holds numbers, which are set to the right."""
    values = [row[column] for row in table.rows if row[column] is not None]
    return bool(values) and all(isinstance(value, (int, float)) for value in values)
