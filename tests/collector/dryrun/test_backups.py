"""A backup is judged by what it alone has shown."""

from __future__ import annotations

from collections.abc import Collection

import pytest

from collector.dryrun import backups
from collector.judge.load import load_policy
from collector.judge.policy import SEED
from collector.judge.situation import Line, Presence, Situation
from collector.judge.verdict import worst
from tests.collector.judge.conftest import DEVICE, GOOD, HOUR, LINE, SPARE, Site

NOW = 1_692_061_200_000_000
OTHER = 3
FOURTH = Line(44, "viettel", 50.0, 50.0, "site")


@pytest.fixture(scope="module")
def site() -> Site:
    return Site(load_policy(SEED.read_text(encoding="utf-8")), NOW)


def shown(site: Site, device_id: int, facts: Collection[str] = tuple(GOOD), **changed: object) -> list[object]:
    return [
        site.evidence(fact, number=100 * device_id + n, device_id=device_id, is_spare=device_id != DEVICE, **changed)
        for n, fact in enumerate(facts)
    ]


def level(site: Site, situation: Situation, device_id: int | None = None, line: Line | None = None) -> str:
    found = backups.best(backups.of_spares(situation, device_id, line), site.policy, NOW)
    return worst(verdict.level for verdict in found)


def speaking(site: Site, medium: str = "pc", *, add: Collection[object] = (), **kept: object) -> Situation:
    return site.situation("interactive", medium, add=add, **kept)  # type: ignore[arg-type]


def test_a_site_without_a_spare_has_nothing_to_judge(site: Site) -> None:
    assert backups.best(backups.of_spares(speaking(site), None, None), site.policy, NOW) == ()


def test_a_spare_that_has_shown_all_is_ready_and_what_the_main_device_has_shown_does_not_help(site: Site) -> None:
    assert level(site, speaking(site, add=shown(site, SPARE))) == "ready"
    assert level(site, speaking(site, add=shown(site, SPARE, ["line", "path"]))) == "unknown"


def test_a_device_that_is_no_spare_is_no_backup(site: Site) -> None:
    assert level(site, speaking(site), DEVICE) == "unknown"


def test_two_spares_do_not_prove_each_others_half(site: Site) -> None:
    halves = [
        *shown(site, SPARE, ["line", "path", "host", "clock"]),
        *shown(site, OTHER, ["camera", "sound", "display"]),
    ]
    assert level(site, speaking(site, add=halves)) == "unknown"
    assert level(site, speaking(site, add=[*halves, *shown(site, OTHER, ["line", "path", "host", "clock"])])) == "ready"


def test_a_named_spare_is_judged_and_no_other(site: Site) -> None:
    situation = speaking(site, add=[*shown(site, SPARE), *shown(site, OTHER, ["line"])])
    assert (level(site, situation, SPARE), level(site, situation, OTHER)) == ("ready", "unknown")


def test_the_test_of_a_spare_expires(site: Site) -> None:
    assert level(site, speaking(site, add=shown(site, SPARE, age=400 * HOUR))) == "unknown"


def test_a_spare_on_a_line_of_its_own_must_have_been_seen_on_it(site: Site) -> None:
    by_main = speaking(site, add=shown(site, SPARE, provider="vnpt"))
    assert (level(site, by_main), level(site, by_main, line=FOURTH)) == ("ready", "unknown")
    by_fourth = speaking(site, add=shown(site, SPARE, provider="viettel"))
    assert (level(site, by_fourth), level(site, by_fourth, line=FOURTH)) == ("unknown", "ready")


def test_from_an_hour_before_the_start_a_spare_must_be_connected(site: Site) -> None:
    def soon(state: str) -> Situation:
        present = (Presence(DEVICE, False, "connected"), Presence(SPARE, True, state))
        return speaking(site, add=shown(site, SPARE), starts_in=HOUR // 2, presence=present)

    assert level(site, soon("connected")) == "ready"
    assert level(site, soon("lost")) == "not_ready"


@pytest.mark.parametrize("medium", ["room", "mytv"])
def test_a_spare_pc_speaks_as_a_pc_whatever_the_site_has(site: Site, medium: str) -> None:
    as_pc = shown(site, SPARE, ["line", "path", "host", "clock", "camera", "sound", "display"])
    assert level(site, speaking(site, medium, add=as_pc)) == "ready"
    assert level(site, speaking(site, medium, add=shown(site, SPARE, ["line", "path"]))) == "unknown"


def test_a_line_is_taken_for_the_spares_own_only_when_it_was_the_sites(site: Site) -> None:
    (found,) = backups.of_spares(speaking(site, add=shown(site, SPARE, ["line"], line_id=7)), None, FOURTH)
    assert [one.line_id for one in found.evidence] == [7]
    (found,) = backups.of_spares(speaking(site, add=shown(site, SPARE, ["line"], line_id=LINE.id)), None, FOURTH)
    assert [one.line_id for one in found.evidence] == [FOURTH.id]
