"""What changed between two judgements of a participation."""

from __future__ import annotations

from typing import Any

import pytest

from collector.judge.flags import FlagChange, diff
from collector.judge.verdict import Verdict, worst


def _verdict(level: str, reason: str = "x", owner: str = "site", fact: str = "line", **more: Any) -> Verdict:
    return Verdict(fact, "", level, reason, more.pop("params", {}), owner, **more)


KEY = ("line", "")
GOOD, BAD = _verdict("ready", "ok"), _verdict("at_risk", "download_low", "vnpt")


@pytest.mark.parametrize(
    ("old", "new", "changes"),
    [
        ([], [], []),
        ([], [GOOD], []),  # a first verdict of ready is no news
        ([GOOD], [GOOD], []),
        ([GOOD], [], []),
        ([BAD], [BAD], []),
        ([], [BAD], [FlagChange(KEY, None, BAD)]),
        ([GOOD], [BAD], [FlagChange(KEY, GOOD, BAD)]),
        ([BAD], [GOOD], [FlagChange(KEY, BAD, GOOD)]),
        ([BAD], [], [FlagChange(KEY, BAD, None)]),
        ([BAD], [BAD._replace(level="not_ready")], [FlagChange(KEY, BAD, BAD._replace(level="not_ready"))]),
        ([BAD], [BAD._replace(reason="package_low")], [FlagChange(KEY, BAD, BAD._replace(reason="package_low"))]),
        ([BAD], [BAD._replace(owner="site")], [FlagChange(KEY, BAD, BAD._replace(owner="site"))]),
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

    assert diff([BAD, other], [other, BAD]) == []


def test_where_a_fact_gives_way_to_its_metrics_or_back_the_worst_of_the_fact_stands_in() -> None:
    slow = BAD._replace(metric="download_mbps", report_id=7)
    quick = GOOD._replace(metric="upload_mbps", report_id=7)

    assert diff([BAD], [quick, slow]) == [FlagChange(slow.key, BAD, slow), FlagChange(BAD.key, BAD, slow)]
    assert diff([quick, slow], [BAD]) == [FlagChange(BAD.key, slow, BAD), FlagChange(slow.key, slow, BAD)]
    assert diff([BAD], [quick]) == [FlagChange(BAD.key, BAD, quick)]


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
