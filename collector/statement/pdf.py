"""A statement as a PDF, set by Typst from statement.typ; texts go in as data, never as markup."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import typst

from collector.dashboard.words import Words
from collector.statement.columns import widths_mm
from collector.statement.document import Document, Table, is_of_numbers, plain

_FORM = Path(__file__).with_name("statement.typ")
_STANDING_MM, _LYING_MM = 165, 257  # of text, between the margins of statement.typ
_LETTER_MM, _GAP_MM = 1.62, 2.2  # at its 9 points


def write(document: Document, w: Words) -> bytes:
    """Return the document as the bytes of a PDF."""
    told = document._asdict() | {
        "lang": w.lang,
        "receivers_heading": w.t("Nơi nhận:", "Receivers:"),
        "signatures": [one._asdict() for one in document.signatures],
        "sections": [
            one._asdict() | {"tables": [_table(table, w, _STANDING_MM) for table in one.tables]}
            for one in document.sections
        ],
        "annexes": [{"name": one.name, "table": _table(one.table, w, _LYING_MM)} for one in document.annexes],
    }
    pdf: bytes = typst.compile(_FORM, sys_inputs={"document": json.dumps(told, ensure_ascii=False)})
    return pdf


def _table(table: Table, w: Words, room_mm: float) -> dict[str, Any]:
    """Return a table's texts row after row, which columns are of numbers, and how wide each is."""
    return {
        "caption": table.caption,
        "head": table.head,
        "are_numbers": [is_of_numbers(table, n) for n in range(len(table.head))],
        "widths_mm": widths_mm(table, w, room_mm, _LETTER_MM, _GAP_MM),
        "last": len(table.rows) if table.has_sum else -1,
        "cells": [text for row in table.rows for text in plain(row, w)],
    }
