"""Who gets a slot over real HTTP, who waits, who gets nothing; and that nothing means not a byte of load."""

from __future__ import annotations

import asyncio
import json
import socket
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from collector.probe_server import asking, permits
from collector.probe_server.document import Client
from collector.probe_server.keys import KNOWN, LIMITS, REFLECTOR, SLOTS
from collector.probe_server.ledger import leases, ledger
from collector.probe_server.slots import new_token
from contract import stamp
from contract.probing import Booked, DirectionNeed, Ended, Granted, Refused

FIRST, SECOND = "dev-00000001", "dev-00000002"
NARROW = {"probe_capacity_mbps": 32, "probe_province_mbps": 32, "probe_district_mbps": 32}  # a test at a time each way
NO_LOAD_BYTES = 100  # "404: Not Found" is shorter


def sent_bytes(probe):
    return probe.app[SLOTS].totals.sent_bytes + sum(slot.sent_bytes for slot in probe.app[SLOTS])


def load_by(probe, token):
    """Try every step of a slot; return how many bytes came and how many were taken."""
    came = sum(len(probe.fetch("GET", f"/v1/slots/{token}/{step}")[1]) for step in ("download", "arrivals"))
    status, answer = probe.fetch("POST", f"/v1/slots/{token}/upload", b"x" * 10_000)
    return came, json.loads(answer)["received_bytes"] if status == 200 else 0


def begin_download(probe, granted, read_bytes=1):
    client = socket.create_connection(("127.0.0.1", probe.ports.http), timeout=20)
    client.sendall(f"GET /v1/slots/{granted.token}/download HTTP/1.1\r\nHost: x\r\n\r\n".encode())
    while read_bytes > 0:
        read_bytes -= len(client.recv(65_536))
    return client


@pytest.mark.parametrize(
    ("forged", "code"),
    [
        (lambda probe: probe.question().model_copy(update={"answer": "0" * 64}), "wrong_answer"),
        (lambda probe: probe.question(generation=3), "wrong_answer"),
        (lambda probe: probe.question("dev-00000099"), "wrong_answer"),
        (lambda probe: probe.question().model_copy(update={"device": SECOND}), "wrong_answer"),
        (lambda probe: probe.question().model_copy(update={"purpose": "schedule"}), "wrong_answer"),
        (lambda probe: probe.question(nonce="made.up.nonce-of-ours"), "old_nonce"),
    ],
)
def test_a_forged_or_another_devices_answer_gets_not_a_byte(probe, monkeypatch, forged, code):
    monkeypatch.setattr(asking, "_NEWS_S", 0.05)
    assert probe.send(forged(probe)) == Refused(code=code)
    assert load_by(probe, new_token()) < (3 * NO_LOAD_BYTES, 1)
    assert (sent_bytes(probe), [*probe.app[SLOTS]]) == (0, [])


def test_an_answer_that_is_played_again_gets_nothing_more(probe):
    question = probe.question()
    assert isinstance(probe.send(question), Granted)
    assert probe.send(question) == Refused(code="old_nonce")
    assert len([*probe.app[SLOTS]]) == 1


def test_an_expired_nonce_gets_nothing(probe, monkeypatch):
    monkeypatch.setattr(permits, "NONCE_S", 0.0)
    question = probe.question()
    time.sleep(0.002)
    assert probe.send(question) == Refused(code="old_nonce")
    assert [*probe.app[SLOTS]] == []


def test_what_is_no_question_is_refused(probe):
    for body in (b"", b"{}", b"\xff" * 4000):
        assert json.loads(probe.fetch("POST", "/v1/slots", body)[1])["code"] == "bad_request"


def test_an_ended_slot_moves_not_a_byte_more(probe):
    granted = probe.ask()
    ended = Ended.model_validate_json(probe.fetch("POST", f"/v1/slots/{granted.token}/end")[1])
    assert (ended.sent_bytes, ended.received_bytes, ended.again_in_s) == (0, 0, None)
    assert probe.fetch("POST", f"/v1/slots/{granted.token}/end")[0] == 404
    came, taken = load_by(probe, granted.token)
    assert (came < 3 * NO_LOAD_BYTES, taken, sent_bytes(probe)) == (True, 0, 0)
    assert probe.app[SLOTS].ledger.figures().reserved_bps == (0, 0)


def test_a_device_that_did_not_hear_the_answer_has_the_same_slot_and_one_that_uses_it_is_told_to_come_later(probe):
    granted = probe.ask()
    assert probe.ask() == granted
    with begin_download(probe, granted):
        assert isinstance(probe.ask(), Booked)


def test_a_site_that_takes_part_in_nothing_is_not_selected(probe):
    document = probe.app[KNOWN].document
    idle = document.model_copy(update={"devices": {FIRST: Client(1, None, ("01",))}})
    probe.do(lambda: probe.app[KNOWN].learn(idle))
    assert probe.ask() == Refused(code="not_selected")


def test_a_device_that_was_enrolled_a_moment_ago_waits_for_the_document_that_tells_of_it(probe):
    document = probe.app[KNOWN].document
    newer = document.model_copy(update={"devices": {**document.devices, FIRST: Client(2, 0, ("01",))}})
    with ThreadPoolExecutor() as pool:
        asking_now = pool.submit(probe.ask, FIRST, generation=2)
        time.sleep(0.1)
        assert not asking_now.done()
        probe.do(lambda: probe.app[KNOWN].learn(newer))
        assert isinstance(asking_now.result(10), Granted)


def test_over_4g_somebody_must_have_consented(probe):
    refused = probe.ask(link="mobile")
    assert refused.code == "needs_consent"
    assert refused.most_bytes > 0
    assert isinstance(probe.ask(link="mobile", is_consented=True), Granted)


def over_4g(probe, most_bytes):
    """Let the first device's site consent to so many bytes of a test."""
    document = probe.app[KNOWN].document
    client = document.devices[FIRST]._replace(most_mobile_bytes=most_bytes)
    probe.obey(document.model_copy(update={"devices": {**document.devices, FIRST: client}}))


def test_what_somebody_consents_to_counts_the_stream_and_its_headers(probe):
    stream = probe.app[KNOWN].document.needs[0].stream
    stream_bytes = stream.packets * (stream.up_bytes + stream.down_bytes + 2 * 48)
    told = probe.ask(link="mobile").most_bytes
    assert probe.ask(link="mobile", test="speedtest").most_bytes == told - stream_bytes
    over_4g(probe, 1_000_000)
    granted = probe.ask(link="mobile")
    assert granted.most_down_bytes + granted.most_up_bytes + stream_bytes <= 1_000_000


def test_who_consented_to_less_than_the_stream_moves_is_asked_again(probe):
    over_4g(probe, 5_000)
    assert probe.ask(link="mobile").code == "needs_consent"
    assert isinstance(probe.ask(link="mobile", is_consented=True), Granted)


def test_so_many_wait_for_the_document_that_tells_of_them_and_no_more(probe, monkeypatch):
    monkeypatch.setattr(asking, "_NEWS_S", 2.0)
    probe.app[KNOWN].room = asyncio.Semaphore(1)
    with ThreadPoolExecutor() as pool:
        waiting = pool.submit(probe.ask, FIRST, generation=2)
        until(probe.app[KNOWN].room.locked)
        assert probe.ask(SECOND, generation=2) == Refused(code="wrong_answer")
        assert not waiting.done()
        assert waiting.result(10) == Refused(code="wrong_answer")
    assert not probe.app[KNOWN].room.locked()


def test_who_measures_is_told_by_the_prefixes(probe):
    document = probe.app[KNOWN].document.model_copy(update={"prefixes": (("127.0.0.0/8", "vnpt"),)})
    probe.do(lambda: probe.app[KNOWN].learn(document))
    assert probe.ask().provider == "vnpt"


# --- when there is no room


def test_whose_turn_comes_soon_waits_and_is_granted_when_the_one_before_has_ended(start):
    with start(**NARROW) as probe, ThreadPoolExecutor() as pool:
        first = probe.ask(FIRST, purpose="schedule")
        waiting = pool.submit(probe.ask, SECOND, purpose="schedule")
        time.sleep(0.3)
        assert not waiting.done()
        assert probe.fetch("POST", f"/v1/slots/{first.token}/end")[0] == 200
        assert isinstance(waiting.result(10), Granted)


def test_who_cannot_be_served_in_time_is_booked_and_a_person_has_room_kept(start, monkeypatch):
    monkeypatch.setattr(ledger, "HOLD_S", 0.2)
    with start(**NARROW) as probe:
        assert isinstance(probe.ask(FIRST, purpose="schedule"), Granted)
        booked = probe.ask(SECOND, purpose="schedule")
        assert isinstance(booked, Booked)
        assert booked.in_s >= 1
        assert isinstance(probe.ask(SECOND, purpose="person"), Granted)


def test_who_hangs_up_while_waiting_takes_no_slot(start):
    with start(**NARROW) as probe:
        first = probe.ask(FIRST, purpose="schedule")
        body = probe.question(SECOND, purpose="schedule").model_dump_json().encode()
        with socket.create_connection(("127.0.0.1", probe.ports.http)) as client:
            client.sendall(b"POST /v1/slots HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body))
            until(lambda: sum(probe.app[SLOTS].ledger.figures().waiting) == 1)
        until(lambda: sum(probe.app[SLOTS].ledger.figures().waiting) == 0)
        probe.fetch("POST", f"/v1/slots/{first.token}/end")
        assert probe.app[SLOTS].ledger.figures().reserved_bps == (0, 0)


def test_the_slot_of_a_device_that_falls_silent_is_free_within_twice_its_lease(start, monkeypatch):
    monkeypatch.setattr(leases, "LEASE_S", 1.0)
    with start(**NARROW) as probe:
        granted = probe.ask(FIRST, purpose="schedule")
        with begin_download(probe, granted):  # and reads no more, as a machine whose plug was pulled
            until(lambda: probe.app[SLOTS].ledger.figures().reserved_bps == (0, 0))
            assert isinstance(probe.ask(SECOND, purpose="schedule"), Granted)
        (news,) = [one for one in probe.app[SLOTS].journal.untold() if one.device == FIRST]
        assert (news.state, news.ending) == ("ended", "expired")


def test_a_slot_gives_back_what_its_test_does_not_need_any_more(probe):
    granted = probe.ask(purpose="schedule")
    reserved = probe.app[SLOTS].ledger.figures().reserved_bps
    with begin_download(probe, granted, read_bytes=2_400_000):  # more than 9 need-seconds: the drain is over
        lowered = probe.app[SLOTS].ledger.figures().reserved_bps
    assert (reserved, lowered) == ((16_000_000, 0), (8_000_000, 0))  # what the upload will need


def test_a_device_that_asks_twice_at_once_holds_one_place_and_then_one_slot(start):
    with start(**NARROW) as probe, ThreadPoolExecutor() as pool:
        first = probe.ask(FIRST, purpose="schedule")
        earlier = pool.submit(probe.ask, SECOND, purpose="schedule")
        until(lambda: sum(probe.app[SLOTS].ledger.figures().waiting) == 1)
        later = pool.submit(probe.ask, SECOND, purpose="schedule")
        assert isinstance(earlier.result(10), Booked)  # who hung up asks again before that is seen here
        assert sum(probe.app[SLOTS].ledger.figures().waiting) == 1
        probe.fetch("POST", f"/v1/slots/{first.token}/end")
        granted = later.result(10)
        assert [slot.granted for slot in probe.app[SLOTS]] == [granted]


# --- what the centre decides


def test_a_device_that_is_revoked_while_it_waits_is_refused_and_takes_no_slot(start):
    with start(**NARROW) as probe, ThreadPoolExecutor() as pool:
        first = probe.ask(FIRST, purpose="schedule")
        waiting = pool.submit(probe.ask, SECOND, purpose="schedule")
        until(lambda: sum(probe.app[SLOTS].ledger.figures().waiting) == 1)
        document = probe.app[KNOWN].document
        probe.obey(document.model_copy(update={"devices": {FIRST: document.devices[FIRST]}}))
        assert waiting.result(10) == Refused(code="wrong_answer")
        probe.fetch("POST", f"/v1/slots/{first.token}/end")
        assert [*probe.app[SLOTS]] == []
        assert probe.app[SLOTS].ledger.figures().reserved_bps == (0, 0)


def test_caps_follow_a_document_whose_event_needs_more(start):
    with start(**NARROW) as probe:
        document = probe.app[KNOWN].document
        much = DirectionNeed(ready_mbps=20.0, minimum_mbps=10.0)
        needs = tuple(one.model_copy(update={"download": much, "upload": much}) for one in document.needs)
        probe.obey(document.model_copy(update={"needs": needs}))
        assert isinstance(probe.ask(FIRST, purpose="schedule"), Granted)
        figures = probe.app[SLOTS].ledger.figures()
        assert figures.capacity_bps == 2 * figures.reserved_bps[0]
        assert probe.app[LIMITS].capacity_mbps > figures.capacity_bps / 1e6
        probe.obey(document)
        assert probe.app[SLOTS].ledger.figures().capacity_bps == figures.capacity_bps * 2 / 20


def test_a_stop_breaks_off_what_runs_and_sends_away_who_waits_until_it_is_over(start):
    with start(**NARROW) as probe, ThreadPoolExecutor() as pool:
        document = probe.app[KNOWN].document
        granted = probe.ask(FIRST, purpose="schedule")
        waiting = pool.submit(probe.ask, SECOND, purpose="schedule")
        with begin_download(probe, granted) as client:
            probe.obey(document.model_copy(update={"is_stopped": True}))
            assert rest_of(client) < granted.most_down_bytes / 2
        before = sent_bytes(probe)
        assert {waiting.result(10).code, probe.ask(SECOND).code} == {"stopped"}
        assert load_by(probe, granted.token)[1] == 0
        assert sent_bytes(probe) == before
        probe.obey(document)
        assert isinstance(probe.ask(SECOND), Granted)


def test_the_test_of_a_device_that_is_revoked_is_broken_off(probe):
    document = probe.app[KNOWN].document
    first, second = probe.ask(FIRST), probe.ask(SECOND)
    rest = {name: client for name, client in document.devices.items() if name != FIRST}
    probe.obey(document.model_copy(update={"devices": rest}))
    assert [slot.granted for slot in probe.app[SLOTS]] == [second]
    assert load_by(probe, first.token)[1] == 0


def test_what_a_test_costs_is_learned_from_whole_line_tests_alone(probe):
    document, slots = probe.app[KNOWN].document, probe.app[SLOTS]
    for test in ("speedtest", "line"):
        probe.fetch("POST", f"/v1/slots/{probe.ask(FIRST, test=test).token}/end")
    probe.ask(FIRST)
    probe.obey(document.model_copy(update={"is_stopped": True}))
    need_class = document.needs[document.devices[FIRST].needs].need_class
    assert [one.need_class for one in slots.journal.untold()] == [None, need_class, None]
    assert len(slots.ledger.take_changes()[1]) == 1


# --- its own limits


@pytest.mark.parametrize(("lost", "is_limited"), [(4, False), (5, True)])
def test_some_packets_lost_here_are_chance(probe, lost, is_limited):
    granted = probe.ask()
    probe.do(lambda: open_stream(probe, granted))
    probe.do(lambda: probe.app[REFLECTOR].overflowed(lost))
    ended = Ended.model_validate_json(probe.fetch("POST", f"/v1/slots/{granted.token}/end")[1])
    assert ended.is_server_limited == is_limited


def test_a_run_of_a_stopped_centre_does_not_come_again(probe):
    probe.ask(FIRST)
    (slot,) = probe.app[SLOTS]
    slot.is_server_limited = True
    document = probe.app[KNOWN].document
    probe.obey(document.model_copy(update={"devices": {}}))
    assert probe.app[SLOTS].ledger.figures().booked == (0, 0)


def test_a_run_while_the_server_was_stalled_is_told_and_comes_again(probe):
    granted = probe.ask(purpose="schedule")
    with begin_download(probe, granted, read_bytes=100_000):
        probe.loop.call_soon_threadsafe(time.sleep, 0.6)
        time.sleep(0.8)
        ended = Ended.model_validate_json(probe.fetch("POST", f"/v1/slots/{granted.token}/end")[1])
    assert ended.is_server_limited
    assert ended.again_in_s == pytest.approx(ledger.REBOOK_S, abs=1)


def open_stream(probe, granted):
    """Prove an address to the reflector, as the stream of a slot begins."""
    reflector, address = probe.app[REFLECTOR], ("192.0.2.1", 4000)
    cookie = stamp.cookie_of(reflector.answer(stamp.with_token(stamp.encode(0, 0), granted.token), address))
    reflector.answer(stamp.with_token(stamp.encode(0, 0, cookie), granted.token), address)
    assert reflector.streams == 1


def rest_of(client):
    """Read what still comes; return how many bytes that is."""
    came = 0
    try:
        while block := client.recv(65_536):
            came += len(block)
    except ConnectionResetError:
        pass
    return came


def until(holds):
    deadline = time.monotonic() + 10
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.02)
