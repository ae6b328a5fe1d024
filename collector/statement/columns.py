"""How wide each column of a table is set, by what stands in it: for print, where no column may be dragged wider."""

from __future__ import annotations

from collections.abc import Sequence

from collector.dashboard.words import Words
from collector.statement.document import Table, plain

_MOST_WORD, _MOST_TEXT = 24, 80  # letters that a column may ask for: by its longest word, by its longer texts
_SHORT_TEXT = 12  # letters that stay in one line
_BOLD, _WIDE = 1.1, 1.4  # how much more a letter of the head takes, and a capital, an m or a w


def widths_mm(table: Table, w: Words, room_mm: float, letter_mm: float, gap_mm: float) -> list[float]:
    """Return the width of each column; they sum to the room.

    No word is torn where the longest words of all columns fit side by side; what room is left goes first to long texts.
    letter_mm: what a letter takes on average; gap_mm: what a cell takes besides its letters.
    """
    rows = [plain(row, w) for row in table.rows]
    columns = [[row[n] for row in rows] for n in range(len(table.head))]
    least = [gap_mm + letter_mm * _least(head, texts) for head, texts in zip(table.head, columns, strict=True)]
    wanted = [max(one, gap_mm + letter_mm * _usual(texts)) for one, texts in zip(least, columns, strict=True)]
    if sum(least) >= room_mm:
        return _scaled(least, room_mm)
    if sum(wanted) >= room_mm:
        share = (room_mm - sum(least)) / (sum(wanted) - sum(least))
        return [one + share * (more - one) for one, more in zip(least, wanted, strict=True)]
    return _scaled(wanted, room_mm)


def _least(head: str, texts: Sequence[str]) -> float:
    """Return the letters that a column is not set below: its longest word, or short texts as they are."""
    words = [_BOLD * _length(word) for word in head.split(" ")]
    words += [_length(word) for text in texts for word in text.split(" ")]
    usual = _usual(texts)
    return max(min(max(words), _MOST_WORD), usual if usual <= _SHORT_TEXT else 0)


def _length(word: str) -> float:
    return len(word) + (_WIDE - 1) * sum(letter.isupper() or letter in "mw" for letter in word)


def _usual(texts: Sequence[str]) -> int:
    """Return a length that nine of ten texts do not exceed."""
    lengths = sorted(map(len, texts)) or [0]
    return min(lengths[len(lengths) * 9 // 10 if len(lengths) > 1 else 0], _MOST_TEXT)


def _scaled(parts: Sequence[float], to: float) -> list[float]:
    return [part * to / sum(parts) for part in parts]
