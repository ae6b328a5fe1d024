"""The rules that compare values: what they say, and what they do about a value that is not there."""

from __future__ import annotations

from typing import Any

import pytest

from collector.judge.judge import FAILED_AGAIN_AFTER_US, judge
from collector.judge.rules import RULES

UNITS = {
    "download_mbps": "Mbit/s",
    "upload_mbps": "Mbit/s",
    "loss_pct": "%",
    "jitter_ms": "ms",
    "rtt_ms": "ms",
    "r_factor": "",
    "memory_available_bytes": "byte",
    "disk_free_bytes": "byte",
    "cpu_pct": "%",
    "camera_count": "",
    "microphone_count": "",
    "speaker_count": "",
    "display_count": "",
    "offset_ms": "ms",
}
METRICS = {(rule.fact, name): metric for rule in RULES for name, metric in rule.metrics.items()}
FACTS = [key for key in METRICS if key[0] != "line" or not METRICS[key].is_optional]  # the others: test_line.py


@pytest.mark.parametrize(("fact", "metric"), FACTS)
def test_a_good_value_is_told_with_its_limits_and_unit(site: Any, fact: str, metric: str) -> None:
    verdict = site.verdicts(site.situation("interactive"))[fact, metric]

    assert (verdict.level, verdict.reason) == ("ready", "ok")
    assert set(verdict.params) == {"measured", "ready", "minimum", "unit"}
    assert verdict.params["unit"] == UNITS[metric]


@pytest.mark.parametrize(
    ("fact", "metric"),
    [key for key in FACTS if key[0] != "line" and key[1] != "loss_pct" and not METRICS[key].is_optional],
)
@pytest.mark.parametrize("why", ["denied", "unsupported", "absent", "error"])
def test_a_fact_without_a_value_is_unknown_and_leaves_the_others(site: Any, fact: str, metric: str, why: str) -> None:
    situation = site.situation("interactive", **{metric: {"why": why}})

    assert site.flags(situation) == {(fact, metric): ("unknown", "could_not_measure", "site")}
    assert site.verdicts(situation)[fact, metric].params == {"failure": why}


def test_a_path_that_lost_every_packet_is_not_ready_though_nothing_else_was_measured(site: Any) -> None:
    absent = {"why": "absent"}
    situation = site.situation(loss_pct=100.0, rtt_ms=absent, jitter_ms=absent)

    assert site.level(situation) == "not_ready"
    assert site.flags(situation)["path", "loss_pct"] == ("not_ready", "loss_high", "vnpt")


def test_a_metric_that_older_agents_do_not_know_is_judged_where_it_is_told_and_stands_for_nothing_elsewhere(
    site: Any,
) -> None:
    older = site.situation("interactive", r_factor={"why": "absent"})
    oldest = site.evidence("path")
    oldest = oldest._replace(findings={name: value for name, value in oldest.findings.items() if name != "r_factor"})

    for situation in (older, site.situation("interactive", without=["path"], add=[oldest])):
        assert site.level(situation) == "ready"
        assert ("path", "r_factor") not in site.verdicts(situation)
    assert site.level(site.situation("interactive", r_factor={"why": "error"})) == "unknown"


@pytest.mark.parametrize(
    ("fact", "metric"), [key for key in FACTS if key[0] != "line" and not METRICS[key].is_optional]
)
def test_a_value_that_is_missing_costs_its_fact_alone(
    site: Any, fact: str, metric: str, caplog: pytest.LogCaptureFixture
) -> None:
    whole = site.evidence(fact)
    holed = whole._replace(findings={name: value for name, value in whole.findings.items() if name != metric})
    situation = site.situation("interactive", without=[fact], add=[holed])

    assert site.flags(situation) == {(fact, ""): ("unknown", "rule_failed", "ministry")}
    assert f"rule {fact} failed" in caplog.text
    assert {key for key in site.verdicts(situation) if key[0] != fact} == {key for key in FACTS if key[0] != fact}


def test_a_rule_that_failed_is_tried_again_though_nothing_else_would_make_the_site_due(site: Any) -> None:
    empty = site.evidence("host")._replace(findings={})
    situation = site.situation(starts_in=0, without=["line", "path", "host", "clock", "sound", "display"], add=[empty])

    standing = judge(situation, site.policy, site.now)

    assert ("host", "", "rule_failed") in {(v.fact, v.metric, v.reason) for v in standing.verdicts}
    assert standing.due_at == site.now + FAILED_AGAIN_AFTER_US


@pytest.mark.parametrize(("medium", "fact"), [("mytv", "picture_sound"), ("room", "rehearsal")])
def test_what_is_proven_or_not_is_one_verdict(site: Any, medium: str, fact: str) -> None:
    verdict = site.verdicts(site.situation("interactive", medium))[fact, ""]
    assert (verdict.level, verdict.reason, verdict.params) == ("ready", "proven", {})
    assert verdict.report_id == site.evidence(fact).report_id
