from __future__ import annotations

import socket
import time
from contextlib import suppress

import pytest

from contract import tcp

BODY = b"x" * 100_000


@pytest.fixture
def pair():
    """Two ends of a connection: of the one that sends, and of the one that takes in."""
    with socket.create_server(("127.0.0.1", 0)) as server, socket.create_connection(server.getsockname()) as sender:
        receiver, _ = server.accept()
        with receiver:
            yield sender, receiver


def carry(sender, receiver, body=BODY):
    sender.sendall(body)
    left = len(body)
    while left:
        left -= len(receiver.recv(left))
    until = time.monotonic() + 5
    while tcp.acknowledged_bytes(sender) < len(body) and time.monotonic() < until:
        time.sleep(0.01)


def test_what_was_acknowledged_is_what_arrived(pair):
    carry(*pair)
    assert tcp.acknowledged_bytes(pair[0]) - len(BODY) in (0, 1)  # Linux counts the opening packet


def test_on_the_wire_there_are_headers_too(pair):
    carry(*pair)
    assert len(BODY) < tcp.wire_bytes(pair[0]) < 1.1 * len(BODY)


def test_a_receiver_sends_headers_alone(pair):
    carry(*pair)
    assert 0 < tcp.header_bytes(pair[1]) < len(BODY) / 10


def test_what_nobody_takes_in_waits_unsent(pair):
    sender, _ = pair
    assert tcp.unsent_bytes(sender) == 0
    sender.setblocking(False)
    with suppress(BlockingIOError):
        while True:
            sender.send(BODY)
    assert tcp.unsent_bytes(sender) > 0


def test_the_round_trip_is_known(pair):
    carry(*pair)
    assert tcp.round_trip_us(pair[0]) > 0


def test_where_tcp_does_not_tell_nothing_is_known(monkeypatch, pair):
    monkeypatch.delattr(socket, "TCP_INFO")
    sender, _ = pair
    assert tcp.acknowledged_bytes(sender) is tcp.wire_bytes(sender) is tcp.header_bytes(sender) is None
    assert tcp.round_trip_us(sender) is None
    assert tcp.unsent_bytes(sender) == 0
