"""Whose a problem is: by its cause and by who carries and pays the line."""

from __future__ import annotations

from collector.judge.situation import Situation
from contract.reasons import REASONS


def line_owner(situation: Situation) -> str:
    """Return who must mend the access line, whoever pays it; the department when no line is on the list."""
    if situation.line is None:
        return "department"
    return "vnpt" if situation.line.provider == "vnpt" else "other_provider"


def package_owner(situation: Situation) -> str:
    """Return who must buy a bigger package: the ministry for the lines it pays, else the site."""
    return "ministry" if situation.line is not None and situation.line.paid_by == "ministry" else "site"


def owner_of(reason: str, situation: Situation) -> str:
    """Return the owner of a reason at this site."""
    usual = REASONS[reason].owner
    return line_owner(situation) if usual == "line" else usual
