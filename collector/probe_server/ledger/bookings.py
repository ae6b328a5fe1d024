"""Books a place into the calendars of its caps."""

from __future__ import annotations

from collector.probe_server.ledger.accounts import NEARLY
from collector.probe_server.ledger.calendar import WIDTH_S
from collector.probe_server.ledger.queue import Place


def book(place: Place, since: int) -> float:
    """Book a place's work into the first stretch, from `since` on, that all its caps have room in; returns the time.

    A cap does not count when a narrower one has nearly as much left to do: that one goes first, in the queues too.
    """
    parts = [account.parts[place.part] for account in place.chain]
    counted, most_left_s = [], 0.0
    for part in parts:
        if NEARLY * part.left_s >= most_left_s:
            counted.append(part)
        most_left_s = max(most_left_s, part.left_s)
    stretch, found = since, -1
    while stretch != found:
        found = stretch
        for part in counted:
            stretch = part.calendar.next_open(stretch)
    fullness = max(part.calendar.fullness(stretch) for part in counted)
    for part in parts:
        part.calendar.add(stretch, place.work_bits)
    place.stretch = stretch
    return (stretch + fullness) * WIDTH_S


def book_again(place: Place, stretch: int) -> None:
    """Book a place's work where it was booked before a restart."""
    for account in place.chain:
        account.parts[place.part].calendar.put_back(stretch, place.work_bits)
    place.stretch = stretch


def unbook(place: Place) -> None:
    """Give back the stretch of a place."""
    if place.stretch is not None:
        for account in place.chain:
            account.parts[place.part].calendar.remove(place.stretch, place.work_bits)
    place.stretch = None
