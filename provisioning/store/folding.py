"""Search without diacritics: "nguyen hue" finds "Nguyễn Huệ", folded alike in Python and on both databases."""

from __future__ import annotations

import unicodedata
from functools import lru_cache
from typing import Any

from sqlalchemy import Text
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.expression import ColumnElement
from sqlalchemy.sql.functions import GenericFunction


@lru_cache(maxsize=1 << 17)
def fold(text: str) -> str:
    """Return the text in lower case without diacritics; đ becomes d."""
    bare = "".join(c for c in unicodedata.normalize("NFD", text) if not unicodedata.combining(c))
    return bare.casefold().replace("đ", "d")


class folded(GenericFunction[str]):  # noqa: N801 - stands in a query like func.lower
    """`fold` of a column, computed by the database; open_engine teaches it to SQLite."""

    type = Text()
    inherit_cache = True


def _accented() -> tuple[str, str]:
    letters = [chr(c) for c in (*range(0xC0, 0x250), *range(0x1E00, 0x1F00)) if len(fold(chr(c))) == 1]
    changed = [letter for letter in letters if fold(letter) != letter]
    return "".join(changed), "".join(map(fold, changed))


_FROM, _TO = _accented()


@compiles(folded, "postgresql")
def _translate(element: ColumnElement[str], compiler: Any, **kw: Any) -> str:
    inner = compiler.process(element.clauses, **kw)
    return f"lower(translate(normalize({inner}, NFC), '{_FROM}', '{_TO}'))"
