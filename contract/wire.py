"""The messages on MQTT as the resident agent reads and writes them: standard library only.

The same messages stand as pydantic models in `uplink` and `downlink`; a property test holds the two equal, in
what they accept and in what they refuse.
"""

from __future__ import annotations

import hashlib
import json
import re
from typing import Any, Callable, Dict, NamedTuple, Optional, Tuple, Type, TypeVar

MAX_REPORT_BYTES = 32 * 1024  # frame and body together; the agent refuses more before it spools
MAX_MESSAGE_BYTES = 4 * 1024  # snapshot, presence, ack, command
MAX_PLAN_BYTES = 2 * 1024
MAX_DEPTH = 16
MAX_INT = 2**63 - 1  # what both databases hold
TICK_S = 60  # how often a snapshot comes, unless a device tells otherwise
LIVE_TICK_S = 3  # in live mode: while a session goes on, of whoever is seen in it
LIVE_KEEPALIVE_S = 5  # a broker gives up a connection after one and a half of these

PLAN_TOPIC = "dc/v1/plan"
UP = ("report", "snapshot", "presence")
DOWN = ("ack", "command")
SHARDS = "0123456789abcdef"

_DEVICE = re.compile(r"[a-z0-9-]{8,32}\Z")
_TOPIC = re.compile(r"dc/v1/([0-9a-f])/([a-z0-9-]{8,32})/(?:up/(report|snapshot|presence)|down/(ack|command))\Z")
_SPOOL_ID = re.compile(r"[0-9a-f]{16}\Z")
_BOOT_ID = re.compile(r"[0-9a-f-]{8,36}\Z")
_NAME = re.compile(r"[a-z0-9_.-]{1,32}\Z")
_HOST = re.compile(r"[A-Za-z0-9.:-]{1,253}\Z")
_FRAME = re.compile(
    rb"1 ([0-9a-f]{16}) ([1-9]\d{0,18}) ([1-9]\d{0,18}) (0|[1-9]\d{0,18})"
    rb" (0|[1-9]\d{0,18})-(0|[1-9]\d{0,18}) ([0-9a-f-]{8,36}) (0|[1-9]\d{0,18}) (0|[1-9]\d{0,18})\Z"
)


class WireError(ValueError):
    """A message that does not follow the contract; the text says where."""


class Topic(NamedTuple):
    """Who a message is from or for, and what it is."""

    shard: str
    device: str
    kind: str


class Frame(NamedTuple):
    """The line before a report's body: which report of which spool, what else waits, and when it was sent."""

    spool_id: str
    seq: int
    accepted_upto: int
    spooled: int  # reports that wait above this seq
    dropped_from: int  # the oldest seqs dropped since the last ack; 0-0: none
    dropped_to: int
    boot_id: str
    mono_ms: int
    wall_us: int


class Ack(NamedTuple):
    """All reports of the spool up to `upto` are settled at the centre; the only receipt there is."""

    spool_id: str
    upto: int


class Snapshot(NamedTuple):
    """The latest cheap readings of a device; the last one written wins."""

    connection: int
    boot_id: str
    mono_ms: int
    wall_us: int
    spool_id: str
    accepted_upto: int
    spooled: int
    dropped_from: int
    dropped_to: int
    uptime_s: int
    sent: int  # packets of this tick to the probe server
    received: int
    rtt_ms: Optional[float]
    jitter_ms: Optional[float]
    done: Tuple[str, ...]  # ids of commands carried out lately
    tick_s: int = TICK_S  # how often such a snapshot comes


class Presence(NamedTuple):
    """Whether a device is connected, and if not, why not as far as it could say."""

    connection: int
    state: str  # connected, stopped, asleep, lost (said by the broker through the will)
    slept_s: int = 0  # how long the machine slept right before this connection


class Command(NamedTuple):
    """One request to one device, from a short list of allowed kinds."""

    id: str
    kind: str  # run, inventory, reload, live (a state, left with the broker; it holds until it expires)
    expires_in_s: int
    probes: Tuple[str, ...]


class ProbeServer(NamedTuple):
    """Where the devices of some shards measure against."""

    shards: str
    host: str
    http_port: int
    udp_port: int


class DryRun(NamedTuple):
    """Checks that every device is to run once, at a time of its own within `spread_s` of hearing of it."""

    id: str  # the same one is run once, however often it is heard of
    checks: Tuple[str, ...]
    spread_s: int
    is_elsewhere: bool = False  # the line is tested against another probe server than the shard's


class Plan(NamedTuple):
    """What every device must know: the collector's epoch, the probe servers, and the dry run that goes on."""

    id: str
    version: int
    epoch: int  # grows each time a collector starts: send again what waits
    probe_servers: Tuple[ProbeServer, ...]
    dry_run: Optional[DryRun] = None


PRESENCE_STATES = ("connected", "stopped", "asleep", "lost")
COMMAND_KINDS = ("run", "inventory", "reload", "live")


def shard_of(device: str) -> str:
    """Return the shard of a device: the first hex digit of sha256(device id)."""
    return hashlib.sha256(device.encode()).hexdigest()[0]


def is_device(text: str) -> bool:
    """Tell whether the text can be a device id."""
    return _DEVICE.match(text) is not None


def topic_for(device: str, kind: str) -> str:
    """Return the topic of a device's message of this kind."""
    way = "up" if kind in UP else "down"
    if not is_device(device) or kind not in UP + DOWN:
        raise WireError(f"no topic for {kind!r} of device {device!r}")
    return f"dc/v1/{shard_of(device)}/{device}/{way}/{kind}"


def parse_topic(text: str) -> Topic:
    """Read a topic; raises WireError when it is none of ours or names the wrong shard."""
    match = _TOPIC.match(text)
    if match is None or shard_of(match[2]) != match[1]:
        raise WireError(f"not a topic of this contract: {text[:80]!r}")
    return Topic(match[1], match[2], match[3] or match[4])


def encode_report(frame: Frame, body: bytes) -> bytes:
    """Put the frame's line before the body, which stays as it is."""
    f = frame
    line = (
        f"1 {f.spool_id} {f.seq} {f.accepted_upto} {f.spooled} {f.dropped_from}-{f.dropped_to}"
        f" {f.boot_id} {f.mono_ms} {f.wall_us}\n"
    )
    return line.encode("ascii") + body


def decode_report(payload: bytes) -> Tuple[Frame, bytes]:
    """Split a report into frame and body; raises WireError when the frame cannot be read or contradicts itself."""
    line, newline, _ = payload[:256].partition(b"\n")
    match = _FRAME.match(line)
    if match is None or not newline:
        raise WireError("the report's first line is no frame of version 1")
    spool_id, seq, upto, spooled, low, high, boot_id, mono_ms, wall_us = (g.decode("ascii") for g in match.groups())
    frame = Frame(spool_id, int(seq), int(upto), int(spooled), int(low), int(high), boot_id, int(mono_ms), int(wall_us))
    none_dropped = frame.dropped_from == 0 and frame.dropped_to == 0
    if max(n for n in frame if isinstance(n, int)) > MAX_INT:
        raise WireError("a number of the frame is too large")
    if frame.seq + frame.spooled != frame.accepted_upto:
        raise WireError("the frame's counters do not add up")
    if not (none_dropped or 1 <= frame.dropped_from <= frame.dropped_to < frame.seq):
        raise WireError("the frame's dropped range is not below its seq")
    return frame, payload[len(line) + 1 :]


def load_json(payload: bytes, limit_bytes: int = MAX_MESSAGE_BYTES) -> Dict[str, Any]:
    """Read one JSON object; refuses what is too long or deep, not UTF-8, or holds a lone surrogate, NaN or infinity."""
    if len(payload) > limit_bytes:
        raise WireError(f"longer than {limit_bytes} bytes")
    try:
        value = json.loads(payload.decode("utf-8"))
        json.dumps(value, ensure_ascii=False, allow_nan=False).encode("utf-8")
        is_deep = _depth(value) > MAX_DEPTH
    except (ValueError, RecursionError) as error:
        raise WireError(f"not JSON: {str(error)[:80]}") from error
    if not isinstance(value, dict) or is_deep:
        raise WireError("not a JSON object of a sensible depth")
    return value


def dump_json(value: Dict[str, Any]) -> bytes:
    """Write compact UTF-8 JSON, refusing NaN and infinity."""
    return json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode("utf-8")


def encode(message: Any) -> bytes:
    """Write an ack, snapshot, presence, command or plan; raises WireError when it is longer than readers take."""
    value = message._asdict()
    if isinstance(message, Plan):
        value["probe_servers"] = [server._asdict() for server in message.probe_servers]
        value["dry_run"] = None if message.dry_run is None else message.dry_run._asdict()
    payload = dump_json(value)
    limit_bytes = MAX_PLAN_BYTES if isinstance(message, Plan) else MAX_MESSAGE_BYTES
    if len(payload) > limit_bytes:
        raise WireError(f"longer than {limit_bytes} bytes")
    return payload


def decode_ack(payload: bytes) -> Ack:
    """Read an ack; raises WireError."""
    return _read(Ack, load_json(payload), _ACK)


def decode_snapshot(payload: bytes) -> Snapshot:
    """Read a snapshot; raises WireError."""
    return _read(Snapshot, load_json(payload), _SNAPSHOT)


def decode_presence(payload: bytes) -> Presence:
    """Read a presence; raises WireError."""
    return _read(Presence, load_json(payload), _PRESENCE)


def decode_command(payload: bytes) -> Command:
    """Read a command; raises WireError."""
    return _read(Command, load_json(payload), _COMMAND)


def decode_plan(payload: bytes) -> Plan:
    """Read the plan; raises WireError."""
    return _read(Plan, load_json(payload, MAX_PLAN_BYTES), _PLAN)


def _depth(value: Any) -> int:
    if isinstance(value, dict):
        value = list(value.values())
    return 1 + max(map(_depth, value), default=0) if isinstance(value, list) else 0


# --- how each field is read: a check takes the JSON value and returns the field's, or raises ValueError

_Check = Callable[[Any], Any]
_Message = TypeVar("_Message")


def _matching(pattern: re.Pattern[str]) -> _Check:
    def check(value: Any) -> str:
        if not isinstance(value, str) or pattern.match(value) is None:
            raise ValueError(f"must look like {pattern.pattern}")
        return value

    return check


def _integer(low: int, high: int) -> _Check:
    def check(value: Any) -> int:
        if type(value) is not int or not low <= value <= high:
            raise ValueError(f"must be an integer from {low} to {high}")
        return value

    return check


def _milliseconds(value: Any) -> Optional[float]:
    if value is None:
        return None
    if type(value) not in (int, float) or not 0 <= value <= 1e6:
        raise ValueError("must be null or a number from 0 to 1,000,000")
    return float(value)


def _one_of(allowed: Tuple[str, ...]) -> _Check:
    def check(value: Any) -> str:
        if not isinstance(value, str) or value not in allowed:
            raise ValueError(f"must be one of {', '.join(allowed)}")
        return value

    return check


def _list_of(item: _Check, most: int) -> _Check:
    def check(value: Any) -> Tuple[Any, ...]:
        if not isinstance(value, list) or len(value) > most:
            raise ValueError(f"must be a list of at most {most}")
        return tuple(item(element) for element in value)

    return check


def _probe_server(value: Any) -> ProbeServer:
    if not isinstance(value, dict):
        raise ValueError("must be an object")
    return _read(ProbeServer, value, _PROBE_SERVER)


def _truth(value: Any) -> bool:
    if not isinstance(value, bool):
        raise ValueError("must be true or false")
    return value


def _dry_run(value: Any) -> Optional[DryRun]:
    if value is not None and not isinstance(value, dict):
        raise ValueError("must be null or an object")
    return None if value is None else _read(DryRun, value, _DRY_RUN)


def _read(message: Type[_Message], value: Dict[str, Any], shape: Dict[str, _Check]) -> _Message:
    """Read a message's fields; one that has a default was added later, and older writers do not send it."""
    fields = {}
    for name, check in shape.items():
        if name not in value:
            if name in message._field_defaults:  # type: ignore[attr-defined]
                continue
            raise WireError(f"{name}: is missing")
        try:
            fields[name] = check(value[name])
        except ValueError as error:
            raise WireError(f"{name}: {error}") from error
    return message(**fields)


_COUNT = _integer(0, MAX_INT)
_COUNTERS = {
    "spool_id": _matching(_SPOOL_ID),
    "accepted_upto": _COUNT,
    "spooled": _COUNT,
    "dropped_from": _COUNT,
    "dropped_to": _COUNT,
}
_ACK = {"spool_id": _matching(_SPOOL_ID), "upto": _COUNT}
_SNAPSHOT = {
    "connection": _COUNT,
    "boot_id": _matching(_BOOT_ID),
    "mono_ms": _COUNT,
    "wall_us": _COUNT,
    **_COUNTERS,
    "uptime_s": _COUNT,
    "sent": _integer(0, 10_000),
    "received": _integer(0, 10_000),
    "rtt_ms": _milliseconds,
    "jitter_ms": _milliseconds,
    "done": _list_of(_matching(_NAME), 100),
    "tick_s": _integer(1, 3600),
}
_PRESENCE = {"connection": _COUNT, "state": _one_of(PRESENCE_STATES), "slept_s": _COUNT}
_COMMAND = {
    "id": _matching(_NAME),
    "kind": _one_of(COMMAND_KINDS),
    "expires_in_s": _integer(0, 7 * 86_400),
    "probes": _list_of(_matching(_NAME), 16),
}
_PROBE_SERVER = {
    "shards": _matching(re.compile(r"[0-9a-f]{1,16}\Z")),
    "host": _matching(_HOST),
    "http_port": _integer(1, 65_535),
    "udp_port": _integer(1, 65_535),
}
_DRY_RUN = {
    "id": _matching(_NAME),
    "checks": _list_of(_matching(_NAME), 8),
    "spread_s": _integer(0, 86_400),
    "is_elsewhere": _truth,
}
_PLAN = {
    "id": _matching(_NAME),
    "version": _COUNT,
    "epoch": _COUNT,
    "probe_servers": _list_of(_probe_server, 16),
    "dry_run": _dry_run,
}
