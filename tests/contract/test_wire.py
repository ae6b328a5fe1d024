"""Topics, frames and JSON: what the resident agent reads and writes without pydantic."""

from __future__ import annotations

import contextlib
import json
from typing import NamedTuple

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from contract import wire

COUNT = st.integers(0, wire.MAX_INT)
SPOOL_IDS = st.text("0123456789abcdef", min_size=16, max_size=16)
BOOT_IDS = st.text("0123456789abcdef-", min_size=8, max_size=36)
DEVICES = st.text("abcdefghijklmnopqrstuvwxyz0123456789-", min_size=8, max_size=32)
quick = settings(deadline=None, max_examples=200)


@st.composite
def frames(draw: st.DrawFn) -> wire.Frame:
    seq = draw(st.integers(1, wire.MAX_INT))
    spooled = draw(st.integers(0, wire.MAX_INT - seq))
    low, high = 0, 0
    if seq > 1 and draw(st.booleans()):
        low = draw(st.integers(1, seq - 1))
        high = draw(st.integers(low, seq - 1))
    boot_id, mono_ms, wall_us = draw(BOOT_IDS), draw(COUNT), draw(COUNT)
    return wire.Frame(draw(SPOOL_IDS), seq, seq + spooled, spooled, low, high, boot_id, mono_ms, wall_us)


@quick
@given(frames(), st.binary(max_size=2000))
def test_a_frame_is_read_as_written_and_the_body_is_left_alone(frame: wire.Frame, body: bytes) -> None:
    assert wire.decode_report(wire.encode_report(frame, body)) == (frame, body)


@quick
@given(st.binary(max_size=400))
def test_of_bytes_that_are_no_report_only_a_wire_error_is_heard(payload: bytes) -> None:
    with pytest.raises(wire.WireError):
        wire.decode_report(payload)


@quick
@given(frames(), st.data())
def test_a_frame_that_was_changed_on_the_way_is_refused_or_still_makes_sense(
    frame: wire.Frame, data: st.DataObject
) -> None:
    payload = bytearray(wire.encode_report(frame, b"{}"))
    for _ in range(data.draw(st.integers(1, 3))):
        payload[data.draw(st.integers(0, len(payload) - 1))] = data.draw(st.integers(0, 255))
    try:
        read, body = wire.decode_report(bytes(payload))
    except wire.WireError:
        return
    assert read.seq + read.spooled == read.accepted_upto <= wire.MAX_INT
    assert wire.encode_report(read, body) == payload


GOOD_FRAME = b"1 00000000000000a1 7 9 2 3-5 b0070000-0000 12 34\n"


@pytest.mark.parametrize(
    "payload",
    [
        GOOD_FRAME[:-1],  # no newline
        GOOD_FRAME.replace(b"1 ", b"2 ", 1),  # another version
        GOOD_FRAME.replace(b" 7 9 2 ", b" 7 9 3 "),  # counters that do not add up
        GOOD_FRAME.replace(b" 7 9 2 ", b" 0 2 2 "),  # no report has seq 0
        GOOD_FRAME.replace(b" 7 ", b" 07 "),
        GOOD_FRAME.replace(b" 7 ", " ٧ ".encode()),  # a digit, and not one of ours
        GOOD_FRAME.replace(b"3-5", b"3-7"),  # drops itself
        GOOD_FRAME.replace(b"3-5", b"5-3"),
        GOOD_FRAME.replace(b"3-5", b"0-5"),
        GOOD_FRAME.replace(b"12 34", b"12 9223372036854775808"),  # more than a database holds
        GOOD_FRAME.replace(b"\n", b"\r\n"),
        b" " + GOOD_FRAME,
        b"\xef\xbb\xbf" + GOOD_FRAME,
        GOOD_FRAME.replace(b"\n", b" " * 300 + b"\n"),
        b"",
    ],
)
def test_a_frame_that_cannot_be_trusted_is_refused(payload: bytes) -> None:
    wire.decode_report(GOOD_FRAME + b"{}")  # the one that all of these differ from
    with pytest.raises(wire.WireError):
        wire.decode_report(payload)


@given(DEVICES, st.sampled_from(wire.UP + wire.DOWN))
def test_a_topic_names_its_device_and_kind(device: str, kind: str) -> None:
    assert wire.parse_topic(wire.topic_for(device, kind)) == wire.Topic(wire.shard_of(device), device, kind)


@pytest.mark.parametrize(
    "text",
    [
        "dc/v1/plan",
        "dc/v2/c/d-00000001/up/report",
        f"dc/v1/{wire.shard_of('d-00000001')}/d-00000001/up/ack",
        f"dc/v1/{wire.shard_of('d-00000001')}/d-00000001/down/report",
        f"dc/v1/{wire.shard_of('d-00000001')}/d-00000001/up/report\n",
        f"dc/v1/{wire.shard_of('d-00000001')}/d-00000001/up/report/x",
        f"dc/v1/{'0' if wire.shard_of('d-00000001') != '0' else '1'}/d-00000001/up/report",  # the wrong shard
        "",
        "$SYS/broker/uptime",
    ],
)
def test_a_topic_that_is_none_of_ours_is_refused(text: str) -> None:
    with pytest.raises(wire.WireError):
        wire.parse_topic(text)


@pytest.mark.parametrize(
    ("device", "kind"), [("short", "report"), ("D-00000001", "report"), ("a/b/c/d/e", "ack"), ("d-00000001", "plan")]
)
def test_nobody_can_be_made_to_write_another_topic(device: str, kind: str) -> None:
    with pytest.raises(wire.WireError):
        wire.topic_for(device, kind)


@given(st.text(max_size=200))
def test_any_text_as_a_topic_raises_nothing_but_a_wire_error(text: str) -> None:
    with pytest.raises(wire.WireError):
        wire.parse_topic(text)


@settings(deadline=None)
@given(st.integers(1, 2040))
@example(500)
@example(990)
@example(1500)
def test_however_deep_a_message_is_nested_it_is_refused_as_one(depth: int) -> None:
    payload = b'{"a":' + b"[" * depth + b"]" * depth + b"}"
    if depth + 1 <= wire.MAX_DEPTH:
        assert wire.load_json(payload)
    else:
        with pytest.raises(wire.WireError):
            wire.load_json(payload)


@pytest.mark.parametrize(
    "payload",
    [
        b"",
        b"null",
        b"[]",
        b'"a"',
        b"{",
        b"{}{}",
        b'{"a": NaN}',
        b'{"a": -Infinity}',
        b'{"a": 1e999}',
        b'{"a": "\\ud800"}',
        b'{"\\udfff": 1}',
        b'{"a": "\xed\xa0\x80"}',  # a surrogate in UTF-8
        b"\xef\xbb\xbf{}",
        "{}".encode("utf-16"),
        b'{"a": "' + b"x" * wire.MAX_MESSAGE_BYTES + b'"}',
        b'{"a": ' + b"9" * 4300 + b"}",
    ],
)
def test_json_that_must_not_travel_is_refused(payload: bytes) -> None:
    with pytest.raises(wire.WireError):
        wire.load_json(payload)


class _Later(NamedTuple):
    """A message that got a field after devices had learnt to send it without."""

    upto: int
    credit: int = 50


@pytest.mark.parametrize(("value", "read"), [({"upto": 3}, _Later(3, 50)), ({"upto": 3, "credit": 9}, _Later(3, 9))])
def test_a_field_that_was_added_later_may_be_missing(value: dict[str, int], read: _Later) -> None:
    shape = {"upto": wire._COUNT, "credit": wire._COUNT}

    assert wire._read(_Later, value, shape) == read
    with pytest.raises(wire.WireError, match="upto: is missing"):
        wire._read(_Later, {"credit": 9}, shape)


@quick
@given(st.binary(max_size=300))
def test_arbitrary_bytes_are_json_or_a_wire_error(payload: bytes) -> None:
    with contextlib.suppress(wire.WireError):
        assert isinstance(wire.load_json(payload), dict)


def test_what_no_reader_would_take_is_not_written() -> None:
    servers = tuple(wire.ProbeServer(shard, "x" * 200, 8080, 8620) for shard in wire.SHARDS)
    with pytest.raises(wire.WireError, match="2048"):
        wire.encode(wire.Plan("p", 1, 1, servers))
    with pytest.raises(ValueError, match="JSON compliant"):
        wire.dump_json({"rtt_ms": float("nan")})


def test_a_name_with_a_quote_stays_one_string() -> None:
    assert json.loads(wire.dump_json({"a": 'Đắk "Lắk"'})) == {"a": 'Đắk "Lắk"'}
