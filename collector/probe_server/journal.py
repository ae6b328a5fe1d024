"""What became of slots, kept until the centre has taken it: the newest state of each turn, told at least once."""

from __future__ import annotations

from typing import Literal

from contract.fields import Count, Device, Message, list_of, matching, text
from contract.probing import Purpose

MOST_AT_ONCE = 500
MOST_KEPT = 100_000  # while the centre is away; then the oldest are forgotten

Ending = Literal["told", "expired", "stopped"]  # by its device; without a sign of it; by the centre


class News(Message):
    """How a turn of a device stands: booked, granted, ended. Times in microseconds UTC."""

    id: matching("[A-Za-z0-9_-]{22}")  # type: ignore[valid-type]  # of the turn, not its token
    device: Device
    purpose: Purpose
    state: Literal["booked", "granted", "ended"]
    at_us: Count  # since when
    due_us: Count | None = None  # booked: for when
    ending: Ending | None = None
    sent_bytes: Count = 0
    received_bytes: Count = 0
    is_server_limited: bool = False
    need_class: text(40) | None = None  # type: ignore[valid-type]  # of a whole line test: of those that cost alike
    held_us: Count = 0  # for how long
    work_bits: Count = 0  # the rate that it reserved, times the time


class NewsOfSlots(Message):
    """What a probe server tells the centre at once."""

    slots: list_of(News, MOST_AT_ONCE)  # type: ignore[valid-type]


class Journal:
    """The newest state of each turn that the centre does not know yet."""

    def __init__(self) -> None:
        self._untold: dict[str, News] = {}

    def note(self, news: News) -> None:
        """Keep a state, in place of an earlier one of the same turn."""
        self._untold.pop(news.id, None)
        self._untold[news.id] = news
        if len(self._untold) > MOST_KEPT:
            del self._untold[next(iter(self._untold))]

    def untold(self) -> list[News]:
        """Return what is to be told next, the oldest first."""
        return [news for news, _ in zip(self._untold.values(), range(MOST_AT_ONCE), strict=False)]

    def settle(self, told: list[News]) -> None:
        """Forget what the centre has taken, unless it is not the newest any more."""
        for news in told:
            if self._untold.get(news.id) is news:
                del self._untold[news.id]
