"""A campaign in a small country, and what it needs."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import update

from collector.dryrun import conduct
from collector.dryrun.campaign import Campaign
from collector.dryrun.conduct import Wish
from collector.dryrun.selection import Selection
from collector.intake.ingest import ingest
from collector.judge.load import load_policy
from collector.judge.policy import SEED
from collector.store import campaigns
from collector.store.queries import document
from collector.store.queries.campaigns import count_outcomes
from collector.store.scope import country as whole
from provisioning.settings import Settings
from provisioning.store.engine import writing
from provisioning.store.tables import site

POLICY = load_policy(SEED.read_text(encoding="utf-8"))
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


CARRIES = {
    "outcome": "carries",
    "need_mbps": 6.0,
    "minimum_mbps": 2.5,
    "rate_mbps": 7.0,
    "low_mbps": 6.5,
    "high_mbps": 7.5,
    "moved_bytes": 1,
    "took_s": 1.0,
    "added_delay_ms": {"value": 1.0},
}


def line_test(sender: Any, seq: int, at: int, down: str = "carries", up: str = "carries", age_ms: int = 0) -> Any:
    """Return the report, come at this moment, of a line test."""
    ways = {
        name: {**CARRIES, "outcome": outcome, **({"minimum": "above"} if outcome == "fails" else {})}
        for name, outcome in (("download", down), ("upload", up))
    }
    return sender.report(seq, sender.body(age_ms, line={"method": "threshold", **ways}), at=at)


def take(country: Any, *arrivals: Any, at: int) -> None:
    ingest(country.engine, arrivals, POLICY, at)


@pytest.fixture
def four(country: Any, now: int) -> dict[str, Any]:
    """Four sites: one speaks, two watch, one of which is hard to reach, and one has no machine."""
    for name, role in (("speaks", "interactive"), ("hard", "view"), ("plain", "view"), ("bare", "view")):
        country.site(name, role=role)
    senders = {name: country.device(f"d-{name:0>8}", name) for name in ("speaks", "hard", "plain")}
    with writing(country.engine) as connection:
        connection.execute(update(site).where(site.c.name == "hard").values(is_hard_to_reach=True))
    take(country, *(sender.presence("connected") for sender in senders.values()), at=now)
    return senders
