"""A site with good evidence of everything, of which a test changes one thing."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import Any

import pytest

from collector.judge.judge import judge
from collector.judge.load import load_policy
from collector.judge.policy import SEED, Policy
from collector.judge.situation import Evidence, Line, Presence, Situation
from collector.judge.verdict import Verdict

HOUR = 3_600_000_000
LINE = Line(1, "vnpt", 100.0, 100.0, "site")
DEVICE, SPARE = 1, 2
SOURCES = {"picture_sound": "technician", "rehearsal": "rehearsal"}  # the others: the agent
GOOD: Mapping[str, Mapping[str, Any]] = {
    "line": {"download_mbps": 90.0, "upload_mbps": 40.0},
    "path": {"loss_pct": 0.0, "jitter_ms": 1.0, "rtt_ms": 8.0, "r_factor": 92.0},
    "host": {"memory_available_bytes": 4 * 10**9, "disk_free_bytes": 50 * 10**9, "cpu_pct": 10.0},
    "clock": {"offset_ms": -40.0},
    "network": {"link": "ethernet"},
    "camera": {"camera_count": 1, "is_allowed": True},
    "sound": {"microphone_count": 1, "speaker_count": 1, "is_microphone_allowed": True},
    "display": {"display_count": 1},
    "picture_sound": {},
    "rehearsal": {},
}
PLAIN = {"download_mbps", "upload_mbps", "loss_pct"}  # numbers as such; the others are facts: {"value": ...}


def _findings(fact: str, values: Mapping[str, Any]) -> dict[str, Any]:
    return {
        name: value if name in PLAIN or isinstance(value, dict) else {"value": value} for name, value in values.items()
    }


class Site:
    """Builds situations at one moment: `situation()` is ready for every role and medium."""

    def __init__(self, policy: Policy, now: int) -> None:
        self.policy = policy
        self.now = now

    def evidence(self, fact: str, *, age: int = HOUR, number: int | None = None, **changed: Any) -> Evidence:
        """Return evidence; keywords that are no field of it are findings."""
        fields = {name: changed.pop(name) for name in list(changed) if name in Evidence._fields}
        number = list(GOOD).index(fact) + 1 if number is None else number
        found = Evidence(
            id=number,
            fact=fact,
            source=SOURCES.get(fact, "agent"),
            device_id=DEVICE,
            is_spare=False,
            findings=_findings(fact, {**GOOD[fact], **changed}),
            failure=None,
            measured_at=self.now - age,
            line_id=LINE.id,
            report_id=100 + number,
        )
        return found._replace(**fields)

    def situation(
        self,
        role: str = "view",
        medium: str = "pc",
        *,
        starts_in: int = 12 * HOUR,
        line: Line | None = LINE,
        bitrate_mbps: float = 5.0,
        without: Collection[str] = (),
        add: Collection[Evidence] = (),
        presence: Collection[Presence] = (Presence(DEVICE, False, "connected"),),
        **metrics: Any,
    ) -> Situation:
        """Return a situation; keywords that are metrics change the findings that hold them."""
        evidence = [
            self.evidence(fact, **{name: value for name, value in metrics.items() if name in good})
            for fact, good in GOOD.items()
            if fact not in without
        ]
        starts_at = self.now + starts_in
        facts = (*evidence, *add)
        return Situation(1, 1, role, medium, starts_at, bitrate_mbps, line, facts, tuple(presence))

    def verdicts(self, situation: Situation, *, at: int = 0) -> dict[tuple[str, str], Verdict]:
        """Return the verdicts of a situation by fact and metric, `at` microseconds from now."""
        return {verdict.key: verdict for verdict in judge(situation, self.policy, self.now + at).verdicts}

    def level(self, situation: Situation, *, at: int = 0) -> str:
        return judge(situation, self.policy, self.now + at).level

    def flags(self, situation: Situation) -> dict[tuple[str, str], tuple[str, str, str]]:
        """Return level, reason and owner of every verdict other than ready."""
        found = self.verdicts(situation)
        return {key: (v.level, v.reason, v.owner) for key, v in found.items() if v.level != "ready"}


@pytest.fixture(scope="session")
def policy_text() -> str:
    return SEED.read_text(encoding="utf-8")


@pytest.fixture(scope="session")
def policy(policy_text: str) -> Policy:
    return load_policy(policy_text)


@pytest.fixture
def site(policy: Policy, now: int) -> Site:
    return Site(policy, now)


@pytest.fixture(scope="session")
def site_with() -> Callable[[Policy, int], Site]:
    """A function that makes a site judged by a policy of the test's own."""
    return Site
