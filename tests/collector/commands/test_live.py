"""Live mode from the terminal: turned on until a time, moved, and off before it."""

from __future__ import annotations

import time

from sqlalchemy import Engine, select, update

from collector.store import live_mode
from provisioning.store.engine import writing
from provisioning.store.tables import session
from tests.collector.commands.conftest import Cli

HOUR = 3_600_000_000


def lasts_for_hours(home: Engine) -> int | None:
    now = time.time_ns() // 1000
    with home.connect() as connection:
        until = live_mode.lasts_until(connection, connection.scalar(select(session.c.id)) or 0, now)
    return None if until is None else round((until - now) / HOUR)


def starts_in_hours(home: Engine, hours: int) -> None:
    starts_at = time.time_ns() // 1000 + hours * HOUR
    with writing(home) as connection:
        connection.execute(update(session).values(starts_at=starts_at, ends_at=starts_at + 4 * HOUR))


def test_live_mode_is_on_until_the_time_that_was_said_and_off_when_told(cli: Cli, home: Engine) -> None:
    starts_in_hours(home, 48)
    assert cli("live", "off").exit_code == 0
    for hours in (2, 3):
        assert cli("live", "on", "--until", f"+{hours}h").exit_code == 0
        assert lasts_for_hours(home) == hours
    assert cli("live", "off").exit_code == 0
    assert lasts_for_hours(home) is None


def test_live_mode_needs_an_end_on_the_same_day(cli: Cli, home: Engine) -> None:
    starts_in_hours(home, 48)
    assert cli("live", "on").exit_code == 2
    assert cli("live", "on", "--until", "+13h").exit_code == 1
    assert cli("live", "on", "--until", "soon").exit_code == 1
    assert lasts_for_hours(home) is None


def test_while_a_session_goes_on_the_clock_keeps_it(cli: Cli, home: Engine) -> None:
    starts_in_hours(home, 0)
    assert cli("live", "on", "--until", "+1h").exit_code == 0
    assert "on by itself" in cli("live", "off").output
    assert lasts_for_hours(home) == 4
