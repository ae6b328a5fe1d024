"""Dry runs in the browser: what one will take, then made, begun, followed and stopped by who conducts them."""

from __future__ import annotations

import re
from collections.abc import Callable
from html import unescape
from typing import Any

import pytest
from sqlalchemy import func, insert, select, update
from starlette.testclient import TestClient

from collector.store.tables import campaign, campaign_site
from provisioning.people import DUTIES, Person
from provisioning.store.engine import writing
from provisioning.store.tables import audit, person, session, site

SAME_SITE = {"Sec-Fetch-Site": "same-origin"}


@pytest.fixture
def noc(nation: Any, stranger: TestClient, log_in: Callable[..., TestClient], password_hash: str) -> TestClient:
    """A browser of somebody at VNPT's national shift."""
    with writing(nation.engine) as connection:
        values = {"login": "noc", "name": "noc", "password": password_hash, "duty": "noc"}
        connection.execute(insert(person).values(values))
    return log_in(stranger, "noc")


@pytest.fixture
def made(noc: TestClient) -> str:
    """The address of a dry run that was made and has not begun."""
    answer = noc.post("/dryruns/new?check=equipment&check=line", data={"name": "T-7 <b>"}, headers=SAME_SITE)
    assert answer.status_code == 400  # no session was named: the form was never looked at
    answer = noc.post("/dryruns/new?session=1&check=line", data={"name": "T-7 <b>"}, headers=SAME_SITE)
    assert answer.status_code == 303
    return str(answer.headers["location"])


def act(browser: TestClient, address: str, what: str) -> int:
    return browser.post(address, data={"act": what}, headers=SAME_SITE).status_code


def test_what_it_takes_is_shown_before_it_is_made(noc: TestClient) -> None:
    empty = noc.get("/dryruns/new").text
    assert "Xem dự báo" in empty
    assert "Tạo, chưa chạy" not in empty
    told = noc.get("/dryruns/new?session=1&check=line&check=equipment").text
    assert "Tạo, chưa chạy" in told
    assert "Chưa đăng ký máy nào" in told
    for chosen, answer in (("unit=99", "mang mã 99"), ("medium=room", "Không có điểm cầu nào khớp")):
        nobody = noc.get(f"/dryruns/new?session=1&{chosen}")
        assert nobody.status_code == 400
        assert answer in nobody.text


def test_which_sites_cannot_be_tested_from_the_start_is_foreseen(noc: TestClient, nation: Any) -> None:
    address = "/dryruns/new?session=1&check=line"
    assert "Chưa đo được từ đầu" not in noc.get(address).text
    with writing(nation.engine) as connection:
        connection.execute(update(site).where(site.c.id == 1).values(hours="T2-CN 09:00-10:00"))  # it is 08:00
    assert "lúc cắt điện hoặc buổi họp): 1, sớm nhất từ 09:00" in noc.get(address).text


def test_it_is_made_with_the_window_that_was_foreseen(noc: TestClient, nation: Any, now: int) -> None:
    """From a link that names none too, as that to a test again does: it ends before the session."""
    with writing(nation.engine) as connection:
        connection.execute(update(session).values(starts_at=now + 1800 * 1_000_000))
    (shown,) = re.findall(r'method="post" action="(/dryruns/new[^"]*)"', noc.get("/dryruns/new?session=1").text)
    assert "closes=2023-08-15T08" in shown  # however long it is read before it is sent
    for address in (unescape(shown), "/dryruns/new?session=1"):
        assert noc.post(address, data={"name": "T-7"}, headers=SAME_SITE).status_code == 303
    with nation.engine.connect() as connection:
        windows = connection.execute(select(campaign.c.opens_at, campaign.c.closes_at)).all()
    assert windows == [(now, now + 1800 * 1_000_000)] * 2


def test_it_is_begun_paused_resumed_and_stopped_and_each_page_shows_it(noc: TestClient, made: str) -> None:
    assert "Bắt đầu ngay" in noc.get(made).text
    for what, shown in (("start", "Tạm dừng"), ("pause", "Chạy tiếp"), ("resume", "Dừng hẳn"), ("stop", "đợt đo lại")):
        assert act(noc, made, what) == 303
        assert shown in noc.get(made).text
    page = noc.get(made).text
    assert "Chưa đăng ký máy nào" in page
    assert "T-7 &lt;b&gt;" in page
    assert "T-7 &lt;b&gt;" in noc.get("/dryruns").text
    assert act(noc, made, "start") == 400
    assert act(noc, made, "swim") == 400
    assert noc.get("/dryruns/99").status_code == 404


def test_one_made_by_mistake_is_removed_and_that_is_audited(noc: TestClient, made: str, nation: Any) -> None:
    removed = noc.post(made, data={"act": "remove"}, headers=SAME_SITE)
    assert (removed.status_code, removed.headers["location"]) == (303, "/dryruns")
    assert noc.get(made).status_code == 404
    with nation.engine.connect() as connection:
        last = connection.execute(select(audit.c.actor, audit.c.action).order_by(audit.c.id.desc()).limit(1)).one()
    assert tuple(last) == ("noc", "campaign remove")


def test_a_name_that_was_typed_stays_while_the_rest_is_put_right(noc: TestClient) -> None:
    """Its field stands below a prediction, which there is none of while the rest is wrong."""
    refused = noc.post("/dryruns/new?session=1&check=dance", data={"name": "Hà Nội, T-7"}, headers=SAME_SITE)
    assert (refused.status_code, '<input type="hidden" name="name" value="Hà Nội, T-7">' in refused.text) == (400, True)
    assert 'value="Hà Nội, T-7" required' in noc.get("/dryruns/new?session=1&name=Hà Nội, T-7").text
    nameless = noc.post("/dryruns/new?session=1", data={"name": " "}, headers=SAME_SITE)
    assert (nameless.status_code, "Tên đợt đang trống" in nameless.text) == (400, True)
    assert '<option value="1" selected>' in nameless.text


def test_counts_lead_to_their_sites(noc: TestClient, made: str, nation: Any) -> None:
    act(noc, made, "start")
    with writing(nation.engine) as connection:
        failed = campaign_site.c.site_id == 1
        connection.execute(update(campaign_site).where(failed).values(outcome="fails", reason="upload", ended_at=1))
    page = noc.get(made).text
    assert "outcome=fails&amp;reason=upload" in page
    chosen = noc.get(f"{made}?outcome=fails&reason=upload").text
    assert "Nguyễn Huệ" in chosen
    assert "Kỳ Sơn" not in chosen
    assert "Kỳ Sơn" in noc.get(f"{made}?outcome=").text


def test_while_it_goes_on_its_page_says_what_holds_up_those_that_are_left(noc: TestClient, made: str) -> None:
    act(noc, made, "start")
    page = " ".join(noc.get(made).text.split())
    assert "chưa đăng ký máy nào" in page
    assert "Đợt tự kết thúc khi mọi nơi có kết quả" in page
    act(noc, made, "stop")
    assert "Đợt tự kết thúc" not in noc.get(made).text


def test_what_holds_up_those_that_are_left_adds_up_to_their_number(
    noc: TestClient, made: str, nation: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    act(noc, made, "start")
    with nation.engine.connect() as connection:
        number = connection.scalar(select(func.count()).select_from(campaign_site))
    read_before = {"": number + 7, "off": 1}
    monkeypatch.setattr("collector.store.queries.campaigns.count_open", lambda *_: read_before)
    assert f"Còn lại {number}: {number - 1} đang đo hoặc chờ đến lượt, 1 chưa bật máy" in noc.get(made).text


def test_where_all_was_well_nothing_is_tested_again(noc: TestClient, made: str, nation: Any) -> None:
    act(noc, made, "start")
    with writing(nation.engine) as connection:
        connection.execute(update(campaign_site).values(outcome="carries", ended_at=1))
    act(noc, made, "stop")
    assert "retest=" not in noc.get(made).text


def test_in_english_too(noc: TestClient, made: str) -> None:
    act(noc, made, "start")
    for address in ("/dryruns", "/dryruns/new?session=1", made):
        assert "Dry runs" in noc.get(f"{address}{'&' if '?' in address else '?'}lang=en").text


def test_only_the_national_shift_and_admins_conduct(
    noc: TestClient, made: str, nation: Any, log_in: Callable[..., TestClient]
) -> None:
    assert [Person(1, "x", "x", duty).conducts for duty in DUTIES] == [duty in ("noc", "admin") for duty in DUTIES]
    for duty in ("viewer", "ministry"):
        browser = log_in(noc, duty)
        assert browser.get(made).status_code == 200
        assert browser.get("/dryruns/new").status_code == 403
        assert browser.post("/dryruns/new?session=1", data={"name": "x"}, headers=SAME_SITE).status_code == 403
        assert "Bắt đầu ngay" not in browser.get(made).text
        assert act(browser, made, "start") == 403
    with nation.engine.connect() as connection:
        assert connection.scalars(select(campaign.c.state)).all() == ["planned"]


def test_a_rehearsal_is_marked_and_what_was_not_heard_proves_nothing(noc: TestClient, nation: Any) -> None:
    made = noc.post("/dryruns/new?session=1&check=rehearsal", data={"name": "Diễn tập"}, headers=SAME_SITE)
    address = made.headers["location"]
    act(noc, address, "start")
    assert "Thấy và nghe rõ" in noc.get(address).text

    def mark(site: str, what: str) -> int:
        return noc.post(f"{address}/rehearsals", data={"site": site, "mark": what}, headers=SAME_SITE).status_code

    def held() -> list[Any]:
        with nation.engine.connect() as connection:
            ours = select(campaign_site.c.outcome, campaign_site.c.reason).where(campaign_site.c.site_id == 1)
            return [tuple(row) for row in connection.execute(ours)]

    assert mark("SLOW000", "sung") == 400
    elsewhere = noc.post("/dryruns/99/rehearsals", data={"site": "SLOW000", "mark": "both"}, headers=SAME_SITE)
    assert (elsewhere.status_code, held()) == (404, [(None, "")])
    assert mark("NOWHERE", "both") == 400
    assert mark("SILENT0", "both") == 303  # nothing is enrolled there, and none needs to be
    (fact,) = noc.get("/api/v1/sites/SILENT0/evidence").json()["items"]
    assert (fact["fact"], fact["device"], fact["report"]) == ("rehearsal", None, 0)
    for what, told in (("seen", ("fails", "not_heard")), ("none", ("fails", "not_seen")), ("both", ("done", ""))):
        assert mark("SLOW000", what) == 303
        assert held() == [told]
        assert noc.get("/sites/SLOW000").status_code == 200
    act(noc, address, "stop")
    assert mark("SLOW000", "none") == 400
