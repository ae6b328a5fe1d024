"""The messages the centre sends to devices, as pydantic models equal to `wire`."""

from __future__ import annotations

from typing import ClassVar, Optional

from pydantic import Field
from typing_extensions import Annotated, Literal

from contract import wire
from contract.fields import CompactMessage, Count, Host, Message, Name, Port, SpoolId, list_of, matching


class Ack(CompactMessage):
    """All reports of the spool up to `upto` are settled at the centre; the only receipt there is."""

    spool_id: SpoolId
    upto: Count


class Command(CompactMessage):
    """One request to one device, from a short list of allowed kinds."""

    id: Name
    kind: Literal["run", "inventory", "reload", "live"]
    expires_in_s: Annotated[int, Field(ge=0, le=7 * 86_400)]
    probes: list_of(Name, 16)  # type: ignore[valid-type]


class ProbeServer(Message):
    """Where the devices of some shards measure against."""

    shards: matching("[0-9a-f]{1,16}")  # type: ignore[valid-type]
    host: Host
    http_port: Port
    udp_port: Port


class DryRun(Message):
    """Checks that every device is to run once, at a time of its own within `spread_s` of hearing of it."""

    id: Name
    checks: list_of(Name, 8)  # type: ignore[valid-type]
    spread_s: Annotated[int, Field(ge=0, le=86_400)]
    is_elsewhere: bool = False


class Plan(CompactMessage):
    """What every device must know: the collector's epoch, the probe servers, and the dry run that goes on."""

    most_bytes: ClassVar[int] = wire.MAX_PLAN_BYTES

    id: Name
    version: Count
    epoch: Count
    probe_servers: list_of(ProbeServer, 16)  # type: ignore[valid-type]
    dry_run: Optional[DryRun] = None
