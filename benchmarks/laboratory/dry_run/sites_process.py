"""Sites that take part in one dry run by HTTP alone, in a process of their own: told by a file, telling by lines.

python benchmarks/laboratory/dry_run/sites_process.py FILE

Each does what the plan has an agent do: wait its share of the spread, ask its probe server, test, come again when told.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import random
import sys
import time
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[2]))  # `laboratory`, as for the programs beside it

from laboratory.dry_run.lines import read_lines
from laboratory.dry_run.tests_of_lines import LineTests


async def main(told: dict[str, Any]) -> None:
    tests = LineTests(read_lines(), random.Random(told["seed"]))
    began_s = time.monotonic() - (time.time() - told["began_s"])
    async with asyncio.TaskGroup() as tasks:
        for device, permit_key, hears_s, spread_s in told["sites"]:
            at_s = began_s + hears_s + _share(f"{device} {told['dry_run']}") * spread_s
            tasks.create_task(_take_part(tests, told, device, permit_key, at_s))


async def _take_part(tests: LineTests, told: dict[str, Any], device: str, permit_key: str, at_s: float) -> None:
    asked = 0
    while True:
        await asyncio.sleep(max(0.0, at_s - time.monotonic()))
        asked += 1
        came = await tests.test(told["host"], told["port"], device, permit_key)
        said = {"device": device, "outcome": came.outcome, "asked": asked, "at_us": time.time_ns() // 1000}
        if came.granted_us:
            said |= {"granted_us": came.granted_us}
        if came.ended is not None:
            said |= {"is_server_limited": came.ended.is_server_limited}
        if came.outcome != "booked":
            print(json.dumps(said), flush=True)
        if came.again_s is None:
            return
        at_s = time.monotonic() + came.again_s


def _share(text: str) -> float:
    """Return what the agent's own schedule makes of device and dry run."""
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big") / 2.0**64


if __name__ == "__main__":
    asyncio.run(main(json.loads(Path(sys.argv[1]).read_text())))
