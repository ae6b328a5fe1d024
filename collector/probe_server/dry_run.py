"""Who is kept away from the ledger while a dry run goes on, and until when. Pure."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable

from collector.probe_server.document import Client, Document, DryRun
from collector.probe_server.ledger.terms import Group
from contract.clock import SECOND_US
from contract.probing import Booked, Refused

_MOST_S = 86_400.0  # that an answer can tell; whoever comes then is told the rest


def kept_away(document: Document, device: str, now: int) -> Booked | Refused | None:
    """Answer a device that asks by schedule before the ledger is asked; None: it is the ledger's turn.

    Of a device that comes too soon, the time to come is its own share of its wave's spread: so that nobody comes at
    once with all others.
    """
    dry_run, client = document.dry_run, document.devices[device]
    if dry_run is None or now >= dry_run.until_at:
        return None
    if dry_run.state == "stopped":
        return None if client.wave is None else Refused(code="stopped")
    if client.wave is None:
        return Refused(code="not_selected")
    share = _share(f"{device} {dry_run.id}")
    if dry_run.state == "paused":
        return _come(dry_run.again_s * (1 + share))
    wave = dry_run.waves[client.wave]
    wait_us = dry_run.began_at + wave.opens_s * SECOND_US - now
    if wait_us > 0:
        return _come(wait_us / SECOND_US + share * wave.spread_s)
    return _closed(dry_run, client, share, now)


def _closed(dry_run: DryRun, client: Client, share: float, now: int) -> Booked | Refused | None:
    """Answer a device whose site cannot be tested now."""
    if client.openings is None:
        return None
    for opens_at, closes_at in dry_run.openings[client.openings]:
        if now < closes_at:
            late_us = share * min(closes_at - opens_at, dry_run.again_s * SECOND_US)
            return None if opens_at <= now else _come((opens_at - now + late_us) / SECOND_US)
    return Refused(code="not_selected")


def _come(in_s: float) -> Booked:
    return Booked(in_s=min(in_s, _MOST_S))


def is_broken_off(document: Document, device: str, now: int) -> bool:
    """Tell whether what a device tests by schedule is a part of a dry run that was stopped."""
    dry_run, client = document.dry_run, document.devices.get(device)
    is_stopped = dry_run is not None and dry_run.state == "stopped" and now < dry_run.until_at
    return is_stopped and client is not None and client.wave is not None


def still_to_come(document: Document) -> list[Group]:
    """Return the sites that the dry run will yet bring."""
    if document.dry_run is None or document.dry_run.state == "stopped":
        return []
    return groups_of(document, (client for client in document.devices.values() if client.wave is not None))


def groups_of(document: Document, clients: Iterable[Client]) -> list[Group]:
    """Return the tests of these devices as the ledger counts them: those that lie alike and need the same together."""
    counted = Counter((client.units, client.needs) for client in clients)
    return [
        Group(units, document.needs[n].need_class, document.needs[n].peak_bps, tests)
        for (units, n), tests in counted.items()
        if n is not None
    ]


def _share(text: str) -> float:
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:6], "big") / 2.0**48
