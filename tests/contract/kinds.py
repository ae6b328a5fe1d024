"""The messages that are read in two ways, by `wire` and by pydantic models, and whether both read one alike."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, NamedTuple

import pytest
from hypothesis import strategies as st

from contract import downlink, uplink, wire

REFUSED = object()


class Kind(NamedTuple):
    """One message: both readers, the strategy of valid ones, and how a reader's values are written again."""

    by_wire: Callable[[bytes], Any]
    by_model: Callable[[bytes], Any]
    valid: st.SearchStrategy[dict[str, Any]]
    model: type[Any]


def _fixed(**fields: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries(fields)


HEX = "0123456789abcdef"
COUNT = st.integers(0, wire.MAX_INT)
NAME = st.text("abcdefghijklmnopqrstuvwxyz0123456789_.-", min_size=1, max_size=32)
SPOOL_ID = st.text(HEX, min_size=16, max_size=16)
MILLISECONDS = st.one_of(st.none(), st.integers(0, 10**6), st.floats(0, 1e6))
PORT = st.integers(1, 65_535)
PROBE_SERVER = _fixed(
    shards=st.text(HEX, min_size=1, max_size=16),
    host=st.text("ABCabc019.:-", min_size=1, max_size=40),
    http_port=PORT,
    udp_port=PORT,
)
DRY_RUN = st.fixed_dictionaries(
    {"id": NAME, "checks": st.lists(NAME, max_size=8), "spread_s": st.integers(0, 86_400)},
    optional={"is_elsewhere": st.booleans()},
)
KINDS = {
    "ack": Kind(wire.decode_ack, downlink.Ack.decode, _fixed(spool_id=SPOOL_ID, upto=COUNT), downlink.Ack),
    "command": Kind(
        wire.decode_command,
        downlink.Command.decode,
        _fixed(
            id=NAME,
            kind=st.sampled_from(wire.COMMAND_KINDS),
            expires_in_s=st.integers(0, 604_800),
            probes=st.lists(NAME, max_size=16),
        ),
        downlink.Command,
    ),
    "plan": Kind(
        wire.decode_plan,
        downlink.Plan.decode,
        st.fixed_dictionaries(
            {"id": NAME, "version": COUNT, "epoch": COUNT, "probe_servers": st.lists(PROBE_SERVER, max_size=4)},
            optional={"dry_run": st.one_of(st.none(), DRY_RUN)},
        ),
        downlink.Plan,
    ),
    "presence": Kind(
        wire.decode_presence,
        uplink.Presence.decode,
        st.fixed_dictionaries(
            {"connection": COUNT, "state": st.sampled_from(wire.PRESENCE_STATES)}, optional={"slept_s": COUNT}
        ),
        uplink.Presence,
    ),
    "snapshot": Kind(
        wire.decode_snapshot,
        uplink.Snapshot.decode,
        _fixed(
            connection=COUNT,
            boot_id=st.text(HEX + "-", min_size=8, max_size=36),
            mono_ms=COUNT,
            wall_us=COUNT,
            spool_id=SPOOL_ID,
            accepted_upto=COUNT,
            spooled=COUNT,
            dropped_from=COUNT,
            dropped_to=COUNT,
            uptime_s=COUNT,
            sent=st.integers(0, 10_000),
            received=st.integers(0, 10_000),
            rtt_ms=MILLISECONDS,
            jitter_ms=MILLISECONDS,
            done=st.lists(NAME, max_size=5),
            tick_s=st.integers(1, 3600),
        ),
        uplink.Snapshot,
    ),
}
every_kind = pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS.keys())

SMALL: dict[str, dict[str, Any]] = {
    "ack": {"spool_id": "00000000000000a1", "upto": 7},
    "command": {"id": "c1", "kind": "run", "expires_in_s": 60, "probes": ["line"]},
    "plan": {
        "id": "p",
        "version": 1,
        "epoch": 1,
        "probe_servers": [{"shards": "0f", "host": "h", "http_port": 1, "udp_port": 2}],
    },
    "presence": {"connection": 1, "state": "lost"},
    "snapshot": {
        "connection": 1,
        "boot_id": "b0070000",
        "mono_ms": 1,
        "wall_us": 1,
        "spool_id": "00000000000000a1",
        "accepted_upto": 1,
        "spooled": 0,
        "dropped_from": 0,
        "dropped_to": 0,
        "uptime_s": 1,
        "sent": 10,
        "received": 9,
        "rtt_ms": 1.5,
        "jitter_ms": None,
        "done": ["c1"],
    },
}
small = pytest.mark.parametrize(("kind", "value"), [(KINDS[name], SMALL[name]) for name in KINDS], ids=KINDS.keys())


def read(decode: Callable[[bytes], Any], payload: bytes) -> Any:
    try:
        return decode(payload)
    except ValueError:
        return REFUSED


def plain(message: Any) -> str:
    """Return a message's values such that 1, 1.0 and true differ."""
    if hasattr(message, "model_dump"):
        values = message.model_dump()
    else:
        values = message._asdict()
        if "probe_servers" in values:
            values["probe_servers"] = [server._asdict() for server in values["probe_servers"]]
            values["dry_run"] = values["dry_run"] and values["dry_run"]._asdict()
    return json.dumps(values, sort_keys=True)


def agree(kind: Kind, payload: bytes) -> bool:
    """Check that both readers take the payload alike; return whether they accepted it."""
    by_wire, by_model = read(kind.by_wire, payload), read(kind.by_model, payload)
    assert (by_wire is REFUSED) == (by_model is REFUSED), (payload, by_wire, by_model)
    if by_wire is REFUSED:
        return False
    assert plain(by_wire) == plain(by_model)
    return True


def write(value: Any, *, is_ascii: bool = True) -> bytes:
    return json.dumps(value, ensure_ascii=is_ascii).encode("utf-8", "surrogatepass")


def places(value: Any) -> list[tuple[Any, Any]]:
    """Return every (container, key) in a message."""
    found = []
    if isinstance(value, dict | list):
        for key in list(value) if isinstance(value, dict) else range(len(value)):
            found += [(value, key), *places(value[key])]
    return found
