"""The calendar in the browser: who may be tested now, holidays and power cuts added and called off."""

from __future__ import annotations

import re
from typing import Any

import pytest
from sqlalchemy import insert, select, update
from starlette.testclient import TestClient

from provisioning.store.engine import writing
from provisioning.store.tables import holiday, power_cut, session, site, unit

SAME_SITE = {"Sec-Fetch-Site": "same-origin"}
HOUR = 3_600_000_000
TUESDAY = {"starts_at": "2023-08-15T07:30", "ends_at": "2023-08-15T09:00"}  # now is 08:00 of that day


@pytest.fixture
def counts(browser: TestClient) -> Any:
    """A function that returns how many sites may be tested now, and why not the others, by what the page calls it."""

    def read() -> dict[str, int]:
        text = browser.get("/calendar").text
        chips = re.search(r'aria-label="Bây giờ">(.*?)</ul>', text, re.DOTALL)
        assert chips is not None
        return {name: int(n) for name, n in re.findall(r'class="count">([^<]+)<b>(\d+)</b>', chips[1])}

    return read


def test_each_site_may_be_tested_now_or_has_a_reason_why_not(
    browser: TestClient, counts: Any, nation: Any, now: int
) -> None:
    def post(address: str, **typed: str) -> int:
        return int(browser.post(address, data=typed, headers=SAME_SITE).status_code)

    none = {"Bây giờ đo được": 4, "Đang có buổi họp": 0, "Đang cắt điện": 0, "Đang nghỉ": 0, "Ngoài giờ mở máy": 0}
    assert counts() == none
    with writing(nation.engine) as connection:
        connection.execute(update(site).where(site.c.id == 1).values(hours="T2-CN 20:00-22:00", code="8DKVT2H"))
    assert counts() == {**none, "Bây giờ đo được": 3, "Ngoài giờ mở máy": 1}
    assert post("/calendar/power-cuts", province="01", note="Điện lực báo", **TUESDAY) == 303
    assert counts() == {**none, "Bây giờ đo được": 0, "Đang cắt điện": 4}
    assert "Điện lực báo" in browser.get("/calendar").text
    assert post("/calendar/power-cuts", number="1", act="remove") == 303
    assert post("/calendar/holidays", first_day="2023-08-15", name="Bão", province="01") == 303
    assert counts() == {**none, "Bây giờ đo được": 0, "Đang nghỉ": 4}
    assert post("/calendar/holidays", first_day="2023-08-15", unit="01", act="remove") == 303
    with writing(nation.engine) as connection:
        connection.execute(update(session).values(starts_at=now - HOUR, ends_at=now + HOUR))
    assert counts() == {**none, "Bây giờ đo được": 0, "Đang có buổi họp": 4}
    with nation.engine.connect() as connection:
        assert connection.scalars(select(power_cut.c.id)).all() == []
        assert connection.scalars(select(holiday.c.id).where(holiday.c.name == "Bão")).all() == []


def test_a_district_is_found_by_its_name_and_what_cannot_be_is_told(browser: TestClient, nation: Any) -> None:
    with writing(nation.engine) as connection:
        parent = connection.execute(select(unit.c.id)).scalar_one()
        below = {"code": "271", "level": 2, "name": "Huyện Ba Vì", "parent_id": parent, "valid_from": "2008-08-01"}
        connection.execute(insert(unit).values(below))
    cut = {"province": "01", **TUESDAY}
    for typed, told in (
        ({**cut, "district": "Ba Vịt"}, "Huyện Ba Vì"),
        ({**cut, "province": "99", "district": "Ba Vì"}, "Hãy chọn tỉnh"),
        ({**cut, "site": "nowhere"}, "không phải mã điểm cầu"),
        ({**cut, "ends_at": cut["starts_at"]}, "kết thúc sau khi bắt đầu"),
    ):
        answer = browser.post("/calendar/power-cuts", data=typed, headers=SAME_SITE)
        assert (answer.status_code, told in answer.text) == (400, True), told
    answer = browser.post("/calendar/power-cuts", data={**cut, "district": "ba vi"}, headers=SAME_SITE)
    assert answer.status_code == 303
    with nation.engine.connect() as connection:
        place = select(unit.c.code).join(power_cut, power_cut.c.unit_id == unit.c.id)
        assert connection.scalars(place).all() == ["271"]


def test_who_only_looks_is_offered_nothing_to_change(
    browser: TestClient, stranger: TestClient, log_in: Any, nation: Any
) -> None:
    with writing(nation.engine) as connection:
        values = {"code": "02", "level": 1, "name": "Tỉnh Hà Giang", "valid_from": "2008-08-01"}
        connection.execute(insert(unit).values(values))
    browser.post("/calendar/power-cuts", data={"province": "02", "note": "xa", **TUESDAY}, headers=SAME_SITE)
    assert "Tỉnh Hà Giang" in browser.get("/calendar").text
    viewer = log_in(stranger, "viewer")
    shown = viewer.get("/calendar").text
    assert 'method="post" action="/calendar' not in shown
    for address in ("/calendar/holidays", "/calendar/power-cuts"):
        assert viewer.post(address, data=TUESDAY, headers=SAME_SITE).status_code == 403


def test_a_power_cut_is_corrected_where_it_stands(browser: TestClient, nation: Any) -> None:
    browser.post("/calendar/power-cuts", data={"province": "01", "note": "xa", **TUESDAY}, headers=SAME_SITE)
    later = {**TUESDAY, "number": "1", "act": "change", "note": "Điện lực dời giờ", "ends_at": "2023-08-15T15:00"}
    assert browser.post("/calendar/power-cuts", data=later, headers=SAME_SITE).status_code == 303
    page = browser.get("/calendar").text
    assert "Điện lực dời giờ" in page
    assert 'value="2023-08-15T15:00"' in page
    wrong = browser.post("/calendar/power-cuts", data={**later, "ends_at": "2023-08-01T00:00"}, headers=SAME_SITE)
    assert (wrong.status_code, "kết thúc sau khi bắt đầu" in wrong.text) == (400, True)
    assert wrong.text.count('role="alert"') == 1
