"""The hours at which a site's machines are on, as a week that repeats: read and written. Pure.

    T2-T6 07:00-17:00; T7 07:00-11:30          Mon-Fri 07:00-17:00; Sat 07:00-11:30
    T2, T4 7h-11h30, 13h-17h                   CN 20:00-02:00 (until Monday morning)
    Thứ hai - thứ sáu: 7h-17h

Parts are separated by semicolons; each is days, then spans of Vietnamese time. A span that ends before it starts ends
on the next day.
"""

from __future__ import annotations

import re
import unicodedata
from itertools import pairwise
from typing import NamedTuple

from provisioning.errors import ProvisioningError

DAY_MIN = 24 * 60
MOST_TEXT = 200  # what a cell of a roster holds

DAYS_VI = ("T2", "T3", "T4", "T5", "T6", "T7", "CN")
DAYS_EN = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_DAY_WORDS = {
    **{word.casefold(): number for words in (DAYS_VI, DAYS_EN) for number, word in enumerate(words)},
    **{f"{word} {number + 2}": number for number in range(6) for word in ("thứ", "thu")},
    **{f"thứ {word}": number for number, word in enumerate(("hai", "ba", "tư", "năm", "sáu", "bảy"))},
    **dict.fromkeys(("chủ nhật", "chu nhat"), 6),
    **dict(zip(("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"), range(7), strict=True)),
}
_PART = re.compile(r"(.+?)\s*:?\s+(\d{1,2}[:h].*)")
_TIME = re.compile(r"(\d{1,2})(?::(\d\d)|h(\d\d)?)")
_DASHES = re.compile("\\s*[-\u2013\u2014]\\s*")


class HoursError(ProvisioningError):
    """The text tells no hours; both texts say why."""


class Span(NamedTuple):
    """From start to end, in minutes after midnight; an end above 24 hours lies on the next day."""

    start_min: int
    end_min: int


class Hours(NamedTuple):
    """The spans of each day of the week, Monday first, in order and apart from each other within the day."""

    week: tuple[tuple[Span, ...], ...]


def read(text: str) -> Hours:
    """Read hours in Vietnamese or English form; raises HoursError."""
    week: list[list[Span]] = [[] for _ in range(7)]
    for part in filter(None, (part.strip() for part in unicodedata.normalize("NFC", text).casefold().split(";"))):
        match = _PART.fullmatch(part)
        if match is None:
            raise _not_understood(part)
        spans = [_read_span(span) for span in match[2].split(",")]
        for day in _read_days(match[1]):
            week[day] += spans
    if not any(week):
        raise HoursError("không ghi giờ nào", "tells no hours")
    for day, spans in enumerate(week):
        spans.sort()
        if any(second.start_min < first.end_min for first, second in pairwise(spans)):
            vi, en = DAYS_VI[day], DAYS_EN[day]
            raise HoursError(f"{vi} có hai khoảng giờ chồng nhau", f"{en} has two spans that overlap")
    hours = Hours(tuple(map(tuple, week)))
    if len(write(hours)) > MOST_TEXT:
        raise HoursError("có quá nhiều khoảng giờ", "has too many spans")
    return hours


def write(hours: Hours, days: tuple[str, ...] = DAYS_VI) -> str:
    """Write hours so that `read` gives the same; neighbouring days with the same spans share a part."""
    parts: list[tuple[int, int, tuple[Span, ...]]] = []
    for day, spans in enumerate(hours.week):
        if not spans:
            continue
        if parts and parts[-1][1:] == (day - 1, spans):
            parts[-1] = (parts[-1][0], day, spans)
        else:
            parts.append((day, day, spans))
    return "; ".join(
        f"{days[first]}{f'-{days[last]}' if last > first else ''} {', '.join(map(_write_span, spans))}"
        for first, last, spans in parts
    )


def _read_days(text: str) -> list[int]:
    days: list[int] = []
    for item in text.split(","):
        ends = [_DAY_WORDS.get(word) for word in _DASHES.split(item.strip())]
        if len(ends) > 2 or ends[0] is None or ends[-1] is None or ends[-1] < ends[0]:
            raise _not_understood(item.strip())
        days += range(ends[0], ends[-1] + 1)
    return days


def _read_span(text: str) -> Span:
    ends = [_read_time(word.strip()) for word in _DASHES.split(text.strip())]
    if len(ends) != 2 or ends[0] == ends[1] or ends[0] == DAY_MIN:
        raise _not_understood(text.strip())
    start_min, end_min = ends
    return Span(start_min, end_min if end_min > start_min else end_min + DAY_MIN)


def _read_time(text: str) -> int:
    match = _TIME.fullmatch(text)
    if match is None:
        raise _not_understood(text)
    hour, minute = int(match[1]), int(match[2] or match[3] or 0)
    if minute > 59 or hour * 60 + minute > DAY_MIN:
        raise _not_understood(text)
    return hour * 60 + minute


def _write_span(span: Span) -> str:
    end_min = span.end_min - DAY_MIN if span.end_min > DAY_MIN else span.end_min
    return f"{span.start_min // 60:02}:{span.start_min % 60:02}-{end_min // 60:02}:{end_min % 60:02}"


def _not_understood(text: str) -> HoursError:
    return HoursError(
        f'không hiểu "{text[:40]}"; hãy viết như T2-T6 07:00-17:00; T7 07:00-11:30',
        f'"{text[:40]}" is not understood; write it like Mon-Fri 07:00-17:00; Sat 07:00-11:30',
    )


DEFAULT = read("T2-T6 07:00-17:00")  # of a site whose roster says nothing
