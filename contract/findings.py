"""What each probe finds: one model per kind, and the union that a measurement carries.

Every fact holds a value, or why there is none: a probe never leaves a hole that could be read as "fine".
"""

from __future__ import annotations

from typing import Any, Generic, Optional, TypeVar, Union

from pydantic import Discriminator, Field, Tag, model_validator
from typing_extensions import Annotated, Literal

from contract.fields import Count, Message, Milliseconds, list_of, matching, text
from contract.privacy import OfCourse, OfEquipment, OfMachine, OfNetwork

T = TypeVar("T")
Why = Literal["denied", "unsupported", "absent", "error"]
Ratio = Annotated[float, Field(ge=0, le=100, allow_inf_nan=False)]
Rate = Annotated[float, Field(ge=0, le=1e6, allow_inf_nan=False)]
Offset = Annotated[float, Field(ge=-1e13, le=1e13, allow_inf_nan=False)]
Pixels = Annotated[int, Field(ge=1, le=100_000)]
Celsius = Annotated[float, Field(ge=-50, le=200, allow_inf_nan=False)]
Health = Literal["good", "worn", "failing"]
Short = text(64)
UsbModel = matching("[0-9a-f]{4}:[0-9a-f]{4}")  # vendor and product, never a serial number
Plug = Literal["hdmi", "displayport", "dvi", "vga", "internal", "other"]
Link = Literal["ethernet", "wifi", "mobile", "other"]
Seconds = Annotated[float, Field(ge=0, le=86_400, allow_inf_nan=False)]
Router = matching("[0-9a-f]{4}")  # by which one device tells its routers apart, and nobody else: docs/adr/0027


class Fact(Message, Generic[T]):
    """A value, or why there is none."""

    value: OfMachine[Optional[T]] = None  # of the class of the field that holds the fact
    why: OfMachine[Optional[Why]] = None

    @model_validator(mode="after")
    def _one_of_the_two(self) -> Fact[T]:
        if (self.value is None) == (self.why is None):
            raise ValueError("a fact has either a value or a reason why it has none")
        return self


# What kept a test from being about the line alone: then a failure is not called the line's.
Disturbance = Literal["other_traffic", "weak_wifi", "busy_processor", "server_limit"]

NOT_SENT: Any = Field(default={"why": "absent"}, validate_default=True)  # by an agent older than the field


class Host(Message):
    """The machine: processor, memory, the disk the agent writes to."""

    kind: OfCourse[Literal["host"]] = "host"
    cpu_count: OfMachine[Fact[Count]]
    cpu_pct: OfMachine[Fact[Ratio]]
    memory_total_bytes: OfMachine[Fact[Count]]
    memory_available_bytes: OfMachine[Fact[Count]]
    disk_total_bytes: OfMachine[Fact[Count]]
    disk_free_bytes: OfMachine[Fact[Count]]
    uptime_s: OfMachine[Fact[Count]]
    temperature_c: OfMachine[Fact[Celsius]] = NOT_SENT  # of the hottest sensor
    disk_health: OfMachine[Fact[Health]] = NOT_SENT  # as the worst disk tells of itself


class Network(Message):
    """How the machine reaches the network: never addresses or names of networks."""

    kind: OfCourse[Literal["network"]] = "network"
    link: OfNetwork[Fact[Link]]  # of the default route
    link_speed_mbps: OfNetwork[Fact[Rate]]
    interfaces_up: OfNetwork[Fact[Count]]
    has_default_route: OfNetwork[Fact[bool]]
    is_full_duplex: OfNetwork[Fact[bool]] = NOT_SENT
    wifi_signal_pct: OfNetwork[Fact[Ratio]] = NOT_SENT
    mobile_interfaces: OfNetwork[Fact[Count]] = NOT_SENT  # 4G modems, in use or not
    gateway: OfNetwork[Fact[Router]] = NOT_SENT  # type: ignore[valid-type]  # which router the default route leads to


class Path(Message):
    """Small UDP packets to the probe server and back (STAMP, RFC 8762)."""

    kind: OfCourse[Literal["path"]] = "path"
    server: OfNetwork[text(253)]  # type: ignore[valid-type]
    sent: OfNetwork[Count]
    received: OfNetwork[Count]
    reordered: OfNetwork[Count]
    loss_pct: OfNetwork[Ratio]
    rtt_ms: OfNetwork[Fact[Milliseconds]]  # median
    rtt_p95_ms: OfNetwork[Fact[Milliseconds]]
    jitter_ms: OfNetwork[Fact[Milliseconds]]  # RFC 3550, section 6.4.1
    loss_low_pct: OfNetwork[Fact[Ratio]] = NOT_SENT  # 95 % interval of the loss, its burstiness included
    loss_high_pct: OfNetwork[Fact[Ratio]] = NOT_SENT
    lost_up: OfNetwork[Fact[Count]] = NOT_SENT  # of `sent`, on the way to the server
    lost_down: OfNetwork[Fact[Count]] = NOT_SENT  # on the way back
    longest_loss: OfNetwork[Fact[Count]] = NOT_SENT  # most packets lost in a row
    rtt_p99_ms: OfNetwork[Fact[Milliseconds]] = NOT_SENT
    up_mbps: OfNetwork[Fact[Rate]] = NOT_SENT  # the rate of the stream itself, each way
    down_mbps: OfNetwork[Fact[Rate]] = NOT_SENT
    r_factor: OfNetwork[Fact[Ratio]] = NOT_SENT  # ITU-T G.107, of a conversation over this path


class Software(Message):
    """What the agent runs on."""

    kind: OfCourse[Literal["software"]] = "software"
    agent_version: OfMachine[Short]  # type: ignore[valid-type]
    python_version: OfMachine[Short]  # type: ignore[valid-type]
    os_name: OfMachine[Fact[Short]]  # type: ignore[valid-type]
    os_version: OfMachine[Fact[Short]]  # type: ignore[valid-type]
    architecture: OfMachine[Fact[Short]]  # type: ignore[valid-type]
    distribution: OfMachine[Fact[Short]] = NOT_SENT  # type: ignore[valid-type]  # as the system names itself


class Clock(Message):
    """How far the wall clock is from the probe server's: positive when ours is ahead."""

    kind: OfCourse[Literal["clock"]] = "clock"
    offset_ms: OfMachine[Fact[Offset]]
    utc_offset_min: OfMachine[Fact[Annotated[int, Field(ge=-1440, le=1440)]]]


class Direction(Message):
    """One direction of a line test: does it carry the need, and what was seen of its rate, 95 % interval included."""

    outcome: OfNetwork[Literal["carries", "fails", "unsure"]]
    minimum: OfNetwork[Optional[Literal["above", "below", "unsure"]]] = None  # of a failure: which side of the minimum
    need_mbps: OfNetwork[Rate]  # what counts as ready
    minimum_mbps: OfNetwork[Rate]
    rate_mbps: OfNetwork[Rate]  # sustained; the transfer is paced, so a good line shows no more than the pace
    low_mbps: OfNetwork[Rate]
    high_mbps: OfNetwork[Rate]
    moved_bytes: OfNetwork[Count]
    took_s: OfNetwork[Seconds]
    added_delay_ms: OfNetwork[Fact[Milliseconds]]  # round trip under this load, beyond that of the idle line


class Playback(Message):
    """How the event would have played over this line, by a player model: a prediction, not a picture."""

    startup_s: OfNetwork[Fact[Seconds]]
    stalls: OfNetwork[Count]
    rebuffer_pct: OfNetwork[Ratio]  # share of the time that the picture stands still


class Line(Message):
    """What the line carries to and from the probe server.

    By method `threshold` each direction has an outcome, or is absent when it was not tested because the other one had
    failed already; by `speedtest-cli` there are average rates alone.
    """

    kind: OfCourse[Literal["line"]] = "line"
    method: OfNetwork[Short]  # type: ignore[valid-type]
    server: OfNetwork[text(253)]  # type: ignore[valid-type]
    download_mbps: OfNetwork[Optional[Rate]] = None
    upload_mbps: OfNetwork[Optional[Rate]] = None
    round_trip_ms: OfNetwork[Fact[Milliseconds]]
    received_bytes: OfNetwork[Count]
    sent_bytes: OfNetwork[Count]
    download: OfNetwork[Optional[Direction]] = None
    upload: OfNetwork[Optional[Direction]] = None
    playback: OfNetwork[Optional[Playback]] = None  # where the event is watched
    disturbances: OfNetwork[list_of(Disturbance, 8)] = ()  # type: ignore[valid-type]
    link: OfNetwork[Fact[Link]] = NOT_SENT  # of the default route while it was measured
    provider: OfNetwork[Fact[Short]] = NOT_SENT  # type: ignore[valid-type]  # as the probe server knows our public address
    gateway: OfNetwork[Fact[Router]] = NOT_SENT  # type: ignore[valid-type]  # as of the network


class Camera(Message):
    """The cameras that programs could open: how many and of which make, never a picture."""

    kind: OfCourse[Literal["camera"]] = "camera"
    camera_count: OfEquipment[Fact[Count]]
    models: OfEquipment[Fact[list_of(UsbModel, 16)]]  # type: ignore[valid-type]  # of those on USB
    is_allowed: OfEquipment[Fact[bool]]  # by the privacy settings of the system
    is_in_use: OfEquipment[Fact[bool]]


class Sound(Message):
    """Microphones and speakers that programs could use: how many, never a sound."""

    kind: OfCourse[Literal["sound"]] = "sound"
    microphone_count: OfEquipment[Fact[Count]]
    speaker_count: OfEquipment[Fact[Count]]
    unplugged_count: OfEquipment[Fact[Count]]  # jacks that the system knows and that nothing is plugged into
    is_microphone_allowed: OfEquipment[Fact[bool]]
    is_microphone_in_use: OfEquipment[Fact[bool]]


class Display(Message):
    """The screens that show something: the largest one's size, and how each is plugged in."""

    kind: OfCourse[Literal["display"]] = "display"
    display_count: OfEquipment[Fact[Count]]
    plugs: OfEquipment[Fact[list_of(Plug, 16)]]  # type: ignore[valid-type]
    width_px: OfEquipment[Fact[Pixels]]
    height_px: OfEquipment[Fact[Pixels]]
    diagonal_cm: OfEquipment[Fact[Count]]
    has_speakers: OfEquipment[Fact[bool]]  # a television has, as far as it says so


class Power(Message):
    """What keeps the machine running: mains, battery, uninterruptible supply (UPS)."""

    kind: OfCourse[Literal["power"]] = "power"
    is_on_mains: OfEquipment[Fact[bool]]
    battery_pct: OfEquipment[Fact[Ratio]]
    has_ups: OfEquipment[Fact[bool]]
    ups_battery_pct: OfEquipment[Fact[Ratio]]


class Unknown(Message):
    """Findings of a kind that this version does not know: kept with the report, judged by nobody."""

    kind: OfCourse[text(32)]  # type: ignore[valid-type]


KINDS = (Host, Network, Path, Software, Clock, Camera, Sound, Display, Power, Line)
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
        Annotated[Camera, Tag("camera")],
        Annotated[Sound, Tag("sound")],
        Annotated[Display, Tag("display")],
        Annotated[Power, Tag("power")],
        Annotated[Line, Tag("line")],
        Annotated[Unknown, Tag("unknown")],
    ],
    Discriminator(_kind),
]
