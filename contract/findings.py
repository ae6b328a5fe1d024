"""What each probe finds: one model per kind, and the union that a measurement carries.

Every fact holds a value, or why there is none: a probe never leaves a hole that could be read as "fine".
"""

from __future__ import annotations

from typing import Any, Generic, Optional, TypeVar, Union

from pydantic import Discriminator, Field, Tag, model_validator
from typing_extensions import Annotated, Literal

from contract.fields import Count, Message, Milliseconds, text

T = TypeVar("T")
Why = Literal["denied", "unsupported", "absent", "error"]
Ratio = Annotated[float, Field(ge=0, le=100, allow_inf_nan=False)]
Rate = Annotated[float, Field(ge=0, le=1e6, allow_inf_nan=False)]
Offset = Annotated[float, Field(ge=-1e13, le=1e13, allow_inf_nan=False)]
Short = text(64)


class Fact(Message, Generic[T]):
    """A value, or why there is none."""

    value: Optional[T] = None
    why: Optional[Why] = None

    @model_validator(mode="after")
    def _one_of_the_two(self) -> Fact[T]:
        if (self.value is None) == (self.why is None):
            raise ValueError("a fact has either a value or a reason why it has none")
        return self


class Host(Message):
    """The machine: processor, memory, the disk the agent writes to."""

    kind: Literal["host"] = "host"
    cpu_count: Fact[Count]
    cpu_pct: Fact[Ratio]
    memory_total_bytes: Fact[Count]
    memory_available_bytes: Fact[Count]
    disk_total_bytes: Fact[Count]
    disk_free_bytes: Fact[Count]
    uptime_s: Fact[Count]


class Network(Message):
    """How the machine reaches the network: never addresses or names of networks."""

    kind: Literal["network"] = "network"
    link: Fact[Literal["ethernet", "wifi", "mobile", "other"]]  # of the default route
    link_speed_mbps: Fact[Rate]
    interfaces_up: Fact[Count]
    has_default_route: Fact[bool]


class Path(Message):
    """Small UDP packets to the probe server and back (STAMP, RFC 8762)."""

    kind: Literal["path"] = "path"
    server: text(253)  # type: ignore[valid-type]
    sent: Count
    received: Count
    reordered: Count
    loss_pct: Ratio
    rtt_ms: Fact[Milliseconds]  # median
    rtt_p95_ms: Fact[Milliseconds]
    jitter_ms: Fact[Milliseconds]  # RFC 3550, section 6.4.1


class Software(Message):
    """What the agent runs on."""

    kind: Literal["software"] = "software"
    agent_version: Short  # type: ignore[valid-type]
    python_version: Short  # type: ignore[valid-type]
    os_name: Fact[Short]  # type: ignore[valid-type]
    os_version: Fact[Short]  # type: ignore[valid-type]
    architecture: Fact[Short]  # type: ignore[valid-type]


class Clock(Message):
    """How far the wall clock is from the probe server's: positive when ours is ahead."""

    kind: Literal["clock"] = "clock"
    offset_ms: Fact[Offset]
    utc_offset_min: Fact[Annotated[int, Field(ge=-1440, le=1440)]]


class Line(Message):
    """What the line carries to and from the probe server."""

    kind: Literal["line"] = "line"
    method: Short  # type: ignore[valid-type]
    server: text(253)  # type: ignore[valid-type]
    download_mbps: Rate
    upload_mbps: Rate
    round_trip_ms: Fact[Milliseconds]
    received_bytes: Count
    sent_bytes: Count


class Unknown(Message):
    """Findings of a kind that this version does not know: kept with the report, judged by nobody."""

    kind: text(32)  # type: ignore[valid-type]


KINDS = (Host, Network, Path, Software, Clock, Line)
_NAMES = frozenset(model.model_fields["kind"].default for model in KINDS)


def _kind(value: Any) -> str:
    kind = value.get("kind") if isinstance(value, dict) else getattr(value, "kind", None)
    return kind if isinstance(kind, str) and kind in _NAMES else "unknown"


Findings = Annotated[
    Union[
        Annotated[Host, Tag("host")],
        Annotated[Network, Tag("network")],
        Annotated[Path, Tag("path")],
        Annotated[Software, Tag("software")],
        Annotated[Clock, Tag("clock")],
        Annotated[Line, Tag("line")],
        Annotated[Unknown, Tag("unknown")],
    ],
    Discriminator(_kind),
]
