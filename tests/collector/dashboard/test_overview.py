from __future__ import annotations

import asyncio
import json
import re
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from functools import partial
from html import unescape
from typing import Any

import pytest
from sqlalchemy import func, insert, select, update
from starlette.testclient import TestClient

from collector.dashboard import boards, figures, overview_board, readings, stream
from collector.dashboard.boards import Board, Boards, Drawing, Key
from collector.dashboard.figures import Area
from collector.dashboard.readings import Readings
from collector.intake.ingest import ingest
from collector.intake.sweep import PRESENCE_LOST_AFTER_US, sweep
from collector.judge.load import load_policy
from collector.judge.policy import SEED
from collector.store.queries.units import Unit
from provisioning.store.engine import record_changes, writing
from provisioning.store.tables import contact, participation, person, person_scope, site, unit

SECOND = 1_000_000
POLICY = load_policy(SEED.read_text(encoding="utf-8"))
TOGETHER = "mất kết nối cùng lúc"


def words(html: str) -> str:
    return " ".join(unescape(re.sub(r"<[^>]*>", " ", html)).split())


def tile(page: str, code: str) -> str:
    """Return what a province's tile says."""
    (found,) = re.findall(rf'<li id="t-{code}".*?</li>', page, re.DOTALL)
    return words(found)


@pytest.fixture
def district(country: Any, nation: Any, now: int) -> Any:
    """Ba Vì with four venues, all good and connected."""
    with writing(country.engine) as connection:
        values = {"code": "271", "level": 2, "name": "Huyện Ba Vì", "parent_id": country.unit_id}
        unit_id = connection.execute(
            insert(unit).values(valid_from="2008-08-01", **values).returning(unit.c.id)
        ).scalar_one()
    there = replace(country, unit_id=unit_id)
    for n in range(4):
        there.site(f"Ba Vì {n}")
        sender = there.device(f"d-bavi000{n}", f"Ba Vì {n}")
        ingest(there.engine, [sender.presence("connected", at=now), sender.report(1)], POLICY, now)
    return there


def overviews(engine: Any, now: int, drawing: Drawing | None = None) -> Boards:
    """Boards that nobody else follows: those of the app belong to its own event loop."""
    return Boards(engine, lambda: now, drawing or partial(overview_board.draw, readings=Readings()))


def lose(district: Any, *venues: int, at: int, state: str = "lost") -> None:
    gone = [district.senders[f"d-bavi000{n}"].presence(state, at=at) for n in venues]
    ingest(district.engine, gone, POLICY, at)


def test_a_tile_tells_the_share_that_is_ready_and_the_worst_level(browser: TestClient) -> None:
    page = browser.get("/").text
    assert tile(page, "01") == "Hà Nội kém nhất: Chưa đạt; 25% đạt"
    assert 'href="/units/01?session=' in page


def test_every_interactive_site_is_a_cell_and_who_speaks_first_comes_first(browser: TestClient, country: Any) -> None:
    country.site("Bộ Giáo dục và Đào tạo", role="interactive", medium="room")
    with writing(country.engine) as connection:
        of_the_ministry = participation.c.site_id == select(func.max(site.c.id)).scalar_subquery()
        connection.execute(update(participation).where(of_the_ministry).values(speaking_order=1))
    page = browser.get("/").text
    cells = re.findall(r'<li id="c-\d+".*?</li>', page, re.DOTALL)
    assert [words(cell) for cell in cells] == [
        "Chưa rõ: Bộ GDĐT Chưa từng kết nối",
        "Chưa đạt: Trường THPT Nguyễn Huệ",
    ]


def test_what_changed_lately_is_told_with_its_time_and_a_link(browser: TestClient, country: Any, now: int) -> None:
    sender = country.senders["d-00000003"]
    worse = sender.report(3, sender.body(line={"download_mbps": 0.5}))
    ingest(country.engine, [worse], POLICY, now)
    (news,) = re.findall(r'<ol id="b-news".*?</ol>', browser.get("/").text, re.DOTALL)
    first = re.findall(r"<li.*?</li>", news, re.DOTALL)[0]
    assert words(first).startswith("08:00 Trường Tiểu học Đất Mũi · Thành phố Hà Nội Tải xuống: Đạt → ")
    assert 'href="/sites/GOOD000?session=' in first


def test_sites_of_a_district_that_drop_together_show_on_its_provinces_tile_and_change_no_level(
    browser: TestClient, district: Any, now: int
) -> None:
    before = browser.get("/api/v1/summary").json()["levels"]
    assert TOGETHER not in browser.get("/").text

    lose(district, 0, 1, at=now - 20 * SECOND)
    assert TOGETHER not in browser.get("/").text

    lose(district, 2, at=now)
    page = browser.get("/").text
    assert tile(page, "01").endswith(f"3 {TOGETHER}")
    assert f"Huyện Ba Vì, Hà Nội : 3 {TOGETHER}" in words(page)
    assert "3 disconnected together" in browser.get("/?lang=en").text
    assert browser.get("/api/v1/summary").json()["levels"] == before


def test_sites_that_were_shut_down_or_fell_asleep_are_no_cut(browser: TestClient, district: Any, now: int) -> None:
    lose(district, 0, 1, at=now)
    lose(district, 2, at=now, state="stopped")
    lose(district, 3, at=now, state="asleep")
    assert TOGETHER not in browser.get("/").text


def test_a_silent_cut_shows_when_the_presence_rule_has_found_it(browser: TestClient, district: Any, now: int) -> None:
    later = now + PRESENCE_LOST_AFTER_US + SECOND
    sweep(district.engine, POLICY, later)
    browser.app.state.now = lambda: later  # type: ignore[attr-defined]
    assert f"4 {TOGETHER}" in words(browser.get("/units/271").text)


def test_a_province_lists_its_districts_worst_first_and_whom_to_call(
    browser: TestClient, stranger: TestClient, log_in: Callable[..., TestClient], district: Any, now: int
) -> None:
    lose(district, 0, 1, 2, at=now)
    page = browser.get("/units/01").text
    (row,) = re.findall(r'<tr role="row">\s*<th[^>]*><a href="/units/271.*?</tr>', page, re.DOTALL)
    assert words(row) == "Huyện Ba Vì 4 0 100% 0 0 0 3"
    assert f"Huyện Ba Vì : 3 {TOGETHER}" in words(page)
    assert re.findall(r'<th role="rowheader" scope="row"><a href="/sites/(\w+)', page) == [
        "SLOW000",
        "SILENT0",
        "HOSTILE",
    ]
    assert 'href="tel:0912345678"' in page
    assert "0912" not in log_in(stranger, "viewer").get("/units/01").text


def test_a_district_lists_its_own_sites_and_nothing_else(browser: TestClient, district: Any) -> None:
    with writing(district.engine) as connection:
        connection.execute(insert(contact).values(site_id=5, name="<i>Hoa</i>", phone=""))
    page = browser.get("/units/271").text
    assert re.findall(r'<th role="rowheader" scope="row"><a href="/sites/([^"]+)', page) == [
        f"SBa%20Vì%20{n}" if "%20" in page else f"SBa Vì {n}" for n in range(4)
    ]
    assert "&lt;i&gt;Hoa&lt;/i&gt;" in page
    assert browser.get("/units/999").status_code == 404


def test_a_unit_stands_out_by_its_share_and_never_rounds_up_to_all() -> None:
    def area(**levels: int) -> Area:
        return Area(Unit(1, "01", "", None), {"ready": 0, "at_risk": 0, "unknown": 0, "not_ready": 0, **levels})

    assert [area(ready=n, not_ready=100 - n).tone for n in (100, 96, 95, 81, 80, 0)] == [
        "calm",
        "calm",
        "some",
        "some",
        "many",
        "many",
    ]
    assert area().tone == "none"
    assert area(unknown=51, ready=49).tone == "unclear"
    assert area(ready=999, at_risk=1).ready_pct == 99
    assert area(ready=9, at_risk=1, unknown=1).worst == "unknown"


def test_whoever_is_bound_to_a_district_sees_its_tile_and_its_sites_alone(
    browser: TestClient, district: Any, now: int, password_hash: str, log_in: Callable[..., TestClient]
) -> None:
    lose(district, 0, 1, 2, at=now)
    with writing(district.engine) as connection:
        values = {"login": "officer", "name": "Phòng GDĐT Ba Vì", "password": password_hash, "duty": "unit_officer"}
        person_id = connection.execute(insert(person).values(values).returning(person.c.id)).scalar_one()
        connection.execute(insert(person_scope).values(person_id=person_id, unit_id=district.unit_id))
        values = {"code": "02", "level": 1, "name": "Tỉnh Hà Giang", "valid_from": "2008-08-01"}
        connection.execute(insert(unit).values(values))
    assert browser.get("/units/02").status_code == 200
    officer = log_in(browser, "officer")
    page = officer.get("/").text
    assert tile(page, "271") == f"Ba Vì kém nhất: Đạt; 100% đạt 3 {TOGETHER}"
    assert tile(page, "01") == f"Hà Nội kém nhất: Đạt; 100% đạt 3 {TOGETHER} chỉ các điểm trong phạm vi của bạn"
    assert "Chỉ các điểm trong phạm vi của bạn." in officer.get("/units/01").text
    assert "phạm vi của bạn" not in officer.get("/units/271").text
    told = officer.get("/api/v1/units").json()["items"] + officer.get("/api/v1/units?parent=01").json()["items"]
    assert {one["code"]: one["is_partial"] for one in told} == {"01": True, "271": False}
    assert 't-02"' not in page
    assert "Nguyễn Huệ" not in page + officer.get("/units/01").text
    assert officer.get("/units/02").status_code == 404


def test_the_stream_of_a_board_is_of_the_units_that_its_reader_sees(nation: Any, district: Any, now: int) -> None:
    kept = overviews(nation.engine, now)
    theirs = kept.look(Key(nation.session_id, frozenset({district.unit_id}), "vi")).pieces
    whole = kept.look(Key(nation.session_id, None, "vi")).pieces
    assert "4 /4" in words(theirs["b-sentence"])
    assert "5 /8" in words(whole["b-sentence"])
    assert not [html for html in theirs.values() if "Nguyễn Huệ" in html]


async def _next(events: AsyncIterator[str]) -> str:
    return await asyncio.wait_for(anext(events), 20)


def _pieces(event: str) -> dict[str, str]:
    return dict(json.loads(re.findall(r"^data: (.*)$", event, re.MULTILINE)[0]))


def test_an_open_page_is_sent_the_pieces_that_changed_and_those_alone(
    nation: Any, district: Any, now: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(boards, "GAP_S", 0.01)
    monkeypatch.setattr(readings, "GAP_S", 0.01)
    monkeypatch.setattr(boards, "LOOK_S", 0.01)

    async def scenario() -> tuple[str, dict[str, str], str]:
        kept = overviews(nation.engine, now)
        key = Key(nation.session_id, None, "vi")
        async with kept.running():
            anew, seen = kept.stream(key, ""), kept.stream(key, kept.look(key).version)
            whole = await _next(anew)
            assert (await _next(seen)).startswith("event: beat")
            await asyncio.to_thread(lose, district, 0, 1, 2, at=now)
            kept.note({"presence"})
            told = await _next(seen)
            assert await _next(anew) == told
            kept.note({"session"})
            return whole, _pieces(told), await _next(seen)

    whole, told, then = asyncio.run(scenario())
    assert _pieces(whole).keys() > told.keys()
    assert told.keys() == {"b-sentence", "t-01", "b-news"}
    assert f"3 {TOGETHER}" in words(told["t-01"])
    assert then.startswith("event: hello")


def test_what_a_page_that_is_fetched_had_drawn_is_told_to_the_open_ones_too(
    nation: Any, district: Any, now: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(boards, "GAP_S", 0.0)
    monkeypatch.setattr(readings, "GAP_S", 0.0)
    monkeypatch.setattr(boards, "LOOK_S", 0.2)

    async def scenario() -> str:
        kept = overviews(nation.engine, now)
        key = Key(nation.session_id, None, "vi")
        async with kept.running():
            events = kept.stream(key, kept.look(key).version)
            await _next(events)  # the beat
            await asyncio.to_thread(lose, district, 0, 1, 2, at=now)
            kept.note({"presence"})
            await asyncio.to_thread(kept.look, key)  # before the open pages' turn
            return await _next(events)

    assert TOGETHER in asyncio.run(scenario())


def test_a_board_that_cannot_be_drawn_once_is_drawn_the_next_time(
    nation: Any, district: Any, now: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(boards, "GAP_S", 0.01)
    monkeypatch.setattr(readings, "GAP_S", 0.01)
    monkeypatch.setattr(boards, "LOOK_S", 0.01)
    draw, failed = partial(overview_board.draw, readings=Readings()), []

    def fail_once(*arguments: Any) -> Board:
        if is_spoilt and not failed:
            failed.append(True)
            raise RuntimeError("a piece that cannot be drawn")
        return draw(*arguments)

    is_spoilt: list[bool] = []

    async def scenario() -> str:
        kept = overviews(nation.engine, now, fail_once)
        key = Key(nation.session_id, None, "vi")
        async with kept.running():
            events = kept.stream(key, kept.look(key).version)
            await _next(events)  # the beat
            is_spoilt.append(True)
            await asyncio.to_thread(lose, district, 0, 1, 2, at=now)
            kept.note({"presence"})
            return await _next(events)

    assert TOGETHER in asyncio.run(scenario())
    assert failed


def test_a_page_too_slow_to_follow_gets_the_whole_board(nation: Any, now: int, monkeypatch: pytest.MonkeyPatch) -> None:
    async def scenario() -> list[str]:
        queue: asyncio.Queue[str] = asyncio.Queue(2)
        for n in range(3):
            stream.put(queue, f"changed {n}", "whole")
        return [queue.get_nowait() for _ in range(queue.qsize())]

    assert asyncio.run(scenario()) == ["whole"]


def test_a_board_is_drawn_once_for_all_who_look_at_it(nation: Any, now: int, monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[int] = []

    def figures_of(sight: Any, session_id: int, at: int) -> Any:
        read.append(session_id)
        return original(sight, session_id, at)

    original = figures.figures_of
    monkeypatch.setattr(figures, "figures_of", figures_of)
    monkeypatch.setattr(boards, "GAP_S", 3600.0)
    monkeypatch.setattr(readings, "GAP_S", 3600.0)
    kept = overviews(nation.engine, now)
    versions = {kept.look(Key(nation.session_id, None, lang)).version for lang in ("vi", "en") for _ in range(50)}
    assert len(versions) == 2  # one for each language
    assert read == [nation.session_id]
    with writing(nation.engine) as connection:
        record_changes(connection, [("standing", nation.slow)])
    assert kept.look(Key(nation.session_id, None, "vi")).version in versions


def test_the_board_of_a_session_that_does_not_exist_is_not_found(browser: TestClient, stranger: TestClient) -> None:
    assert browser.get("/live/board?session=99").status_code == 404
    stranger.cookies.clear()
    assert stranger.get("/live/board?session=1").status_code == 401
