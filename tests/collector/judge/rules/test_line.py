"""A line is judged by the outcomes of its test: at today's limits, and never harsher than one test can prove."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from collector.judge.situation import Line
from contract import findings

MIN = 60_000_000
FAR = "2001-provider"  # no provider of the roster
VNPT = Line(1, "vnpt", 100.0, 100.0, "site")
CARRIES = {"outcome": "carries", "need_mbps": 6.0, "minimum_mbps": 3.0, "rate_mbps": 7.4, "low_mbps": 7.0}
CARRIES |= {"high_mbps": 7.8, "moved_bytes": 6_000_000, "took_s": 4.2, "added_delay_ms": {"value": 12.0}}
ABOVE = {**CARRIES, "outcome": "fails", "minimum": "above", "rate_mbps": 4.5, "low_mbps": 4.2, "high_mbps": 4.8}
BELOW = {**ABOVE, "minimum": "below", "rate_mbps": 2.2, "low_mbps": 2.0, "high_mbps": 2.4}
AROUND = {**ABOVE, "minimum": "unsure", "rate_mbps": 3.0, "low_mbps": 2.8, "high_mbps": 3.2}
UNSURE = {**CARRIES, "outcome": "unsure", "rate_mbps": 6.0, "low_mbps": 5.7, "high_mbps": 6.3}
UNCLEAR = {**UNSURE, "low_mbps": 1.0}
UP = {**CARRIES, "need_mbps": 0.5, "minimum_mbps": 0.2, "rate_mbps": 0.62, "low_mbps": 0.6, "high_mbps": 0.64}
UP_BELOW = {**UP, "outcome": "fails", "minimum": "below", "rate_mbps": 0.1, "low_mbps": 0.09, "high_mbps": 0.11}
SMOOTH = {"startup_s": {"value": 1.2}, "stalls": 0, "rebuffer_pct": 0.0}


def threshold(**parts: Any) -> dict[str, Any]:
    """Return findings of a line test of a viewing PC's line that is fine, as evidence holds them; None: left out."""
    base = {"kind": "line", "method": "threshold", "server": "probe-1", "round_trip_ms": {"value": 8.0}}
    base |= {"received_bytes": 1, "sent_bytes": 1, "download": CARRIES, "upload": UP, "playback": SMOOTH} | parts
    held = {name: value for name, value in base.items() if value is not None}
    return findings.Line.model_validate(held).model_dump(mode="json", exclude_none=True)


def earlier(minutes: int, **parts: Any) -> dict[str, Any]:
    """Return a test that many minutes before the one judged."""
    return {"minutes": minutes, "line_id": 1, "findings": threshold(**parts)}


@pytest.fixture
def line(site: Any) -> Any:
    """A function from the parts of a test to the flags of its line: level, reason and owner by metric."""

    def flags(
        *before: Mapping[str, Any], of: Line | None = VNPT, role: str = "view", **parts: Any
    ) -> dict[str, tuple[str, str, str]]:
        found = site.evidence("line", number=30, findings=threshold(**parts))
        tests = [{**test, "measured_at": found.measured_at - test["minutes"] * MIN} for test in before]
        situation = site.situation(role, without=["line"], add=[found._replace(earlier=tests)], line=of)
        return {metric: flag for (fact, metric), flag in site.flags(situation).items() if fact == "line"}

    return flags


@pytest.mark.parametrize(
    ("tested", "level", "reason", "owner"),
    [
        (CARRIES, "ready", "", ""),
        (ABOVE, "at_risk", "download_low", "vnpt"),
        (AROUND, "at_risk", "download_low", "vnpt"),
        (BELOW, "at_risk", "unconfirmed", "site"),
        (UNSURE, "unknown", "unsure", "site"),
    ],
)
def test_a_direction_is_judged_by_its_outcome_and_no_single_failure_makes_a_site_not_ready(
    line: Any, tested: dict[str, Any], level: str, reason: str, owner: str
) -> None:
    assert line(download=tested) == ({} if level == "ready" else {"download_mbps": (level, reason, owner)})


@pytest.mark.parametrize(
    ("before", "level", "reason"),
    [
        ([earlier(10, download=BELOW)], "not_ready", "download_low"),
        ([earlier(9, download=BELOW)], "at_risk", "unconfirmed"),  # the same bad moment, perhaps
        ([earlier(3, download=BELOW), earlier(12, download=BELOW)], "not_ready", "download_low"),
        ([earlier(3, download=CARRIES), earlier(12, download=BELOW)], "at_risk", "unconfirmed"),  # it was well between
        ([earlier(60, download=ABOVE)], "at_risk", "unconfirmed"),  # not as bad as now
        ([earlier(60, download=UNSURE), earlier(90, download=BELOW)], "at_risk", "unconfirmed"),  # above the minimum
        ([earlier(60, download=UNCLEAR), earlier(90, download=BELOW)], "not_ready", "download_low"),
        ([earlier(60, download=None, upload=UP_BELOW)], "at_risk", "unconfirmed"),  # the other direction
        ([earlier(60, download=BELOW, disturbances=["weak_wifi"])], "at_risk", "unconfirmed"),
        ([{**earlier(60, download=BELOW), "line_id": 7}], "at_risk", "unconfirmed"),
        ([earlier(60, download=BELOW, provider={"value": FAR})], "at_risk", "unconfirmed"),
        ([earlier(60, download=BELOW, link={"value": "mobile"})], "at_risk", "unconfirmed"),
    ],
)
def test_a_failure_is_provisional_until_the_same_line_has_failed_at_another_time(
    line: Any, before: list[Any], level: str, reason: str
) -> None:
    found = line(*before, download=BELOW, provider={"value": "vnpt"})
    assert found["download_mbps"] == (level, reason, "vnpt" if level == "not_ready" else "site")


@pytest.mark.parametrize(
    ("need_mbps", "minimum_mbps", "tested", "level", "reason"),
    [
        (4.0, 2.0, {"low_mbps": 4.7, "high_mbps": 5.2}, "unknown", "need_changed"),  # carried less than today's need
        (4.0, 2.0, {"low_mbps": 6.1, "high_mbps": 6.9}, "ready", ""),  # and so much more that it proves today's
        (8.0, 4.0, {}, "ready", ""),
        (5.999_999_9, 3.0, {"low_mbps": 5.5}, "ready", ""),  # the same need, rounded on its way
        (9.0, 6.0, {"outcome": "fails", "minimum": "above", "low_mbps": 5.9, "high_mbps": 6.4}, "ready", ""),
        (
            9.0,
            6.0,
            {"outcome": "fails", "minimum": "below", "low_mbps": 5.1, "high_mbps": 5.5},
            "at_risk",
            "download_low",
        ),
        (
            9.0,
            3.0,
            {"outcome": "fails", "minimum": "above", "low_mbps": 5.1, "high_mbps": 5.5},
            "at_risk",
            "download_low",
        ),
        (
            9.0,
            3.0,
            {"outcome": "fails", "minimum": "above", "low_mbps": 5.5, "high_mbps": 6.5},
            "unknown",
            "need_changed",
        ),
        (
            9.0,
            6.0,
            {"outcome": "fails", "minimum": "below", "low_mbps": 2.1, "high_mbps": 2.9},
            "at_risk",
            "unconfirmed",
        ),
        (9.0, 6.0, {"outcome": "unsure", "low_mbps": 8.0, "high_mbps": 9.5}, "unknown", "unsure"),
    ],
)
def test_a_test_of_another_need_counts_as_far_as_it_shows_todays(
    line: Any, need_mbps: float, minimum_mbps: float, tested: dict[str, Any], level: str, reason: str
) -> None:
    found = line(download={**CARRIES, "need_mbps": need_mbps, "minimum_mbps": minimum_mbps, **tested})
    assert [(flag[0], flag[1]) for flag in found.values()] == ([] if level == "ready" else [(level, reason)])


@pytest.mark.parametrize(
    ("download", "before", "untried"),
    [
        (ABOVE, [], ("at_risk", "not_tried", "vnpt")),
        (BELOW, [], ("at_risk", "not_tried", "site")),
        (BELOW, [earlier(60, download=BELOW)], ("unknown", "not_tried", "vnpt")),
        (UNSURE, [], ("unknown", "not_tried", "site")),
    ],
)
def test_a_direction_that_was_not_tried_is_never_ready_and_never_worse_than_the_one_that_failed(
    line: Any, download: dict[str, Any], before: list[Any], untried: tuple[str, str, str]
) -> None:
    assert line(*before, download=download, upload=None)["upload_mbps"] == untried


def test_a_direction_that_was_not_tried_stays_unknown_when_the_other_would_do_by_now(line: Any) -> None:
    tested = {**ABOVE, "need_mbps": 9.0, "minimum_mbps": 6.0, "low_mbps": 6.1, "high_mbps": 7.0}
    assert line(download=tested, upload=None) == {"upload_mbps": ("unknown", "not_tried", "site")}


@pytest.mark.parametrize("download", [ABOVE, BELOW], ids=["above", "below"])
@pytest.mark.parametrize("of", [VNPT, Line(1, "vnpt", 2.0, 2.0, "ministry")], ids=["package", "small package"])
@pytest.mark.parametrize("disturbance", ["other_traffic", "weak_wifi", "busy_processor"])
def test_a_failure_while_something_was_in_the_way_is_the_sites_to_mend_and_never_the_lines(
    line: Any, download: dict[str, Any], of: Line, disturbance: str
) -> None:
    for before in ([], [earlier(60, download=BELOW)]):
        found = line(*before, download=download, disturbances=[disturbance], of=of)
        assert found == {"download_mbps": ("at_risk", disturbance, "site")}


@pytest.mark.parametrize("disturbance", ["other_traffic", "weak_wifi", "busy_processor", "server_limit"])
def test_a_line_that_carries_the_need_in_spite_of_it_all_is_ready(line: Any, disturbance: str) -> None:
    assert line(disturbances=[disturbance]) == {}


@pytest.mark.parametrize("download", [ABOVE, BELOW, UNSURE])
def test_our_own_limit_is_nobodys_failure(line: Any, download: dict[str, Any]) -> None:
    found = line(download=download, disturbances=["weak_wifi", "server_limit"])
    assert found == {"download_mbps": ("unknown", "server_limit", "vnpt")}


def test_an_unsure_outcome_says_what_to_do_about_what_was_in_the_way(line: Any) -> None:
    assert line(download=UNSURE, disturbances=["weak_wifi"])["download_mbps"] == ("unknown", "weak_wifi", "site")


@pytest.mark.parametrize(
    ("of", "before", "expected"),
    [
        (Line(1, "vnpt", 5.0, 5.0, "ministry"), [], ("at_risk", "package_low", "ministry")),
        (Line(1, "viettel", 5.0, 5.0, "site"), [earlier(60, download=BELOW)], ("not_ready", "package_low", "site")),
        (
            Line(1, "viettel", 50.0, 5.0, "site"),
            [earlier(60, download=BELOW)],
            ("not_ready", "download_low", "other_provider"),
        ),
        (None, [earlier(60, download=BELOW)], ("not_ready", "download_low", "department")),
    ],
)
def test_whose_a_failure_is_follows_package_and_provider(
    line: Any, of: Line | None, before: list[Any], expected: tuple[str, str, str]
) -> None:
    assert line(*before, download=BELOW, of=of)["download_mbps"] == expected


def delay(ms: float) -> dict[str, Any]:
    return {"download": {**CARRIES, "added_delay_ms": {"value": ms}}}


def plays(rebuffer_pct: float, startup_s: float = 1.0) -> dict[str, Any]:
    return {"playback": {"startup_s": {"value": startup_s}, "stalls": 1, "rebuffer_pct": rebuffer_pct}}


@pytest.mark.parametrize(
    ("role", "metric", "parts", "level", "reason"),
    [
        ("view", "download_delay_ms", delay(200), "ready", ""),
        ("view", "download_delay_ms", delay(201), "at_risk", "download_delay_high"),
        ("view", "download_delay_ms", delay(1001), "not_ready", "download_delay_high"),
        ("interactive", "download_delay_ms", delay(61), "at_risk", "download_delay_high"),
        ("interactive", "download_delay_ms", delay(201), "not_ready", "download_delay_high"),
        ("view", "rebuffer_pct", plays(0.0), "ready", ""),
        ("view", "rebuffer_pct", plays(0.9), "at_risk", "playback_stalls"),
        ("view", "rebuffer_pct", plays(1.1), "not_ready", "playback_stalls"),
        ("view", "rebuffer_pct", plays(0.0, 9.0), "ready", ""),  # how soon it starts is told, and judged by nobody
    ],
)
def test_what_else_a_transfer_tells_is_judged_and_provisional_like_its_outcome(
    line: Any, role: str, metric: str, parts: dict[str, Any], level: str, reason: str
) -> None:
    wide = {name: {**CARRIES, "added_delay_ms": {"value": 1.0}} for name in ("download", "upload")}  # enough for both
    once = line(role=role, **{**wide, **parts})
    twice = line({**earlier(10), "findings": threshold(**{**wide, **parts})}, role=role, **{**wide, **parts})

    assert [(m, flag[1]) for m, flag in twice.items()] == ([] if level == "ready" else [(metric, reason)])
    if level == "not_ready":
        assert once[metric] == ("at_risk", "unconfirmed", "site")
        assert twice[metric] == ("not_ready", reason, "vnpt")
    else:
        assert once == twice


def test_what_a_failed_transfer_foresees_is_whose_that_failure_is(line: Any) -> None:
    small = Line(1, "vnpt", 2.0, 5.0, "ministry")
    found = line(earlier(60, download=BELOW, **plays(40.0)), download=BELOW, of=small, **plays(40.0))
    assert found["rebuffer_pct"] == ("not_ready", "playback_stalls", "ministry")
    found = line(download=BELOW, disturbances=["other_traffic"], **plays(40.0))
    assert found["rebuffer_pct"] == ("at_risk", "other_traffic", "site")


def test_what_was_not_foreseen_or_not_timed_stands_for_nothing(line: Any) -> None:
    absent = {"why": "absent"}
    untimed = {name: {**tested, "added_delay_ms": absent} for name, tested in (("download", CARRIES), ("upload", UP))}
    assert line(playback=None, **untimed) == {}
    untimed["download"] = {**CARRIES, "added_delay_ms": {"why": "error"}}
    assert line(**untimed)["download_delay_ms"][:2] == ("unknown", "could_not_measure")


def test_by_another_method_it_is_judged_by_its_rates_at_once(site: Any) -> None:
    by_rate = site.situation(method="speedtest-cli", download_mbps=2.0)
    assert site.flags(by_rate) == {("line", "download_mbps"): ("not_ready", "download_low", "vnpt")}
    one_way = site.evidence("line")
    one_way = one_way._replace(findings={"kind": "line", "method": "speedtest-cli", "download_mbps": 90.0})
    flags = site.flags(site.situation(without=["line"], add=[one_way]))
    assert flags == {("line", "upload_mbps"): ("unknown", "could_not_measure", "site")}


@pytest.mark.parametrize(
    ("of", "parts", "is_other"),
    [
        (VNPT, {"provider": {"value": "vnpt"}, "link": {"value": "wifi"}}, False),
        (VNPT, {"provider": {"value": "viettel"}}, True),
        (VNPT, {"provider": {"why": "absent"}}, False),
        (VNPT, {"link": {"value": "mobile"}}, True),
        (VNPT._replace(kind="fibre"), {"link": {"value": "mobile"}}, True),
        (VNPT._replace(kind="mobile"), {"link": {"value": "mobile"}}, False),
        (VNPT._replace(kind="mobile"), {"link": {"value": "ethernet"}}, False),  # a router with a modem in it
        (None, {"provider": {"value": "viettel"}, "link": {"value": "mobile"}}, False),
    ],
)
def test_another_provider_or_4g_beside_a_fixed_line_is_another_line(
    line: Any, of: Line | None, parts: dict[str, Any], is_other: bool
) -> None:
    assert line(of=of, **parts) == ({"": ("unknown", "other_line", "site")} if is_other else {})


def test_failures_behind_two_routers_do_not_confirm_each_other(line: Any) -> None:
    here, there = ({"gateway": {"value": mark}} for mark in ("5e01", "5e02"))
    assert line(earlier(60, download=BELOW, **here), download=BELOW, **here)["download_mbps"][0] == "not_ready"
    assert line(earlier(60, download=BELOW, **there), download=BELOW, **here)["download_mbps"][1] == "unconfirmed"


def test_a_path_that_was_measured_in_a_round_over_4g_is_another_lines(site: Any) -> None:
    on_4g = site.evidence("network", number=40, link="mobile", report_id=site.evidence("path").report_id)
    later = on_4g._replace(report_id=999)
    assert site.flags(site.situation(add=[on_4g])) == {("path", ""): ("unknown", "other_line", "site")}
    assert site.flags(site.situation(add=[later])) == {}


@pytest.mark.parametrize(
    ("of", "failure", "reason"),
    [
        (VNPT._replace(kind="mobile"), None, "needs_consent"),
        (VNPT._replace(kind="mobile"), {"code": "needs_consent", "text": ""}, "needs_consent"),
        (VNPT._replace(kind="mobile"), {"code": "unreachable", "text": ""}, "could_not_measure"),
        (VNPT._replace(kind="mobile", consented_mb=20), None, "never_checked"),
        (VNPT._replace(kind="mobile", consented_mb=20), {"code": "refused", "text": "stopped"}, "could_not_measure"),
        (VNPT, {"code": "needs_consent", "text": ""}, "needs_consent"),  # a fixed line, and a machine on 4G now
        (VNPT, {"code": "refused", "text": "stopped"}, "could_not_measure"),
        (VNPT, None, "never_checked"),
    ],
)
def test_a_4g_line_without_consent_says_what_to_do(
    site: Any, of: Line, failure: dict[str, str] | None, reason: str
) -> None:
    failed = [site.evidence("line", number=30, findings=None, failure=failure)] if failure else []
    situation = site.situation(line=of, without=["line"], add=failed)
    assert site.flags(situation)["line", ""] == ("unknown", reason, "site")
