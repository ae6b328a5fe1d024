"""Finds the unit that people mean: without diacritics, case, punctuation or "Tỉnh", "TP.", "Huyện" before the name."""

from __future__ import annotations

import difflib
import re
from collections import defaultdict
from collections.abc import Iterable
from typing import Any, NamedTuple

from provisioning.store.folding import fold
from provisioning.units.load import DISTRICT, PROVINCE

_ALIASES = {  # how provinces are written in lists; folded, without spaces
    "hcm": "hochiminh",
    "tphcm": "hochiminh",
    "tphochiminh": "hochiminh",
    "saigon": "hochiminh",
    "hue": "thuathienhue",
    "tthue": "thuathienhue",
    "brvt": "bariavungtau",
    "vungtau": "bariavungtau",
    "daclac": "daklak",
    "dacnong": "daknong",
}
_KINDS = {"tp": "thanhpho", "thanhpho": "thanhpho", "tx": "thixa", "thixa": "thixa", "tinh": "tinh"}
_KINDS |= {"q": "quan", "quan": "quan", "h": "huyen", "huyen": "huyen"}
_PREFIX = re.compile(r"(thanh pho|tp|thi xa|tx|tinh|quan|q|huyen|h) (.+)|(q|quan)(\d+)")


class Found(NamedTuple):
    """The unit's id, or None and the names of those nearest."""

    unit_id: int | None
    suggestions: tuple[str, ...] = ()


class UnitIndex:
    """The units of one day, ready to be found by what people write."""

    def __init__(self, units: Iterable[Any]) -> None:
        """Take rows with id, level, name and parent_id."""
        self._names: dict[int, str] = {}
        self._bare: dict[tuple[int, int | None], dict[str, list[int]]] = defaultdict(lambda: defaultdict(list))
        self._full: dict[tuple[int, int | None], dict[str, int]] = defaultdict(dict)
        for row in units:
            kind, bare = _split(row.name)
            self._names[row.id] = row.name
            self._bare[row.level, row.parent_id][bare].append(row.id)
            self._full[row.level, row.parent_id][kind + bare] = row.id

    def province(self, text: str) -> Found:
        """Find a province."""
        return self._find((PROVINCE, None), text, _ALIASES)

    def district(self, province_id: int, text: str) -> Found:
        """Find a district of the province."""
        return self._find((DISTRICT, province_id), text, {})

    def _find(self, among: tuple[int, int | None], text: str, aliases: dict[str, str]) -> Found:
        bare, full = self._bare[among], self._full[among]
        kind, rest = _split(text)
        whole = _joined(text)
        if kind + rest in full:
            return Found(full[kind + rest])
        ids = bare.get(aliases.get(whole, whole)) or bare.get(aliases.get(rest, rest)) or []
        if len(ids) == 1:
            return Found(ids[0])
        near = ids or [i for key in difflib.get_close_matches(rest, bare, n=3, cutoff=0.6) for i in bare[key]]
        return Found(None, tuple(self._names[i] for i in near))


def _split(text: str) -> tuple[str, str]:
    """Return the unit's kind, or nothing, and its bare name, both folded: "Q.1" is ("quan", "1")."""
    match = _PREFIX.fullmatch(" ".join(re.findall(r"[^\W_]+", fold(text))))
    if match is None:
        return "", _joined(text)
    kind, name = match[1] or match[3], match[2] or match[4]
    return _KINDS[kind.replace(" ", "")], _joined(name).lstrip("0")


def _joined(text: str) -> str:
    return "".join(re.findall(r"[^\W_]+", fold(text)))
