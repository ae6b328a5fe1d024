"""What those who decide conclude of each interactive site and of a session: pure, and never better than what is proven.

Two proofs count apart: the site's own, and its backup's. Both: eligible. The backup's alone: eligible with the backup.
Neither the site's own proof alone nor capacity that nobody has confirmed is ever eligible (docs/adr/0037).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import NamedTuple

from collector.judge.verdict import Verdict, worst

CODES = ("eligible", "eligible_with_backup", "not_eligible")  # from best to worst
ACTIONS = ("use", "use_backup", "move_to_venue", "do_not_call", "watch_only")
CAPACITIES = ("confirmed", "short", "unconfirmed")  # of what carries a session into a province
_ENOUGH_TO_WATCH = ("ready", "at_risk")


class Backup(NamedTuple):
    """What a site falls back on, and how it was judged by a test of its own."""

    kind: str  # device, venue
    verdicts: tuple[Verdict, ...]  # none: never tested
    venue_id: int | None = None  # the site to move to, of kind venue


class Part(NamedTuple):
    """An interactive site in a session: its verdicts as a speaker and as a mere viewer, and what is behind it."""

    site_id: int
    verdicts: tuple[Verdict, ...]
    as_viewer: tuple[Verdict, ...]
    backup: Backup | None  # None: it has none
    capacity: str  # of CAPACITIES, for its province, medium and delivery


class Conclusion(NamedTuple):
    """What is concluded of a site, what to do with it on the day, and why it is not better."""

    site_id: int
    code: str  # of CODES
    action: str  # of ACTIONS
    reasons: tuple[str, ...]  # keys of conclusion_texts.REASON_NAMES
    venue_id: int | None = None  # where to move


class SessionConclusion(NamedTuple):
    """What is concluded of a session as a whole; `counts` are of its interactive sites, by code and by action."""

    code: str  # of CODES
    reasons: tuple[str, ...]
    counts: Mapping[str, int]
    actions: Mapping[str, int]


def conclude(part: Part, now: int) -> Conclusion:
    """Conclude of one interactive site; evidence that is too old at `now` counts as none, whoever judged it when."""
    level, of_backup = level_at(part.verdicts, now), _backup_level(part.backup, now)
    reasons = (
        *_why("own", part.verdicts, level, now),
        *(_why("backup", part.backup.verdicts, of_backup, now) if part.backup else ("backup_missing",)),
        *_why_capacity(part.capacity),
    )
    if of_backup != "ready" or part.capacity != "confirmed":
        code = "not_eligible"
    else:
        code = "eligible" if level == "ready" else "eligible_with_backup"
    action = _action(part, level, of_backup, now)
    venue_id = part.backup.venue_id if part.backup and action == "move_to_venue" else None
    return Conclusion(part.site_id, code, action, reasons, venue_id)


def conclude_session(conclusions: Collection[Conclusion], capacities: Collection[str]) -> SessionConclusion:
    """Conclude of a session: no better than the worst of its interactive sites and of its provinces' capacity.

    capacities: of CAPACITIES, one for each province, medium and delivery that the session needs; none proves nothing.
    """
    found = [one.code for one in conclusions]
    worst_capacity = max(capacities, key=CAPACITIES.index, default="unconfirmed")
    reasons = (
        *(() if found else ("nobody_speaks",)),
        *(f"sites_{code}" for code in CODES[1:] if code in found),
        *(_why_capacity(worst_capacity) if found or capacities else ()),  # of nobody no capacity is asked
    )
    code = max(found, key=CODES.index, default="not_eligible")
    if worst_capacity != "confirmed":
        code = "not_eligible"
    return SessionConclusion(
        code,
        reasons,
        {name: found.count(name) for name in CODES},
        {name: sum(one.action == name for one in conclusions) for name in ACTIONS},
    )


def level_at(verdicts: Collection[Verdict], now: int) -> str:
    """Return the level that verdicts come to now: what rests on evidence grown too old since is unknown."""
    return worst("unknown" if _has_expired(verdict, now) else verdict.level for verdict in verdicts)


def _backup_level(backup: Backup | None, now: int) -> str:
    return level_at(backup.verdicts, now) if backup else "unknown"


def _has_expired(verdict: Verdict, now: int) -> bool:
    return verdict.reason == "expired" or (verdict.expires_at is not None and verdict.expires_at < now)


def _why(whose: str, verdicts: Collection[Verdict], level: str, now: int) -> tuple[str, ...]:
    """Say why something is not ready: `own_expired`, `backup_at_risk`, ...; nothing when it is."""
    if level == "ready":
        return ()
    if level == "unknown" and any(_has_expired(verdict, now) for verdict in verdicts):
        return (f"{whose}_expired",)
    return (f"{whose}_away" if _is_away(verdicts) else f"{whose}_{level}",)


def _is_away(verdicts: Collection[Verdict]) -> bool:
    return any(verdict.fact == "presence" and verdict.level == "not_ready" for verdict in verdicts)


def _why_capacity(capacity: str) -> tuple[str, ...]:
    return () if capacity == "confirmed" else (f"capacity_{capacity}",)


def _action(part: Part, level: str, of_backup: str, now: int) -> str:
    """Return what to do: use whichever is proven, the site's own first; else what it can still do by what is proven."""
    if level == "ready":
        return "use"
    if part.backup is not None and of_backup == "ready":
        return "move_to_venue" if part.backup.kind == "venue" else "use_backup"
    can_watch = (
        level == "not_ready" and not _is_away(part.verdicts) and level_at(part.as_viewer, now) in _ENOUGH_TO_WATCH
    )
    return "watch_only" if can_watch else "do_not_call"
