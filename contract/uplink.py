"""The compact messages a device sends beside its reports, as pydantic models equal to `wire`."""

from __future__ import annotations

from typing import Optional

from pydantic import Field
from typing_extensions import Annotated, Literal

from contract import wire
from contract.fields import BootId, Count, Message, Milliseconds, Name, SpoolId, list_of

Packets = Annotated[int, Field(ge=0, le=10_000)]


class Snapshot(Message):
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

    @classmethod
    def decode(cls, payload: bytes) -> Snapshot:
        """Read a snapshot; raises a ValueError (WireError, or pydantic's ValidationError) that says what is wrong."""
        return cls.model_validate(wire.load_json(payload))


class Presence(Message):
    """Whether a device is connected, and if not, why not as far as it could say."""

    connection: Count
    state: Literal["connected", "stopped", "lost"]

    @classmethod
    def decode(cls, payload: bytes) -> Presence:
        """Read a presence; raises a ValueError that says what is wrong."""
        return cls.model_validate(wire.load_json(payload))
