"""The readiness rules: read RULES to know what is judged. Each is a pure function in a file of its own.

To add one: its file and line here, its fact and metrics in policy.py, who needs it within which limits in
policy.toml, its reasons in contract/reasons.py.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from collector.judge.policy import Policy
from collector.judge.rules import host, line, path, presence, proof
from collector.judge.situation import Situation
from collector.judge.verdict import Verdict


class Rule(NamedTuple):
    """A fact, and the function from (situation, policy, now) to its verdicts."""

    fact: str
    check: Callable[[Situation, Policy, int], list[Verdict]]


RULES = (
    Rule("line", line.check),
    Rule("path", path.check),
    Rule("host", host.check),
    Rule("presence", presence.check),
    Rule("picture_sound", proof.picture_sound),
    Rule("rehearsal", proof.rehearsal),
)
