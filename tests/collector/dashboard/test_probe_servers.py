"""The document as probe servers fetch it."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import insert, select, update
from starlette.testclient import TestClient

from collector.dashboard import probe_servers
from collector.probe_server import signing
from collector.probe_server.document import read
from collector.store import line_tests, scope
from collector.store.queries import site
from collector.store.tables import campaign, campaign_site
from provisioning import secret_files
from provisioning.credentials import probe_server_key
from provisioning.store import tables
from provisioning.store.engine import record_changes, writing

PATH, SLOTS = "/probe-servers/document", "/probe-servers/slots"
NONCE = "a nonce of ours"


@pytest.fixture
def key(app: Any, home: Path) -> bytes:
    return probe_server_key(secret_files.key(home / "secrets", "permit-key"))


@pytest.fixture
def fetch(stranger: TestClient, key: bytes) -> Callable[..., Any]:
    def ask(known: str = "", nonce: str = NONCE, signature: str | None = None) -> Any:
        signed = signing.of_request(key, NONCE, PATH) if signature is None else signature
        return stranger.get(PATH, headers={signing.NONCE: nonce, signing.SIGNATURE: signed, "If-None-Match": known})

    return ask


def test_the_document_comes_signed_over_the_nonce(fetch: Callable[..., Any], key: bytes) -> None:
    answer = fetch()
    assert answer.status_code == 200
    assert set(read(answer.content).devices) == {"d-00000001", "d-00000002", "d-00000003"}
    assert answer.headers["content-encoding"] == "gzip"
    told = answer.headers[signing.SIGNATURE]
    assert told == signing.of_answer(key, NONCE, answer.headers["etag"], answer.content)
    assert told != signing.of_answer(key, "another nonce", answer.headers["etag"], answer.content)


def test_a_document_that_is_known_already_costs_no_byte(fetch: Callable[..., Any], key: bytes) -> None:
    tag = fetch().headers["etag"]
    answer = fetch(tag)
    assert (answer.status_code, answer.content) == (304, b"")
    assert answer.headers[signing.SIGNATURE] == signing.of_answer(key, NONCE, tag)


def test_whoever_does_not_sign_gets_nothing(fetch: Callable[..., Any], browser: TestClient, key: bytes) -> None:
    assert browser.get(PATH).status_code == 403
    assert fetch(signature="").status_code == 403
    assert fetch(signature="0" * 64).status_code == 403
    assert fetch(nonce="another nonce").status_code == 403
    assert fetch(signature=signing.of_request(key, NONCE, "/another/path")).status_code == 403
    assert fetch(signature=signing.of_request(key, NONCE, PATH, b"a body")).status_code == 403
    assert fetch(signature="\u00e9".encode("latin-1")).status_code == 403


def test_changes_that_come_fast_are_told_together_and_a_stop_at_once(
    fetch: Callable[..., Any], nation: Any, now: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(probe_servers, "_SPARE", 1e9)
    tag = fetch().headers["etag"]
    with writing(nation.engine) as connection:
        record_changes(connection, [("device", 1)])
    assert fetch(tag).status_code == 304
    with writing(nation.engine) as connection:
        line_tests.stop(connection, "noc", now, is_stopped=True)
    assert read(fetch(tag).content).is_stopped


@pytest.fixture
def tell(stranger: TestClient, key: bytes) -> Callable[..., Any]:
    def send(*slots: dict[str, Any], body: bytes | None = None) -> Any:
        content = json.dumps({"slots": slots}).encode() if body is None else body
        signed = signing.of_request(key, NONCE, SLOTS, content)
        return stranger.post(SLOTS, content=content, headers={signing.NONCE: NONCE, signing.SIGNATURE: signed})

    return send


@pytest.fixture
def turns(nation: Any, now: int) -> Callable[..., Any]:
    """A function that returns the latest turns of a site's devices."""

    def read(site_id: int = 1, after_s: int = 0) -> Any:
        with nation.engine.connect() as connection:
            return site.turns_of(scope.country(connection), site_id, now + after_s * 1_000_000)

    return read


def turn(state: str, at: int, turn_id: str = "a" * 22, **more: Any) -> dict[str, Any]:
    return {"id": turn_id, "device": "d-00000001", "purpose": "schedule", "state": state, "at_us": at, **more}


def test_what_becomes_of_a_turn_is_told_again_and_again_and_stands_once(
    tell: Callable[..., Any], turns: Callable[..., Any], key: bytes, now: int
) -> None:
    booked = turn("booked", now, due_us=now + 60_000_000)
    ended = turn("ended", now + 70_000_000, ending="told", sent_bytes=3, received_bytes=4)
    for told, expected in (
        (booked, ("booked", now, now + 60_000_000, None, 0, False)),
        (booked, ("booked", now, now + 60_000_000, None, 0, False)),
        (ended, ("ended", now + 70_000_000, None, "told", 7, False)),
    ):
        answer = tell(told)
        assert answer.status_code == 204
        assert answer.headers[signing.SIGNATURE] == signing.of_answer(key, NONCE, "")
        assert {name: tuple(one) for name, one in turns().items()} == {1: expected}


def test_a_turn_whose_end_nobody_lived_to_tell_is_lost_once_no_slot_lasts_so_long(
    tell: Callable[..., Any], turns: Callable[..., Any], now: int
) -> None:
    tell(turn("granted", now))
    assert tuple(turns(after_s=129)[1]) == ("granted", now, None, None, 0, False)
    assert tuple(turns(after_s=131)[1]) == ("ended", now, None, "lost", 0, False)


@pytest.mark.parametrize(
    ("state", "check", "purpose", "outcome", "is_spare", "told"),
    [
        ("stopped", "line", "schedule", "not_done", False, ("ended", "stopped")),
        ("stopped", "line", "schedule", "carries", True, ("ended", "stopped")),  # a spare has a test of its own
        ("ended", "line", "schedule", "not_done", False, ("booked", None)),
        ("stopped", "equipment", "schedule", "not_done", False, ("booked", None)),
        ("stopped", "line", "person", "not_done", False, ("booked", None)),  # a person's wish is no part of a dry run
        ("stopped", "line", "schedule", "carries", False, ("booked", None)),
    ],
)
def test_a_booking_is_given_up_by_a_stop_of_the_dry_run_that_it_was_of(
    tell: Callable[..., Any],
    turns: Callable[..., Any],
    nation: Any,
    now: int,
    state: str,
    check: str,
    purpose: str,
    outcome: str,
    is_spare: bool,
    told: tuple[str, str | None],
) -> None:
    tell(turn("booked", now, purpose=purpose, due_us=now + 60_000_000))
    with writing(nation.engine) as connection:
        connection.execute(update(tables.device).where(tables.device.c.id == 1).values(is_spare=is_spare))
        values = {
            "session_id": nation.session_id,
            "checks": json.dumps([check]),
            "selection": "{}",
            "prediction": "{}",
            "name": "a",
        }
        values |= {"opens_at": now, "closes_at": now + 9, "made_at": now, "made_by": "noc"}
        values |= {"state": state, "ended_at": now + 5}
        number = connection.execute(insert(campaign).values(values).returning(campaign.c.id)).scalar_one()
        connection.execute(insert(campaign_site).values(campaign_id=number, site_id=1, wave=0, outcome=outcome))
    assert (turns()[1].state, turns()[1].ending) == told
    tell(turn("booked", now + 6, "b" * 22, purpose=purpose, due_us=now + 60_000_000))
    assert turns()[1].state == "booked"  # for another reason than the dry run


def test_news_that_are_played_back_set_nothing_back(
    tell: Callable[..., Any], turns: Callable[..., Any], now: int
) -> None:
    earlier, later = turn("booked", now, due_us=now + 60), turn("booked", now + 10, due_us=now + 90)
    granted, ended = turn("granted", now + 90), turn("ended", now + 99, ending="told")
    for newest in (later, granted, ended):
        assert tell(newest).status_code == 204
        stands = turns()
        assert tell(earlier).status_code == 204
        assert turns() == stands
    tell(granted, earlier, later)
    assert turns()[1].state == "ended"
    tell(turn("ended", now, "c" * 22, ending="told"), turn("granted", now, "c" * 22))
    assert turns()[1].state == "ended"


def test_a_long_body_is_refused_before_it_is_read_whole(tell: Callable[..., Any], stranger: TestClient) -> None:
    sent = 0

    def endless() -> Any:
        nonlocal sent
        for _ in range(100):
            sent += 65_536
            yield b"x" * 65_536

    assert stranger.post(SLOTS, content=endless()).status_code == 413
    assert tell(body=b"x" * 300_000).status_code == 413


def test_as_many_news_as_are_told_at_once_are_taken(tell: Callable[..., Any], now: int) -> None:
    longest = turn("ended", now, ending="stopped", due_us=2**53 - 1, sent_bytes=2**53 - 1, received_bytes=2**53 - 1)
    many = [{**longest, "id": f"{n:022}", "device": "d" * 32, "is_server_limited": False} for n in range(500)]
    assert tell(*many).status_code == 204


@pytest.mark.parametrize(
    ("told", "said", "unsaid"),
    [
        (turn("booked", 0, due_us=60_000_000), "đã đặt lịch lúc", "đến giờ chưa đo"),
        (turn("booked", 0, due_us=-60_000_000), "đến giờ chưa đo", "sẽ đo lại"),
        (turn("ended", 0, ending="told", is_server_limited=True), "sẽ đo lại", "bỏ dở"),
        (turn("ended", 0, ending="expired", is_server_limited=True), "thiết bị bỏ dở", "sẽ đo lại"),
    ],
)
def test_a_sites_page_promises_no_test_that_does_not_come(
    tell: Callable[..., Any],
    browser: TestClient,
    nation: Any,
    now: int,
    told: dict[str, Any],
    said: str,
    unsaid: str,
) -> None:
    times = {name: told[name] + now for name in ("at_us", "due_us") if name in told}
    tell({**told, **times})
    with nation.engine.connect() as connection:
        code = connection.scalar(select(tables.site.c.code).where(tables.site.c.id == 1))
    page = browser.get(f"/sites/{code}").text
    assert (said in page, unsaid in page) == (True, False)


def test_news_of_devices_that_nobody_knows_are_passed_over(
    tell: Callable[..., Any], turns: Callable[..., Any], now: int
) -> None:
    stranger = {**turn("granted", now, "b" * 22), "device": "d-99999999"}
    assert tell(stranger, turn("granted", now)).status_code == 204
    assert turns()[1].state == "granted"
    assert tell().status_code == 204


def test_old_turns_go(tell: Callable[..., Any], turns: Callable[..., Any], now: int) -> None:
    tell(turn("ended", now - 8 * 86_400 * 1_000_000))
    assert turns() == {}


@pytest.mark.parametrize("body", [b"", b"[]", b'{"slots":[{}]}', b"\xff"])
def test_what_is_no_news_is_refused(tell: Callable[..., Any], body: bytes) -> None:
    assert tell(body=body).status_code == 400


def test_news_must_be_signed_as_they_are(stranger: TestClient, key: bytes) -> None:
    headers = {signing.NONCE: NONCE, signing.SIGNATURE: signing.of_request(key, NONCE, SLOTS, b'{"slots":[]}')}
    assert stranger.post(SLOTS, content=b'{"slots":[ ]}', headers=headers).status_code == 403


def test_a_sites_page_tells_its_devices_turn_in_one_line(
    browser: TestClient, tell: Callable[..., Any], now: int
) -> None:
    for told, words in (
        (turn("granted", now - 131_000_000, "b" * 22), "không báo lượt này kết thúc thế nào"),
        (turn("booked", now, due_us=now + 60_000_000), "đã đặt lịch lúc"),
        (turn("granted", now), "đang đo từ"),
        (turn("ended", now, ending="told", sent_bytes=4_000_000), "lượt gần nhất"),
        (turn("ended", now, ending="told", is_server_limited=True), "sẽ đo lại"),
        (turn("ended", now, ending="expired"), "thiết bị bỏ dở"),
        (turn("ended", now, ending="stopped"), "trung tâm đã dừng"),
    ):
        tell(told)
        assert words in browser.get("/sites/SLOW000").text
