"""`wire` and the pydantic models are one contract: what one accepts the other accepts alike, or both refuse."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from contract import downlink, uplink, wire
from tests.contract.kinds import HEX, KINDS, SMALL, Kind, agree, every_kind, places, plain, read, small, write

thorough = settings(deadline=None, max_examples=150, suppress_health_check=[HealthCheck.too_slow])


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


@every_kind
@thorough
@given(data=st.data())
def test_a_valid_message_is_read_alike_and_written_as_it_was_read(kind: Kind, data: st.DataObject) -> None:
    payload = write(data.draw(kind.valid))
    if len(payload) > wire.MAX_PLAN_BYTES:
        return

    assert agree(kind, payload)
    message = kind.by_wire(payload)
    assert kind.by_wire(wire.encode(message)) == message
    assert plain(kind.by_model(wire.encode(message))) == plain(message)


@every_kind
@thorough
@given(data=st.data())
def test_a_message_with_wrong_fields_is_read_alike_or_refused_by_both(kind: Kind, data: st.DataObject) -> None:
    value = copy.deepcopy(data.draw(kind.valid))
    for _ in range(data.draw(st.integers(1, 3))):
        found = places(value)
        if not found:
            break
        container, key = data.draw(st.sampled_from(found))
        change = data.draw(st.sampled_from(("replace", "replace", "remove", "add")))
        if change == "replace":
            container[key] = data.draw(NASTY)
        elif change == "add" and isinstance(container, dict):
            container[data.draw(NASTY_TEXT)] = data.draw(NASTY)
        elif change == "add":
            container.append(data.draw(NASTY))
        else:
            del container[key]

    agree(kind, write(value, is_ascii=data.draw(st.booleans())))


@every_kind
@thorough
@given(data=st.data())
def test_bytes_that_were_changed_on_the_way_are_read_alike_or_refused_by_both(kind: Kind, data: st.DataObject) -> None:
    payload = bytearray(write(data.draw(kind.valid)))
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(payload) - 1))
        bytes_ = st.one_of(st.binary(max_size=3), st.sampled_from([b"NaN", b"1e999", b"[", b'"', b",", b"\xff", b"0"]))
        payload[at : at + data.draw(st.integers(0, 3))] = data.draw(bytes_)
        payload = payload or bytearray(b" ")

    agree(kind, bytes(payload))


@small
def test_every_field_is_required(kind: Kind, value: dict[str, Any]) -> None:
    assert agree(kind, write(value))
    for container, key in places(value):
        if isinstance(container, dict):
            without = copy.deepcopy(value)
            next(c for c, k in places(without) if k == key and isinstance(c, dict)).pop(key)
            assert not agree(kind, write(without)), key


@small
@pytest.mark.parametrize(
    "wrong",
    [True, False, "1", 1.5, -1, 2**63, 10**25, float("nan"), [], {}, [None], "", "\x00", "c1\n", "\u202e", "é" * 300],
)
def test_a_value_that_no_field_takes_is_refused(kind: Kind, value: dict[str, Any], wrong: Any) -> None:
    for name in value:
        is_taken = (wrong == [] and isinstance(value[name], list)) or (wrong == 1.5 and name in ("rtt_ms", "jitter_ms"))
        is_taken |= wrong == "1" and name == "id"
        assert agree(kind, write({**value, name: wrong})) == is_taken, name


def test_a_presence_of_before_it_told_of_sleep_tells_of_none() -> None:
    old = write({"connection": 1, "state": "connected"})
    assert wire.decode_presence(old).slept_s == uplink.Presence.decode(old).slept_s == 0
    for wrong in (-1, 1.5, "1", None, True, wire.MAX_INT + 1):
        assert not agree(KINDS["presence"], write({"connection": 1, "state": "connected", "slept_s": wrong}))


def test_a_snapshot_of_before_it_told_its_pace_comes_once_a_minute() -> None:
    old = SMALL["snapshot"]
    assert wire.decode_snapshot(write(old)).tick_s == uplink.Snapshot.decode(write(old)).tick_s == 60
    for tick_s in (-1, 0, 1, 1.5, 3600, 3601, "60", None, True):
        is_taken = type(tick_s) is int and 1 <= tick_s <= 3600
        assert agree(KINDS["snapshot"], write({**old, "tick_s": tick_s})) == is_taken


def test_a_plan_of_before_it_told_of_dry_runs_tells_of_none() -> None:
    old = write(SMALL["plan"])
    assert wire.decode_plan(old).dry_run is downlink.Plan.decode(old).dry_run is None
    for wrong in ("", [], {}, True, {"id": "d1"}, {"id": "d1", "checks": [], "spread_s": 1, "is_elsewhere": 1}):
        assert not agree(KINDS["plan"], write({**SMALL["plan"], "dry_run": wrong}))


@small
@pytest.mark.parametrize("wrong", [1.0, -0.0])
def test_a_whole_number_written_as_a_fraction_is_no_integer(kind: Kind, value: dict[str, Any], wrong: float) -> None:
    for name in value:
        if type(value[name]) is int:
            assert not agree(kind, write({**value, name: wrong})), name


@small
def test_a_field_of_a_later_version_is_ignored(kind: Kind, value: dict[str, Any]) -> None:
    assert agree(kind, write({**value, "later": {"x": ["\u202e", 1.5]}}))
    assert read(kind.by_wire, write({**value, "later": 1})) == kind.by_wire(write(value))


@small
def test_of_a_key_given_twice_the_last_one_counts(kind: Kind, value: dict[str, Any]) -> None:
    name = next(iter(value))
    payload = write({name: None})[:-1] + b"," + write(value)[1:]
    assert agree(kind, payload)
    assert not agree(kind, write(value)[:-1] + b"," + write({name: None})[1:])


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
    assert not agree(kind, spoilt(write(value)))


def test_both_know_the_same_fields_in_the_same_order() -> None:
    for name, kind in KINDS.items():
        assert tuple(kind.model.model_fields) == getattr(wire, name.capitalize())._fields
    assert tuple(downlink.ProbeServer.model_fields) == wire.ProbeServer._fields
    assert tuple(downlink.DryRun.model_fields) == wire.DryRun._fields
