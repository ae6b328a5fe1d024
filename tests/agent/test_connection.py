from __future__ import annotations

import random
import socket
import threading
from collections import Counter
from pathlib import Path

import pytest
import trustme

from agent.backoff import Backoff
from agent.connection import Connection, Lost, Opened, Place
from contract import wire

DEVICE = "dev-00000001"
PATIENCE_S = 30.0
QUICK = Backoff(first_s=0.01, most_s=0.05)


@pytest.fixture
def connect(tmp_path, spool):
    """Return a function that makes a connection to these brokers."""
    made = []

    def connect(*brokers, password="right", is_clock_plausible=True, seed=1):
        (tmp_path / "password").write_text(password)
        place = Place(brokers, tmp_path / "ca.pem", DEVICE, tmp_path / "password", 45)
        made.append(Connection(place, spool.next_connection, lambda: is_clock_plausible, random.Random(seed), QUICK))
        return made[-1]

    yield connect
    for connection in made:
        connection.stop()


@pytest.fixture
def first(eventually):
    """Return a function that turns a connection until an event of this kind comes."""

    def first(connection, kind):
        return eventually(
            lambda: next((event for event in connection.turn(0.05) if isinstance(event, kind)), None), kind.__name__
        )

    return first


@pytest.mark.parametrize("seed", range(4))
def test_brokers_that_are_away_are_passed_over_for_one_that_is_not(connect, first, broker, free_port, seed):
    connection = connect(*(f"mqtt://127.0.0.1:{free_port()}" for _ in range(3)), broker.url, seed=seed)
    assert first(connection, Opened).number > 0
    assert connection.is_open


def test_devices_spread_over_all_brokers_and_those_of_one_that_fails_over_all_the_others(connect):
    brokers = tuple(f"mqtts://edge{n}.example.vn:8883" for n in range(4))
    orders = Counter(connect(*brokers, seed=seed).place.brokers[:2] for seed in range(600))
    assert len(orders) == 12  # each as the first, and each of the others after it
    assert min(orders.values()) > 600 / 12 / 2


def test_each_try_has_a_higher_number_and_its_will_says_lost(connect, first, broker, centre, eventually):
    connection = connect(broker.url)
    before = first(connection, Opened).number
    broker.kill()
    first(connection, Lost)
    broker.start()
    after = first(connection, Opened).number
    assert after > before
    eventually(lambda: any(p == wire.Presence(after, "connected") for p in centre.presences()), "presence")


def test_who_is_not_let_in_hears_it_and_keeps_trying(connect, first, start_broker):
    guarded = start_broker(others=f'authorization {{ users: [{{ user: "{DEVICE}", password: "right" }}] }}')
    connection = connect(guarded.url, password="wrong")
    assert "refused" in first(connection, Lost).reason
    (connection.place.password_file).write_text("right\n")
    assert first(connection, Opened)


def test_it_connects_over_tls_to_whom_our_authority_vouches_for(connect, first, secure):
    assert first(connect(secure), Opened)


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")  # paho leaves the socket to be collected
@pytest.mark.parametrize("is_clock_plausible", [True, False])
def test_a_broker_of_another_authority_never_learns_the_password(connect, first, secure, tmp_path, is_clock_plausible):
    trustme.CA().cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    connection = connect(secure, is_clock_plausible=is_clock_plausible)
    assert "certificate" in first(connection, Lost).reason.lower()
    assert not connection.is_open


@pytest.mark.parametrize(
    ("name", "damage"),
    [
        *(("password", damage) for damage in (Path.mkdir, lambda file: None)),
        *(("ca.pem", damage) for damage in (Path.mkdir, lambda file: None, Path.touch)),
    ],
    ids=["password that is none", "no password", "authority that is none", "no authority", "empty authority"],
)
def test_a_file_that_cannot_be_used_is_told_as_such_and_not_as_the_network(
    connect, first, secure, tmp_path, name, damage
):
    connection = connect(secure)
    (tmp_path / name).unlink()
    damage(tmp_path / name)
    assert first(connection, Lost).kind == "settings"


def test_the_password_is_never_sent_in_the_clear_beyond_this_machine(connect, first):
    assert "clear" in first(connect("mqtt://broker.example.vn:1883"), Lost).reason


def test_a_port_that_is_none_is_a_failed_try_and_nothing_worse(connect, first):
    assert first(connect("mqtts://localhost:99999"), Lost)


def test_a_signal_ends_the_wait_for_a_network_that_says_nothing(connect, first, broker):
    connection = connect(broker.url)
    first(connection, Opened)
    heard, told = socket.socketpair()
    with heard, told:
        connection.woken_by = (heard,)
        told.send(b"0")
        turning = threading.Thread(target=connection.turn, args=(100 * PATIENCE_S,), daemon=True)
        turning.start()
        turning.join(PATIENCE_S)
        assert not turning.is_alive()


def test_failures_in_a_row_wait_ever_longer(connect, first, free_port):
    connection = connect(f"mqtt://127.0.0.1:{free_port()}")
    for failures in range(1, 5):
        first(connection, Lost)
        assert connection._failures == failures


def test_nothing_is_published_while_there_is_no_connection(connect):
    received = []
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        connection = connect(f"mqtt://127.0.0.1:{listener.getsockname()[1]}")
        connection.turn(0.0)
        peer, _ = listener.accept()
        with peer:
            connection.publish("report", b"published too early", 1)
            connection.stop()
            while received[-1:] != [b""]:
                received.append(peer.recv(4096))
    assert b"".join(received)[:1] == b"\x10"  # CONNECT, and nothing else
    assert b"published too early" not in b"".join(received)


@pytest.mark.parametrize("junk", [b"\xff" * 64, b"\x20\x02\x00\x00\x90\x01\x00", b"\x20\x02\x00\x00\x30\x02\x00\x09"])
def test_a_broker_that_talks_nonsense_is_left_and_nothing_worse(connect, first, junk):
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        connection = connect(f"mqtt://127.0.0.1:{listener.getsockname()[1]}")
        connection.turn(0.0)
        peer, _ = listener.accept()
        with peer:
            peer.sendall(junk)
        assert first(connection, Lost)


def test_a_broker_that_takes_nothing_does_not_fill_the_memory(connect, first):
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        connection = connect(f"mqtt://127.0.0.1:{listener.getsockname()[1]}")
        connection.turn(0.0)
        peer, _ = listener.accept()
        with peer:
            peer.sendall(b"\x20\x02\x00\x00")  # come in
            first(connection, Opened)
            for _ in range(1000):
                connection.publish("report", b"x", 1)
            assert len(connection._client._out_messages) <= 100


def test_stopping_where_the_broker_has_gone_is_quiet(connect, first, broker):
    connection = connect(broker.url)
    first(connection, Opened)
    broker.kill()
    connection.stop()
    assert not connection.is_open
