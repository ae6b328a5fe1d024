"""A site's own page, opened by its link and by nothing else."""

from __future__ import annotations

from typing import Any

import pytest
from fastapi import FastAPI
from sqlalchemy import event, insert, select, update
from starlette.testclient import TestClient

from collector.intake.ingest import ingest
from collector.judge.load import load_policy
from collector.judge.policy import SEED
from collector.store.intake import commands
from collector.store.tables import command
from provisioning import site_links
from provisioning.store.engine import writing
from provisioning.store.tables import audit, device, participation, session

POLICY = load_policy(SEED.read_text(encoding="utf-8"))
OTHERS = ("onerror", "Đất Mũi", "Kỳ Sơn", "GOOD000", "SILENT0", "d-00000002", "d-00000003")
SECOND_US = 1_000_000


@pytest.fixture
def link(app: FastAPI) -> Any:
    """A function that returns the path of a site's own page."""
    return lambda code: f"/my/{site_links.token(app.state.link_key, code, 0)}"


def test_it_says_in_words_how_the_site_stands_what_to_do_and_whom_to_call(stranger: TestClient, link: Any) -> None:
    page = stranger.get(link("SLOW000")).text
    assert "Trường THPT Nguyễn Huệ" in page
    assert "Chưa đạt" in page
    assert "Gọi VNPT" in page
    assert "tải lên" in page


def test_it_opens_without_a_login_and_leads_to_no_page_that_needs_one(stranger: TestClient, link: Any) -> None:
    answer = stranger.get(link("SLOW000"))
    assert answer.status_code == 200
    assert 'href="/sites' not in answer.text
    assert 'href="/quarantine' not in answer.text


@pytest.mark.parametrize("lang", ["vi", "en"])
def test_it_shows_nothing_of_another_site(stranger: TestClient, link: Any, lang: str) -> None:
    page = stranger.get(link("SLOW000"), params={"lang": lang}).text
    assert not [other for other in OTHERS if other in page]
    assert "0912 345 678" not in page  # nobody at the site has to look up its own number


def test_no_change_of_a_link_opens_another_site(stranger: TestClient, link: Any) -> None:
    mine, other = link("SLOW000"), link("GOOD000")
    proof = mine.partition("-")[2]
    for path in (
        f"/my/GOOD000-{proof}",
        f"/my/SLOW000-{other.partition('-')[2]}",
        "/my/SLOW000",
        "/my/SLOW000-",
        mine + "x",
    ):
        assert stranger.get(path).status_code == 404
        assert stranger.post(f"{path}/measure").status_code == 404
    for other_session in (0, 99, -1):
        assert "Nguyễn Huệ" in stranger.get(mine, params={"session": other_session}).text


def test_a_session_that_a_site_of_several_takes_no_part_in_is_not_shown(
    stranger: TestClient, link: Any, country: Any
) -> None:
    with writing(country.engine) as connection:
        values = {"event_id": 1, "code": "c", "name": "Buổi chiều", "starts_at": 1, "ends_at": 2}
        other = connection.execute(insert(session).values(values).returning(session.c.id)).scalar_one()
        connection.execute(insert(participation).values(session_id=other, site_id=1, role="view", medium="pc"))
    for asked in (None, country.session_id, other, 99):
        answer = stranger.get(link("SLOW000"), params={} if asked is None else {"session": asked})
        assert answer.status_code == 200
        assert ("Buổi chiều ·" in answer.text) == (asked == other)


def test_a_hostile_name_runs_nothing(stranger: TestClient, link: Any) -> None:
    page = stranger.get(link("HOSTILE")).text
    assert "<img src=x" not in page
    assert "&lt;img src=x" in page


def test_a_site_without_a_machine_is_told_how_to_get_one(stranger: TestClient, link: Any) -> None:
    page = stranger.get(link("SILENT0")).text
    assert "Chưa rõ" in page
    assert "gõ mã trên phiếu" in page
    assert "/measure" not in page


def test_measure_again_says_what_goes_on_until_it_is_done(
    stranger: TestClient, link: Any, country: Any, app: FastAPI, now: int
) -> None:
    path = link("SLOW000")
    assert stranger.post(f"{path}/measure").headers["location"] == f"{path}#machines"
    assert "Đã gửi yêu cầu" in stranger.get(path).text
    app.state.now = lambda: now + 10 * SECOND_US
    assert "Máy đang đo" in stranger.get(path).text

    with writing(country.engine) as connection:
        due = commands.due(connection, now)
    ingest(country.engine, [country.senders["d-00000001"].snapshot(done=(due[0].command.id,))], POLICY, now)

    page = stranger.get(path).text
    assert "Đã đo xong" in page
    assert "Đo lại" in page


def test_a_machine_that_is_off_is_to_be_switched_on(stranger: TestClient, link: Any, country: Any, now: int) -> None:
    ingest(country.engine, [country.senders["d-00000001"].presence("lost", at=now)], POLICY, now)
    stranger.post(f"{link('SLOW000')}/measure")
    assert "bật máy" in stranger.get(link("SLOW000")).text


def test_a_result_is_not_asked_for_again_within_a_minute(
    stranger: TestClient, link: Any, country: Any, app: FastAPI, now: int
) -> None:
    path = f"{link('SLOW000')}/measure"
    for seconds, made in ((0, 1), (30, 1), (61, 2)):
        app.state.now = lambda later=now + seconds * SECOND_US: later
        stranger.post(path)
        with writing(country.engine) as connection:
            connection.execute(update(command).where(command.c.done_at.is_(None)).values(done_at=now))
            assert len(connection.execute(select(command.c.id)).all()) == made


def test_what_is_being_measured_is_not_asked_for_again(stranger: TestClient, link: Any, country: Any) -> None:
    for _ in range(3):
        assert stranger.post(f"{link('SLOW000')}/measure").status_code == 303
    with country.engine.connect() as connection:
        assert len(connection.execute(select(audit).where(audit.c.actor == "site link")).all()) == 1


def test_a_link_that_opens_nothing_never_takes_the_lock_that_ingest_writes_by(
    stranger: TestClient, link: Any, country: Any
) -> None:
    begun: list[bool] = []
    event.listen(
        country.engine, "begin", lambda connection: begun.append("writes" in connection.get_execution_options())
    )
    stranger.post("/my/SLOW000-0/measure")
    assert True not in begun
    stranger.post(f"{link('SLOW000')}/measure")
    assert True in begun


def test_a_revoked_machine_is_neither_shown_nor_asked(stranger: TestClient, link: Any, country: Any) -> None:
    with writing(country.engine) as connection:
        connection.execute(update(device).where(device.c.name == "d-00000001").values(state="revoked"))
    stranger.post(f"{link('SLOW000')}/measure")
    assert "d-00000001" not in stranger.get(link("SLOW000")).text
    with country.engine.connect() as connection:
        assert connection.execute(select(command)).all() == []


def test_another_sites_page_cannot_make_a_browser_ask(stranger: TestClient, link: Any) -> None:
    path = f"{link('SLOW000')}/measure"
    assert stranger.post(path, headers={"Sec-Fetch-Site": "cross-site"}).status_code == 403
