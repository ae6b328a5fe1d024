"""Events in the browser: made, changed and moved by who runs them; who is late is seen by everybody of their own."""

from __future__ import annotations

import re
from html import unescape
from typing import Any

import pytest
from sqlalchemy import Engine, insert, select, update
from starlette.testclient import TestClient

from collector.store.tables import campaign
from provisioning import audit
from provisioning.identifiers import new_site
from provisioning.store.engine import writing
from provisioning.store.tables import audit as audit_table
from provisioning.store.tables import event, participation, session, site

DAY = 86_400_000_000
CODES = [new_site() for _ in range(4)]
SAME_SITE = {"Sec-Fetch-Site": "same-origin"}
NEW = {"code": "gap-go", "name": "Gặp gỡ", "units_as_of": "2023-08-15", "bitrate_mbps": "5,5"}
SPAN = {"starts_at": "2023-08-30T07:30", "ends_at": "2023-08-30T11:00"}


@pytest.fixture
def post(browser: TestClient) -> Any:
    """A function that sends a form as a browser does."""

    def send(address: str, **typed: str) -> Any:
        return browser.post(address, data=typed, headers=SAME_SITE)

    return send


def held(engine: Engine, column: Any, **where: Any) -> list[Any]:
    with engine.connect() as connection:
        return list(connection.scalars(select(column).filter_by(**where)))


def test_an_event_is_made_and_gets_a_session_and_both_are_shown(browser: TestClient, post: Any, nation: Any) -> None:
    made = post("/events", **NEW)
    assert (made.status_code, made.headers["location"]) == (303, "/events/gap-go")
    assert post("/events/gap-go/sessions", session_code="sang", name="Buổi sáng 30/8", **SPAN).status_code == 303
    assert held(nation.engine, event.c.bitrate_mbps, code="gap-go") == [5.5]
    assert held(nation.engine, session.c.starts_at, code="sang") == [1_693_355_400 * 1_000_000]  # 00:30 UTC
    assert "Gặp gỡ" in browser.get("/events").text
    shown = browser.get("/events/gap-go").text
    assert "Buổi sáng 30/8" in shown
    assert "07:30 16/08/2023" in shown  # T-14d
    with nation.engine.connect() as connection:
        assert audit.verify(connection).broken_at is None
        actors = set(connection.scalars(select(audit_table.c.actor)))
    assert "ministry" in actors


REFUSED: tuple[tuple[str, dict[str, str], str], ...] = (
    ("/events", {**NEW, "code": "có dấu"}, "chữ không dấu"),
    ("/events", {**NEW, "code": "e"}, "Đã có sự kiện e"),
    ("/events", {**NEW, "name": " "}, "đang trống"),
    ("/events", {**NEW, "bitrate_mbps": "nhanh"}, "Mbit/s"),
    ("/events/e", {**NEW, "units_as_of": "mai"}, "không phải một ngày"),
    ("/events/e/sessions", {"session_code": "x", "name": "X", "starts_at": "mai", "ends_at": ""}, "thời điểm"),
    ("/events/e/sessions", {"session_code": "s", "name": "X", **SPAN}, "Đã có buổi s"),
    ("/events/e/sessions/s", {"name": "X", "starts_at": SPAN["ends_at"], "ends_at": SPAN["starts_at"]}, "kết thúc"),
    ("/events/e/sessions/s", {"act": "remove"}, "đã có điểm cầu"),
    ("/events/e/deadlines", {"unit": "99", "gate": "T-7d", "before": "10 ngày"}, "Không có tỉnh 99"),
    ("/events/e/deadlines", {"unit": "01", "gate": "T-7d", "before": "sớm"}, "10 ngày hoặc 36 giờ"),
    ("/events/e/deadlines", {"unit": "01", "gate": "live", "before": "10 ngày"}, "một trong"),
)


def test_what_cannot_be_is_told_on_the_page_with_what_was_typed(post: Any) -> None:
    for address, typed, told in REFUSED:
        answer = post(address, **typed)
        assert (answer.status_code, told in answer.text) == (400, True), told
        assert all(f'value="{value}"' in answer.text for name, value in typed.items() if name in ("name", "before"))


def test_a_page_that_tells_what_is_wrong_stays_as_it_is_and_its_links_lead_on(browser: TestClient, post: Any) -> None:
    """Fetched again by its form's address, it would be an error, and what was typed would be gone."""
    for address, typed, _ in (*REFUSED, ("/calendar/holidays", {"first_day": "mai", "name": "Tết"}, "")):
        answer = post(address, **typed)
        assert answer.status_code == 400
        assert "hx-get" not in answer.text
        assert '<nav class="sessions"' in answer.text
        onward = re.findall(r'<a class="tool[^"]*" href="([^"]*)"', answer.text)
        onward += re.findall(r'href="([^"]*session=1)" title', answer.text)
        assert [browser.get(unescape(one)).status_code for one in onward] == [200] * 4, address


def test_a_session_that_moves_takes_its_gates_and_deadlines_with_it(
    browser: TestClient, post: Any, nation: Any, now: int
) -> None:
    assert post("/events/e/deadlines", unit="01", gate="T-14d", before="20 ngày").status_code == 303
    before = browser.get("/events/e").text
    assert "20:00 26/07/2023" in before  # 20 days before 20:00 of 15 August
    with nation.engine.connect() as connection:
        ends = connection.execute(select(session.c.ends_at - session.c.starts_at)).scalar_one()
    assert ends
    moved = post("/events/e/sessions/s", name="Buổi sáng", starts_at="2023-09-04T20:00", ends_at="2023-09-04T23:59")
    assert moved.status_code == 303
    after = browser.get("/events/e").text
    assert "20:00 15/08/2023" in after
    assert "20:00 21/08/2023" in after  # T-14d
    assert held(nation.engine, session.c.moved_at, code="s") == [now]


def test_a_province_is_late_once_its_time_is_over_and_something_is_lacking(
    browser: TestClient, nation: Any, now: int
) -> None:
    """The session is 12 hours ahead: seats were due 14 days before, reports 7 days, and the line a day before."""
    assert "1 tỉnh, thành phố trễ hạn" in browser.get("/events/e").text
    with writing(nation.engine) as connection:
        connection.execute(update(session).values(starts_at=now + 20 * DAY, ends_at=now + 21 * DAY))
    assert "Chưa tỉnh nào trễ hạn" in browser.get("/events/e").text


def test_only_who_runs_events_may_change_them_and_only_they_are_offered_to(
    stranger: TestClient, log_in: Any, nation: Any
) -> None:
    viewer = log_in(stranger, "viewer")
    assert 'method="post" action="/events' not in viewer.get("/events/e").text
    for address in ("/events", "/events/e", "/events/e/sessions", "/events/e/sessions/s", "/events/e/deadlines"):
        assert viewer.post(address, data=NEW, headers=SAME_SITE).status_code == 403


def test_an_event_or_session_that_there_is_not_is_not_shown_and_not_changed(browser: TestClient, post: Any) -> None:
    assert browser.get("/events/none").status_code == 404
    assert post("/events/e/sessions/other", name="X", **SPAN).status_code == 400


def test_an_own_deadline_can_be_taken_back(browser: TestClient, post: Any, nation: Any) -> None:
    post("/events/e/deadlines", unit="01", gate="T-7d", before="36 giờ")
    assert "hạn riêng" in browser.get("/events/e").text
    assert post("/events/e/deadlines", unit="01", gate="T-7d", act="clear").status_code == 303
    assert "(hạn riêng)" not in browser.get("/events/e").text
    assert held(nation.engine, participation.c.id)


def test_what_each_site_lacks_is_listed_with_whom_to_call(browser: TestClient, nation: Any) -> None:
    """Nobody has told seats; only one has a contact; the last two never were heard of, or fail."""
    listed = browser.get("/events/e/lacking?gate=T-14d&unit=01").text
    assert "4/4" in listed
    assert "đầu mối; số chỗ" in listed
    assert "0912 345 678" in listed
    assert "chưa đăng ký máy" in browser.get("/events/e/lacking?gate=T-7d&unit=01").text
    carrying = browser.get("/events/e/lacking?gate=T-1d&unit=01").text
    assert "Trường Tiểu học Đất Mũi" not in carrying
    assert "Trường THPT Nguyễn Huệ" in carrying
    assert "Không còn điểm cầu nào thiếu" in browser.get("/events/e/lacking?gate=T-1h&unit=01").text
    for wrong in ("gate=live&unit=01", "gate=T-1d&unit=99", "gate=T-1d&unit=01&session=9"):
        assert browser.get(f"/events/e/lacking?{wrong}").status_code == 404


def test_the_order_of_speakers_and_backups_are_set_in_the_browser(browser: TestClient, post: Any, nation: Any) -> None:
    with writing(nation.engine) as connection:
        connection.execute(update(participation).values(role="interactive"))
        for number, code in enumerate(CODES, 1):
            connection.execute(update(site).where(site.c.id == number).values(code=code))
    here = "/events/e/sessions/s"
    assert post(f"{here}/speakers", codes=f"{CODES[1]} · Trường {CODES[2]}\r\n{CODES[0]}\r\n").status_code == 303
    assert held(nation.engine, participation.c.speaking_order, site_id=2) == [1]
    assert held(nation.engine, participation.c.speaking_order, site_id=3) == [None]
    assert post(f"{here}/backups", site=CODES[0], note="máy của phòng CNTT").status_code == 303
    assert post(f"{here}/backups", site=CODES[1], venue=CODES[2]).status_code == 303
    shown = browser.get("/events/e").text
    assert "2/4 điểm cầu tương tác có phương án dự phòng" in shown
    kept = shown.partition('spellcheck="false">')[2].partition("</textarea>")[0]
    assert [line.partition(" · ")[0] for line in kept.splitlines()] == [CODES[1], CODES[0]]
    assert "(máy dự phòng)" in shown
    assert "hx-get" in shown
    refused = post(f"{here}/speakers", codes="0000000")
    assert (refused.status_code, "0000000</textarea>" in refused.text) == (400, True)
    assert post(f"{here}/backups", site=CODES[1], act="remove").status_code == 303
    assert post(f"{here}/backups", site=CODES[1], act="remove").status_code == 400


def test_a_form_comes_back_to_the_session_that_it_was_filled_in_for(
    browser: TestClient, post: Any, nation: Any
) -> None:
    """Not to the one of now: whoever puts a slip right there would change another session."""
    assert post("/events/e/sessions", session_code="later", name="Buổi chiều", **SPAN).status_code == 303
    later = held(nation.engine, session.c.id, code="later")[0]
    with writing(nation.engine) as connection:
        connection.execute(insert(participation).values(site_id=1, session_id=later, role="interactive", medium="pc"))
    form = f'action="/events/e/sessions/later/speakers?session={later}"'
    assert form in browser.get(f"/events/e?session={later}").text
    refused = post(f"/events/e/sessions/later/speakers?session={later}", codes="0000000")
    assert (refused.status_code, form in refused.text, "0000000</textarea>" in refused.text) == (400, True, True)
    done = post(f"/events/e/sessions/later/speakers?session={later}", codes="")
    assert done.headers["location"] == f"/events/e?session={later}#speaking"


def test_a_dry_run_whose_window_no_longer_fits_is_named_and_leads_to_its_page(
    browser: TestClient, post: Any, nation: Any, now: int
) -> None:
    with writing(nation.engine) as connection:
        told = {"session_id": nation.session_id, "checks": "[]", "selection": "{}", "prediction": "{}"}
        when = {"opens_at": now - DAY, "closes_at": now, "made_at": now - 2 * DAY}
        values = {**told, **when, "name": "T-7 <b>", "state": "planned", "made_by": "noc"}
        number = connection.execute(insert(campaign).values(values).returning(campaign.c.id)).scalar_one()
        connection.execute(update(session).values(moved_at=now - DAY))
        code = connection.scalar(select(event.c.code))
    assert f'<a href="/dryruns/{number}">T-7 &lt;b&gt;</a>' in browser.get(f"/events/{code}").text


def test_an_event_made_by_mistake_is_removed_and_one_in_use_says_why_it_stays(
    browser: TestClient, post: Any, nation: Any
) -> None:
    post("/events", **NEW)
    post("/events/gap-go/sessions", session_code="nham", name="Nhầm", **SPAN)
    gone = post("/events/gap-go", act="remove")
    assert (gone.status_code, gone.headers["location"]) == (303, "/events")
    assert browser.get("/events/gap-go").status_code == 404
    kept = post("/events/e", act="remove")
    assert (kept.status_code, "đã có điểm cầu" in unescape(kept.text)) == (400, True)
    assert held(nation.engine, event.c.code) == ["e"]
