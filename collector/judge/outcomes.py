"""What line tests say about a rate, also about one that they did not ask for, and whether a failure was repeated.

Line tests here are findings of kind `line` by method `threshold`, as JSON:
{"download": {"outcome": "fails", "minimum": "above", "need_mbps": 6.0, "minimum_mbps": 2.5, "low_mbps": 3.9, ...}}
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from collector.judge.situation import Evidence
from contract.clock import SECOND_US

THRESHOLD = "threshold"
DIRECTIONS = ("download", "upload")
REPEATED_AFTER_US = 600 * SECOND_US  # a line's bad moment is mostly over by then
KEPT = 3  # earlier tests, beside the latest
KEPT_APART_US = REPEATED_AFTER_US // (KEPT - 1)  # so that together they reach back as far as is asked for
_OF_DIRECTION = ("outcome", "minimum", "need_mbps", "minimum_mbps", "low_mbps", "high_mbps", "added_delay_ms")
_OF_TEST = ("method", "server", "playback", "disturbances", "link", "provider", "gateway")
_SLACK = 1 + 1e-6  # a need that came back rounded is the same need

Findings = Mapping[str, Any]


def carries(tested: Findings, mbps: float) -> bool | None:
    """Tell whether a direction carries a rate, as far as its test shows; None: it does not show it.

    The upper end of the interval counts in failures only: a good line shows no more than the pace it was tested at.
    """
    if tested["low_mbps"] >= mbps:
        return True
    outcome, minimum = tested["outcome"], tested.get("minimum")
    if outcome == "carries":
        return True if mbps <= tested["need_mbps"] * _SLACK else None
    if outcome != "fails":
        return None
    if minimum == "above" and mbps <= tested["minimum_mbps"] * _SLACK:
        return True
    is_below = minimum == "below" and mbps * _SLACK >= tested["minimum_mbps"]
    if is_below or tested["high_mbps"] < mbps or mbps * _SLACK >= tested["need_mbps"]:
        return False
    return None


def falls_short(findings: Findings, direction: str, mbps: float) -> bool | None:
    """Tell whether a line test shows that a direction does not carry a rate; None: not tried, disturbed, or unsure."""
    if direction not in findings or findings.get("disturbances"):
        return None
    is_carried = carries(findings[direction], mbps)
    return None if is_carried is None else not is_carried


def is_repeated(found: Evidence, fails: Callable[[Findings], bool | None]) -> bool:
    """Tell whether what fails now failed on the same line at another time too, and nothing better came between.

    `fails` tells of an earlier test whether it failed as well; None: it says nothing either way.
    """
    for test in found.earlier:
        if not _is_same_line(found, test):
            continue
        has_failed = fails(test["findings"])
        if has_failed is False:
            return False
        if has_failed and found.measured_at - test["measured_at"] >= REPEATED_AFTER_US:
            return True
    return False


def remember(findings: Findings | None, measured_at: int, line_id: int | None, earlier: list[Any]) -> list[Any]:
    """Return the tests to keep beside a new one, newest first: the latest until now, and those before it.

    One that says what another said shortly before is left out, so that however often somebody tries again, a test is
    kept from which a failure can be told as repeated.
    """
    if findings is None or findings.get("method") != THRESHOLD:
        return earlier
    if earlier and abs(measured_at - earlier[0]["measured_at"]) < KEPT_APART_US:
        says, said = (line_id, _says(findings)), (earlier[0]["line_id"], _says(earlier[0]["findings"]))
        if says == said:
            return earlier
    kept = {name: findings[name] for name in _OF_TEST if name in findings}
    for name in DIRECTIONS:
        if name in findings:
            kept[name] = {part: findings[name][part] for part in _OF_DIRECTION if part in findings[name]}
    return [{"measured_at": measured_at, "line_id": line_id, "findings": kept}, *earlier][:KEPT]


def _says(findings: Findings) -> Any:
    outcomes = [(findings.get(name, {}).get("outcome"), findings.get(name, {}).get("minimum")) for name in DIRECTIONS]
    return outcomes, sorted(findings.get("disturbances", ()))


def _is_same_line(found: Evidence, test: Mapping[str, Any]) -> bool:
    now, then = found.findings or {}, test["findings"]
    providers = {_value(now, "provider"), _value(then, "provider")} - {None}
    routers = {_value(now, "gateway"), _value(then, "gateway")} - {None}
    is_mobile = [_value(one, "link") == "mobile" for one in (now, then)]
    is_one = len(providers) < 2 and len(routers) < 2 and is_mobile[0] == is_mobile[1]
    return test["line_id"] == found.line_id and is_one


def _value(findings: Findings, name: str) -> Any:
    return findings.get(name, {}).get("value")
