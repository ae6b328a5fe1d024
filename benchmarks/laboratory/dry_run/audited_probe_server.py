"""`diemcau-collector probe-server`, with each change of what is reserved written to a file: for an auditor.

python benchmarks/laboratory/dry_run/audited_probe_server.py FILE

The ledger is only listened to. A line is written before anybody is told, so that a kill leaves none out. Not watched is
the machine's network card: what else goes over it is at full size, where caps are scaled.
"""

from __future__ import annotations

import json
import os
import sys
import time

from collector import cli
from collector.probe_server.ledger.leases import Leases
from collector.probe_server.ledger.terms import Ask, Slot
from collector.probe_server.limits import Limits


def listen(file: str) -> None:
    """Write what each lease reserves from now on."""
    to = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)

    def tell(**said: object) -> None:
        os.write(to, json.dumps({"at_us": time.time_ns() // 1000, **said}).encode() + b"\n")

    grant, lower = Leases.grant, Leases.lower

    def told_grant(leases: Leases, ask: Ask, order: tuple[float, int], now_s: float) -> Slot:
        slot = grant(leases, ask, order, now_s)
        about = {"device": ask.device, "units": ask.units, "is_on_demand": ask.is_on_demand}
        tell(number=slot.number, bps=slot.peak_bps, **about)
        return slot

    def told_lower(leases: Leases, slot: Slot, peak_bps: int, now_s: float) -> None:
        lower(leases, slot, peak_bps, now_s)
        tell(number=slot.number, bps=peak_bps)

    tell(begins=os.getpid())
    Limits.note_card = lambda *_: None  # type: ignore[method-assign]
    Leases.grant = told_grant  # type: ignore[method-assign, assignment]
    Leases.lower = told_lower  # type: ignore[method-assign, assignment]


if __name__ == "__main__":
    listen(sys.argv[1])
    cli.main(["probe-server"])
