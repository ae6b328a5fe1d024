"""What a dry run can check, and what counts as the result of each: to add a kind, add it to CHECKS. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from collector.judge.outcomes import DIRECTIONS

NOT_REHEARSED = "not_rehearsed"
OUTCOMES = ("fails", "unsure", "carries", "done", "not_done")  # the first found among a site's checks is the site's
NOT_CARRIED = ("fails", "unsure", "not_done")  # what a retest takes


Counts = Mapping[tuple[str, str], int]  # sites by outcome and reason; outcome "": still open


class Seen(NamedTuple):
    """A fact about a site that was found out since the dry run began; findings and failure as JSON values."""

    fact: str
    findings: dict[str, Any] | None
    failure: dict[str, Any] | None
    measured_at: int
    report_id: int


class Result(NamedTuple):
    """What came of a check, or of all of a site's; outcome "": nothing yet, and `reason` why not, if that is known."""

    outcome: str
    reason: str = ""
    report_id: int | None = None


class Check(NamedTuple):
    """One kind of check.

    facts: the kinds of evidence that tell of it. roles: of the sites that it is for.
    """

    name: str
    facts: tuple[str, ...]
    roles: tuple[str, ...]
    result: Callable[[Sequence[Seen]], Result]


def _of_equipment(seen: Sequence[Seen]) -> Result:
    """Any word of the equipment shows that the site can be reached and looked at; how it is, the judge says."""
    found = max(seen, key=lambda one: one.measured_at, default=None)
    return Result("") if found is None else Result("done", "", found.report_id)


def _of_line(seen: Sequence[Seen]) -> Result:
    """The latest test counts; one that could not be done leaves the check open, and says why.

    So does one that the probe server limited, unless it carried all the same: its device is booked again.
    """
    told = [one for one in seen if one.findings is not None]
    tested = [one for one in told if not _is_limited(one.findings or {})]
    if tested:
        latest = max(tested, key=lambda one: one.measured_at)
        return _read_line(latest.findings or {})._replace(report_id=latest.report_id)
    if told:
        return Result("", "server_limit")
    failed = max(seen, key=lambda one: one.measured_at, default=None)
    return Result("") if failed is None else Result("", str((failed.failure or {}).get("code", "error")))


def _is_limited(findings: dict[str, Any]) -> bool:
    return "server_limit" in (findings.get("disturbances") or ()) and _read_line(findings).outcome != "carries"


def _read_line(findings: dict[str, Any]) -> Result:
    ways = {name: findings[name]["outcome"] for name in DIRECTIONS if findings.get(name)}
    lacking = [name for name, outcome in ways.items() if outcome != "carries"]
    if ways and not lacking:
        return Result("carries")
    disturbances = findings.get("disturbances") or ()
    if disturbances:
        return Result("unsure", str(disturbances[0]))
    failing = [name for name in lacking if ways[name] == "fails"]
    return Result("fails", failing[0]) if failing else Result("unsure", "unsure")


def _of_rehearsal(seen: Sequence[Seen]) -> Result:
    """The centre marks whether it saw and heard the site."""
    found = max(seen, key=lambda one: one.measured_at, default=None)
    if found is None:
        return Result("", NOT_REHEARSED)
    return Result("done") if found.findings is not None else Result("fails", str((found.failure or {}).get("text")))


_EVERYBODY = ("interactive", "view")
CHECKS = (
    Check("equipment", ("camera", "sound", "display", "power"), _EVERYBODY, _of_equipment),
    Check("line", ("line",), _EVERYBODY, _of_line),
    Check("rehearsal", ("rehearsal",), ("interactive",), _of_rehearsal),
)
BY_NAME = {check.name: check for check in CHECKS}
BY_DEVICES = ("equipment", "line")  # those that the plan asks devices for


def by_outcome(counts: Counts) -> Counter[str]:
    """Return how many sites there are of each outcome, whatever the reason."""
    found: Counter[str] = Counter()
    for (outcome, _), number in counts.items():
        found[outcome] += number
    return found


def ask_devices(checks: Iterable[str]) -> bool:
    """Tell whether one of these checks is done by devices; else people do them all."""
    return bool({*checks} & {*BY_DEVICES})


def concern(checks: Iterable[str], role: str) -> bool:
    """Tell whether one of these checks is for sites of this role."""
    return any(role in BY_NAME[name].roles for name in checks)


def facts_of(checks: Iterable[str]) -> tuple[str, ...]:
    """Return the kinds of evidence that these checks look at."""
    return tuple(fact for name in checks for fact in BY_NAME[name].facts)


def result_of(checks: Iterable[str], role: str, seen: Sequence[Seen]) -> Result:
    """Return what has come of a site's checks together: the worst, once every one that is for its role has a result."""
    results = []
    for name in checks:
        check = BY_NAME[name]
        if role in check.roles:
            results.append(check.result([one for one in seen if one.fact in check.facts]))
    open_ones = [result for result in results if not result.outcome]
    if open_ones:
        return max(open_ones, key=lambda result: result.reason)
    return min(results, key=lambda result: OUTCOMES.index(result.outcome), default=Result("done"))
