"""The judge as a whole, over random situations and against an oracle that shares no code with it.

The oracle: nobody is `ready` without fresh, passing evidence of every needed fact, from an accepted source, about
this line, not by a spare.
"""

from __future__ import annotations

import itertools
from typing import Any

from hypothesis import HealthCheck, assume, example, given, settings
from hypothesis import strategies as st

from collector.judge.judge import judge
from collector.judge.situation import Evidence, Line, Presence, Situation

HOUR = 3_600_000_000
START = 1_692_061_200_000_000
MEASURED = {  # values from good to bad, around every limit of every role and medium
    "download_mbps": (90.0, 7.5, 6.0, 5.9, 3.0, 2.0, 0.0),
    "upload_mbps": (40.0, 6.0, 5.9, 0.5, 0.4, 0.1),
    "loss_pct": (0.0, 1.0, 1.1, 2.5, 100.0),
    "jitter_ms": (1.0, 30.0, 31.0, 50.0, 51.0, 101.0),
    "rtt_ms": (8.0, 100.0, 101.0, 150.0, 151.0, 500.0),
    "memory_available_bytes": (4e9, 5e8, 4e8, 1e8),
    "disk_free_bytes": (5e10, 1e9, 9e8, 1e8),
    "cpu_pct": (10.0, 85.0, 86.0, 100.0),
    "camera_count": (1, 2, 0),
    "microphone_count": (1, 2, 0),
    "speaker_count": (1, 2, 0),
    "display_count": (1, 2, 0),
    "offset_ms": (-40.0, 60_000.0, -60_001.0, 300_001.0),
}
METRICS = {
    "line": ("download_mbps", "upload_mbps"),
    "path": ("loss_pct", "jitter_ms", "rtt_ms"),
    "host": ("memory_available_bytes", "disk_free_bytes", "cpu_pct"),
    "camera": ("camera_count",),
    "sound": ("microphone_count", "speaker_count"),
    "display": ("display_count",),
    "clock": ("offset_ms",),
}
CONSENTS = {"camera": ("is_allowed",), "sound": ("is_microphone_allowed",)}
PLAIN = ("download_mbps", "upload_mbps", "loss_pct")
FACTS = ("line", "path", "host", "clock", "camera", "sound", "display", "picture_sound", "rehearsal", "network")
USUAL = {"picture_sound": "technician", "rehearsal": "rehearsal"}
often = settings(deadline=None, max_examples=100, suppress_health_check=[HealthCheck.too_slow])


def _mostly(draw: st.DrawFn, usual: Any, others: tuple[Any, ...]) -> Any:
    return draw(st.sampled_from((usual,) * 12 + others))


@st.composite
def pieces(draw: st.DrawFn, number: int, fact: str) -> Evidence:
    findings: dict[str, Any] | None = {"link": {"value": draw(st.sampled_from(["wifi", "ethernet"]))}}
    for metric in METRICS.get(fact, ()):
        good, *bad = MEASURED[metric]
        value = _mostly(draw, good, tuple(bad))
        findings[metric] = value if metric in PLAIN else _mostly(draw, {"value": value}, ({"why": "denied"},))  # type: ignore[index]
    for consent in CONSENTS.get(fact, ()):
        findings[consent] = _mostly(draw, {"why": "unsupported"}, ({"value": True}, {"value": False}))
    failure = _mostly(draw, None, ({"code": "timeout", "text": "x"},))
    return Evidence(
        id=number,
        fact=fact,
        source=_mostly(draw, USUAL.get(fact, "agent"), ("browser", "screen_code", "declared", "technician")),
        device_id=draw(st.integers(1, 3)),
        is_spare=_mostly(draw, False, (True,)),
        findings=None if failure else findings,
        failure=failure,
        measured_at=START
        - _mostly(draw, 2 * HOUR, (0, 30 * HOUR, 200 * HOUR, 800 * HOUR))
        - draw(st.integers(0, HOUR)),
        line_id=_mostly(draw, 1, (2, None)),
        report_id=number,
    )


@st.composite
def situations(draw: st.DrawFn) -> Situation:
    role, medium = draw(st.sampled_from(["interactive", "view"])), draw(st.sampled_from(["pc", "room", "mytv"]))
    facts = [fact for fact in (*_needed(role, medium), "network") if draw(st.integers(0, 19))]
    facts += draw(st.lists(st.sampled_from(FACTS), max_size=3))
    evidence = tuple(draw(pieces(number, fact)) for number, fact in enumerate(facts, 1))
    states = st.sampled_from(["connected", "connected", "stopped", "lost"])
    presence = draw(st.lists(st.builds(Presence, st.integers(1, 3), st.booleans(), states), max_size=3))
    line = Line(1, draw(st.sampled_from(["vnpt", "fpt"])), draw(st.sampled_from([None, 4.0, 99.0])), 99.0, "ministry")
    return Situation(
        participation_id=1,
        site_id=1,
        role=role,
        medium=medium,
        starts_at=START,
        bitrate_mbps=5.0,
        line=draw(st.sampled_from([line, None])),
        evidence=evidence,
        presence=tuple(presence),
    )


TIMES = st.one_of(
    st.integers(START - 400 * HOUR, START + 10 * HOUR),
    st.integers(START - 3 * HOUR, START + 5 * HOUR),
    st.sampled_from([START - hours * HOUR + d for hours in (336, 168, 24, 1, 0) for d in (-1, 0, 1)]),
)


# --- the oracle


def _needed(role: str, medium: str) -> tuple[str, ...]:
    if medium == "pc":
        return ("line", "path", "host", "clock", *(("camera",) if role == "interactive" else ()), "sound", "display")
    return ("line", "path", "rehearsal" if (role, medium) == ("interactive", "room") else "picture_sound")


def _validity(fact: str, until_start: int) -> int:
    gate = sum(until_start <= hours * HOUR for hours in (336, 168, 24, 1))
    hours = {
        "line": (720, 336, 168, 48, 24),
        "path": (720, 168, 48, 24, 6),
        "host": (720, 168, 48, 24, 6),
        "camera": (720, 168, 48, 24, 6),
        "sound": (720, 168, 48, 24, 6),
        "display": (720, 168, 48, 24, 6),
        "clock": (720, 168, 48, 24, 6),
        "picture_sound": (720, 336, 168, 48, 48),
        "rehearsal": (720, 336, 168, 48, 48),
    }
    return hours[fact][gate] * HOUR


def _passes(found: Evidence, situation: Situation) -> bool:
    f: dict[str, Any] = {
        name: v.get("value") if isinstance(v, dict) else v for name, v in (found.findings or {}).items()
    }
    if any(f[metric] is None for metric in METRICS.get(found.fact, ()) if metric != "microphone_count"):
        return False
    is_interactive, is_mytv = situation.role == "interactive", situation.medium == "mytv"
    if found.fact == "line":
        down, up = (6.0, 6.0) if is_interactive else (7.5 if is_mytv else 6.0, 0.5)
        return bool(f["download_mbps"] >= down and f["upload_mbps"] >= up)
    if found.fact == "path":
        jitter, rtt = (30, 100) if is_interactive else (50, 150)
        return bool(f["loss_pct"] <= 1 and f["jitter_ms"] <= jitter and f["rtt_ms"] <= rtt)
    if found.fact == "host":
        return bool(f["memory_available_bytes"] >= 5e8 and f["disk_free_bytes"] >= 1e9 and f["cpu_pct"] <= 85)
    if found.fact == "clock":
        return bool(abs(f["offset_ms"]) <= 60_000)
    if found.fact == "camera":
        return bool(f["camera_count"] >= 1 and f["is_allowed"] is not False)
    if found.fact == "sound":
        is_heard = bool(f["microphone_count"] and f["is_microphone_allowed"] is not False)
        return bool(f["speaker_count"] >= 1 and (is_heard or not is_interactive))
    return found.fact != "display" or bool(f["display_count"] >= 1)


ACCEPTED = {
    "line": {"agent", "browser", "technician"},
    "path": {"agent", "browser"},
    "host": {"agent"},
    "camera": {"agent", "browser", "technician"},
    "sound": {"agent", "browser", "technician"},
    "display": {"agent", "browser", "technician"},
    "clock": {"agent"},
    "picture_sound": {"screen_code", "technician", "agent"},
    "rehearsal": {"rehearsal"},
}


def _proves(found: Evidence, situation: Situation, now: int) -> bool:
    is_here = found.fact not in ("line", "path") or situation.line is None or found.line_id in (None, situation.line.id)
    is_fresh = now - found.measured_at <= _validity(found.fact, situation.starts_at - now)
    is_ours = found.source in ACCEPTED[found.fact] and not found.is_spare
    return is_here and is_fresh and is_ours and found.findings is not None and _passes(found, situation)


def _may_be_ready(situation: Situation, now: int) -> bool:
    must_be_here = situation.role == "interactive" and situation.starts_at - now <= HOUR
    is_here = any(p.state == "connected" and not p.is_spare for p in situation.presence)
    return (is_here or not must_be_here) and all(
        any(e.fact == fact and _proves(e, situation, now) for e in situation.evidence)
        for fact in _needed(situation.role, situation.medium)
    )


@often
@given(situations(), TIMES)
def test_nobody_is_ready_without_fresh_passing_evidence_of_every_need(
    policy: Any, situation: Situation, now: int
) -> None:
    if judge(situation, policy, now).level == "ready":
        assert _may_be_ready(situation, now)


@often
@given(situations(), TIMES)
def test_who_has_nothing_but_fresh_passing_evidence_is_ready(policy: Any, situation: Situation, now: int) -> None:
    proving = tuple(e for e in situation.evidence if e.fact in ACCEPTED and _proves(e, situation, now))
    situation = situation._replace(evidence=proving)
    assert (judge(situation, policy, now).level == "ready") == _may_be_ready(situation, now)


def test_the_oracle_meets_sites_of_every_level(policy: Any) -> None:
    seen: set[str] = set()

    @settings(often, max_examples=300, database=None, derandomize=True)
    @given(situations(), TIMES)
    def look(situation: Situation, now: int) -> None:
        seen.add(judge(situation, policy, now).level)

    look()
    assert seen == {"ready", "at_risk", "unknown", "not_ready"}


# --- time


@often
@given(situations(), TIMES, st.integers(0, 10**6))
def test_until_it_is_due_a_judgement_stays_what_it_is(
    policy: Any, situation: Situation, now: int, permille: int
) -> None:
    standing = judge(situation, policy, now)
    if standing.due_at is None:
        assert judge(situation, policy, now + 10_000 * HOUR) == standing
        return
    assert standing.due_at > now
    last = standing.due_at - 1
    for later in (last, now + (last - now) * permille // 10**6):
        assert judge(situation, policy, later) == standing


@often
@given(situations(), TIMES, st.integers(0, 500 * HOUR))
def test_time_alone_never_makes_a_site_ready(policy: Any, situation: Situation, now: int, later: int) -> None:
    if judge(situation, policy, now).level != "ready":
        assert judge(situation, policy, now + later).level != "ready"


@settings(often, max_examples=60)
@given(situations(), TIMES)
def test_looking_again_whenever_it_is_due_comes_to_an_end(policy: Any, situation: Situation, now: int) -> None:
    for looks in itertools.count():
        standing = judge(situation, policy, now)
        if standing.due_at is None:
            break
        now = standing.due_at
        assert looks < 20


def test_validity_shrinks_when_a_gate_passes_and_the_judgement_is_due_then(site: Any) -> None:
    old = site.evidence("path", age=100 * HOUR)
    situation = site.situation(starts_in=170 * HOUR, without=["path"], add=[old])  # valid 168 h, and 48 h in 2 hours
    standing = judge(situation, site.policy, site.now)

    assert (standing.level, standing.due_at) == ("ready", site.now + 2 * HOUR)
    assert site.level(situation, at=2 * HOUR - 1) == "ready"
    assert site.level(situation, at=2 * HOUR) == "unknown"


def test_a_gate_that_passes_over_fresh_evidence_changes_nothing_but_when_to_look_next(site: Any) -> None:
    situation = site.situation(starts_in=170 * HOUR)  # evidence of everything, an hour old
    passed = judge(situation, site.policy, site.now + 2 * HOUR)

    assert (passed.level, passed.due_at) == ("ready", site.now + 47 * HOUR + 1)


def test_a_judgement_is_due_the_moment_after_the_first_evidence_expires(site: Any) -> None:
    situation = site.situation(starts_in=-HOUR)  # live: host and path count for 6 hours
    standing = judge(situation, site.policy, site.now)
    assert standing.due_at == site.now + 5 * HOUR + 1
    assert site.level(situation, at=5 * HOUR) == "ready"
    assert site.level(situation, at=5 * HOUR + 1) == "unknown"


def test_with_nothing_left_to_expire_time_changes_nothing_any_more(site: Any) -> None:
    situation = site.situation(starts_in=0, without=["line", "path", "host", "clock", "sound", "display"])
    assert judge(situation, site.policy, site.now).due_at is None


# --- who may change what


@often
@given(situations(), TIMES, st.data())
def test_a_spare_device_changes_nothing(policy: Any, situation: Situation, now: int, data: st.DataObject) -> None:
    piece = data.draw(pieces(90, data.draw(st.sampled_from(FACTS))))._replace(is_spare=True, device_id=9)
    more = situation._replace(
        evidence=(*situation.evidence, piece),
        presence=(*situation.presence, Presence(9, True, data.draw(st.sampled_from(["connected", "lost"])))),
    )
    assert judge(more, policy, now) == judge(situation, policy, now)


@often
@given(situations(), TIMES, st.randoms(use_true_random=False))
def test_the_order_in_which_things_are_read_does_not_matter(
    policy: Any, situation: Situation, now: int, random: Any
) -> None:
    evidence, presence = list(situation.evidence), list(situation.presence)
    random.shuffle(evidence)
    random.shuffle(presence)
    shuffled = situation._replace(evidence=tuple(evidence), presence=tuple(presence))
    assert judge(shuffled, policy, now) == judge(situation, policy, now)


@often
@given(situations(), TIMES)
@example(Situation(1, 1, "view", "pc", START, 5.0, None, (), ()), START)
def test_every_need_has_its_verdict_and_the_worst_of_them_is_the_level(
    policy: Any, situation: Situation, now: int
) -> None:
    standing = judge(situation, policy, now)

    needed = {*_needed(situation.role, situation.medium)}
    if situation.role == "interactive" and situation.starts_at - now <= HOUR:
        needed.add("presence")
    assert {verdict.fact for verdict in standing.verdicts} == needed
    assert len({verdict.key for verdict in standing.verdicts}) == len(standing.verdicts)
    order = ("ready", "at_risk", "unknown", "not_ready")
    assert order.index(standing.level) == max(order.index(verdict.level) for verdict in standing.verdicts)


@often
@given(situations(), TIMES)
def test_a_verdict_other_than_ready_names_a_reason_and_an_owner(policy: Any, situation: Situation, now: int) -> None:
    standing = judge(situation, policy, now)
    assume(standing.level != "ready")
    for verdict in standing.verdicts:
        if verdict.level != "ready":
            assert verdict.reason not in ("ok", "proven", "present", "rule_failed")
            assert verdict.owner in ("vnpt", "other_provider", "site", "department", "ministry")
        if verdict.level == "unknown":
            assert verdict.reason in ("never_checked", "expired", "could_not_measure", "other_line")
