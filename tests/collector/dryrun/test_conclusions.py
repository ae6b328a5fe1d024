"""Conclusions: every combination of what is proven, against a table written by hand; nothing unproven is eligible."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collector.dryrun import conclusion_texts
from collector.dryrun.conclusions import (
    ACTIONS,
    CAPACITIES,
    CODES,
    Backup,
    Conclusion,
    Part,
    conclude,
    conclude_session,
    level_at,
)
from collector.judge.judge import judge
from collector.judge.load import load_policy
from collector.judge.policy import SEED
from collector.judge.verdict import Verdict
from contract.reasons import LEVELS
from tests.collector.judge.conftest import Site

NOW = 1_692_061_200_000_000
LATER = NOW + 3_600_000_000
VENUE = 7
OPEN = tuple(level for level in LEVELS if level != "ready")


def verdicts(level: str, fact: str = "line", expires_at: int | None = LATER) -> tuple[Verdict, ...]:
    proven = Verdict("path", "", "ready", "proven", {}, "vnpt", expires_at=LATER)
    return proven, Verdict(fact, "", level, "some_reason", {}, "vnpt", expires_at=expires_at)


def part(
    level: str, backup: str | None, capacity: str = "confirmed", viewer: str = "ready", kind: str = "device"
) -> Part:
    behind = None if backup is None else Backup(kind, verdicts(backup), VENUE if kind == "venue" else None)
    return Part(1, verdicts(level), verdicts(viewer), behind, capacity)


# own level, level of the backup (None: it has none) -> the conclusion while capacity is confirmed, and what to do
TABLE = {
    ("ready", "ready"): ("eligible", "use"),
    **{(own, "ready"): ("eligible_with_backup", "use_backup") for own in OPEN},
    **{("ready", behind): ("not_eligible", "use") for behind in (None, *OPEN)},
    **{(own, behind): ("not_eligible", "do_not_call") for own in ("at_risk", "unknown") for behind in (None, *OPEN)},
    **{("not_ready", behind): ("not_eligible", "watch_only") for behind in (None, *OPEN)},
}


@pytest.mark.parametrize(("own", "behind"), list(itertools.product(LEVELS, (None, *LEVELS))))
def test_each_pair_of_levels_has_one_conclusion_and_one_action(own: str, behind: str | None) -> None:
    found = conclude(part(own, behind), NOW)
    assert (found.code, found.action) == TABLE[own, behind]


@pytest.mark.parametrize(
    ("own", "behind", "capacity"), list(itertools.product(LEVELS, (None, *LEVELS), ("short", "unconfirmed")))
)
def test_without_confirmed_capacity_nothing_is_eligible_and_what_to_do_stays(
    own: str, behind: str | None, capacity: str
) -> None:
    found = conclude(part(own, behind, capacity), NOW)
    assert (found.code, found.action) == ("not_eligible", TABLE[own, behind][1])
    assert f"capacity_{capacity}" in found.reasons


@pytest.mark.parametrize("own", OPEN)
def test_a_site_whose_backup_is_a_venue_moves_there_when_the_venue_is_proven(own: str) -> None:
    found = conclude(part(own, "ready", kind="venue"), NOW)
    assert (found.code, found.action, found.venue_id) == ("eligible_with_backup", "move_to_venue", VENUE)
    assert conclude(part("ready", "ready", kind="venue"), NOW).venue_id is None


@pytest.mark.parametrize(
    ("viewer", "action"),
    [("ready", "watch_only"), ("at_risk", "watch_only")]
    + [(level, "do_not_call") for level in ("unknown", "not_ready")],
)
def test_a_site_that_cannot_speak_watches_only_when_that_much_is_proven(viewer: str, action: str) -> None:
    assert conclude(part("not_ready", None, viewer=viewer), NOW).action == action


def test_a_site_that_is_away_is_not_told_to_watch() -> None:
    away = Part(1, verdicts("not_ready", "presence", None), verdicts("ready"), None, "confirmed")
    assert conclude(away, NOW).action == "do_not_call"
    assert conclude(away, NOW).reasons == ("own_away", "backup_missing")


@pytest.mark.parametrize("behind", [None, *LEVELS])
def test_evidence_that_has_expired_since_it_was_judged_is_never_eligible_by_itself(behind: str | None) -> None:
    stale = verdicts("ready", expires_at=NOW - 1)
    found = conclude(part("ready", behind)._replace(verdicts=stale), NOW)
    assert (found.code, found.action) == TABLE["unknown", behind]
    assert found.reasons[0] == "own_expired"


def test_a_backup_whose_test_has_expired_is_no_backup() -> None:
    found = conclude(
        part("ready", "ready")._replace(backup=Backup("device", verdicts("ready", expires_at=NOW - 1))), NOW
    )
    assert (found.code, found.reasons) == ("not_eligible", ("backup_expired",))


def test_what_was_never_tested_proves_nothing() -> None:
    nothing = Part(1, (), (), Backup("device", ()), "confirmed")
    assert conclude(nothing, NOW) == Conclusion(1, "not_eligible", "do_not_call", ("own_unknown", "backup_unknown"))


some_verdicts = st.lists(
    st.builds(
        Verdict,
        fact=st.sampled_from(["line", "path", "presence", "picture_sound"]),
        metric=st.just(""),
        level=st.sampled_from(LEVELS),
        reason=st.sampled_from(["proven", "expired", "never_checked", "not_connected"]),
        params=st.just({}),
        owner=st.just("vnpt"),
        expires_at=st.sampled_from([None, NOW - 1, NOW, LATER]),
    ),
    max_size=4,
).map(tuple)
parts = st.builds(
    Part,
    site_id=st.integers(1, 68),
    verdicts=some_verdicts,
    as_viewer=some_verdicts,
    backup=st.none() | st.builds(Backup, st.sampled_from(["device", "venue"]), some_verdicts, st.just(VENUE)),
    capacity=st.sampled_from(CAPACITIES),
)


def _is_proven(given: tuple[Verdict, ...]) -> bool:
    return bool(given) and all(
        one.level == "ready" and one.reason != "expired" and not (one.expires_at and one.expires_at < NOW)
        for one in given
    )


@given(parts)
def test_whatever_is_told_eligible_rests_on_two_proofs_and_on_capacity(one: Part) -> None:
    found = conclude(one, NOW)
    own, behind = _is_proven(one.verdicts), one.backup is not None and _is_proven(one.backup.verdicts)
    assert (found.code == "eligible") == (own and behind and one.capacity == "confirmed")
    assert (found.code == "eligible_with_backup") == (not own and behind and one.capacity == "confirmed")
    assert (found.action == "use") == own
    assert (found.action in ("use_backup", "move_to_venue")) == (behind and not own)
    assert (found.reasons == ()) == (found.code == "eligible")
    assert set(found.reasons) <= conclusion_texts.REASON_NAMES.keys()


@given(st.lists(parts, max_size=6), st.lists(st.sampled_from(CAPACITIES), max_size=4))
def test_a_session_is_never_better_than_any_of_its_sites_or_than_its_capacity(
    several: list[Part], capacities: list[str]
) -> None:
    conclusions = [conclude(one, NOW) for one in several]
    whole = conclude_session(conclusions, capacities)
    codes = [one.code for one in conclusions]
    is_confirmed = set(capacities) == {"confirmed"}
    assert (whole.code == "eligible") == (set(codes) == {"eligible"} and is_confirmed)
    assert (whole.code == "eligible_with_backup") == (
        is_confirmed and "eligible_with_backup" in codes and "not_eligible" not in codes
    )
    assert sum(whole.counts.values()) == sum(whole.actions.values()) == len(several)
    assert (whole.reasons == ()) == (whole.code == "eligible")
    assert set(whole.reasons) <= conclusion_texts.REASON_NAMES.keys()


def test_of_a_session_without_sites_no_capacity_is_asked_and_it_is_not_eligible() -> None:
    whole = conclude_session([], [])
    assert (whole.code, whole.reasons) == ("not_eligible", ("nobody_speaks",))


@given(some_verdicts)
def test_a_level_is_never_better_for_looking_later(given: tuple[Verdict, ...]) -> None:
    proven_now, proven_later = level_at(given, NOW) == "ready", level_at(given, LATER + 1) == "ready"
    assert proven_now or not proven_later


def test_every_code_and_action_has_a_name_in_both_languages() -> None:
    assert tuple(conclusion_texts.CODE_NAMES) == CODES
    assert tuple(conclusion_texts.ACTION_NAMES) == ACTIONS


@pytest.mark.parametrize("without", [("picture_sound",), ("line", "picture_sound")])
def test_a_mytv_site_is_not_eligible_by_the_line_of_a_pc_alone(without: tuple[str, ...]) -> None:
    site = Site(load_policy(SEED.read_text(encoding="utf-8")), NOW)
    by_pc = [site.evidence("line", line_id=2)] if "line" in without else []
    situation = site.situation("interactive", "mytv", without=without, add=by_pc)
    own = judge(situation, site.policy, NOW).verdicts
    for behind in LEVELS:
        found = conclude(part("ready", behind)._replace(verdicts=own), NOW)
        assert found.code == ("eligible_with_backup" if behind == "ready" else "not_eligible")
        assert found.action != "use"
    as_backup = part("ready", "ready")._replace(backup=Backup("device", own))
    assert conclude(as_backup, NOW).code == "not_eligible"
