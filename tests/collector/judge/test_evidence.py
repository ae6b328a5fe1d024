"""Which evidence counts: accepted source, this line, not too old, no failure, not a spare's."""

from __future__ import annotations

from typing import Any

import pytest

from collector.judge.evidence import counts
from collector.judge.situation import Evidence, Line

HOUR = 3_600_000_000
NEEDED = {
    ("interactive", "pc"): {"line", "path", "host", "clock", "camera", "sound", "display"},
    ("interactive", "room"): {"line", "path", "rehearsal"},
    ("interactive", "mytv"): {"line", "path", "picture_sound"},
    ("view", "pc"): {"line", "path", "host", "clock", "sound", "display"},
    ("view", "room"): {"line", "path", "picture_sound"},
    ("view", "mytv"): {"line", "path", "picture_sound"},
}
each_need = pytest.mark.parametrize(
    ("role", "medium", "fact"), [(*who, f) for who, fs in NEEDED.items() for f in sorted(fs)]
)
VALIDITY_H = {  # at T-14d, T-7d, T-1d, T-1h, live
    "line": (720, 336, 168, 48, 24),
    "path": (720, 168, 48, 24, 6),
    "host": (720, 168, 48, 24, 6),
    "clock": (720, 168, 48, 24, 6),
    "camera": (720, 168, 48, 24, 6),
    "sound": (720, 168, 48, 24, 6),
    "display": (720, 168, 48, 24, 6),
    "picture_sound": (720, 336, 168, 48, 48),
    "rehearsal": (720, 336, 168, 48, 48),
}
STARTS_IN_H = (337, 169, 25, 2, 0.5)  # each gate in force


@pytest.mark.parametrize(("role", "medium"), NEEDED)
def test_a_site_with_good_fresh_evidence_of_what_it_needs_is_ready(site: Any, role: str, medium: str) -> None:
    others = set(VALIDITY_H) - NEEDED[role, medium]
    situation = site.situation(role, medium, without=others)

    assert site.level(situation) == "ready"
    assert site.flags(situation) == {}


@each_need
def test_what_was_never_checked_is_unknown(site: Any, role: str, medium: str, fact: str) -> None:
    situation = site.situation(role, medium, without=[fact])

    assert site.level(situation) == "unknown"
    assert site.flags(situation) == {(fact, ""): ("unknown", "never_checked", "site")}


@each_need
def test_a_measurement_that_failed_is_unknown_even_after_a_good_one(
    site: Any, role: str, medium: str, fact: str
) -> None:
    failed = site.evidence(fact, age=0, number=20, findings=None, failure={"code": "timeout", "text": "x"})
    situation = site.situation(role, medium, add=[failed])

    assert site.level(situation) == "unknown"
    assert site.flags(situation) == {(fact, ""): ("unknown", "could_not_measure", "site")}
    assert site.verdicts(situation)[fact, ""].params == {"failure": "timeout"}


@each_need
def test_a_good_measurement_after_a_failure_counts(site: Any, role: str, medium: str, fact: str) -> None:
    failed = site.evidence(fact, age=9 * HOUR, findings=None, failure={"code": "timeout", "text": "x"})
    assert site.level(site.situation(role, medium, add=[failed])) == "ready"


@pytest.mark.parametrize(
    ("fact", "gate", "validity_h"),
    [(fact, gate, hours[gate]) for fact, hours in VALIDITY_H.items() for gate in range(5)],
)
def test_evidence_expires_exactly_after_its_validity_at_the_gate_in_force(
    site: Any, fact: str, gate: int, validity_h: int
) -> None:
    role, medium = next(who for who, facts in NEEDED.items() if fact in facts)
    starts_in = int(STARTS_IN_H[gate] * HOUR)
    held = site.evidence(fact, age=validity_h * HOUR)
    old = held._replace(measured_at=held.measured_at - 1)

    still = site.situation(role, medium, starts_in=starts_in, without=[fact], add=[held])
    no_more = site.situation(role, medium, starts_in=starts_in, without=[fact], add=[old])

    assert site.level(still) == "ready"
    assert site.flags(no_more) == {(fact, ""): ("unknown", "expired", "site")}
    assert site.verdicts(no_more)[fact, ""].params == {"validity_h": validity_h}


@pytest.mark.parametrize(
    ("fact", "source", "is_accepted"),
    [
        ("line", "browser", True),
        ("line", "technician", True),
        ("line", "declared", False),
        ("path", "browser", True),
        ("path", "technician", False),
        ("host", "browser", False),
        ("host", "declared", False),
        ("picture_sound", "screen_code", True),
        ("picture_sound", "agent", True),
        ("picture_sound", "browser", False),
        ("picture_sound", "declared", False),
        ("rehearsal", "agent", False),
        ("rehearsal", "technician", False),
    ],
)
def test_only_the_word_of_an_accepted_source_counts(site: Any, fact: str, source: str, is_accepted: bool) -> None:
    role, medium = next(who for who, facts in NEEDED.items() if fact in facts)
    situation = site.situation(role, medium, without=[fact], add=[site.evidence(fact, source=source)])

    assert site.level(situation) == ("ready" if is_accepted else "unknown")


@pytest.mark.parametrize("fact", ["line", "path"])
def test_what_was_measured_on_another_line_proves_nothing_about_this_one(site: Any, fact: str) -> None:
    other = site.evidence(fact, age=0, number=20, line_id=7)

    assert site.flags(site.situation(without=[fact], add=[other])) == {(fact, ""): ("unknown", "other_line", "site")}
    assert site.level(site.situation(add=[other._replace(findings=None)])) == "ready"  # and hides nothing about it


@pytest.mark.parametrize(("line", "line_id"), [(None, 1), (None, None), (Line(1, "vnpt", None, None, "site"), None)])
def test_a_line_that_was_not_known_is_not_taken_for_another(site: Any, line: Line | None, line_id: int | None) -> None:
    known = [site.evidence(fact, line_id=line_id) for fact in ("line", "path")]
    assert site.level(site.situation(line=line, without=["line", "path"], add=known)) == "ready"


HERE, ELSEWHERE, UNTOLD = {"value": "5e01"}, {"value": "5e02"}, {"why": "unsupported"}


@pytest.mark.parametrize(
    ("tested", "behind", "has_moved"),
    [
        (HERE, HERE, False),
        (HERE, ELSEWHERE, True),
        (UNTOLD, ELSEWHERE, False),
        (HERE, UNTOLD, False),
        (None, ELSEWHERE, False),  # by an agent older than the field
    ],
)
def test_behind_another_router_the_line_is_to_be_tested_again(
    site: Any, tested: Any, behind: Any, has_moved: bool
) -> None:
    before = site.evidence("line", **({"gateway": tested} if tested else {}))
    network = site.evidence("network", age=0, number=40, gateway=behind)
    expected = {("line", ""): ("unknown", "other_gateway", "site")} if has_moved else {}
    assert site.flags(site.situation(without=["line", "network"], add=[before, network])) == expected


def test_a_failure_from_behind_the_former_router_is_not_the_new_ones(site: Any) -> None:
    slow = site.evidence("line", gateway=HERE, download_mbps=0.1)
    moved = site.evidence("network", age=0, number=40, gateway=ELSEWHERE)
    assert site.level(site.situation(without=["line", "network"], add=[slow, moved])) == "unknown"


def test_routers_are_told_apart_within_one_device_and_after_its_test_only(site: Any) -> None:
    before = site.evidence("line", gateway=HERE)
    others = site.evidence("network", age=0, number=40, device_id=9, gateway=ELSEWHERE)
    earlier = site.evidence("network", age=9 * HOUR, number=41, gateway=ELSEWHERE)
    assert site.flags(site.situation(without=["line", "network"], add=[before, others, earlier])) == {}


def test_the_device_that_has_not_moved_speaks_for_the_line(site: Any) -> None:
    stayed = site.evidence("line", age=5 * HOUR, device_id=9, gateway=HERE)
    moved = site.evidence("line", age=2 * HOUR, number=30, gateway=HERE)
    now = site.evidence("network", age=0, number=40, gateway=ELSEWHERE)
    assert site.flags(site.situation(without=["line", "network"], add=[stayed, moved, now])) == {}


def test_the_machine_and_the_picture_are_the_sites_on_whatever_line(site: Any) -> None:
    moved = [site.evidence(fact, line_id=7) for fact in ("host", "picture_sound")]
    for medium in ("pc", "mytv"):
        assert site.level(site.situation("view", medium, without=["host", "picture_sound"], add=moved)) == "ready"


def test_a_spare_device_neither_worsens_nor_proves(site: Any) -> None:
    bad = [
        site.evidence("line", age=0, number=20, device_id=2, is_spare=True, download_mbps=0.1),
        site.evidence("path", age=0, number=21, device_id=2, is_spare=True, findings=None, failure={"code": "error"}),
    ]
    assert site.level(site.situation(add=bad)) == "ready"
    good = site.evidence("host", device_id=2, is_spare=True)
    assert site.level(site.situation(without=["host"], add=[good])) == "unknown"


def test_of_several_devices_the_latest_word_counts_whatever_the_order(site: Any) -> None:
    later = site.evidence("line", age=0, number=20, device_id=3, download_mbps=1.0)
    situation = site.situation(add=[later])

    assert site.level(situation) == "not_ready"
    assert site.level(situation._replace(evidence=situation.evidence[::-1])) == "not_ready"


def test_a_verdict_leads_to_its_evidence_and_report_and_says_until_when_it_holds(site: Any) -> None:
    situation = site.situation(download_mbps=1.0)
    found: Evidence = situation.evidence[0]

    evidence, _ = counts(situation, "line", site.policy, site.now)
    verdict = site.verdicts(situation)["line", "download_mbps"]

    assert evidence is found
    assert (verdict.evidence_id, verdict.report_id) == (found.id, found.report_id)
    assert verdict.expires_at == found.measured_at + 48 * HOUR
