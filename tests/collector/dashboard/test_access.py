from __future__ import annotations

import re
import stat
from collections.abc import Callable
from typing import Any

from starlette.testclient import TestClient

from collector.dashboard import access
from collector.dashboard.access import COOKIE
from collector.dashboard.app import build_app
from collector.dashboard.routes import ROUTES
from provisioning import people
from provisioning.settings import Settings
from provisioning.store.engine import writing

PASSWORD = "mat-khau-dai"
BY_LOGIN = (
    *(access.require_person, access.require_acting, access.require_operating),
    *(access.require_near_or_operating, access.require_conducting),
)


def _path(route: Any) -> str:
    return re.sub(r"\{.*?\}", "1", route.path)


def test_every_route_but_the_open_ones_asks_for_a_login(stranger: TestClient) -> None:
    assert {route.path for route in ROUTES if route.is_open} == {
        "/login",
        "/healthz",
        "/my/{token}",  # asks for a proof of its own
        "/my/{token}/measure",
    }
    for route in ROUTES:
        if not route.is_open and route.lets_in in BY_LOGIN:
            answer = stranger.request(route.method, _path(route))
            is_page = not route.path.startswith(("/api/", "/live"))
            assert answer.status_code == (303 if is_page else 401), route.path
            assert not is_page or answer.headers["location"].startswith("/login?next=")


def test_only_probe_servers_are_let_in_by_anything_but_a_login(stranger: TestClient) -> None:
    others = [route for route in ROUTES if not route.is_open and route.lets_in not in BY_LOGIN]
    assert {route.path.split("/")[1] for route in others} == {"probe-servers"}
    for route in others:
        assert stranger.request(route.method, route.path).status_code == 403


def test_the_app_answers_nothing_that_is_not_in_routes(stranger: TestClient) -> None:
    named = {(route.method, route.path) for route in ROUTES}
    answered = {
        (method, route.path)
        for route in stranger.app.routes  # type: ignore[attr-defined]
        for method in getattr(route, "methods", ())
    }
    assert answered - named == set()


def test_a_page_asked_for_again_without_a_login_sends_the_browser_to_the_login(stranger: TestClient) -> None:
    answer = stranger.get("/?owner=vnpt", headers={"HX-Request": "true"})
    assert answer.status_code == 401
    assert answer.headers["hx-redirect"] == "/login?next=%2F%3Fowner%3Dvnpt"


def test_after_login_the_page_that_was_wanted_comes(stranger: TestClient) -> None:
    form = {"login": "ministry", "password": PASSWORD, "next": "/?owner=vnpt"}
    answer = stranger.post("/login", data=form)
    assert (answer.status_code, answer.headers["location"]) == (303, "/?owner=vnpt")
    cookie = answer.headers["set-cookie"]
    assert {"HttpOnly", "Secure", "SameSite=lax"} <= set(cookie.split("; "))
    assert stranger.get("/?owner=vnpt").status_code == 200


def test_without_https_the_cookie_is_not_secure_or_no_browser_would_send_it(app: Any, nation: Any) -> None:
    with TestClient(app, follow_redirects=False) as client:
        answer = client.post("/login", data={"login": "ministry", "password": PASSWORD})
    assert "Secure" not in answer.headers["set-cookie"]


def test_a_login_never_leads_to_another_site(stranger: TestClient) -> None:
    for elsewhere in ("//evil.example", "https://evil.example", "/\\evil.example", "/\t/evil.example"):
        form = {"login": "ministry", "password": PASSWORD, "next": elsewhere}
        assert stranger.post("/login", data=form).headers["location"] == "/", elsewhere


def test_a_wrong_login_is_refused_and_told(stranger: TestClient) -> None:
    for login, password in (("ministry", "wrong"), ("nobody", PASSWORD)):
        answer = stranger.post("/login", data={"login": login, "password": password})
        assert answer.status_code == 403
        assert "set-cookie" not in answer.headers
        assert "không đúng" in answer.text


def test_logging_out_ends_the_login(browser: TestClient) -> None:
    assert browser.post("/logout").headers["location"] == "/login"
    assert browser.get("/").status_code == 303


def test_a_disabled_person_is_out_at_once(browser: TestClient, nation: Any, now: int) -> None:
    with writing(nation.engine) as connection:
        people.disable(connection, "ministry", "test", now)
    assert browser.get("/").status_code == 303


def test_a_cookie_that_was_touched_is_worth_nothing(browser: TestClient) -> None:
    cookie = browser.cookies[COOKIE]
    browser.cookies.clear()
    browser.cookies.set(COOKIE, ("A" if cookie[0] != "A" else "B") + cookie[1:])
    assert browser.get("/").status_code == 303


def test_the_key_that_signs_cookies_is_its_owners_alone_and_stays(browser: TestClient, nation: Any, home: Any) -> None:
    key = home / "secrets" / "login-cookie.key"
    assert stat.S_IMODE(key.stat().st_mode) == 0o600
    again = build_app(nation.engine, Settings(home=home))
    with TestClient(again, base_url="https://testserver", cookies=dict(browser.cookies)) as client:
        assert client.get("/", follow_redirects=False).status_code == 200


def test_basic_authentication_serves_the_demos_api_and_nothing_else(
    nation: Any, home: Any, stranger: TestClient
) -> None:
    with TestClient(build_app(nation.engine, Settings(home=home, is_demo=True)), follow_redirects=False) as demo:
        assert demo.get("/api/v1/summary").headers["www-authenticate"] == "Basic"
        assert demo.get("/api/v1/summary", auth=("ministry", PASSWORD)).status_code == 200
        assert demo.get("/api/v1/summary", auth=("ministry", "wrong")).status_code == 401
        assert demo.get("/", auth=("ministry", PASSWORD)).status_code == 303
    assert stranger.get("/api/v1/summary", auth=("ministry", PASSWORD)).status_code == 401


def test_only_who_may_call_a_site_sees_its_phones(
    stranger: TestClient, log_in: Callable[[TestClient, str], TestClient]
) -> None:
    assert "0912 345 678" in log_in(stranger, "ministry").get("/sites/SLOW000").text
    page = log_in(stranger, "viewer").get("/sites/SLOW000").text
    assert "Bình" in page
    assert "0912" not in page
