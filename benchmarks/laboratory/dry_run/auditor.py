"""Books by itself what a probe server reserved, from the lines of audited_probe_server.py, and trusts no ledger."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, field

from collector.probe_server.ledger.accounts import KEPT, SERVER, Caps

_LEVELS = ("server", "province", "district")


@dataclass
class Seen:
    """What the auditor saw. Shares are of caps."""

    grants: int = 0
    starts: int = 0  # of the probe server
    changes: int = 0
    exceeded: list[str] = field(default_factory=list)
    highest_bps: dict[str, int] = field(default_factory=dict)  # by server and unit's code
    highest_share: dict[str, float] = field(default_factory=dict)  # by level
    first_granted_us: dict[str, int] = field(default_factory=dict)  # by device
    last_us: int = 0  # when the last slot ended


class Auditor:
    """Follows the lines; a probe server that begins anew holds nothing."""

    def __init__(self, caps: Caps) -> None:
        self.seen = Seen()
        self._caps = caps
        self._slots: dict[int, tuple[list[str], bool, int]] = {}
        self._reserved_bps: dict[str, list[int]] = {}

    def follow(self, lines: Iterable[bytes]) -> None:
        """Take note of lines."""
        for line in lines:
            said = json.loads(line)
            if "begins" in said:
                self.seen.starts += 1
                self._slots.clear()
                self._reserved_bps.clear()
            else:
                self._change(said)

    def _change(self, said: dict[str, object]) -> None:
        number, bps, at_us = int(str(said["number"])), int(str(said["bps"])), int(str(said["at_us"]))
        self.seen.changes += 1
        if "device" in said:
            self.seen.grants += 1
            self.seen.first_granted_us.setdefault(str(said["device"]), at_us)
            accounts = [SERVER, *said["units"]]  # type: ignore[misc]
            self._slots[number] = accounts, bool(said["is_on_demand"]), 0
        if number not in self._slots:  # of before what is looked at
            return
        accounts, is_on_demand, former_bps = self._slots.pop(number)
        for level, account in enumerate(accounts):
            parts = self._reserved_bps.setdefault(account, [0, 0])
            parts[is_on_demand] += bps - former_bps
            self._look(account, level, parts, at_us)
        if bps:
            self._slots[number] = accounts, is_on_demand, bps
        else:
            self.seen.last_us = at_us

    def _look(self, account: str, level: int, parts: list[int], at_us: int) -> None:
        cap_bps = self._caps.of(level - 1, account) if level else self._caps.server_bps
        kept_bps = max(KEPT * cap_bps, self._caps.largest_peak_bps)
        if sum(parts) > cap_bps or parts[0] > cap_bps - kept_bps:
            self.seen.exceeded.append(f"{account} at {at_us}: {parts} of {cap_bps}")
        reserved_bps, name = sum(parts), _LEVELS[level]
        self.seen.highest_bps[account] = max(self.seen.highest_bps.get(account, 0), reserved_bps)
        share = reserved_bps / cap_bps
        self.seen.highest_share[name] = max(self.seen.highest_share.get(name, 0.0), share)
