"""The compact messages a device sends beside its reports, as pydantic models equal to `wire`."""

from __future__ import annotations

from typing import Optional

from pydantic import Field
from typing_extensions import Annotated, Literal

from contract import wire
from contract.fields import BootId, CompactMessage, Count, Milliseconds, Name, SpoolId, list_of
from contract.privacy import OfBooks, OfCourse, OfDevice, OfNetwork

Packets = Annotated[int, Field(ge=0, le=10_000)]


class Snapshot(CompactMessage):
    """The latest cheap readings of a device; the last one written wins."""

    connection: OfDevice[Count]
    boot_id: OfDevice[BootId]
    mono_ms: OfCourse[Count]
    wall_us: OfCourse[Count]
    spool_id: OfDevice[SpoolId]
    accepted_upto: OfBooks[Count]
    spooled: OfBooks[Count]
    dropped_from: OfBooks[Count]
    dropped_to: OfBooks[Count]
    uptime_s: OfCourse[Count]
    sent: OfNetwork[Packets]
    received: OfNetwork[Packets]
    rtt_ms: OfNetwork[Optional[Milliseconds]]
    jitter_ms: OfNetwork[Optional[Milliseconds]]
    done: OfCourse[list_of(Name, 100)]  # type: ignore[valid-type]
    tick_s: OfCourse[Annotated[int, Field(ge=1, le=3600)]] = wire.TICK_S


class Presence(CompactMessage):
    """Whether a device is connected, and if not, why not as far as it could say."""

    connection: OfDevice[Count]
    state: OfCourse[Literal["connected", "stopped", "asleep", "lost"]]
    slept_s: OfCourse[Count] = 0
