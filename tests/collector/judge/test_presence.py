"""What is with a device that is not connected: shut down, asleep, off because its site is closed, or lost."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

import pytest

from collector.judge.calendar import Calendar, stretch
from collector.judge.presence import KINDS, NEVER, Explained, best, explain
from provisioning import hours

HOUR = 3_600_000_000
HOURS = hours.read("T2-T6 07:00-17:00")


def at(text: str) -> int:
    """Return a moment of Vietnamese time: day of November 2026, of which the 16th is a Monday, and hour."""
    day, hour = text.split(" ")
    moment = datetime.fromisoformat(f"2026-11-{day}T{hour}").replace(tzinfo=timezone(timedelta(hours=7)))
    return int(moment.timestamp()) * 1_000_000


@pytest.mark.parametrize(
    ("state", "gone", "now", "kind", "opened", "opens"),
    [
        # open now
        ("connected", "16 07:02", "16 09:00", "connected", None, None),
        ("stopped", "16 08:10", "16 09:00", "stopped", None, None),
        ("asleep", "16 08:10", "16 09:00", "asleep", None, None),
        ("lost", "16 08:10", "16 09:00", "lost", None, None),
        ("lost", "16 07:00", "16 07:00", "lost", None, None),
        # open now, and away since before it opened
        ("stopped", "13 16:50", "16 09:00", "stopped", "16 07:00", None),
        ("asleep", "13 16:50", "16 09:00", "asleep", "16 07:00", None),
        ("lost", "14 22:10", "16 09:00", "lost", "16 07:00", None),
        # closed now, and nobody has missed it since
        ("connected", "16 07:02", "16 22:00", "connected", None, None),
        ("stopped", "16 17:05", "16 22:00", "off_hours", None, "17 07:00"),
        ("asleep", "16 17:05", "16 22:00", "off_hours", None, "17 07:00"),
        ("lost", "16 17:05", "16 22:00", "off_hours", None, "17 07:00"),
        ("lost", "16 16:00", "16 17:00", "off_hours", None, "17 07:00"),  # went home within the last hour
        ("stopped", "13 17:05", "15 12:00", "off_hours", None, "16 07:00"),  # the whole week-end
        # closed now, and missed while it was open
        ("lost", "16 15:59", "16 17:00", "lost", None, "17 07:00"),
        ("lost", "13 09:12", "15 12:00", "lost", None, "16 07:00"),
        ("lost", "14 22:10", "16 22:00", "lost", None, "17 07:00"),
        ("stopped", "16 10:00", "16 22:00", "stopped", None, "17 07:00"),
        ("asleep", "16 10:00", "16 22:00", "asleep", None, "17 07:00"),
    ],
)
def test_a_device_is_off_hours_when_its_site_is_closed_and_has_been_since_it_went(
    state: str, gone: str, now: str, kind: str, opened: str | None, opens: str | None
) -> None:
    around = stretch(Calendar(HOURS, frozenset(), ()), at(now))
    found = explain(state, at(gone), at(gone), around)
    assert found == Explained(kind, state, at(gone), at(opened) if opened else None, at(opens) if opens else None)


@pytest.mark.parametrize(
    ("state", "gone", "now", "kind", "opened", "opens"),
    [
        # the power is cut on Monday from 09:00 to 11:30, and from 16:00 on
        ("lost", "16 09:01", "16 10:00", "power_cut", None, "16 11:30"),
        ("stopped", "16 08:30", "16 10:00", "power_cut", None, "16 11:30"),  # somebody shut it down before the cut
        ("connected", "16 07:02", "16 10:00", "connected", None, None),  # it has a battery
        ("lost", "16 07:50", "16 10:00", "lost", None, "16 11:30"),  # it was gone for an hour before
        ("lost", "16 09:01", "16 11:30", "lost", "16 11:30", None),  # the power is back, and it is not
        ("lost", "16 16:02", "16 16:59", "power_cut", None, "17 07:00"),
        ("lost", "16 16:02", "16 17:00", "off_hours", None, "17 07:00"),  # and then the school closes
        ("lost", "16 16:02", "16 22:00", "off_hours", None, "17 07:00"),
    ],
)
def test_a_device_that_went_with_an_announced_power_cut_is_explained_by_it(
    state: str, gone: str, now: str, kind: str, opened: str | None, opens: str | None
) -> None:
    cuts = ((at("16 09:00"), at("16 11:30")), (at("16 16:00"), at("16 21:00")))
    around = stretch(Calendar(HOURS, frozenset(), (), cuts), at(now))
    found = explain(state, at(gone), at(gone), around)
    assert found == Explained(kind, state, at(gone), at(opened) if opened else None, at(opens) if opens else None)


def test_a_lost_device_is_gone_since_it_was_last_heard_and_not_since_that_was_noticed() -> None:
    around = stretch(Calendar(HOURS, frozenset(), ()), at("16 09:20"))
    assert explain("lost", at("16 09:14"), at("16 09:12"), around).since_at == at("16 09:12")
    assert explain("lost", at("16 09:14"), 0, around).since_at == at("16 09:14")  # never heard, only its will
    assert explain("stopped", at("16 09:14"), at("16 09:12"), around).since_at == at("16 09:14")


@pytest.mark.parametrize("now", ["15 07:00", "15 09:00"])
@pytest.mark.parametrize("state", ["stopped", "asleep", "lost"])
def test_from_one_hour_before_a_session_of_the_site_nothing_is_off_hours(state: str, now: str) -> None:
    meets = Calendar(HOURS, frozenset(), ((at("15 08:00"), at("15 11:00")),))
    found = explain(state, at("13 17:05"), at("13 17:05"), stretch(meets, at(now)))
    assert (found.kind, found.opened_at) == (state, at("15 07:00"))
    assert explain(state, at("13 17:05"), at("13 17:05"), stretch(meets, at("15 06:59"))).kind == "off_hours"


def test_a_device_of_a_site_that_is_always_open_is_never_off_hours() -> None:
    around = stretch(Calendar(hours.read("T2-CN 00:00-24:00"), frozenset(), ()), at("15 03:00"))
    assert explain("lost", at("15 02:00"), at("15 02:00"), around) == Explained("lost", "lost", at("15 02:00"))


def test_a_device_that_never_spoke_is_explained_by_nothing() -> None:
    around = stretch(Calendar(HOURS, frozenset(), ()), at("15 03:00"))
    assert explain(None, None, None, around) == NEVER
    assert NEVER.kind in KINDS


def test_a_site_is_connected_by_any_of_its_devices_else_it_is_as_the_one_that_went_last() -> None:
    connected = Explained("connected", "connected", 1)
    early, late = Explained("lost", "lost", 2), Explained("stopped", "stopped", 3)
    assert best([early, late, connected]) == connected
    assert best([late, NEVER, early]) == late
    assert best([NEVER]) == best([]) == NEVER
