"""What must hold, and whether it did: printed as a table."""

from __future__ import annotations

from typing import NamedTuple


class Criterion(NamedTuple):
    """Something that must hold, with the figure that shows whether it does."""

    part: str
    text: str
    figure: str
    is_held: bool


class Criteria:
    """All of them, in the order in which they were looked at."""

    def __init__(self) -> None:
        self._all: list[Criterion] = []

    def look(self, part: str, text: str, figure: str, *, is_held: bool) -> None:
        """Note one."""
        self._all.append(Criterion(part, text, figure, is_held))

    @property
    def are_held(self) -> bool:
        """Whether every one is held."""
        return all(one.is_held for one in self._all)

    def table(self) -> str:
        """Return them in Markdown."""
        rows = [
            f"| {one.part} | {one.text} | {one.figure} | {'held' if one.is_held else '**not held**'} |"
            for one in self._all
        ]
        return "\n".join(("| part | criterion | figure | |", "|---|---|---|---|", *rows))


def off_by(predicted: float, happened: float) -> float:
    """Return by which share of what happened a prediction was off."""
    return predicted / happened - 1 if happened else float("inf")
