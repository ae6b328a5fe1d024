"""What the demo says at its end of reports in quarantine: whose they are, by labels that only the simulator writes."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from collector.demo.ending import hostile_devices, quarantined, tell_ending
from collector.intake.ingest import ingest
from collector.judge.load import load_policy
from collector.judge.policy import SEED
from provisioning import identifiers
from provisioning.settings import Settings
from provisioning.store.tables import site

POLICY = load_policy(SEED.read_text(encoding="utf-8"))


def label(folder: Path, **plays: str) -> None:
    lines = [json.dumps({"device": name, "play": play}) for name, play in plays.items()]
    (folder / "labels.jsonl").write_text("\n".join(lines) + "\n")


@pytest.fixture
def sent(country: Any, now: int) -> Any:
    """Two devices, each of which has sent a good report and a bad one, and a third that has sent a good one."""
    for number in (1, 2, 3):
        country.site(f"school {number}")
        sender = country.device(f"d-0000000{number}", f"school {number}")
        bodies = [None, b"not JSON"][: 2 if number < 3 else 1]
        ingest(country.engine, [sender.report(n, body) for n, body in enumerate(bodies, 1)], POLICY, now)
    return country


def test_whoever_plays_hostile_is_known_by_device_or_by_the_code_it_enrolled_with(sent: Any, tmp_path: Path) -> None:
    with sent.engine.begin() as connection:
        code = identifiers.new_code(identifiers.new_site())
        second = select(site.c.id).where(site.c.name == "school 2").scalar_subquery()
        connection.execute(site.update().where(site.c.id == second).values(code=code.site))
        label(tmp_path, **{"d-00000001": "hostile", code.printed(): "hostile", "d-00000003": "clock_chaos"})

        assert hostile_devices(connection, tmp_path) == {"d-00000001", "d-00000002", code.printed()}
        assert quarantined(connection) == Counter({"d-00000001": 1, "d-00000002": 1})


@pytest.mark.parametrize(
    ("second", "told"),
    [
        ("hostile", "Quarantined 2 reports: all of 2 simulated device(s) that send bad ones on purpose."),
        ("healthy", "Quarantined 2 reports, 1 of them NOT of devices that send bad ones on purpose: d-00000002. See"),
    ],
)
def test_a_report_in_quarantine_that_no_label_explains_is_named(
    sent: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, second: str, told: str
) -> None:
    monkeypatch.setenv("DIEMCAU_LANG", "en")
    label(tmp_path, **{"d-00000001": "hostile", "d-00000002": second, "d-00000003": "healthy"})
    settings = Settings(home=tmp_path, database_url=sent.engine.url.render_as_string(hide_password=False))
    lines: list[str] = []

    tell_ending(settings, tmp_path, lines.append)

    assert lines[0].startswith("Books of the country: 5 reports = 3 + 0 + 0 + 2 ")
    assert lines[1].startswith(told)


def test_without_labels_nobody_is_hostile(sent: Any, tmp_path: Path) -> None:
    with sent.engine.connect() as connection:
        assert hostile_devices(connection, tmp_path) == set()
