"""What a check is, what it may look at, and what it answers."""

from __future__ import annotations

from pathlib import Path
from typing import Callable, NamedTuple, Optional, Tuple

from agent import paths
from agent.settings import Settings, SettingsError, load
from contract.clock import Clock
from contract.languages import say

OK, WARNING, BAD, SKIPPED = "ok", "warning", "bad", "skipped"


class Answer(NamedTuple):
    """What a check saw: its state, in words, and what to do about it (empty when nothing is to be done)."""

    state: str
    text: str
    next_step: str = ""


class Subject(NamedTuple):
    """The machine that is examined."""

    home: Path  # the agent's folder
    clock: Clock
    read: Optional[Settings]  # None: they cannot be read
    problem: Optional[Exception]  # why not

    @property
    def settings(self) -> Settings:
        """The settings, for checks that need the check `settings`."""
        if self.read is None:
            raise LookupError("there are no settings")
        return self.read

    @property
    def server(self) -> str:
        """The enrolment server's address; empty when it was not kept."""
        try:
            return (self.home / paths.SERVER).read_text(encoding="utf-8").strip()
        except OSError:
            return ""


class Check(NamedTuple):
    """One thing to look at, in at most `within_s`, once the checks that it needs are done and none of them is bad."""

    name: str  # of ever the same meaning: others read it in JSON
    vi: str
    en: str
    look: Callable[[Subject], Answer]
    needs: Tuple[str, ...] = ()
    within_s: float = 3.0

    @property
    def title(self) -> str:
        """What is looked at, in words."""
        return say(self.vi, self.en)


class Group(NamedTuple):
    """Checks that are shown together."""

    vi: str
    en: str
    checks: Tuple[Check, ...]

    @property
    def title(self) -> str:
        """What they are about, in words."""
        return say(self.vi, self.en)


def subject_at(home: Path, clock: Clock) -> Subject:
    """Return the machine whose agent's folder is `home`."""
    try:
        return Subject(home, clock, load(home / paths.SETTINGS), None)
    except (OSError, SettingsError) as error:
        return Subject(home, clock, None, error)
