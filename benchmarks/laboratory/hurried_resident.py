"""The real resident in a hurry: it does in minutes what it else does in a day, and tells what that cost.

An order on stdin is one JSON object: periods (tick_s, light_round_s, turn_s: how long a turn may wait) and `until`,
counts to reach from then on: of turns, ticks, rounds (spooled) or tries (to connect). The answer is one too: the
counts reached, and the processor time that the resident and its children used for them.
"""

from __future__ import annotations

import json
import resource
import sys
import time
from pathlib import Path
from typing import Any

from agent import last_line, paths
from agent.backoff import Backoff
from agent.last_line import LastLine
from agent.resident import build
from agent.settings import load
from contract.clock import Clock

_NEVER_S = 10_000_000
_BACKOFF = Backoff(0.02, 0.05)  # as many tries in a minute as it else has in a day
_COUNTED = ("turns", "ticks", "rounds", "tries")


class HurriedResident:
    """A resident with counters."""

    def __init__(self, settings_file: Path) -> None:
        settings = load(settings_file)
        # As if the line had just been measured: rounds with the line are told apart, by another program.
        last_line.write(settings.folder / paths.LAST_LINE, LastLine(Clock().now(), is_measured=True))
        self._resident = build(settings._replace(line_round_s=_NEVER_S), backoff=_BACKOFF)
        self._counts = dict.fromkeys(_COUNTED, 0)
        self._count("tries", self._resident, "next_number")
        self._count("rounds", self._resident.spool, "append")
        self._count("ticks", self._resident.measuring.schedule, "take_tick")

    def _count(self, what: str, part: Any, name: str) -> None:
        """Count the calls of a part's function that return something."""
        original = getattr(part, name)

        def counted(*arguments: Any) -> Any:
            returned = original(*arguments)
            self._counts[what] += bool(returned)
            return returned

        setattr(part, name, counted)

    def obey(self, order: dict[str, Any]) -> dict[str, Any]:
        """Turn until the counts are reached."""
        periods = (order["tick_s"], order["light_round_s"], _NEVER_S)
        self._resident.measuring.schedule.change_periods(*periods, time.monotonic())
        self._counts.update(dict.fromkeys(_COUNTED, 0))
        (own_s, children_s), timeout_s = used_s(), 0.0
        while any(self._counts[name] < number for name, number in order["until"].items()):
            timeout_s = min(order["turn_s"], self._resident.turn(timeout_s))
            self._counts["turns"] += 1
        own_after_s, children_after_s = used_s()
        return {**self._counts, "own_s": own_after_s - own_s, "children_s": children_after_s - children_s}

    def close(self) -> None:
        """Leave the broker, and nothing running."""
        self._resident.measuring.rounds.stop()
        self._resident.connection.stop()
        self._resident.spool.close()


def used_s() -> tuple[float, float]:
    """Return the processor time that this process and its ended children have used."""
    own, children = resource.getrusage(resource.RUSAGE_SELF), resource.getrusage(resource.RUSAGE_CHILDREN)
    return own.ru_utime + own.ru_stime, children.ru_utime + children.ru_stime


def main() -> None:
    hurried = HurriedResident(Path(sys.argv[1]))
    for line in sys.stdin:
        print(json.dumps(hurried.obey(json.loads(line))), flush=True)
    hurried.close()


if __name__ == "__main__":
    main()
