"""Which sites of a session a dry run takes, and in which order. Pure."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict

INTERACTIVE, HARD_TO_REACH, OTHERS = range(3)  # waves, in the order in which they go


class Selection(BaseModel):
    """Which sites; what is empty excludes none. A site is taken when everything that is said is true of it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    units: tuple[str, ...] = ()  # codes of provinces or districts, with all that lies in them
    roles: tuple[str, ...] = ()
    media: tuple[str, ...] = ()
    sites: tuple[str, ...] = ()  # codes
    not_carried_in: int | None = None  # a campaign: those of its sites whose line did not carry, or was not tested


def wave_of(role: str, *, is_hard_to_reach: bool) -> int:
    """Return when a site goes: first those that speak, then those that are hard to reach, then the others."""
    if role == "interactive":
        return INTERACTIVE
    return HARD_TO_REACH if is_hard_to_reach else OTHERS
