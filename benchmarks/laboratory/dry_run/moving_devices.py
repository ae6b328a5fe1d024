"""`diemcau-collector simulate`, whose devices move real bytes in their slots instead of only holding them.

python benchmarks/laboratory/dry_run/moving_devices.py FILE FOLDER

What became of each test is appended to FILE as a line of JSON.
"""

from __future__ import annotations

import json
import random
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))  # `laboratory`, as for the programs beside it

from collector import cli
from collector.simulator import ground
from collector.simulator.slots import Came
from contract import wire
from laboratory.dry_run.lines import read_lines
from laboratory.dry_run.tests_of_lines import LineTests


class MovingSlots:
    """In place of collector.simulator.slots.Slots."""

    file: Path

    def __init__(self, chance: random.Random) -> None:
        self._tests = LineTests(read_lines(), chance)

    async def test(self, server: wire.ProbeServer, device: str, permit_key: str) -> Came:
        """Ask for a device's slot, and test in it."""
        came = await self._tests.test(server.host, server.http_port, device, permit_key)
        if came.outcome != "booked":
            told = {"device": device, "outcome": came.outcome}
            with self.file.open("a") as file:
                file.write(json.dumps(told) + "\n")
        return Came(came.outcome == "tested" and came.again_s is None, came.again_s)

    async def close(self) -> None:
        """Leave: what is under way ends with its tasks."""


if __name__ == "__main__":
    MovingSlots.file = Path(sys.argv[1])
    vars(ground)["Slots"] = MovingSlots
    cli.main(["simulate", "--folder", sys.argv[2], "--scenario", "healthy"])
