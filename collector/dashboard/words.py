"""What a page says in the language of its reader: texts, names, numbers and Vietnamese time."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from babel.dates import format_datetime, format_timedelta
from babel.numbers import format_decimal

from collector.dashboard import labels
from collector.judge.verdict import Verdict
from collector.store.queries.reports import Flag
from contract import reasons

HANOI = ZoneInfo("Asia/Ho_Chi_Minh")
LANGUAGES = ("vi", "en")
_RECENT = timedelta(minutes=1)
_DURATIONS = {"s": timedelta(seconds=1), "min": timedelta(minutes=1)}


class Words:
    """The words of one page: a language, and the moment (microseconds UTC) that ages are told from."""

    def __init__(self, lang: str, now: int) -> None:
        self.lang = lang
        self.now = now
        self._locale = "en_GB" if lang == "en" else "vi_VN"

    def t(self, vi: str, en: str) -> str:
        """Choose between the two texts of a place."""
        return en if self.lang == "en" else vi

    def name(self, names: Mapping[str, tuple[str, str]], code: str) -> str:
        """Return the name of a code; one that this version does not know names itself."""
        return self.t(*names[code]) if code in names else code

    def level(self, code: str) -> str:
        """Return the name of a level."""
        return self.name(reasons.LEVEL_NAMES, code)

    def owner(self, code: str) -> str:
        """Return the name of an owner."""
        return self.name(reasons.OWNER_NAMES, code)

    def owner_within(self, code: str) -> str:
        """Return the name of an owner as it stands within a sentence."""
        return self.name(labels.OWNERS_WITHIN, code)

    def what(self, fact: str, metric: str) -> str:
        """Return what a verdict is about: the metric, or the whole fact."""
        return self.name(labels.METRICS, metric) if metric else self.name(reasons.FACT_NAMES, fact)

    def number(self, value: int) -> str:
        """Return a count: 40.068 or 40,068."""
        return format_decimal(value, locale=self._locale)

    def quantity(self, value: Any, unit: str) -> str:
        """Return a value with its unit; durations and codes in words."""
        if isinstance(value, bool):
            return self.t("có", "yes") if value else self.t("không", "no")
        if isinstance(value, str):
            return self.name({**reasons.WORDS, **labels.VALUES}, value)
        if isinstance(value, tuple):
            return ", ".join(self.quantity(one, unit) for one in value) or self.t("không có", "none")
        if unit in _DURATIONS:
            return format_timedelta(value * _DURATIONS[unit], threshold=1.5, locale=self._locale)
        return reasons.show(value, unit, self.lang).replace(" ", "\N{NO-BREAK SPACE}")

    def reason(self, code: str, params: Mapping[str, Any]) -> str:
        """Return what a reason says."""
        return reasons.text(code, params, self.lang)

    def why(self, verdict: Verdict | Flag) -> str:
        """Return what a verdict is about and its reason; a reason that names its metric stands alone."""
        told = self.reason(verdict.reason, verdict.params)
        return told if "measured" in verdict.params else f"{self.what(verdict.fact, verdict.metric)}: {told}"

    def good(self, params: Mapping[str, Any]) -> str:
        """Return which values are ready: '≥ 6 Mbit/s'."""
        return f"{'≤' if _low_is_good(params) else '≥'} {self.quantity(params['ready'], params.get('unit', ''))}"

    def bad(self, params: Mapping[str, Any]) -> str:
        """Return which values are not ready: '< 2 Mbit/s'."""
        return f"{'>' if _low_is_good(params) else '<'} {self.quantity(params['minimum'], params.get('unit', ''))}"

    def next_step(self, verdict: Verdict | Flag) -> str:
        """Return what to do next about a verdict; empty when there is nothing to do."""
        if verdict.level == "unknown" and verdict.fact in labels.PROOFS:  # no agent measures it
            return self.name(labels.PROOFS, verdict.fact)
        return reasons.next_step(verdict.reason, self.lang)

    def age(self, at: int) -> str:
        """Return how long ago or ahead a moment is: '5 phút trước'."""
        ahead = timedelta(microseconds=at - self.now)
        if abs(ahead) < _RECENT:
            return self.t("vừa xong", "just now")
        return format_timedelta(ahead, "minute", threshold=1.5, add_direction=True, locale=self._locale)

    def moment(self, at: int) -> str:
        """Return a moment in Vietnamese time: the hour alone today, with the date otherwise."""
        there, today = _there(at), _there(self.now)
        form = "HH:mm" if there.date() == today.date() else "HH:mm dd/MM/yyyy"
        return format_datetime(there, form, locale=self._locale)

    def date(self, at: int) -> str:
        """Return hour and date of a moment in Vietnamese time."""
        return format_datetime(_there(at), "HH:mm dd/MM/yyyy", locale=self._locale)


def iso(at: int) -> str:
    """Return a moment as ISO 8601 UTC, for machines."""
    return datetime.fromtimestamp(at / 1e6, UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def _low_is_good(params: Mapping[str, Any]) -> bool:
    return bool(params["ready"] < params["minimum"])


def _there(at: int) -> datetime:
    return datetime.fromtimestamp(at / 1e6, HANOI)
