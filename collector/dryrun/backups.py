"""A backup's own test: the situation that it alone would be judged in, as if the site's own devices were not there.

A spare PC, or one at another venue, speaks as a PC whatever the site itself has: it is judged as both, and either
does. Each spare is judged apart: what two machines prove between them, neither can do.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from collector.judge.judge import judge
from collector.judge.policy import Policy
from collector.judge.situation import Line, Situation
from collector.judge.verdict import Verdict, worst
from contract.reasons import LEVELS

_SPEAKS_AS = "pc"


def of_spares(situation: Situation, device_id: int | None, line: Line | None) -> Iterator[Situation]:
    """Yield what each spare device of a site would be judged by; `device_id`: only that one, None: any.

    line: the one that the spare is on, None: the site's own. Intake knows of the site's own only, so what a spare on
    another line measured is taken for that line's, unless its provider was seen to be another.
    """
    found = {one.device_id for one in situation.evidence if one.is_spare and one.device_id is not None}
    for spare in sorted(found if device_id is None else found & {device_id}):
        own_line = situation.line
        evidence = tuple(
            one._replace(
                is_spare=False, line_id=line.id if line and own_line and one.line_id == own_line.id else one.line_id
            )
            for one in situation.evidence
            if one.device_id == spare
        )
        presence = tuple(one._replace(is_spare=False) for one in situation.presence if one.device_id == spare)
        yield situation._replace(line=line or own_line, evidence=evidence, presence=presence)


def best(situations: Iterable[Situation], policy: Policy, now: int) -> tuple[Verdict, ...]:
    """Judge backups, and return the verdicts of the best; none when there is nothing to judge."""
    judged = [
        judge(situation._replace(medium=medium), policy, now).verdicts
        for situation in situations
        for medium in dict.fromkeys((situation.medium, _SPEAKS_AS))
    ]
    return min(judged, key=lambda verdicts: LEVELS.index(worst(one.level for one in verdicts)), default=())
