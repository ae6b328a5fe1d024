"""The compact messages a device sends beside its reports, as pydantic models equal to `wire`."""

from __future__ import annotations

from typing import Optional

from pydantic import Field
from typing_extensions import Annotated, Literal

from contract.fields import BootId, CompactMessage, Count, Milliseconds, Name, SpoolId, list_of

Packets = Annotated[int, Field(ge=0, le=10_000)]


class Snapshot(CompactMessage):
    """The latest cheap readings of a device; the last one written wins."""

    connection: Count
    boot_id: BootId
    mono_ms: Count
    wall_us: Count
    spool_id: SpoolId
    accepted_upto: Count
    spooled: Count
    dropped_from: Count
    dropped_to: Count
    uptime_s: Count
    sent: Packets
    received: Packets
    rtt_ms: Optional[Milliseconds]
    jitter_ms: Optional[Milliseconds]
    done: list_of(Name, 100)  # type: ignore[valid-type]


class Presence(CompactMessage):
    """Whether a device is connected, and if not, why not as far as it could say."""

    connection: Count
    state: Literal["connected", "stopped", "lost"]
