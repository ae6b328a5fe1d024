"""The policy: what a text may say, what is wrong with one that may not, and what one changed limit changes."""

from __future__ import annotations

import hashlib
import itertools
import re
from collections.abc import Callable
from typing import Any

import pytest

from collector.judge.load import load_policy
from collector.judge.policy import Bounds, Policy
from collector.judge.rules import RULES
from contract.reasons import FACT_NAMES, REASONS

ROLES, MEDIA = ("interactive", "view"), ("pc", "room", "mytv")
VIEW_PC = 'pc = ["line", "path", "host", "clock", "sound", "display"]'


def test_the_seed_loads_and_is_named_by_its_text(policy: Policy, policy_text: str) -> None:
    assert policy.sha256 == hashlib.sha256(policy_text.encode()).hexdigest()
    assert load_policy(policy_text + "\n").sha256 != policy.sha256


def test_every_fact_has_one_rule_and_a_name() -> None:
    assert [rule.fact for rule in RULES] == list(dict.fromkeys(rule.fact for rule in RULES))
    assert {rule.fact for rule in RULES} == FACT_NAMES.keys()


def test_every_metric_is_flagged_for_a_reason_of_the_contract() -> None:
    assert {metric.reason for rule in RULES for metric in rule.metrics.values()} <= REASONS.keys()


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("version = 1", "version = 2", "version: "),
        ("version = 1", "version = ", "not TOML: .*line 4"),
        ("version = 1", "version = 1\nfoo = 1", "foo: "),
        ("[needs.view]", "[needs.viewer]", "needs.viewer"),
        (VIEW_PC, "", "needs.view must name the facts for pc"),
        (VIEW_PC, "pc = []", "needs.view must name the facts for pc"),
        (VIEW_PC, 'pc = ["line", "hologram"]',
         "needs.view.pc: no rule judges hologram"),
        ('mytv = ["line", "path", "picture_sound"]', 'tv = ["line"]', "needs.view.tv"),
        ('path = ["agent", "browser"]', "", "sources.path is missing"),
        ('path = ["agent", "browser"]', "path = []", "sources.path is missing"),
        ('path = ["agent", "browser"]', 'path = ["agent", "hearsay"]', "sources.path.1: "),
        ('path = ["agent", "browser"]', 'path = ["declared"]', "sources.path.0: "),  # proves nothing
        ("T-1h = 24, live = 6 }\nhost", "live = 6 }\nhost", "validity_h.path must name each of .*T-1h"),
        ("T-1h = 24, live = 6 }\nhost", "T-1h = 24, live = 6, T-2h = 9 }\nhost", "validity_h.path must name"),
        ("T-1h = 24, live = 6 }\nhost", "T-1h = -24, live = 6 }\nhost", "validity_h.path.T-1h: .*greater than 0"),
        ("T-1h = 24, live = 6 }\nhost", "T-1h = inf, live = 6 }\nhost", "validity_h.path.T-1h: .*finite"),
        ("T-1h = 24, live = 6 }\nhost", 'T-1h = "24", live = 6 }\nhost', "validity_h.path.T-1h: .*number"),
        ("[limits.view.line]", "[limits.viewer.line]", "limits.viewer: must be one of .*view-mytv"),
        ("[limits.view-mytv.line]", "[limits.view-tv.line]", "limits.view-tv: must be one of"),
        ("[limits.view.line]", "[limits.view.cable]", "limits.view.cable.download_mbps: no rule judges this"),
        ('host = ["agent"]', 'host = ["agent"]\nhots = ["agent"]', "sources: no rule judges hots"),
        ("[limits.any.host]\nmemory", "[limits.any.host]\nmemory_bytes = { at_least = 1, minimum = 1 }\nmemory",
         "limits.any.host.memory_bytes: no rule judges this"),
        ("[limits.view.line]", "[limits.view.presence]\nx = { at_least = 1, minimum = 1 }\n[limits.view.line]",
         "limits.view.presence.x: no rule judges this"),
        ("loss_pct = { at_most = 1, maximum = 3 }", "loss_pct = { at_least = 3, minimum = 1 }",
         "limits.view.path.loss_pct: must be given by at_most"),
        ("loss_pct = { at_most = 1, maximum = 3 }", "loss_pct = { at_most = 3, maximum = 1 }",
         "limits.view.path.loss_pct: .*maximum above at_most"),
        ("loss_pct = { at_most = 1, maximum = 3 }", "loss_pct = { at_most = 1 }",
         "limits.view.path.loss_pct: a limit has either"),
        ("loss_pct = { at_most = 1, maximum = 3 }", "loss_pct = { at_most = 1, maximum = 3, minimum = 0 }",
         "limits.view.path.loss_pct: a limit has either"),
        ("loss_pct = { at_most = 1, maximum = 3 }", "loss_pct = { at_most = nan, maximum = 3 }",
         "limits.view.path.loss_pct.at_most: .*finite"),
        ("loss_pct = { at_most = 1, maximum = 3 }", "loss_pct = { at_most = -1, maximum = 3 }",
         "limits.view.path.loss_pct.at_most: .*greater than or equal to 0"),
        ("loss_pct = { at_most = 1, maximum = 3 }", 'loss_pct = { at_most = "1", maximum = 3 }',
         "limits.view.path.loss_pct.at_most: .*number"),
        ("loss_pct = { at_most = 1, maximum = 3 }", "loss_pct = { at_most = true, maximum = 3 }",
         "limits.view.path.loss_pct.at_most: .*number"),
        ("loss_pct = { at_most = 1, maximum = 3 }", "loss_pct = { at_most = 1, max = 3 }",
         "limits.view.path.loss_pct.max: "),
        ("upload_mbps = { at_least = 0.5, minimum = 0.2 }", "upload_mbps = { at_least = 0.2, minimum = 0.5 }",
         "limits.view.line.upload_mbps: the minimum lies below"),
        ("minimum = 1.1, bitrate = true", 'minimum = 1.1, bitrate = "yes"',
         "limits.view-mytv.line.download_mbps.bitrate: .*boolean"),
    ],
)  # fmt: skip
def test_a_bad_policy_is_refused_with_the_place_of_what_is_wrong(
    policy_text: str, old: str, new: str, told: str
) -> None:
    assert old in policy_text
    with pytest.raises(ValueError, match=f"(?s)^{told}|\n{told}") as refusal:
        load_policy(policy_text.replace(old, new))
    assert "Value error" not in str(refusal.value)


def test_a_measured_fact_without_any_limit_is_refused_for_then_any_value_would_do(policy_text: str) -> None:
    before, _, rest = policy_text.partition("[limits.view.path]\n")
    with pytest.raises(ValueError, match=r"^limits\.view\.path is missing"):
        load_policy(before + rest[rest.index("[limits.view-mytv") :])


@pytest.mark.parametrize("name", ["download_mbps", "upload_mbps"])
def test_a_line_without_a_need_in_each_direction_is_refused_for_nothing_could_be_tested(
    policy_text: str, name: str
) -> None:
    before, _, limits = policy_text.partition("[limits.interactive.line]\n")
    text = before + "[limits.interactive.line]\n" + re.sub(rf"{name} = .*\n", "", limits, count=1)
    with pytest.raises(ValueError, match=rf"limits\.interactive\.line\.{name} is missing, and pc needs it"):
        load_policy(text)


@pytest.mark.parametrize("text", ["", "[needs]", "needs = 1", "limits = []", "\x00", "a" * 10_000])
def test_any_other_text_is_refused_too(text: str) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        load_policy(text)


def test_the_more_special_limit_wins_metric_by_metric(policy_text: str) -> None:
    more = "\n[limits.interactive-mytv.line]\nupload_mbps = { at_least = 1, minimum = 0.5 }\n"
    changed = load_policy(policy_text + more)

    special = changed.bounds("interactive", "mytv", "line", 5.0)
    assert special["download_mbps"] == Bounds(6, 2.5, True)
    assert special["upload_mbps"] == Bounds(1, 0.5, True)
    assert changed.bounds("interactive", "pc", "line", 5.0)["upload_mbps"] == Bounds(6, 2, True)


def test_equal_bounds_leave_nothing_at_risk(policy_text: str) -> None:
    old = "loss_pct = { at_most = 1, maximum = 3 }"
    bound = load_policy(policy_text.replace(old, old.replace("3", "1"))).bounds("view", "pc", "path", 5.0)["loss_pct"]
    assert [bound.level(value) for value in (1.0, 1.1)] == ["ready", "not_ready"]


DOWNLOADS = (2.0, 2.6, 3.0, 4.9, 5.0, 5.5, 5.9, 6.0, 7.4, 7.5, 90.0)
LOSSES = (0.0, 1.0, 1.5, 2.0, 2.1, 3.0, 3.1)


@pytest.mark.parametrize(
    ("table", "old", "new", "metric", "values", "flips"),
    [
        # a limit of one role, one medium or all; which (role, medium, value) become another level by it
        ("[limits.view.line]", "at_least = 6", "at_least = 5", "download_mbps", DOWNLOADS,
         {("view", medium, value, "at_risk", "ready") for medium in ("pc", "room") for value in (5.0, 5.5, 5.9)}),
        ("[limits.view.line]", "minimum = 3 ", "minimum = 5 ", "download_mbps", DOWNLOADS,
         {("view", medium, value, "at_risk", "not_ready") for medium in ("pc", "room") for value in (3.0, 4.9)}),
        ("[limits.view-mytv.line]", "at_least = 1.5", "at_least = 1.2", "download_mbps", DOWNLOADS,
         {("view", "mytv", value, "at_risk", "ready") for value in (6.0, 7.4)}),
        ("[limits.interactive.line]", "minimum = 2.5", "minimum = 2.7", "download_mbps", DOWNLOADS,
         {("interactive", medium, 2.6, "at_risk", "not_ready") for medium in MEDIA}),
        ("[limits.interactive.path]", "at_most = 1,", "at_most = 2,", "loss_pct", LOSSES,
         {("interactive", medium, value, "at_risk", "ready") for medium in MEDIA for value in (1.5, 2.0)}),
        ("[limits.view.path]", "maximum = 3", "maximum = 2", "loss_pct", LOSSES,
         {("view", medium, value, "at_risk", "not_ready") for medium in MEDIA for value in (2.1, 3.0)}),
    ],
)  # fmt: skip
def test_changing_one_limit_flips_exactly_the_sites_between_the_old_and_the_new(
    policy: Policy,
    policy_text: str,
    now: int,
    site_with: Callable[[Policy, int], Any],
    table: str,
    old: str,
    new: str,
    metric: str,
    values: tuple[float, ...],
    flips: set[tuple[str, str, float, str, str]],
) -> None:
    before, _, after = policy_text.partition(table)
    changed = load_policy(before + table + after.replace(old, new, 1))
    country = [
        (role, medium, value, site_with(policy, now).situation(role, medium, **{metric: value}))
        for role, medium, value in itertools.product(ROLES, MEDIA, values)
    ]

    was = [site_with(policy, now).level(situation) for *_, situation in country]
    becomes = [site_with(changed, now).level(situation) for *_, situation in country]

    assert {(r, m, v, a, b) for (r, m, v, _), a, b in zip(country, was, becomes, strict=True) if a != b} == flips
