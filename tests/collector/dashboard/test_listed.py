"""What a page of a list shows is looked up once for all who ask alike, and is counted only where it must be."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import delete

from collector.dashboard import listed as listing
from collector.dashboard import readings
from collector.dashboard.listed import Listed, listed
from collector.dashboard.readings import Readings
from collector.store.queries import paging, sites
from collector.store.queries.filters import Filter
from collector.store.scope import country
from collector.store.tables import flag, flag_change, standing
from provisioning.store.engine import record_changes, writing
from provisioning.store.tables import participation


@pytest.fixture(autouse=True)
def looked_up(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Return what was asked of the database, in pages of two sites; nothing is told again once it has changed."""
    asked: list[str] = []
    for name in ("page", "count"):
        original = getattr(sites, name)
        monkeypatch.setattr(
            sites, name, lambda *a, _of=original, _name=name, **k: (asked.append(_name), _of(*a, **k))[1]
        )
    monkeypatch.setattr(paging, "PAGE_SIZE", 2)
    monkeypatch.setattr(listing, "_AHEAD", 3)
    monkeypatch.setattr(readings, "GAP_S", 0.0)
    return asked


def _look(nation: Any, kept: Readings, chosen: Filter = Filter(), number: int = 1) -> Listed:  # noqa: B008
    with nation.engine.connect() as connection:
        return listed(kept, country(connection), nation.session_id, chosen, 0, number)


def test_readers_share_what_was_looked_up_until_something_changes(nation: Any, looked_up: list[str]) -> None:
    kept = Readings()
    assert _look(nation, kept) == _look(nation, kept) == ([nation.slow, nation.silent], 4)
    assert looked_up == ["page", "count"]
    with writing(nation.engine) as connection:
        record_changes(connection, [("standing", nation.slow)])
    _look(nation, kept)
    assert looked_up == ["page", "count"] * 2


def test_where_the_end_of_a_list_is_in_sight_nothing_is_counted(nation: Any, looked_up: list[str]) -> None:
    kept = Readings()
    assert _look(nation, kept, Filter(medium="mytv")) == ([nation.silent], 1)
    assert _look(nation, kept, Filter(text="no such school")) == ([], 0)
    assert _look(nation, kept, number=2) == ([nation.hostile, nation.good], 4)
    assert looked_up == ["page"] * 3
    assert _look(nation, kept, number=9) == ([], 4)
    assert looked_up == ["page"] * 4 + ["count"]


def test_a_site_that_has_gone_since_is_left_out(nation: Any) -> None:
    found = _look(nation, Readings())
    with writing(nation.engine) as connection:
        for table in (flag, flag_change, standing):
            connection.execute(delete(table).where(table.c.participation_id == nation.slow))
        connection.execute(delete(participation).where(participation.c.id == nation.slow))
    with nation.engine.connect() as connection:
        assert [row.participation_id for row in sites.rows(country(connection), found.ids)] == [nation.silent]
