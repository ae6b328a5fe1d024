"""Statements in the browser: made, shown, fetched, proposed by one and approved by another."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import func, insert, update
from starlette.testclient import TestClient

from collector.store.tables import statement
from provisioning.store.engine import writing
from provisioning.store.tables import person

SAME_SITE = {"Sec-Fetch-Site": "same-origin"}


@pytest.fixture
def as_(nation: Any, stranger: TestClient, log_in: Callable[..., TestClient], password_hash: str) -> Callable[..., Any]:
    """A function that logs the browser in as another person."""
    with writing(nation.engine) as connection:
        connection.execute(insert(person).values(login="noc", name="Lan", password=password_hash, duty="noc"))
    return lambda login: log_in(stranger, login)


def send(browser: TestClient, address: str, **told: str) -> Any:
    return browser.post(address, data=told, headers=SAME_SITE)


def test_one_makes_and_proposes_it_and_another_approves_it(as_: Callable[[str], TestClient]) -> None:
    assert re.search(
        r"Lập cho mốc đang tính: (\d+ (ngày|giờ) trước buổi họp|trong buổi họp)\.", as_("noc").get("/statements").text
    )
    made = send(as_("noc"), "/statements")
    assert (made.status_code, made.headers["location"]) == (303, "/statements/1")
    assert send(as_("noc"), "/statements/1", act="propose").status_code == 303
    proposed = as_("noc").get("/statements/1").text
    assert re.search(r"Người đề xuất: Lan, [\d:/ ]+\. Chờ phê duyệt: một người khác, của Bộ", proposed)
    assert send(as_("noc"), "/statements/1", act="approve").status_code == 409
    assert send(as_("ministry"), "/statements/1", act="approve").status_code == 303
    assert "Đã phê duyệt" in as_("viewer").get("/statements").text
    assert "Người lập: Lan" in as_("viewer").get("/statements/1").text


def test_one_that_was_made_at_the_centres_machine_says_so_in_words(
    as_: Callable[[str], TestClient], nation: Any
) -> None:
    send(as_("noc"), "/statements")
    with writing(nation.engine) as connection:
        connection.execute(update(statement).values(made_by="terminal:root"))
    pages = [as_("viewer").get(address).text for address in ("/statements", "/statements/1")]
    assert [("máy trung tâm, root" in page, "terminal:" in page) for page in pages] == [(True, False)] * 2


def test_who_only_looks_makes_and_signs_nothing(as_: Callable[[str], TestClient]) -> None:
    send(as_("noc"), "/statements")
    viewer = as_("viewer")
    assert [send(viewer, "/statements").status_code, send(viewer, "/statements/1", act="propose").status_code] == [
        403
    ] * 2
    assert "<button name=" not in viewer.get("/statements/1").text


@pytest.mark.parametrize(("form", "begins"), [("pdf", b"%PDF"), ("docx", b"PK"), ("xlsx", b"PK"), ("json", b"{")])
def test_every_form_is_fetched(as_: Callable[[str], TestClient], form: str, begins: bytes) -> None:
    send(as_("noc"), "/statements")
    answer = as_("ministry").get(f"/statements/1/{form}")
    assert answer.status_code == 200
    assert answer.content.startswith(begins)
    assert answer.headers["content-disposition"].endswith(f".{form}")


def test_what_is_not_there_is_not_found(as_: Callable[[str], TestClient]) -> None:
    send(as_("noc"), "/statements")
    viewer = as_("viewer")
    assert [viewer.get(f"/statements/{rest}").status_code for rest in ("2", "2/pdf", "1/exe")] == [404] * 3


def test_a_province_that_is_not_there_is_refused_and_says_so(as_: Callable[[str], TestClient]) -> None:
    answer = send(as_("noc"), "/statements", unit="99")
    assert answer.status_code == 400
    assert "Không có tỉnh mã" in answer.text


def test_one_that_was_changed_in_the_database_is_told_in_words_wherever_it_is_asked_for(
    as_: Callable[[str], TestClient], nation: Any
) -> None:
    send(as_("noc"), "/statements")
    with writing(nation.engine) as connection:
        connection.execute(update(statement).values(body=func.replace(statement.c.body, "unknown", "ready")))
    noc = as_("noc")
    answers = [noc.get("/statements/1"), noc.get("/statements/1/pdf"), send(noc, "/statements/1", act="propose")]
    assert [(one.status_code, "đã bị sửa trong cơ sở dữ liệu" in one.text) for one in answers] == [(400, True)] * 3
