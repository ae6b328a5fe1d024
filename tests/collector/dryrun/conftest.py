"""A campaign in a small country, and what it needs."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from collector.dryrun import conduct
from collector.dryrun.campaign import Campaign
from collector.dryrun.conduct import Wish
from collector.dryrun.selection import Selection
from collector.store import campaigns
from collector.store.queries import document
from collector.store.queries.campaigns import count_outcomes
from collector.store.scope import country as whole
from provisioning.settings import Settings

HOUR = 3_600_000_000


class Conductor:
    """Somebody who conducts campaigns over a country."""

    def __init__(self, country: Any, settings: Settings, now: int) -> None:
        self.country = country
        self.settings = settings
        self.now = now

    def wish(self, *checks: str, **chosen: Any) -> Wish:
        selection = Selection(**{name: chosen.pop(name) for name in list(chosen) if name in Selection.model_fields})
        window = {"opens_at": self.now, "closes_at": self.now + 2 * HOUR, **chosen}
        return Wish("Đợt", self.country.session_id, checks or ("line",), selection, **window)

    def make(self, *checks: str, **chosen: Any) -> int:
        return conduct.make(self.country.engine, self.settings, self.wish(*checks, **chosen), "noc", self.now)

    def act(self, campaign_id: int, what: str, after_us: int = 0) -> Campaign:
        return conduct.act(self.country.engine, self.settings, campaign_id, what, "noc", self.now + after_us)

    def start(self, *checks: str, **chosen: Any) -> Campaign:
        return self.act(self.make(*checks, **chosen), "start")

    def find(self, campaign_id: int) -> Campaign:
        with self.country.engine.connect() as connection:
            found = campaigns.find(connection, campaign_id)
            assert found is not None
            return found

    def need_class(self, device: str) -> str:
        with self.country.engine.connect() as connection:
            built = document.build(connection, 1, self.now)
        needs = built.devices[device].needs
        assert needs is not None
        return built.needs[needs].need_class

    def counts(self, campaign_id: int) -> dict[tuple[str, str], int]:
        with self.country.engine.connect() as connection:
            return count_outcomes(whole(connection), campaign_id)


@pytest.fixture
def conductor(country: Any, now: int, tmp_path: Path) -> Conductor:
    return Conductor(country, Settings(home=tmp_path), now)


@pytest.fixture
def two_servers(conductor: Conductor, tmp_path: Path) -> Callable[[], None]:
    """A function that gives the centre a second probe server."""

    def add() -> None:
        conductor.settings = Settings(home=tmp_path, probe_servers=("a.example.vn:1:1", "b.example.vn:2:2"))

    return add
