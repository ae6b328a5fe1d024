from __future__ import annotations

import random
import socket
import threading

import pytest

from agent import doctor, trouble
from agent.backoff import Backoff
from agent.connection import Connection, Opened, place_of
from contract.clock import Clock

DEVICE = "dev-00000001"


@pytest.fixture(autouse=True)
def speak_vietnamese(monkeypatch):
    monkeypatch.setenv("DIEMCAU_LANG", "vi")


@pytest.fixture
def examine(write_settings, probe_server):
    """Return a function that examines a machine that is to use this broker, and returns what it says of it."""

    def examine(url):
        settings = write_settings((url,), probe_server)
        return next(c for c in doctor.examine(settings.folder, Clock()) if c.name == f"broker {url}")

    return examine


def guarded(password):
    return f'authorization {{ users: [{{ user: "{DEVICE}", password: "{password}" }}] }}'


def test_a_broker_that_admits_the_device_is_well(examine, start_broker):
    assert examine(start_broker(others=guarded("p" * 32)).url).is_ok


def test_a_broker_that_refuses_the_device_sends_the_person_to_the_department(examine, start_broker):
    check = examine(start_broker(others=guarded("another")).url)
    assert not check.is_ok
    assert "máy chủ không nhận thiết bị này: đang chờ duyệt hoặc đã bị thu hồi" in check.text
    assert check.next_step == "Gọi Sở."


def test_a_server_that_is_off_is_not_blamed_on_a_firewall(examine, free_port):
    check = examine(f"mqtt://127.0.0.1:{free_port()}")
    assert "máy chủ đang tắt" in check.text
    assert "tường lửa" not in check.text + check.next_step


def test_a_server_that_never_answers_may_be_behind_a_firewall(examine, monkeypatch):
    monkeypatch.setattr("agent.connection._CONNECT_TIMEOUT_S", 0.2)
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        check = examine(f"mqtt://127.0.0.1:{listener.getsockname()[1]}")
    assert not check.is_ok
    assert "tường lửa" in check.next_step


def test_a_broker_that_is_not_ready_says_nothing_about_the_device(examine, monkeypatch):
    monkeypatch.setattr("agent.connection._CONNECT_TIMEOUT_S", 5.0)
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        answering = _answering(listener, b"\x20\x02\x00\x03")
        check = examine(f"mqtt://127.0.0.1:{listener.getsockname()[1]}")
        answering.join()
    assert "máy chủ đang tắt" in check.text


def _answering(listener, answer):
    def serve():
        peer, _ = listener.accept()
        with peer:
            peer.recv(1000)
            peer.sendall(answer)

    thread = threading.Thread(target=serve)
    thread.start()
    return thread


def test_the_doctor_leaves_no_presence_and_does_not_disturb_the_resident(
    write_settings, probe_server, broker, centre, eventually, spool
):
    settings = write_settings((broker.url,), probe_server)
    resident = Connection(place_of(settings), spool.next_connection, lambda: True, random.Random(1), Backoff())
    eventually(lambda: any(isinstance(event, Opened) for event in resident.turn(0.05)), "the resident's connection")
    eventually(lambda: resident.turn(0.05) or len(centre.presences()) == 1, "its presence")
    assert all(check.is_ok for check in doctor.examine(settings.folder, Clock()))
    resident.stop()
    eventually(lambda: [p.state for p in centre.presences()] == ["connected", "stopped"], "a clean stop, alone")


@pytest.mark.parametrize("language", ["vi", "en"])
def test_every_trouble_has_words_and_a_next_step(monkeypatch, language):
    monkeypatch.setenv("DIEMCAU_LANG", language)
    errors = [trouble.NotAdmittedError(), ValueError(), socket.gaierror(), ConnectionRefusedError(), TimeoutError()]
    kinds = {trouble.kind_of(error) for error in [*errors, OSError()]}
    assert kinds == {"not_admitted", "settings", "name", "off", "silent", "network"}
    for kind in {*kinds, "certificate"}:
        assert trouble.told(kind)
        assert trouble.next_step(kind)
