"""Results as a person reads them at a terminal of 80 columns: what is wrong stands out, and what to do follows it."""

from __future__ import annotations

import sys
import textwrap
from itertools import groupby
from typing import Iterable, Iterator, Sequence, Tuple

from agent.doctor.check import BAD, OK, SKIPPED, WARNING, Group
from agent.doctor.examine import Result
from contract.languages import say

_WIDTH = 79
_STATES = {OK: ("tốt", "ok"), WARNING: ("CHÚ Ý", "NOTE"), BAD: ("HỎNG", "BAD"), SKIPPED: ("bỏ qua", "skipped")}
_COLUMN = 9  # of the states, with the space behind
# The .deb runs it as a user of its own, who may write neither where one stands nor into anybody's home.
BUNDLE = "diemcau-agent doctor --bundle " + ("/tmp/" if sys.platform == "linux" else "") + "ho-tro.zip"  # noqa: S108


def lines(groups: Sequence[Group], results: Iterable[Result]) -> Iterator[str]:
    """Yield the lines to show as the results come, in the groups' order.

    What was skipped for one reason is one line, and a step that repeats the one before it is not told again.
    """
    coming, told = iter(results), ""
    for group in groups:
        yield group.title
        of_group = ((check.title, next(coming)) for check in group.checks)
        for why, together in groupby(of_group, _why_skipped):
            if why:
                titles = "; ".join(title for title, _ in together)
                yield _wrapped(f"{titles}: {why}.", _beside(SKIPPED))
                continue
            for _, result in together:
                yield _wrapped(result.text, _beside(result.state))
                if result.next_step:
                    step = say("như trên", "as above") if result.next_step == told else result.next_step
                    yield _wrapped(step, " " * _COLUMN + "→ ")
                    told = result.next_step
        yield ""


def _why_skipped(one: Tuple[str, Result]) -> str:
    """Return why a check was skipped, without its title; empty when it was not."""
    title, result = one
    return result.text[len(title) + 2 :] if result.state == SKIPPED else ""


def _beside(state: str) -> str:
    return f"  {say(*_STATES[state]):{_COLUMN}}"


def summary(results: Sequence[Result]) -> str:
    """Return what it comes to, and what to do next."""
    bad, warned = (sum(result.state == state for result in results) for state in (BAD, WARNING))
    if not bad and not warned:
        return say("Mọi thứ đều tốt.", "All is well.")
    if not bad:
        return _wrapped(
            say(
                f"Dùng được. Có {warned} chỗ nên xem lại, ở các dòng CHÚ Ý.",
                f"It works. {warned} to look at, in the lines with NOTE.",
            )
        )
    return _wrapped(
        say(
            f"Có {bad} chỗ hỏng. Làm theo các dòng có dấu →, từ trên xuống, rồi chạy lại lệnh này. "
            f"Vẫn chưa được thì chạy: {BUNDLE} và gửi tệp đó cho VNPT.",
            f"{bad} bad. Do what the lines with → say, from the top, and run this again. "
            f"If that does not mend it, run: {BUNDLE} and send that file to VNPT.",
        )
    )


def _wrapped(text: str, before: str = "") -> str:
    """Return a text that hangs beside what stands before it; addresses and commands are not broken."""
    return textwrap.fill(
        text,
        _WIDTH,
        initial_indent=before,
        subsequent_indent=" " * len(before),
        break_long_words=False,
        break_on_hyphens=False,
    )
