"""Wrong passwords slow a login down, and only that one."""

from __future__ import annotations

from typing import Any

import pytest
from starlette.testclient import TestClient

from collector.dashboard import pace
from collector.dashboard.app import build_app
from collector.dashboard.pace import Pace, TooSoon
from provisioning.people import Person
from provisioning.settings import Settings

PASSWORD = "mat-khau-dai"
SECOND = 1_000_000
NOC = Person(1, "noc", "Ca trực", "noc")


def wait_after(tries: Pace, login: str, at: int) -> int:
    """How long a wrong try must wait that comes at this second; 0: it was looked at."""
    try:
        tries.try_once(login, at * SECOND, lambda: None)
    except TooSoon as refusal:
        return refusal.wait_s
    return 0


def test_wrong_tries_wait_longer_and_longer_up_to_a_minute() -> None:
    tries = Pace()
    looked_at = [second for second in range(300) if wait_after(tries, "noc", second) == 0]
    quick = [wait_after(tries, "other", 0) for _ in range(6)]

    assert looked_at == [0, 1, 2, 3, 4, 14, 34, 74, 134, 194, 254]
    assert quick == [0, 0, 0, 0, 0, 10]


def test_a_right_password_must_wait_too_and_then_ends_the_waiting() -> None:
    tries = Pace()
    for _ in range(5):
        wait_after(tries, "noc", 0)
    with pytest.raises(TooSoon):
        tries.try_once("noc", 9 * SECOND, lambda: NOC)

    assert tries.try_once("noc", 10 * SECOND, lambda: NOC) == NOC
    assert [wait_after(tries, "noc", 10) for _ in range(6)] == [0, 0, 0, 0, 0, 10]


def test_one_logins_wrong_tries_are_no_others() -> None:
    tries = Pace()
    for _ in range(6):
        wait_after(tries, "noc", 0)
    assert wait_after(tries, "ministry", 0) == 0


def test_no_more_logins_are_remembered_than_there_is_room_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pace, "MOST_LOGINS", 2)
    tries = Pace()
    for _ in range(5):
        for login in ("first", "second"):
            wait_after(tries, login, 0)
    wait_after(tries, "third", 0)

    assert [wait_after(tries, login, 0) for login in ("second", "first")] == [10, 0]


def test_the_form_says_how_long_to_wait_and_looks_at_no_password_meanwhile(nation: Any, home: Any, now: int) -> None:
    clock = [now]
    app = build_app(nation.engine, Settings(home=home, is_demo=True), now=lambda: clock[0])
    with TestClient(app, base_url="https://testserver", follow_redirects=False) as browser:
        for login in ("ministry", "nobody"):
            wrong = {"login": login, "password": "wrong"}
            assert [browser.post("/login", data=wrong).status_code for _ in range(6)] == [403] * 5 + [429]

        right = {"login": "ministry", "password": PASSWORD}
        answer = browser.post("/login", data=right)
        assert (answer.status_code, answer.headers["retry-after"]) == (429, "10")
        assert "Thử lại sau 10 giây" in answer.text
        assert "set-cookie" not in answer.headers
        assert browser.get("/api/v1/summary", auth=("ministry", PASSWORD)).status_code == 401

        clock[0] += 10 * SECOND
        assert browser.post("/login", data=right).status_code == 303
        assert browser.get("/api/v1/summary", auth=("ministry", PASSWORD)).status_code == 200
