"""The capacity sheet: what is needed, what somebody at VNPT has confirmed, and that nobody else's word counts."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from html import unescape
from typing import Any

import pytest
from sqlalchemy import insert, select
from starlette.testclient import TestClient

from collector.store.queries.capacity import capacities
from collector.store.scope import Sight
from collector.store.scope import country as whole_country
from provisioning.store.engine import writing
from provisioning.store.tables import audit, capacity, change, person, person_scope, unit

SAME_SITE = {"Sec-Fetch-Site": "same-origin"}
HANOI = 1


def words(html: str) -> str:
    return " ".join(unescape(re.sub(r"<[^>]*>", " ", html)).split())


def rows(page: str) -> list[str]:
    return [words(row) for row in re.findall(r"<tr role=\"row\">\s*<th role=\"rowheader\".*?</tr>", page, re.DOTALL)]


def entered(**changed: Any) -> dict[str, Any]:
    told = {"mbps": "1500,5", "by": "Bà Mai, VNPT Hà Nội", "note": "CV 118"}
    return {"unit": HANOI, "medium": "pc", "delivery": "unicast", "to": "confirm", **told, **changed}


@pytest.fixture
def send(browser: TestClient) -> Callable[..., Any]:
    def answer(from_: TestClient = browser, **changed: Any) -> Any:
        return from_.post("/capacity", data=entered(**changed), headers=SAME_SITE)

    return answer


@pytest.fixture
def elsewhere(nation: Any) -> int:
    """Another province, with one site in a district of it."""
    with writing(nation.engine) as connection:
        values = {"code": "02", "level": 1, "name": "Tỉnh Hà Giang", "valid_from": "2008-08-01"}
        return int(connection.execute(insert(unit).values(**values).returning(unit.c.id)).scalar_one())


def bound(nation: Any, login: str, duty: str, unit_id: int, password_hash: str) -> None:
    with writing(nation.engine) as connection:
        values = {"login": login, "name": login, "duty": duty, "password": password_hash}
        person_id = connection.execute(insert(person).values(**values).returning(person.c.id)).scalar_one()
        connection.execute(insert(person_scope).values(person_id=person_id, unit_id=unit_id))


def test_what_nobody_has_confirmed_is_said_loudly_and_that_no_probe_proves_it(browser: TestClient) -> None:
    page = browser.get("/capacity").text
    assert "Dung lượng chưa đủ chắc: 2 mục VNPT chưa xác nhận" in words(page)
    assert "Phép đo không chứng minh được dung lượng." in words(page)
    there, nobody = "Thành phố Hà Nội VNPT Hà Nội", "Chưa xác nhận Ghi xác nhận : Thành phố Hà Nội,"
    assert rows(page)[2:] == [
        f"{there} MyTV chung một luồng (multicast) 1 5 Mbit/s 7 Mbit/s {nobody} MyTV",
        f"{there} Máy tính riêng từng điểm (unicast) 3 1 qua nhà mạng khác 15 Mbit/s 25 Mbit/s {nobody} Máy tính",
    ]


def test_a_confirmation_is_shown_with_its_author_and_can_be_taken_back(
    browser: TestClient, send: Callable[..., Any], nation: Any
) -> None:
    assert send().status_code == 303
    page = browser.get("/capacity").text
    assert "Đã xác nhận đủ 1.500 Mbit/s Bà Mai, VNPT Hà Nội 08:00 ; CV 118 Sửa" in rows(page)[3]
    assert 'value="1500,5"' in browser.get(f"/capacity?unit={HANOI}&medium=pc&delivery=unicast").text
    assert send(mbps="2", note="").status_code == 303
    assert "Xác nhận chưa đủ 2 Mbit/s" in rows(browser.get("/capacity").text)[3]
    assert send(to="withdraw").status_code == 303
    assert "Chưa xác nhận" in rows(browser.get("/capacity").text)[3]
    with nation.engine.connect() as connection:
        told = connection.execute(select(audit.c.actor, audit.c.action, audit.c.detail).order_by(audit.c.id)).all()
        assert [(row.actor, row.action) for row in told] == [
            ("ministry", "confirm capacity"),
            ("ministry", "confirm capacity"),
            ("ministry", "withdraw capacity"),
        ]
        assert json.loads(told[0].detail)["mbps"] == 1500.5
        kinds = connection.execute(select(change.c.kind, change.c.key).where(change.c.kind == "capacity")).all()
    assert kinds == [("capacity", HANOI)] * 3


@pytest.mark.parametrize("mbps", ["", "nhiều", "0", "-5", "nan", "inf", "1e9", "1.2.3"])
def test_an_amount_that_is_none_is_refused_and_what_was_entered_stays(
    send: Callable[..., Any], nation: Any, mbps: str
) -> None:
    answer = send(mbps=mbps)
    assert answer.status_code == 400
    assert "Dung lượng phải là số Mbit/s" in answer.text
    assert "Bà Mai, VNPT Hà Nội" in answer.text
    with nation.engine.connect() as connection:
        assert connection.execute(select(capacity)).all() == []


@pytest.mark.parametrize("by", ["", "  ", "Mai\u202e", "=HYPERLINK(1)", "M" * 1000])
def test_nobody_in_particular_confirms_nothing(send: Callable[..., Any], by: str) -> None:
    assert send(by=by).status_code == 400


def test_what_the_session_does_not_need_is_not_confirmed(send: Callable[..., Any], browser: TestClient) -> None:
    assert send(medium="room").status_code == 404
    assert send(unit=99).status_code == 404
    answer = browser.post("/capacity?session=99", data=entered(), headers=SAME_SITE)
    assert answer.status_code == 404


@pytest.mark.parametrize(
    ("duty", "is_own", "status"),
    [("vnpt_branch", True, 303), ("vnpt_branch", False, 404), ("provincial", True, 403), ("unit_officer", True, 403)],
)
def test_a_branch_confirms_for_its_own_province_and_nobody_else_does(
    stranger: TestClient,
    log_in: Callable[..., TestClient],
    send: Callable[..., Any],
    nation: Any,
    elsewhere: int,
    password_hash: str,
    duty: str,
    is_own: bool,
    status: int,
) -> None:
    stranger.cookies.clear()
    bound(nation, "ba-mai", duty, HANOI if is_own else elsewhere, password_hash)
    assert send(log_in(stranger, "ba-mai")).status_code == status


def test_whoever_sees_one_district_is_told_of_its_whole_province(nation: Any, country: Any) -> None:
    with writing(nation.engine) as connection:
        values = {"code": "271", "level": 2, "name": "Huyện Ba Vì", "parent_id": HANOI, "valid_from": "2008-08-01"}
        district = int(connection.execute(insert(unit).values(**values).returning(unit.c.id)).scalar_one())
        everything = capacities(whole_country(connection), nation.session_id)
        assert capacities(Sight(connection, frozenset({district})), nation.session_id) == everything
        assert {row.key.unit_id for row in everything} == {HANOI}
