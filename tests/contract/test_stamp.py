"""STAMP packets: the layout of RFC 8762, and times that survive it to the microsecond."""

from __future__ import annotations

import struct
import zlib

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from contract import stamp

SECOND = 1_000_000
ERA_1 = 2_085_978_496 * SECOND  # 2036-02-07 06:28:16 UTC: NTP seconds begin again at 0
YEAR_2100 = 4_102_444_800 * SECOND
TIMES = st.integers(0, YEAR_2100)
SEQS = st.integers(0, 2**32 - 1)
TOKENS = st.from_regex("[A-Za-z0-9_-]{22,64}", fullmatch=True)
COOKIES = st.binary(min_size=stamp.COOKIE_BYTES, max_size=stamp.COOKIE_BYTES)


@given(SEQS, SEQS, TIMES, TIMES, TIMES)
@example(0, 0, ERA_1 - 1, ERA_1, ERA_1 + 1)
@example(1, 2, 0, 999_999, YEAR_2100)
def test_a_reflected_packet_brings_back_every_time_to_the_microsecond(
    seq: int, reflector_seq: int, sent_us: int, arrived_us: int, returned_us: int
) -> None:
    reflected = stamp.reflect(stamp.encode(seq, sent_us), reflector_seq, arrived_us, returned_us)

    assert stamp.decode(reflected) == stamp.Reflected(reflector_seq, seq, sent_us, arrived_us, returned_us)


def test_a_sent_packet_has_the_fields_of_figure_2() -> None:
    packet = stamp.encode(0x01020304, 1_692_061_200 * SECOND + 500_000)

    assert len(packet) == 44
    assert packet[0:4] == b"\1\2\3\4"  # sequence number
    seconds, fraction = struct.unpack("!II", packet[4:12])  # timestamp, of 1900
    assert (seconds, fraction) == (1_692_061_200 + 2_208_988_800, 1 << 31)
    assert packet[12:14] == b"\0\1"  # error estimate: not synchronised, NTP form; its multiplier must not be 0
    assert packet[14:44] == bytes(30)  # must be zero


def test_a_reflected_packet_has_the_fields_of_figure_5() -> None:
    sent = bytearray(stamp.encode(0x01020304, 7 * SECOND))
    sent[12:14] = b"\x81\x07"  # another sender's error estimate

    reflected = stamp.reflect(bytes(sent), 0x0A0B0C0D, 8 * SECOND, 9 * SECOND)

    assert len(reflected) == 44
    assert reflected[0:4] == b"\x0a\x0b\x0c\x0d"  # the reflector's own sequence number
    assert struct.unpack("!II", reflected[4:12]) == (2_208_988_800 + 9, 0)  # when it answers
    assert reflected[12:14] == b"\0\1"
    assert reflected[14:16] == bytes(2)
    assert struct.unpack("!II", reflected[16:24]) == (2_208_988_800 + 8, 0)  # when the packet came
    assert reflected[24:38] == sent[0:14]  # the sender's sequence number, timestamp and error estimate
    assert reflected[38:40] == bytes(2)
    assert reflected[40] == 255  # the packet's time to live, which a UDP socket does not tell
    assert reflected[41:44] == bytes(3)


def test_seconds_of_the_second_era_are_read_as_after_2036() -> None:
    assert stamp.encode(1, ERA_1)[4:8] == bytes(4)
    assert stamp.encode(1, ERA_1 - 1)[4:8] == b"\xff" * 4


@given(st.binary(min_size=stamp.SIZE, max_size=1500), SEQS, TIMES)
def test_a_reflector_never_answers_with_more_than_came(packet: bytes, seq: int, at: int) -> None:
    assert len(stamp.reflect(packet, seq, at, at)) == stamp.SIZE <= len(packet)


@given(st.binary(min_size=stamp.SIZE, max_size=200))
def test_any_long_enough_packet_is_read_whatever_it_holds(packet: bytes) -> None:
    assert stamp.decode(packet).sent_us >= 0


@pytest.mark.parametrize("size", [0, 1, 14, 43])
def test_a_short_packet_is_refused(size: int) -> None:
    with pytest.raises(ValueError, match="shorter"):
        stamp.reflect(bytes(size), 1, 0, 0)
    with pytest.raises(ValueError, match="shorter"):
        stamp.decode(bytes(size))


def test_a_sequence_number_that_outgrows_its_field_starts_again() -> None:
    assert stamp.decode(stamp.reflect(stamp.encode(2**32 + 3, 0), 2**32 + 5, 0, 0))[:2] == (5, 3)


@given(st.integers(stamp.SIZE, 1400))
def test_padding_makes_a_packet_of_the_size_wanted_and_is_an_extra_padding_tlv_of_rfc_8972(size: int) -> None:
    padding = stamp.padding(size)

    assert stamp.SIZE + len(padding) == size
    if len(padding) >= 4:
        assert padding[:4] == struct.pack("!BBH", 0, 1, len(padding) - 4)
    assert stamp.token_of(stamp.encode(1, 0) + padding) == ""


def test_padding_cannot_be_compressed() -> None:
    assert len(zlib.compress(stamp.padding(1200))) > 1100


@given(SEQS, COOKIES, TOKENS)
def test_a_packet_brings_its_cookie_and_its_token(seq: int, cookie: bytes, token: str) -> None:
    packet = stamp.with_token(stamp.encode(seq, 0, cookie), token)

    assert (stamp.seq_of(packet), stamp.cookie_in(packet), stamp.token_of(packet)) == (seq, cookie, token)
    assert stamp.decode(stamp.reflect(packet, 5, 0, 0))[:2] == (5, seq)


@given(COOKIES, TOKENS)
def test_an_answer_with_a_cookie_is_shorter_than_the_packet_with_a_token(cookie: bytes, token: str) -> None:
    packet = stamp.with_token(stamp.encode(1, 0), token)
    answer = stamp.with_cookie(stamp.reflect(packet, 1, 0, 0), cookie)

    assert stamp.cookie_of(answer) == cookie
    assert len(answer) < len(packet)


@given(st.binary(max_size=300))
def test_of_any_packet_it_is_told_whether_it_has_a_token_or_a_cookie(packet: bytes) -> None:
    assert len(stamp.token_of(packet)) <= len(packet)
    assert len(stamp.cookie_of(packet)) == stamp.COOKIE_BYTES


def test_the_layout_is_that_of_the_documents() -> None:
    packet = stamp.with_token(stamp.encode(1, 0, b"COOKIE-8"), "t" * 22)
    answer = stamp.with_cookie(stamp.reflect(packet, 1, 0, 0), b"COOKIE-8")

    assert packet[14:44] == bytes(2) + b"COOKIE-8" + bytes(20)
    assert packet[44:] == b"\x00\xfc\x00\x16" + b"t" * 22
    assert answer[44:] == b"\x00\xfc\x00\x08COOKIE-8"
