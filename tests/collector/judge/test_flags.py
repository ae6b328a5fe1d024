"""What changed between two judgements of a participation."""

from __future__ import annotations

from typing import Any

import pytest

from collector.judge.flags import FlagChange, diff
from collector.judge.verdict import Verdict, worst


def _verdict(level: str, reason: str = "x", owner: str = "site", fact: str = "line", **more: Any) -> Verdict:
    return Verdict(fact, "", level, reason, more.pop("params", {}), owner, **more)


GOOD, BAD = _verdict("ready", "ok"), _verdict("at_risk", "download_low", "vnpt")


@pytest.mark.parametrize(
    ("old", "new", "changes"),
    [
        ([], [], []),
        ([], [GOOD], []),  # a first verdict of ready is no news
        ([GOOD], [GOOD], []),
        ([GOOD], [], []),
        ([BAD], [BAD], []),
        ([], [BAD], [FlagChange(None, BAD)]),
        ([GOOD], [BAD], [FlagChange(GOOD, BAD)]),
        ([BAD], [GOOD], [FlagChange(BAD, GOOD)]),
        ([BAD], [], [FlagChange(BAD, None)]),
        ([BAD], [BAD._replace(level="not_ready")], [FlagChange(BAD, BAD._replace(level="not_ready"))]),
        ([BAD], [BAD._replace(reason="package_low")], [FlagChange(BAD, BAD._replace(reason="package_low"))]),
        ([BAD], [BAD._replace(owner="site")], [FlagChange(BAD, BAD._replace(owner="site"))]),
        ([BAD], [BAD._replace(params={"measured": 4.0}, evidence_id=2, report_id=3, expires_at=4)], []),
        ([GOOD], [GOOD._replace(reason="proven", owner="vnpt")], []),
    ],
)
def test_a_change_is_a_verdict_whose_level_reason_or_owner_became_another(
    old: list[Verdict], new: list[Verdict], changes: list[FlagChange]
) -> None:
    assert diff(old, new) == changes


def test_verdicts_are_compared_by_fact_and_metric_in_any_order() -> None:
    other = _verdict("unknown", "never_checked", fact="host")
    metric = BAD._replace(metric="download_mbps")

    assert diff([BAD, other], [other, BAD]) == []
    assert diff([BAD, other], [metric, other]) == [FlagChange(None, metric), FlagChange(BAD, None)]


def test_a_change_speaks_through_the_newer_verdict_that_exists() -> None:
    assert FlagChange(BAD, GOOD).verdict is GOOD
    assert FlagChange(BAD, None).verdict is BAD
    assert FlagChange(None, BAD).verdict is BAD


@pytest.mark.parametrize(
    ("levels", "expected"),
    [
        ([], "unknown"),
        (["ready"], "ready"),
        (["ready", "at_risk"], "at_risk"),
        (["unknown", "at_risk", "ready"], "unknown"),
        (["unknown", "not_ready", "at_risk"], "not_ready"),
    ],
)
def test_the_worst_level_counts_and_nothing_judged_is_unknown(levels: list[str], expected: str) -> None:
    assert worst(levels) == expected
