"""A statement as a PDF, set by Typst from statement.typ; texts go in as data, never as markup."""

from __future__ import annotations

import json
from pathlib import Path

import typst

from collector.dashboard.words import Words
from collector.statement.document import Document, Table, plain

_NARROWEST, _WIDEST = 14, 60  # letters, on the average of a column
_FORM = Path(__file__).with_name("statement.typ")


def write(document: Document, w: Words) -> bytes:
    """Return the document as the bytes of a PDF."""
    told = document._asdict() | {
        "lang": w.lang,
        "receivers_heading": w.t("Nơi nhận:", "Receivers:"),
        "signatures": [one._asdict() for one in document.signatures],
        "sections": [
            {**one._asdict(), "tables": [_table(table, w) for table in one.tables]} for one in document.sections
        ],
    }
    pdf: bytes = typst.compile(_FORM, sys_inputs={"document": json.dumps(told, ensure_ascii=False)})
    return pdf


def _table(table: Table, w: Words) -> dict[str, object]:
    """Return a table's texts in one row, which columns are of numbers, and how wide each is for its texts."""
    rows = [plain(row, w) for row in table.rows]
    return {
        "caption": table.caption,
        "head": table.head,
        "columns": ["number" if _is_of_numbers(table, n) else "text" for n in range(len(table.head))],
        "weights": [_weight([row[n] for row in rows]) for n in range(len(table.head))],
        "cells": [text for row in rows for text in row],
    }


def _weight(texts: list[str]) -> int:
    """Return a column's share of the width: long texts take more, and no column takes all."""
    return min(max(sum(map(len, texts)) // max(len(texts), 1), _NARROWEST), _WIDEST)


def _is_of_numbers(table: Table, column: int) -> bool:
    values = [row[column] for row in table.rows if row[column] is not None]
    return bool(values) and all(isinstance(value, (int, float)) for value in values)
