from __future__ import annotations

from typing import Any

import pytest

from collector.dashboard.capacity_sheets import CapacitySheets
from collector.store.scope import Sight


@pytest.mark.parametrize(
    ("kinds", "is_read_anew"),
    [
        *((["presence", "standing"], False), (["presence", "capacity"], True), (None, True)),
        *(([kind], True) for kind in ("participation", "site", "session")),  # of an event's bitrate its sessions tell
    ],
)
def test_a_sheet_is_read_anew_when_what_it_rests_on_has_changed(
    country: Any, kinds: list[str] | None, is_read_anew: bool
) -> None:
    country.site("Trường A")
    sheets = CapacitySheets()
    with country.engine.connect() as connection:
        sight = Sight(connection, None)
        first = sheets.of(sight, country.session_id)
        sheets.note(kinds)
        assert (sheets.of(sight, country.session_id) is not first) == is_read_anew


def test_what_changes_while_it_is_read_is_read_again(country: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    country.site("Trường A")
    sheets, count = CapacitySheets(), 0

    def read(*_: Any) -> list[Any]:
        nonlocal count
        count += 1
        if count == 1:
            sheets.note(["capacity"])
        return []

    monkeypatch.setattr("collector.dashboard.capacity_sheets.capacities", read)
    with country.engine.connect() as connection:
        for _ in range(3):
            sheets.of(Sight(connection, None), country.session_id)
    assert count == 2
