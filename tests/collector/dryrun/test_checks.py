"""What counts as the result of a check."""

from __future__ import annotations

from itertools import permutations
from typing import Any, get_args

import pytest

from collector.dryrun import words
from collector.dryrun.checks import BY_NAME, CHECKS, OUTCOMES, Seen, result_of
from contract.findings import Disturbance
from contract.report import FailureCode

UNREACHABLE = {"code": "unreachable", "text": "no way"}


def line(at: int, down: str, up: str | None = None, *disturbances: str) -> Seen:
    ways: dict[str, Any] = {"download": {"outcome": down}, **({"upload": {"outcome": up}} if up else {})}
    return Seen("line", {**ways, "disturbances": list(disturbances)}, None, at, at)


def failed(at: int) -> Seen:
    return Seen("line", None, UNREACHABLE, at, at)


def rehearsed(lacks: str = "") -> Seen:
    if lacks:
        return Seen("rehearsal", None, {"code": "error", "text": lacks}, 1, 0)
    return Seen("rehearsal", {"is_seen": True, "is_heard": True}, None, 1, 0)


CAMERA = Seen("camera", {}, None, 1, 1)
LINE_RESULTS = {
    "both carry": ([line(1, "carries", "carries")], "carries", ""),
    "down falls short, up was not tried": ([line(1, "fails")], "fails", "download"),
    "up falls short": ([line(1, "carries", "fails")], "fails", "upload"),
    "nobody knows": ([line(1, "carries", "unsure")], "unsure", "unsure"),
    "falls short while others used the line": ([line(1, "fails", None, "other_traffic")], "unsure", "other_traffic"),
    "carries all the same": ([line(1, "carries", "carries", "weak_wifi")], "carries", ""),
    "the later test counts": ([line(2, "carries", "carries"), line(1, "fails")], "carries", ""),
    "a failure to test undoes no result": ([line(1, "carries", "carries"), failed(2)], "carries", ""),
    "the probe server was at its limit": ([line(1, "fails", None, "weak_wifi", "server_limit")], "", "server_limit"),
    "it carried beyond the probe server's limit": ([line(1, "carries", "carries", "server_limit")], "carries", ""),
    "tested before the server was": ([line(1, "fails"), line(2, "unsure", None, "server_limit")], "fails", "download"),
    "never tested": ([], "", ""),
    "could not be tested": ([failed(1)], "", "unreachable"),
}


@pytest.mark.parametrize(("seen", "outcome", "reason"), LINE_RESULTS.values(), ids=LINE_RESULTS)
def test_a_line_is_told_by_its_latest_test(seen: list[Seen], outcome: str, reason: str) -> None:
    for order in permutations(seen):
        assert result_of(("line",), "view", order)[:2] == (outcome, reason)


def test_a_site_has_a_result_when_every_check_that_is_for_it_has_and_then_the_worst() -> None:
    checks = ("equipment", "line", "rehearsal")
    good = [CAMERA, line(1, "carries", "carries")]
    assert result_of(checks, "view", good).outcome == "carries"
    assert result_of(checks, "interactive", good)[:2] == ("", "not_rehearsed")
    assert result_of(checks, "interactive", [*good, rehearsed()]).outcome == "carries"
    assert result_of(checks, "interactive", [*good, rehearsed("not_heard")])[:2] == (
        "fails",
        "not_heard",
    )
    assert result_of(checks, "view", good[1:]).outcome == ""
    assert result_of(("equipment",), "view", good).outcome == "done"
    assert result_of(("rehearsal",), "view", []).outcome == "done"  # nothing is asked of it


def test_no_result_comes_of_nothing_but_where_nothing_is_asked() -> None:
    for check in CHECKS:
        for role in check.roles:
            assert result_of((check.name,), role, []).outcome == ""


def test_everything_has_a_name_in_both_languages() -> None:
    assert set(words.CHECKS) == set(BY_NAME)
    assert set(words.OUTCOMES) == {*OUTCOMES, ""}
    told = {"download", "upload", "unsure", "not_rehearsed", "not_seen", "not_heard"}
    assert {*get_args(FailureCode), *get_args(Disturbance), *told} <= set(words.REASONS)
