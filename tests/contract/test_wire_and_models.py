"""`wire` and the pydantic models are one contract: what one accepts the other accepts alike, or both refuse."""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Callable
from typing import Any, NamedTuple

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from contract import downlink, uplink, wire

REFUSED = object()
thorough = settings(deadline=None, max_examples=150, suppress_health_check=[HealthCheck.too_slow])


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

NASTY_TEXT = st.one_of(
    st.text(max_size=40),
    st.sampled_from(
        ["", "a\x00", "c1\n", "c1\u2028", "\u202ec1", "Trươ\u0300ng", "\ud800", "٣", "C1", "c1 ", "lost\n"]
    ),
    st.text("0\x00\n\u202e\u0300\ud800\ue000\u0663", max_size=20),
    st.text(HEX + "\n", min_size=15, max_size=17),
    st.text("a.", min_size=31, max_size=34),
)
NASTY_NUMBER = st.one_of(
    st.integers(-2, 2),
    st.sampled_from([-(2**63), 2**63 - 1, 2**63, 10**25, 10_001, 65_536, 604_801, 1_000_001]),
    st.sampled_from([1.0, 0.5, -0.0, 1e6, 1e300]),
    st.integers(),
    st.floats(),  # NaN and infinity too
    st.booleans(),
)
NASTY = st.recursive(
    st.one_of(st.none(), NASTY_NUMBER, NASTY_TEXT),
    lambda inner: st.one_of(st.lists(inner, max_size=20), st.dictionaries(NASTY_TEXT, inner, max_size=3)),
    max_leaves=10,
)


def _read(decode: Callable[[bytes], Any], payload: bytes) -> Any:
    try:
        return decode(payload)
    except ValueError:
        return REFUSED


def _plain(message: Any) -> str:
    """Return a message's values such that 1, 1.0 and true differ."""
    if hasattr(message, "model_dump"):
        values = message.model_dump()
    else:
        values = message._asdict()
        if "probe_servers" in values:
            values["probe_servers"] = [server._asdict() for server in values["probe_servers"]]
            values["dry_run"] = values["dry_run"] and values["dry_run"]._asdict()
    return json.dumps(values, sort_keys=True)


def _agree(kind: Kind, payload: bytes) -> bool:
    """Check that both readers take the payload alike; return whether they accepted it."""
    by_wire, by_model = _read(kind.by_wire, payload), _read(kind.by_model, payload)
    assert (by_wire is REFUSED) == (by_model is REFUSED), (payload, by_wire, by_model)
    if by_wire is REFUSED:
        return False
    assert _plain(by_wire) == _plain(by_model)
    return True


def _write(value: Any, *, is_ascii: bool = True) -> bytes:
    return json.dumps(value, ensure_ascii=is_ascii).encode("utf-8", "surrogatepass")


@every_kind
@thorough
@given(data=st.data())
def test_a_valid_message_is_read_alike_and_written_as_it_was_read(kind: Kind, data: st.DataObject) -> None:
    payload = _write(data.draw(kind.valid))
    if len(payload) > wire.MAX_PLAN_BYTES:
        return

    assert _agree(kind, payload)
    message = kind.by_wire(payload)
    assert kind.by_wire(wire.encode(message)) == message
    assert _plain(kind.by_model(wire.encode(message))) == _plain(message)


def _places(value: Any) -> list[tuple[Any, Any]]:
    """Return every (container, key) in a message."""
    found = []
    if isinstance(value, dict | list):
        for key in list(value) if isinstance(value, dict) else range(len(value)):
            found += [(value, key), *_places(value[key])]
    return found


@every_kind
@thorough
@given(data=st.data())
def test_a_message_with_wrong_fields_is_read_alike_or_refused_by_both(kind: Kind, data: st.DataObject) -> None:
    value = copy.deepcopy(data.draw(kind.valid))
    for _ in range(data.draw(st.integers(1, 3))):
        places = _places(value)
        if not places:
            break
        container, key = data.draw(st.sampled_from(places))
        change = data.draw(st.sampled_from(("replace", "replace", "remove", "add")))
        if change == "replace":
            container[key] = data.draw(NASTY)
        elif change == "add" and isinstance(container, dict):
            container[data.draw(NASTY_TEXT)] = data.draw(NASTY)
        elif change == "add":
            container.append(data.draw(NASTY))
        else:
            del container[key]

    _agree(kind, _write(value, is_ascii=data.draw(st.booleans())))


@every_kind
@thorough
@given(data=st.data())
def test_bytes_that_were_changed_on_the_way_are_read_alike_or_refused_by_both(kind: Kind, data: st.DataObject) -> None:
    payload = bytearray(_write(data.draw(kind.valid)))
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(payload) - 1))
        bytes_ = st.one_of(st.binary(max_size=3), st.sampled_from([b"NaN", b"1e999", b"[", b'"', b",", b"\xff", b"0"]))
        payload[at : at + data.draw(st.integers(0, 3))] = data.draw(bytes_)
        payload = payload or bytearray(b" ")

    _agree(kind, bytes(payload))


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


@small
def test_every_field_is_required(kind: Kind, value: dict[str, Any]) -> None:
    assert _agree(kind, _write(value))
    for container, key in _places(value):
        if isinstance(container, dict):
            without = copy.deepcopy(value)
            next(c for c, k in _places(without) if k == key and isinstance(c, dict)).pop(key)
            assert not _agree(kind, _write(without)), key


@small
@pytest.mark.parametrize(
    "wrong",
    [True, False, "1", 1.5, -1, 2**63, 10**25, float("nan"), [], {}, [None], "", "\x00", "c1\n", "\u202e", "é" * 300],
)
def test_a_value_that_no_field_takes_is_refused(kind: Kind, value: dict[str, Any], wrong: Any) -> None:
    for name in value:
        is_taken = (wrong == [] and isinstance(value[name], list)) or (wrong == 1.5 and name in ("rtt_ms", "jitter_ms"))
        is_taken |= wrong == "1" and name == "id"
        assert _agree(kind, _write({**value, name: wrong})) == is_taken, name


def test_a_presence_of_before_it_told_of_sleep_tells_of_none() -> None:
    old = _write({"connection": 1, "state": "connected"})
    assert wire.decode_presence(old).slept_s == uplink.Presence.decode(old).slept_s == 0
    for wrong in (-1, 1.5, "1", None, True, wire.MAX_INT + 1):
        assert not _agree(KINDS["presence"], _write({"connection": 1, "state": "connected", "slept_s": wrong}))


def test_a_snapshot_of_before_it_told_its_pace_comes_once_a_minute() -> None:
    old = SMALL["snapshot"]
    assert wire.decode_snapshot(_write(old)).tick_s == uplink.Snapshot.decode(_write(old)).tick_s == 60
    for tick_s in (-1, 0, 1, 1.5, 3600, 3601, "60", None, True):
        is_taken = type(tick_s) is int and 1 <= tick_s <= 3600
        assert _agree(KINDS["snapshot"], _write({**old, "tick_s": tick_s})) == is_taken


def test_a_plan_of_before_it_told_of_dry_runs_tells_of_none() -> None:
    old = _write(SMALL["plan"])
    assert wire.decode_plan(old).dry_run is downlink.Plan.decode(old).dry_run is None
    for wrong in ("", [], {}, True, {"id": "d1"}, {"id": "d1", "checks": [], "spread_s": 1, "is_elsewhere": 1}):
        assert not _agree(KINDS["plan"], _write({**SMALL["plan"], "dry_run": wrong}))


RANGES = [  # message, field, least, most
    *(("ack", "upto", 0, wire.MAX_INT), ("presence", "connection", 0, wire.MAX_INT)),
    *(
        ("command", "expires_in_s", 0, 604_800),
        ("plan", "version", 0, wire.MAX_INT),
        ("plan", "epoch", 0, wire.MAX_INT),
    ),
    *(("plan", port, 1, 65_535) for port in ("http_port", "udp_port")),
    *(("snapshot", name, 0, 10_000) for name in ("sent", "received")),
    *(("snapshot", name, 0, 1_000_000) for name in ("rtt_ms", "jitter_ms")),
    *(("snapshot", name, 0, wire.MAX_INT) for name in ("connection", "mono_ms", "wall_us", "accepted_upto", "spooled")),
    *(("snapshot", name, 0, wire.MAX_INT) for name in ("dropped_from", "dropped_to", "uptime_s")),
]
SIZES: list[tuple[str, str, int, int, Any]] = [  # message, field, shortest, longest, made of
    *(("ack", "spool_id", 16, 16, "a"), ("snapshot", "spool_id", 16, 16, "a"), ("snapshot", "boot_id", 8, 36, "a")),
    *(("command", "id", 1, 32, "a"), ("command", "probes", 0, 16, ["a"]), ("snapshot", "done", 0, 100, ["a"])),
    *(("plan", "id", 1, 32, "a"), ("plan", "shards", 1, 16, "a"), ("plan", "host", 1, 253, "a")),
    ("plan", "probe_servers", 0, 16, SMALL["plan"]["probe_servers"]),
]


def _accepts(name: str, field: str, value: Any) -> bool:
    message = copy.deepcopy(SMALL[name])
    container = next(container for container, key in _places(message) if key == field)
    container[field] = value
    return _agree(KINDS[name], _write(message))


@pytest.mark.parametrize(("name", "field", "least", "most"), RANGES)
def test_a_number_is_taken_up_to_its_bounds_and_no_further(name: str, field: str, least: int, most: int) -> None:
    assert [_accepts(name, field, n) for n in (least - 1, least, most, most + 1)] == [False, True, True, False]


@pytest.mark.parametrize(("name", "field", "shortest", "longest", "part"), SIZES)
def test_a_text_or_list_is_taken_up_to_its_length_and_no_further(
    name: str, field: str, shortest: int, longest: int, part: Any
) -> None:
    sizes = (shortest, longest, longest + 1, *(size for size in (shortest - 1,) if size >= 0))
    assert [_accepts(name, field, part * size) for size in sizes] == [True, True, False, False][: len(sizes)]


@pytest.mark.parametrize(
    ("name", "field", "alphabet"),
    [
        *(("ack", "spool_id", "[0-9a-f]"), ("snapshot", "spool_id", "[0-9a-f]"), ("snapshot", "boot_id", "[0-9a-f-]")),
        *(("command", "id", "[a-z0-9_.-]"), ("plan", "id", "[a-z0-9_.-]")),
        *(("plan", "shards", "[0-9a-f]"), ("plan", "host", "[A-Za-z0-9.:-]")),
    ],
)
def test_an_identifier_is_made_of_its_letters_alone(name: str, field: str, alphabet: str) -> None:
    for letter in [*map(chr, range(0x250)), "\u0663", "\u202e", "\uff11"]:
        assert _accepts(name, field, letter * 16) == bool(re.fullmatch(alphabet, letter)), letter


@small
@pytest.mark.parametrize("wrong", [1.0, -0.0])
def test_a_whole_number_written_as_a_fraction_is_no_integer(kind: Kind, value: dict[str, Any], wrong: float) -> None:
    for name in value:
        if type(value[name]) is int:
            assert not _agree(kind, _write({**value, name: wrong})), name


@small
def test_a_field_of_a_later_version_is_ignored(kind: Kind, value: dict[str, Any]) -> None:
    assert _agree(kind, _write({**value, "later": {"x": ["\u202e", 1.5]}}))
    assert _read(kind.by_wire, _write({**value, "later": 1})) == kind.by_wire(_write(value))


@small
def test_of_a_key_given_twice_the_last_one_counts(kind: Kind, value: dict[str, Any]) -> None:
    name = next(iter(value))
    payload = _write({name: None})[:-1] + b"," + _write(value)[1:]
    assert _agree(kind, payload)
    assert not _agree(kind, _write(value)[:-1] + b"," + _write({name: None})[1:])


@small
@pytest.mark.parametrize(
    "spoilt",
    [
        lambda good: b"\xef\xbb\xbf" + good,
        lambda good: good.decode().encode("utf-16"),
        lambda good: good[:-1] + b',"later":"\xff"}',
        lambda good: good[:-1] + b',"later":NaN}',
        lambda good: good[:-1] + b',"later":1e999}',
        lambda good: good[:-1] + b',"later":"\\udead"}',
        lambda good: good[:-1] + b',"later":' + b"[" * 16 + b"]" * 16 + b"}",
        lambda good: good[:-1] + b',"later":' + b"[" * 600 + b"]" * 600 + b"}",
        lambda good: good + b" " * wire.MAX_MESSAGE_BYTES,
        lambda good: good[:-1],
        lambda good: good + good,
        lambda good: b"[" + good + b"]",
        lambda good: b"",
    ],
)
def test_a_spoilt_message_is_refused_whole(kind: Kind, value: dict[str, Any], spoilt: Callable[[bytes], bytes]) -> None:
    assert not _agree(kind, spoilt(_write(value)))


def test_both_know_the_same_fields_in_the_same_order() -> None:
    for name, kind in KINDS.items():
        assert tuple(kind.model.model_fields) == getattr(wire, name.capitalize())._fields
    assert tuple(downlink.ProbeServer.model_fields) == wire.ProbeServer._fields
    assert tuple(downlink.DryRun.model_fields) == wire.DryRun._fields
