"""The speakers' board: what is proven of those who speak, what they fall back on, and who is next."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import AsyncIterator, Callable
from functools import partial
from html import unescape
from typing import Any

import pytest
from sqlalchemy import insert, select, update
from starlette.testclient import TestClient

from collector.dashboard.boards import Board, Boards, Key
from collector.dashboard.capacity_sheets import CapacitySheets
from collector.dashboard.speakers_board import draw
from collector.dashboard.words import Words
from collector.intake.ingest import ingest
from collector.intake.judging import rejudge
from collector.judge.load import load_policy
from collector.judge.policy import SEED
from collector.store import speaking
from collector.store.queries.sessions import Session
from collector.store.scope import Sight
from provisioning import moments
from provisioning.store.engine import record_changes, writing
from provisioning.store.tables import audit, backup, capacity, device, participation, session, site

POLICY = load_policy(SEED.read_text(encoding="utf-8"))
HOUR = 3_600_000_000
SAME_SITE = {"Sec-Fetch-Site": "same-origin"}
SPEAKERS = ("Bộ Giáo dục và Đào tạo", "Sở Hà Giang", "Sở Cao Bằng", "Sở Lai Châu", "Sở Lào Cai", "Sở Yên Bái")


def words(html: str) -> str:
    return " ".join(unescape(re.sub(r"<[^>]*>", " ", html)).split())


def cards(page: str) -> list[str]:
    (watched,) = re.findall(r'<ol id="s-watched".*?</ol>', page, re.DOTALL)
    return [words(card) for card in re.findall(r"<li.*?</li>", watched, re.DOTALL)]


def whole(page: str) -> str:
    (found,) = re.findall(r'<div id="s-whole".*?</div>', page, re.DOTALL)
    return words(found)


class Stage:
    """A session in which six sites speak, all of them proven, each with a spare that is proven too."""

    def __init__(self, country: Any, now: int) -> None:
        self.country, self.now = country, now
        self.parts = {name: country.site(name, role="interactive") for name in SPEAKERS}
        for n, name in enumerate(SPEAKERS, 1):
            for device_name, is_spare in ((f"d-main000{n}", False), (f"d-spare00{n}", True)):
                sender = country.device(device_name, name, is_spare=is_spare)
                ingest(country.engine, [sender.presence("connected", at=now), sender.report(1)], POLICY, now)
        with writing(country.engine) as connection:
            for n, part in enumerate(self.parts.values(), 1):
                connection.execute(update(participation).where(participation.c.id == part).values(speaking_order=n))
                connection.execute(insert(backup).values(participation_id=part, kind="device"))
            self._confirm(connection, "pc", "unicast")

    def _confirm(self, connection: Any, medium: str, delivery: str) -> None:
        values = {"confirmed_mbps": 10_000.0, "confirmed_by": "Ông Hải", "confirmed_at": self.now}
        key = {"session_id": self.country.session_id, "unit_id": self.country.unit_id}
        connection.execute(insert(capacity).values(**key, medium=medium, delivery=delivery, **values))

    def lose(self, name: str, at: int) -> None:
        ingest(self.country.engine, [self.country.senders[name].presence("lost", at=at)], POLICY, at)

    def change(self, table: Any, where: Any, **values: Any) -> None:
        with writing(self.country.engine) as connection:
            connection.execute(update(table).where(where).values(**values))
            record_changes(connection, [("participation", 1)])


@pytest.fixture
def stage(country: Any, now: int) -> Stage:
    return Stage(country, now)


@pytest.fixture
def desk(stage: Stage, nation: Any, browser: TestClient) -> TestClient:
    """A browser of the ministry, in a country where the other interactive site no longer takes part."""
    stage.change(participation, participation.c.id == nation.slow, role="view")
    stage.change(participation, participation.c.id == nation.silent, medium="pc")
    return browser


def test_all_proven_with_a_proven_backup_and_confirmed_capacity_is_eligible(desk: TestClient) -> None:
    page = desk.get("/speakers").text
    assert whole(page) == "Đủ điều kiện: 6 /6 điểm cầu tương tác đủ điều kiện"
    first, *_ = found = cards(page)
    assert len(found) == 3
    assert first.startswith("1 · Tiếp theo Bộ Giáo dục và Đào tạo Gọi phát biểu thiết bị chính Đạt Kết luận Đủ")
    assert "Dự phòng Máy dự phòng Đạt, đo" in first
    assert "Gọi thay Sở Lai Châu" in first


def test_capacity_that_nobody_has_confirmed_makes_nobody_eligible(desk: TestClient, country: Any) -> None:
    with writing(country.engine) as connection:
        connection.execute(capacity.delete())
    page = desk.get("/speakers?lang=en").text
    assert whole(page).startswith("Not eligible yet: 0 /6 interactive sites eligible; 6 not yet")
    assert "VNPT has not confirmed the capacity" in whole(page)


def test_capacity_that_a_province_of_viewers_lacks_holds_the_session_up_and_no_speaker(
    desk: TestClient, country: Any
) -> None:
    country.site("Trường xem bằng MyTV", medium="mytv")
    page = desk.get("/speakers").text
    assert whole(page).startswith("Chưa đủ điều kiện: 6 /6 điểm cầu tương tác đủ điều kiện")


def test_a_speaker_that_is_lost_an_hour_before_goes_to_its_backup_and_somebody_stands_in(
    desk: TestClient, stage: Stage, now: int
) -> None:
    stage.change(session, session.c.id == stage.country.session_id, starts_at=now + 60_000_000)
    stage.lose("d-main0002", now)
    _, second, _ = cards(desk.get("/speakers").text)
    assert "Sở Hà Giang Dùng phương án dự phòng thiết bị chính Chưa đạt Mất liên lạc" in second
    assert "Đủ điều kiện kèm phương án dự phòng thiết bị chính đang mất kết nối" in second
    assert "Gọi thay Sở Lào Cai Đạt" in second


def test_a_backup_without_a_test_of_its_own_is_told_as_such(desk: TestClient, stage: Stage) -> None:
    stage.change(device, device.c.name == "d-spare001", state="revoked")
    page = desk.get("/speakers").text
    assert whole(page).startswith("Chưa đủ điều kiện: 5 /6")
    assert "Chưa đủ điều kiện dự phòng chưa được kiểm chứng" in cards(page)[0]
    assert "Máy dự phòng chưa kiểm tra" in cards(page)[0]


def test_a_venue_that_is_proven_is_where_to_move(desk: TestClient, stage: Stage, nation: Any) -> None:
    with stage.country.engine.connect() as connection:
        venue_id = connection.scalar(select(participation.c.site_id).where(participation.c.id == nation.good))
    stage.change(backup, backup.c.participation_id == stage.parts["Sở Hà Giang"], kind="venue", venue_id=venue_id)
    stage.change(device, device.c.name == "d-main0002", state="revoked")
    stage.change(session, session.c.id == stage.country.session_id, speaking=2)
    ingest(
        stage.country.engine, [stage.country.senders["d-main0002"].presence("lost", connection=2)], POLICY, stage.now
    )
    with writing(stage.country.engine) as connection:
        site_id = connection.scalar(select(site.c.id).where(site.c.name == "Sở Hà Giang"))
        rejudge(connection, [site_id], POLICY, stage.now)
    now_speaking = cards(desk.get("/speakers").text)[0]
    assert "2 · Đang phát biểu Sở Hà Giang Chuyển sang" in now_speaking
    assert "thiết bị chính Chưa rõ Chưa từng kết nối" in now_speaking
    assert "Sang Trường Tiểu học Đất Mũi Đạt" in now_speaking


def test_whoever_leads_calls_the_next_goes_back_and_it_is_written_down(desk: TestClient, stage: Stage) -> None:
    def step(to: str) -> str:
        values = {"session": stage.country.session_id, "to": to}
        assert desk.post("/speakers", data=values, headers=SAME_SITE).status_code == 303
        return " | ".join(card[:24].strip() for card in cards(desk.get("/speakers").text))

    spoken = "1 · Đang phát biểu Bộ Gi | 2 · Tiếp theo Sở Hà Gian | 3 · Tiếp theo Sở Cao Bằn | 4 · Tiếp theo Sở Lai Châ"
    assert step("next") == spoken
    assert step("next").startswith("2 · Đang phát biểu Sở Hà")
    assert step("back") == spoken
    with stage.country.engine.connect() as connection:
        told = connection.execute(select(audit.c.actor, audit.c.detail).where(audit.c.action == "speaking")).all()
    assert [(actor, json.loads(detail)) for actor, detail in told] == [
        ("ministry", {"from": None, "to": 1}),
        ("ministry", {"from": 1, "to": 2}),
        ("ministry", {"from": 2, "to": 1}),
    ]
    assert desk.post("/speakers", data={"session": 99, "to": "next"}, headers=SAME_SITE).status_code == 404
    assert desk.post("/speakers", data={"session": 1, "to": "sideways"}, headers=SAME_SITE).status_code == 400


def test_who_only_looks_calls_nobody(stage: Stage, stranger: TestClient, log_in: Callable[..., TestClient]) -> None:
    viewer = log_in(stranger, "viewer")
    assert viewer.post("/speakers", data={"session": 1, "to": "next"}, headers=SAME_SITE).status_code == 403
    assert "Mời điểm cầu tiếp theo" not in viewer.get("/speakers").text


def own_boards(stage: Stage) -> Boards:
    """Boards that nobody else follows: those of the app belong to its own event loop."""
    return Boards(stage.country.engine, lambda: stage.now, partial(draw, sheets=CapacitySheets()))


def test_who_sees_a_part_of_the_sites_is_told_that_the_conclusion_is_on_these(stage: Stage) -> None:
    boards, here = own_boards(stage), frozenset({stage.country.unit_id})
    keys = [Key(stage.country.session_id, units, "vi") for units in (None, here)]
    of_all, of_some = (words(boards.look(key).pieces["s-whole"]) for key in keys)
    assert of_all == "Đủ điều kiện: 6 /6 điểm cầu tương tác đủ điều kiện"
    assert of_some == f"{of_all} Chỉ các điểm trong phạm vi của bạn."


def test_a_lost_speaker_comes_to_an_open_board_as_pieces(
    desk: TestClient, stage: Stage, now: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    boards = own_boards(stage)
    stage.change(session, session.c.id == stage.country.session_id, starts_at=now + 60_000_000)

    async def follow() -> dict[str, str]:
        events: AsyncIterator[str] = boards.stream(Key(stage.country.session_id, None, "vi"), "")
        async with boards.running():
            await anext(events)
            stage.lose("d-main0002", now)
            boards.note(["presence", "standing"])
            told = await asyncio.wait_for(anext(events), 10)
        return dict(json.loads(told.partition("data: ")[2]))

    pieces = asyncio.run(follow())
    assert set(pieces) == {"s-whole", "s-watched", f"o-{stage.parts['Sở Hà Giang']}"}
    assert "Dùng phương án dự phòng" in words(pieces["s-watched"])


def test_a_step_reaches_open_boards_of_every_language_and_scope(desk: TestClient, stage: Stage) -> None:
    boards = own_boards(stage)
    session_id = stage.country.session_id

    async def follow() -> list[str]:
        async with boards.running():
            keys = Key(session_id, None, "en"), Key(session_id, frozenset({1}), "vi")
            streams = [boards.stream(key, "") for key in keys]
            for events in streams:
                await anext(events)
            with writing(stage.country.engine) as connection:
                speaking.move(connection, session_id, 1, "noc", stage.now)
            boards.forget(session_id)
            return [await asyncio.wait_for(anext(events), 10) for events in streams]

    assert ["Speaking now" in told or "Đang phát biểu" in told for told in asyncio.run(follow())] == [True, True]


def test_a_board_that_was_being_drawn_when_somebody_changed_its_session_is_drawn_once_more(stage: Stage) -> None:
    drawn: list[int] = []

    def drawing(_: Sight, drawn_of: Session, __: Words) -> Board:
        drawn.append(len(drawn) + 1)
        if drawn == [1]:
            boards.forget(drawn_of.id)
        return Board.of({"number": str(drawn[-1])})

    boards = Boards(stage.country.engine, lambda: stage.now, drawing)
    key = Key(stage.country.session_id, None, "vi")
    assert [boards.look(key).pieces["number"] for _ in range(3)] == ["1", "2", "2"]


def test_a_site_is_concluded_of_in_the_session_in_which_it_speaks_and_in_no_other(
    desk: TestClient, stage: Stage, now: int
) -> None:
    """A department speaks in the morning and is absent later; a university watches first and speaks later."""
    university = stage.country.site("Trường Đại học Sư phạm")
    sender = stage.country.device("d-univers1", "Trường Đại học Sư phạm")
    ingest(stage.country.engine, [sender.presence("connected", at=now), sender.report(1)], POLICY, now)
    with writing(stage.country.engine) as connection:
        event_id = connection.scalar(select(session.c.event_id))
        times = {"starts_at": now + 20 * HOUR, "ends_at": now + 22 * HOUR}
        later = connection.execute(
            insert(session).values(event_id=event_id, code="p", name="Buổi chiều", **times).returning(session.c.id)
        ).scalar_one()
        site_id = connection.scalar(select(participation.c.site_id).where(participation.c.id == university))
        part = {"session_id": later, "site_id": site_id, "role": "interactive", "medium": "pc", "speaking_order": 1}
        connection.execute(insert(participation).values(**part))
        rejudge(connection, [site_id], POLICY, now)
    morning, afternoon = desk.get("/speakers").text, desk.get(f"/speakers?session={later}").text
    assert whole(morning).startswith("Đủ điều kiện: 6 /6")
    assert "Đại học" not in "".join(cards(morning))
    assert whole(afternoon).startswith("Chưa đủ điều kiện: 0 /1")
    (only,) = cards(afternoon)
    assert only.startswith("1 · Tiếp theo Trường Đại học Sư phạm Gọi phát biểu thiết bị chính Đạt")
    assert "chưa có phương án dự phòng; VNPT chưa xác nhận dung lượng" in only


def live_mode(desk: TestClient, what: str, until: str = "", session: str = "1") -> Any:
    form = {"session": session, "act": what, "until": until}
    return desk.post("/speakers/live-mode", data=form, headers=SAME_SITE, follow_redirects=True)


def test_live_mode_is_turned_on_until_a_time_and_off_before_it_by_who_operates(desk: TestClient, now: int) -> None:
    assert "Chế độ trực tiếp đang bật" not in desk.get("/speakers").text
    page = live_mode(desk, "on", moments.write(now + 2 * HOUR)).text
    assert "Chế độ trực tiếp đang bật, đến 10:00 15/08/2023" in page
    assert "Tắt ngay" in page
    assert "Chế độ trực tiếp đang bật" not in live_mode(desk, "off").text


def test_a_time_that_is_past_is_told_on_the_page_with_what_was_typed(desk: TestClient) -> None:
    refused = live_mode(desk, "on", "2023-08-14T10:00")
    assert refused.status_code == 400
    assert "Giờ tắt phải sau lúc này" in refused.text
    assert 'value="2023-08-14T10:00"' in refused.text
    assert 'href="/speakers?session=1&amp;lang=en"' in refused.text  # the form's own address has no page
    assert live_mode(desk, "on", "").status_code == 400
    assert live_mode(desk, "off", session="9").status_code == 404
