"""Packets over loopback: what came, from where, and how long it had to wait."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator

import pytest

from contract import datagrams


@pytest.fixture
def udp() -> Iterator[socket.socket]:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as own:
        own.bind(("127.0.0.1", 0))
        own.setblocking(False)
        datagrams.ask_for_times(own)
        yield own


def test_nothing_there_is_none(udp: socket.socket) -> None:
    assert datagrams.receive(udp) is None


def test_a_packet_tells_how_long_it_waited(udp: socket.socket) -> None:
    udp.sendto(b"late", udp.getsockname())
    time.sleep(0.1)
    came = datagrams.receive(udp)
    assert came is not None
    assert (came.content, came.address) == (b"late", udp.getsockname())
    assert 90_000 <= came.waited_us < 10_000_000


def test_a_wall_clock_that_was_set_in_between_is_no_waiting(
    udp: socket.socket, monkeypatch: pytest.MonkeyPatch
) -> None:
    now_ns = time.time_ns()
    for moved_ns in (-3600 * 10**9, 3600 * 10**9):
        udp.sendto(b"x", udp.getsockname())
        monkeypatch.setattr("contract.datagrams.time.time_ns", lambda moved_ns=moved_ns: now_ns + moved_ns)
        came = datagrams.receive(udp)
        assert came is not None
        assert came.waited_us == 0


def test_packets_that_found_no_room_are_counted(udp: socket.socket) -> None:
    for _ in range(5000):
        udp.sendto(bytes(1400), udp.getsockname())
    while datagrams.receive(udp) is not None:
        pass
    udp.sendto(b"after", udp.getsockname())
    came = datagrams.receive(udp)
    assert came is not None
    assert came.overflowed is not None
    assert came.overflowed > 0


def test_where_the_kernel_tells_nothing_packets_come_all_the_same(
    udp: socket.socket, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(datagrams, "_TIMES", None)
    udp.sendto(b"plain", udp.getsockname())
    assert datagrams.receive(udp) == datagrams.Datagram(b"plain", udp.getsockname(), 0, None)
