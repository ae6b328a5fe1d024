"""Whoever is bound to some units: nothing that exists or happens elsewhere changes a letter of what they are told."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Iterable
from functools import partial
from typing import Any, NamedTuple

import pytest
from fastapi import FastAPI
from sqlalchemy import insert, select, true, update
from starlette.requests import Request
from starlette.testclient import TestClient

from collector.dashboard import (
    boards,
    live,
    measure,
    overview,
    overview_board,
    readings,
    render,
    speakers,
    speakers_board,
)
from collector.dashboard.app import build_app
from collector.dashboard.boards import Boards
from collector.dashboard.capacity_sheets import CapacitySheets
from collector.dashboard.readings import Readings
from collector.dashboard.routes import ROUTES
from collector.dryrun.conduct import Wish
from collector.dryrun.prediction import OfWave, Prediction
from collector.dryrun.selection import Selection
from collector.intake.arrival import Arrival
from collector.intake.ingest import ingest
from collector.judge.load import load_policy
from collector.judge.policy import SEED
from collector.statement import whose
from collector.statement.make import make
from collector.store import campaigns, statements
from collector.store.queries.sessions import all_sessions
from collector.store.scope import Placed, Sight
from collector.store.tables import campaign_site, command
from contract import wire
from provisioning import people
from provisioning.people import DUTIES
from provisioning.settings import Settings
from provisioning.store.engine import writing
from provisioning.store.tables import contact, person, person_scope, site, unit
from provisioning.units.load import find_units

POLICY = load_policy(SEED.read_text(encoding="utf-8"))
PASSWORD = "mat-khau-dai"
SAME_SITE = {"Sec-Fetch-Site": "same-origin"}
OWN, ELSEWHERE = "OWN0000", "CANARY0"
CANARIES = ("Chim hoàng yến", "d-canary", "0999 777 555")

# By route, how it is asked about what lies in another province.
ASKED: dict[str, tuple[str, ...]] = {
    "GET /": ("/", "/?session=1"),
    "GET /sites": (
        "/sites",
        "/sites?q=chim+hoang+yen",
        "/sites?unit=02",
        "/sites?level=not_ready&owner=vnpt",
        "/sites?presence=lost",
        "/sites?sort=province&provider=vnpt",
    ),
    "GET /sites.xlsx": ("/sites.xlsx", "/sites.xlsx?q=chim+hoang+yen", "/sites.xlsx?unit=02&sort=since"),
    "GET /sites/{code}": (f"/sites/{ELSEWHERE}", f"/sites/{ELSEWHERE}?session=1"),
    "GET /health": ("/health",),
    "GET /units": ("/units", "/units?province=02", "/units?kind=provinces", "/units?sort=-name"),
    "GET /units/{code}": ("/units/02", "/units/021", "/units/01"),
    "POST /sites/{code}/measure": (f"/sites/{ELSEWHERE}/measure",),
    "GET /events/{code}/lacking": (
        "/events/e/lacking?gate=T-14d&unit=02",
        "/events/e/lacking?gate=T-14d&unit=01&session=1",
    ),
    "GET /calendar": ("/calendar", "/calendar?session=1"),
    "GET /events/{code}": ("/events/e", "/events/e?session=1"),
    "GET /capacity": ("/capacity", "/capacity?unit=2&medium=pc&delivery=unicast"),
    "GET /speakers": ("/speakers", "/speakers?session=1"),
    "GET /statements": ("/statements",),
    "GET /statements/{number}": ("/statements/1",),
    "GET /statements/{number}/{form}": ("/statements/1/json",),
    "GET /dryruns": ("/dryruns",),
    "GET /dryruns/{number}": ("/dryruns/1", "/dryruns/1?outcome=", "/dryruns/1?outcome=fails&reason=upload"),
    "GET /dryruns/new": ("/dryruns/new?session=1", "/dryruns/new?session=1&unit=02", "/dryruns/new"),
    "GET /reports/{report_id}": ("/reports/2",),
    "GET /quarantine": ("/quarantine", "/quarantine?reason=not_json", "/quarantine?device=canary"),
    "GET /api/v1/summary": ("/api/v1/summary", "/api/v1/summary?session=1"),
    "GET /api/v1/units": ("/api/v1/units", "/api/v1/units?parent=02", "/api/v1/units?parent=01"),
    "GET /api/v1/sites": ("/api/v1/sites", "/api/v1/sites?unit=02", "/api/v1/sites?q=chim", "/api/v1/sites?limit=1"),
    "GET /api/v1/sites/{code}/evidence": (f"/api/v1/sites/{ELSEWHERE}/evidence",),
    "GET /api/v1/sites/{code}/history": (f"/api/v1/sites/{ELSEWHERE}/history",),
    "GET /api/v1/sites/{code}/hours": (f"/api/v1/sites/{ELSEWHERE}/hours", f"/api/v1/sites/{ELSEWHERE}/hours?days=7"),
    "GET /api/v1/flags": ("/api/v1/flags", "/api/v1/flags?unit=02", "/api/v1/flags?limit=2"),
    "GET /metrics": ("/metrics",),
}
ALIKE_FOR_ALL = {
    *("GET /login", "POST /login", "POST /logout", "GET /healthz", "GET /api/v1/openapi.json"),
    *("GET /probe-servers/document", "POST /probe-servers/slots"),  # for machines, by a key
    *("GET /events", "POST /events", "POST /events/{code}", "POST /events/{code}/sessions"),  # they name no site
    *(f"POST /events/{{code}}/sessions/{{session_code}}/{what}" for what in ("speakers", "backups")),
    *("POST /calendar/holidays", "POST /calendar/power-cuts"),  # for those who see the country
    *("POST /events/{code}/sessions/{session_code}", "POST /events/{code}/deadlines"),
    *(
        "POST /dryruns/new",
        "POST /dryruns/{number}",
        "POST /dryruns/{number}/rehearsals",
    ),  # for who conducts them, over the whole country
    *("GET /my/{token}", "POST /my/{token}/measure"),  # by a link, see test_own.py
    "POST /speakers",  # who speaks is everybody's, and told by whoever sees the country
    "POST /speakers/live-mode",  # of all who are seen in a session, asked for by whoever sees the country
    *("POST /statements", "POST /statements/{number}"),  # by number and unit, see test_statements.py
    "POST /capacity",  # by what the form names, see test_capacity.py
}
LISTENED_TO = {"GET /live", "GET /live/board", "GET /live/speakers"}
BREAKS: dict[str, tuple[tuple[Any, str, Any], ...]] = {
    "no query looks at sites": ((Sight, "site", lambda *_: true()),),
    "no query looks at devices": ((Sight, "device", lambda *_: true()),),
    "everybody sees the country": tuple((each, "units_of", lambda *_: None) for each in (render, measure, live)),
    "the stream tells all to everybody": ((Placed, "seen", lambda changed, _: dict(changed.kinds)),),
}


class Answer(NamedTuple):
    """What a person was told."""

    status: int
    text: str


class World(NamedTuple):
    """A country with one site in each of two provinces, the other one coming later."""

    app: FastAPI
    country: Any
    add_elsewhere: Callable[[], None]
    browsers: dict[str, TestClient]

    def browser(self, login: str) -> TestClient:
        if login not in self.browsers:
            browser = TestClient(self.app, base_url="https://testserver", follow_redirects=False)
            assert browser.post("/login", data={"login": login, "password": PASSWORD}).status_code == 303
            self.browsers[login] = browser
        return self.browsers[login]

    def ask(self, login: str) -> dict[str, Answer]:
        """Return what a person is told by every route about the other province."""
        browser, told = self.browser(login), {}
        for route, addresses in ASKED.items():
            for address in addresses:
                answer = browser.request(route.split()[0], address, headers=SAME_SITE)
                told[address] = Answer(answer.status_code, answer.text)
        for address, stream in (("/live/board", overview.stream), ("/live/speakers", speakers.stream)):
            told[address] = Answer(200, asyncio.run(self._hear_board(stream, login)))
        return told

    def hear(self, login: str) -> dict[str, list[int]]:
        """Return what a person's stream tells when everything in the country has changed."""
        return asyncio.run(self._hear_changes(login))  # type: ignore[no-any-return]

    async def _hear_changes(self, login: str) -> Any:
        events = (await live.stream(self._request(login))).body_iterator
        await anext(events)  # type: ignore[arg-type]  # the hello
        await self.app.state.feed._look(0)
        return json.loads(str(await anext(events)).partition("data: ")[2])  # type: ignore[arg-type]

    async def _hear_board(self, stream: Callable[..., Any], login: str) -> str:
        events = (await stream(self._request(login), self.country.session_id)).body_iterator
        return str(await anext(events))

    def _request(self, login: str) -> Request:
        request = Request({"type": "http", "app": self.app, "headers": [], "query_string": b""})
        with self.country.engine.connect() as connection:
            person_id = connection.execute(select(person.c.id).where(person.c.login == login)).scalar_one()
            request.state.person = people.find(connection, person_id)
        return request


def _place(country: Any, unit_code: str, name: str, device_name: str, now: int) -> None:
    """Add a site with all that a site can have, in the district of a province."""
    with writing(country.engine) as connection:
        country.unit_id = connection.execute(select(unit.c.id).where(unit.c.code == f"{unit_code}1")).scalar_one()
    country.site(name, role="interactive")
    with writing(country.engine) as connection:
        site_id = connection.execute(select(site.c.id).where(site.c.name == name)).scalar_one()
        code, phone = (ELSEWHERE, CANARIES[2]) if name in CANARIES else (OWN, "0912 345 678")
        connection.execute(update(site).where(site.c.id == site_id).values(code=code, address=f"Phố {name}"))
        connection.execute(insert(contact).values(site_id=site_id, name=name, phone=phone))
    sender = country.device(device_name, name)
    slow = sender.body(line={"upload_mbps": 0.1})
    arrivals = [sender.presence("connected"), sender.report(1, slow), sender.report(2, b"no json")]
    _put_into_campaign(country, name)
    stray = Arrival(wire.topic_for(device_name, "report"), b"no frame", now)
    ingest(country.engine, [*arrivals, stray], POLICY, now)


def _put_into_campaign(country: Any, name: str) -> None:
    """Have a site fall short in the one campaign there is."""
    with writing(country.engine) as connection:
        site_id = connection.execute(select(site.c.id).where(site.c.name == name)).scalar_one()
        values = {"campaign_id": 1, "site_id": site_id, "wave": 0, "outcome": "fails", "reason": "upload"}
        connection.execute(insert(campaign_site).values(values))


def _begin_campaign(country: Any, now: int) -> None:
    """Begin a campaign, of which nobody knows yet whom it takes."""
    waves = (OfWave(wave=0, sites=1, opens_s=0, spread_s=1),)
    foreseen = {"sites": 1, "tests": 1, "spread_s": 1, "duration_s": 1.0, "moved_bytes": 1.0, "servers": ()}
    told = Prediction(**foreseen, peaks_bps={}, waves=waves, left={}, is_known=False)  # type: ignore[arg-type]
    wish = Wish("Đợt", country.session_id, ("line",), Selection(), now, now + 1)
    with writing(country.engine) as connection:
        made = campaigns.add(connection, {**wish._asdict(), "prediction": told}, "noc", now)
        campaigns.change(connection, made, "start", {"state": "running", "started_at": now}, "noc", now)


@pytest.fixture
def world(country: Any, now: int, home: Any, password_hash: str, monkeypatch: pytest.MonkeyPatch) -> World:
    for kept in (boards, readings):
        monkeypatch.setattr(kept, "GAP_S", 0.0)
    with writing(country.engine) as connection:  # the map, which is everybody's
        values = {"level": 1, "valid_from": "2008-08-01"}
        province = connection.execute(
            insert(unit).values(**values, code="02", name="Tỉnh Hà Giang").returning(unit.c.id)
        ).scalar_one()
        for code, parent_id in (("011", country.unit_id), ("021", province)):
            values = {"code": code, "level": 2, "name": f"Huyện {code}", "valid_from": "2008-08-01"}
            connection.execute(insert(unit).values(**values, parent_id=parent_id))
    _begin_campaign(country, now)
    _place(country, "01", "Mèo Vạc", "d-00000001", now)
    with writing(country.engine) as connection:
        for login, duty, units in (*((duty, duty, ["01"]) for duty in DUTIES), ("country", "noc", [])):
            values = {"login": login, "name": login, "password": password_hash, "duty": duty}
            person_id = connection.execute(insert(person).values(values).returning(person.c.id)).scalar_one()
            for unit_id in find_units(connection, units):
                connection.execute(insert(person_scope).values(person_id=person_id, unit_id=unit_id))
    app = build_app(country.engine, Settings(home=home), now=lambda: now)

    def add_elsewhere() -> None:
        _place(country, "02", CANARIES[0], CANARIES[1], now)
        with writing(country.engine) as connection:
            session = all_sessions(connection)[0]
            seen, there = whose.at(Sight(connection, None), session.id, "02")
            statements.keep(
                connection, session.id, there and there.unit_id, make(seen, session, there, now), "noc", now
            )
        kept = app.state.readings = Readings()  # so that nothing is shown that was read or drawn before
        app.state.boards = Boards(country.engine, lambda: now, partial(overview_board.draw, readings=kept))
        sheets = app.state.sheets = CapacitySheets()
        app.state.speakers = Boards(country.engine, lambda: now, partial(speakers_board.draw, sheets=sheets))

    return World(app, country, add_elsewhere, {})


def leaks(world: World, logins: Iterable[str]) -> set[str]:
    """Return who is told what differs by what exists elsewhere, and by which address."""
    before = {login: world.ask(login) for login in logins}
    world.add_elsewhere()
    found = set()
    for login, told in before.items():
        after = world.ask(login)
        found |= {f"{login} {address}" for address, answer in after.items() if answer != told[address]}
        found |= {f"{login} {address}" for address, answer in after.items() if any(c in answer.text for c in CANARIES)}
        if any(key != 1 for kind, keys in world.hear(login).items() for key in keys):
            found.add(f"{login} /live")
    return found


def test_every_route_is_asked_about_what_lies_elsewhere_or_named_as_alike_for_all() -> None:
    routes = {f"{route.method} {route.path}" for route in ROUTES}
    assert routes == set(ASKED) | ALIKE_FOR_ALL | LISTENED_TO


def test_what_lies_elsewhere_changes_no_letter_of_what_any_duty_is_told(world: World) -> None:
    assert leaks(world, DUTIES) == set()


def test_nothing_is_asked_of_a_site_elsewhere_and_of_an_own_one_only_by_who_may_act(world: World) -> None:
    world.add_elsewhere()
    for duty in DUTIES:
        browser = world.browser(duty)
        answers = [browser.post(f"/sites/{code}/measure", headers=SAME_SITE) for code in (ELSEWHERE, OWN)]
        assert [answer.status_code for answer in answers] == ([403, 403] if duty == "viewer" else [404, 303]), duty
        assert browser.get(f"/sites/{OWN}").status_code == 200
    with world.country.engine.connect() as connection:
        assert connection.execute(select(command.c.device_id).distinct()).scalars().all() == [1]


def test_who_sees_the_country_is_told_by_every_address_or_the_tests_above_could_not_fail(world: World) -> None:
    addresses = [asked[0] for asked in ASKED.values()] + ["/live", "/live/board", "/live/speakers"]
    assert leaks(world, ["country"]) >= {f"country {address}" for address in addresses}


@pytest.mark.parametrize("broken", BREAKS)
def test_a_scope_that_is_broken_is_found_out(world: World, broken: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for owner, name, instead in BREAKS[broken]:
        monkeypatch.setattr(owner, name, instead)
    assert leaks(world, ["provincial"])
