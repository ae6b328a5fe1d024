"""What a page says in the language of its reader: texts, names, numbers and Vietnamese time."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from typing import Any

from babel import Locale
from babel.dates import format_timedelta
from babel.numbers import format_decimal

from collector.dashboard import labels
from collector.judge.presence import EXCUSED, Explained
from collector.judge.verdict import Verdict
from collector.store.queries.reports import Flag
from contract import reasons
from provisioning import hours, moments
from provisioning.moments import VIETNAM

_ENGLISH, _VIETNAMESE = Locale("en", "GB"), Locale("vi", "VN")  # made once: babel takes a millisecond for a name
LANGUAGES = ("vi", "en")
_NEVER = 1e12  # a maximum that nothing exceeds
TOGETHER = "\N{NO-BREAK SPACE}"  # between a number and its unit
_RECENT = timedelta(minutes=1)
_DAYS = timedelta(days=1.5), timedelta(days=60)  # between them days are told: who has 11 left is not told "2 weeks"
_SHORT_S = 10  # below, tenths of a second are shown


class Words:
    """The words of one page: a language, and the moment (microseconds UTC) that ages are told from."""

    def __init__(self, lang: str, now: int) -> None:
        self.lang = lang
        self.now = now
        self._locale = _ENGLISH if lang == "en" else _VIETNAMESE

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
        return _decimal(value, self._locale)

    def quantity(self, value: Any, unit: str) -> str:
        """Return a value with its unit; durations and codes in words."""
        if isinstance(value, bool):
            return self.t("có", "yes") if value else self.t("không", "no")
        if isinstance(value, str):
            return self.name({**reasons.WORDS, **labels.VALUES}, value)
        if isinstance(value, tuple):
            return ", ".join(self.quantity(one, unit) for one in value) or self.t("không có", "none")
        if unit == "s" and value < _SHORT_S:
            unit = self.t("giây", "s")
        elif unit == "s":
            return format_timedelta(value, threshold=1.5, locale=self._locale)
        return reasons.show(value, unit, self.lang).replace(" ", TOGETHER)

    def reason(self, code: str, params: Mapping[str, Any]) -> str:
        """Return what a reason says."""
        known, unit = reasons.REASONS.get(code), str(params.get("unit", ""))
        told = known.params if known is not None else ()
        shown = {name: self.quantity(params[name], unit) for name in told if name in params}
        return reasons.text(code, shown, self.lang)

    def why(self, verdict: Verdict | Flag) -> str:
        """Return what a verdict is about and its reason; a reason that names its metric stands alone."""
        told = self.reason(verdict.reason, verdict.params)
        reason = reasons.REASONS.get(verdict.reason)
        names_metric = reason is not None and "measured" in reason.params and verdict.reason != "unconfirmed"
        return told if names_metric else f"{self.what(verdict.fact, verdict.metric)}: {within(told)}"

    def good(self, params: Mapping[str, Any]) -> str:
        """Return which values are ready: '≥ 6 Mbit/s'."""
        return (
            f"{'≤' if _low_is_good(params) else '≥'}{TOGETHER}{self.quantity(params['ready'], params.get('unit', ''))}"
        )

    def bad(self, params: Mapping[str, Any]) -> str:
        """Return which values are not ready: '< 2 Mbit/s'; empty where the policy never calls a value that."""
        is_never = params["minimum"] >= _NEVER if _low_is_good(params) else params["minimum"] <= 0
        if is_never or (params.get("unit") == "%" and params["minimum"] >= 100):
            return ""
        sign = ">" if _low_is_good(params) else "<"
        return f"{sign}{TOGETHER}{self.quantity(params['minimum'], params.get('unit', ''))}"

    def next_step(self, verdict: Verdict | Flag) -> str:
        """Return what to do next about a verdict; empty when there is nothing to do."""
        if verdict.level == "unknown" and verdict.fact in labels.PROOFS:  # no agent measures it
            return self.name(labels.PROOFS, verdict.fact)
        return reasons.next_step(verdict.reason, self.lang)

    def at_vnpt(self, branches: Sequence[str], number: str) -> str:
        """Return whom to call at VNPT: the branches where the site is, and the number that is to be called."""
        return ", ".join([*branches, number or self.t("số trên hợp đồng", "the number on the contract")])

    def presence(self, found: Explained) -> str:
        """Return what is with a device and since when: 'Mất liên lạc từ 09:12, trong giờ mở máy'."""
        between = ": " if found.kind in EXCUSED else " "
        return f"{self.name(labels.PRESENCES, found.kind)}{between}{self.presence_detail(found)}".strip()

    def presence_detail(self, found: Explained) -> str:
        """Return the same without the name of the kind: 'từ 09:12, trong giờ mở máy'; empty when it never connected."""
        if found.since_at is None:
            return ""
        if found.kind in EXCUSED:
            gone = f"{self.name(labels.GONE, found.state)} {self.moment(found.since_at)}"
            return f"{self._reopening(found.opens_at)} ({gone})"
        since = f"{self.t('từ', 'since')} {self.moment(found.since_at)}"
        if found.opened_at is not None:
            opened = self.moment(found.opened_at)
            return since + self.t(f"; đã đến giờ mở máy từ {opened}", f"; its hours began at {opened}")
        if found.opens_at is not None:
            return f"{since}; {self._reopening(found.opens_at)}"
        return since if found.kind == "connected" else since + self.t(", trong giờ mở máy", ", during its hours")

    def _reopening(self, at: int | None) -> str:
        if at is None:
            return self.t("chưa rõ bao giờ điểm cầu mở lại", "no reopening is known")
        ahead_days = (_there(at).date() - _there(self.now).date()).days
        if ahead_days == 0:
            day = self.t("hôm nay", "today")
        elif ahead_days < 7:
            day = self.t(*labels.WEEKDAYS[_there(at).weekday()])
        else:
            day = f"{_there(at):%d/%m/%Y}"
        hour = f"{_there(at):%H:%M}"
        return self.t(f"điểm cầu mở lại {hour} {day}", f"the site opens at {hour}, {day}")

    def hours(self, text: str) -> str:
        """Return a site's hours as its roster has them; empty: the default."""
        days = hours.DAYS_EN if self.lang == "en" else hours.DAYS_VI
        told = hours.write(hours.read(text) if text else hours.DEFAULT, days)
        return told if text else told + self.t(" (mặc định)", " (the default)")

    def age(self, at: int) -> str:
        """Return how long ago or ahead a moment is: '5 phút trước'."""
        ahead = timedelta(microseconds=at - self.now)
        if abs(ahead) < _RECENT:
            return self.t("vừa xong", "just now")
        if _DAYS[0] <= abs(ahead) < _DAYS[1]:
            return format_timedelta(ahead, "day", threshold=math.inf, add_direction=True, locale=self._locale)
        return format_timedelta(ahead, "minute", threshold=1.5, add_direction=True, locale=self._locale)

    def moment(self, at: int) -> str:
        """Return a moment in Vietnamese time: the hour alone today, with the date otherwise."""
        there, today = _there(at), _there(self.now)
        return f"{there:%H:%M}" if there.date() == today.date() else f"{there:%H:%M %d/%m/%Y}"

    def date(self, at: int) -> str:
        """Return hour and date of a moment in Vietnamese time."""
        return moments.tell(at)

    def day(self, iso_day: str) -> str:
        """Return an ISO day as people write it: 15/08/2023."""
        return f"{date.fromisoformat(iso_day):%d/%m/%Y}"


@lru_cache(maxsize=1 << 14)
def _decimal(value: int, locale: Locale) -> str:
    return str(format_decimal(value, locale=locale))


def iso(at: int) -> str:
    """Return a moment as ISO 8601 UTC, for machines."""
    return datetime.fromtimestamp(at / 1e6, UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def within(text: str) -> str:
    """Return a text as it stands within a sentence: 'Chưa thử' as 'chưa thử', VNPT and Wi-Fi as they are."""
    return text[:1].lower() + text[1:] if text[1:2].islower() and text[2:3] != "-" else text


def _low_is_good(params: Mapping[str, Any]) -> bool:
    return bool(params["ready"] < params["minimum"])


def _there(at: int) -> datetime:
    return datetime.fromtimestamp(at / 1e6, VIETNAM)
