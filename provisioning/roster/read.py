"""Reads a roster file: bytes in; rows and all problems out. Pure: no registry, no clock.

Every row that is not empty is among the rows or has a problem, and may do both: nothing vanishes.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from typing import Any, NamedTuple

from provisioning.roster.cells import CellError, clean
from provisioning.roster.columns import BY_HEADING, COLUMNS, Column, folded_heading

HEADINGS_ROW = 1
MAX_BYTES = 64 * 1024 * 1024
_IGNORED = ("", "stt", "tt", "no", "ghichu", "note")
_ENCODINGS = ((b"\xff\xfe", "UTF-16"), (b"\xfe\xff", "UTF-16"), (b"PK\x03\x04", "Excel (xlsx)"))


class Problem(NamedTuple):
    """What is wrong, where: the row as a spreadsheet counts it, and the column's heading or nothing."""

    row: int
    column: str
    vi: str
    en: str


class Row(NamedTuple):
    """A row with a site's key: its number, and its values by field; empty cells are missing."""

    number: int
    values: dict[str, Any]
    unreadable: frozenset[str]  # fields whose cell has a problem


class Roster(NamedTuple):
    """What a file holds."""

    rows_read: int  # rows that are not empty, the headings not counted
    rows: tuple[Row, ...]  # also those with a problem, for what else they tell of their site
    problems: tuple[Problem, ...]
    fields: frozenset[str] = frozenset()  # of the columns that the file has


def read(content: bytes) -> Roster:
    """Read a CSV file, UTF-8, separated by comma, semicolon or tab."""
    try:
        text = decoded(content)
    except CellError as error:
        return Roster(0, (), (Problem(HEADINGS_ROW, "", error.vi, error.en),))
    lines = list(records(text))
    if not lines:
        return Roster(0, (), (Problem(HEADINGS_ROW, "", "tệp không có dòng nào", "the file has no rows"),))
    columns, problems = _columns(lines[0][1])
    if problems:
        return Roster(len(lines) - 1, (), tuple(problems))
    rows: list[Row] = []
    rest = [(number, line) for number, line in lines[1:] if isinstance(line, CellError) or any(map(str.strip, line))]
    for number, line in rest:
        if isinstance(line, CellError):
            problems.append(Problem(number, "", line.vi, line.en))
            continue
        row, found = _row(number, line, columns)
        problems += found
        if "site_key" in row.values:
            rows.append(row)
    fields = frozenset(column.field for column in columns if column is not None)
    return Roster(len(rest), tuple(rows), tuple(problems), fields)


def decoded(content: bytes) -> str:
    """Return the text of a CSV file; raises CellError when it is not UTF-8 or too large."""
    if len(content) > MAX_BYTES:
        raise CellError("tệp lớn quá 64 MB", "the file is larger than 64 MB")
    for mark, name in _ENCODINGS:
        if content.startswith(mark):
            raise CellError(f"tệp là {name}; hãy lưu lại dạng CSV UTF-8", f"the file is {name}; save it as CSV UTF-8")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        row = content[: error.start].count(b"\n") + 1
        raise CellError(
            f"tệp không phải UTF-8 (dòng {row}); hãy lưu lại dạng CSV UTF-8",
            f"the file is not UTF-8 (row {row}); save it as CSV UTF-8",
        ) from error


def records(text: str) -> Iterator[tuple[int, list[str] | CellError]]:
    """Give each record with the row it begins in; a record that cannot be read is a CellError in its place."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=_separator(text), strict=True)
    number = HEADINGS_ROW
    while True:
        begins, before = number, reader.line_num
        number += 1
        try:
            yield begins, next(reader)
        except StopIteration:
            return
        except csv.Error:
            lines = reader.line_num - before
            number = begins + lines
            yield (
                begins,
                CellError(
                    f"dấu ngoặc kép sai hoặc ô quá dài; {lines} dòng từ đây không đọc được",
                    f'wrong quotation mark (") or a cell too long; {lines} lines from here could not be read',
                ),
            )


def _separator(text: str) -> str:
    headings = text.partition("\n")[0]
    return max(",;\t", key=headings.count)


def _columns(headings: list[str] | CellError) -> tuple[list[Column | None], list[Problem]]:
    """Return the column of each cell, None where a heading is not ours, and what is wrong with the headings."""
    if isinstance(headings, CellError):
        return [], [Problem(HEADINGS_ROW, "", headings.vi, headings.en)]
    columns = [BY_HEADING.get(folded_heading(heading)) for heading in headings]
    problems = [
        Problem(HEADINGS_ROW, column.heading, "thiếu cột này", "this column is missing")
        for column in COLUMNS
        if column.must_exist and column not in columns
    ]
    problems += [
        Problem(HEADINGS_ROW, column.heading, "cột này có hai lần", "this column stands twice")
        for column in COLUMNS
        if columns.count(column) > 1
    ]
    problems += [
        Problem(HEADINGS_ROW, heading.strip()[:40], "không hiểu tên cột này", "this heading is not known")
        for heading, column in zip(headings, columns, strict=True)
        if column is None and folded_heading(heading) not in _IGNORED
    ]
    return columns, problems


def _row(number: int, line: list[str], columns: list[Column | None]) -> tuple[Row, list[Problem]]:
    values: dict[str, Any] = {}
    unreadable = set()
    problems = []
    for i, raw in enumerate(line):
        column = columns[i] if i < len(columns) else None
        if column is None:
            if i >= len(columns) and raw.strip():
                problems.append(Problem(number, f"#{i + 1}", "ô nằm ngoài các cột", "the cell is outside the columns"))
            continue
        try:
            text = clean(raw)
            if text:
                values[column.field] = column.read(text)
        except CellError as error:
            unreadable.add(column.field)
            problems.append(Problem(number, column.heading, error.vi, error.en))
    if "site_key" not in values and "site_key" not in unreadable:
        problems.append(Problem(number, COLUMNS[0].heading, "bị trống", "is empty"))
    return Row(number, values, frozenset(unreadable)), problems
