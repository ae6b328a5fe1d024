"""The list as a workbook, opened again by another program."""

from __future__ import annotations

import io
import threading
import zipfile
from collections.abc import Callable
from typing import Any
from urllib.parse import unquote

import pytest
from python_calamine import CalamineWorkbook
from sqlalchemy import insert, select, update
from starlette.testclient import TestClient

from collector.dashboard import files
from provisioning.store.engine import writing
from provisioning.store.tables import audit, contact, line, participation, person, person_scope, site, unit
from tests.collector.statement.filled import HOSTILE


def sheet(body: bytes) -> tuple[str, list[list[Any]]]:
    book = CalamineWorkbook.from_filelike(io.BytesIO(body))
    return book.sheet_names[0], book.get_sheet_by_index(0).to_python()


def column(rows: list[list[Any]], heading: str) -> list[Any]:
    place = rows[0].index(heading)
    return [row[place] for row in rows[1:]]


def test_the_workbook_holds_what_the_list_shows_in_its_order(browser: TestClient, nation: Any, country: Any) -> None:
    with writing(country.engine) as connection:
        connection.execute(update(participation).where(participation.c.id == nation.slow).values(seats=40))
    _, rows = sheet(browser.get("/sites.xlsx?level=not_ready&level=ready&sort=-level").content)
    assert column(rows, "Mã") == ["GOOD000", "SLOW000"]
    assert column(rows, "Mức") == ["Đạt", "Chưa đạt"]
    assert column(rows, "Lý do") == ["", "Tốc độ tải lên 0,1 Mbit/s, cần ít nhất 6 Mbit/s"]
    assert column(rows, "Số chỗ") == ["", 40]
    assert column(rows, "Từ lúc")[1].isoformat() == "2023-08-15T08:00:00"
    assert column(rows, "Điện thoại")[1] == "0912 345 678"


def test_whom_to_call_at_vnpt_stands_where_vnpt_must_act(browser: TestClient, country: Any, password_hash: str) -> None:
    def called() -> list[Any]:
        return column(sheet(browser.get("/sites.xlsx?level=not_ready&level=ready").content)[1], "Gọi ai ở VNPT")

    assert called() == ["số trên hợp đồng", ""]
    with writing(country.engine) as connection:
        of_branch = {"name": "VNPT Hà Nội", "password": password_hash, "duty": "vnpt_branch"}
        for number, login in enumerate(("branch", "gone", "elsewhere"), start=10):
            gone = {"disabled_at": 1 if login == "gone" else None}
            connection.execute(insert(person).values(id=number, login=login, **of_branch, **gone))
        far = {"code": "02", "level": 1, "name": "Tỉnh Hà Giang", "valid_from": "2008-08-01"}
        far_id = connection.execute(insert(unit).values(far).returning(unit.c.id)).scalar_one()
        for person_id, unit_id in ((10, country.unit_id), (11, country.unit_id), (12, far_id)):
            connection.execute(insert(person_scope).values(person_id=person_id, unit_id=unit_id))
    state = browser.app.state  # type: ignore[attr-defined]
    state.settings = state.settings.model_copy(update={"call_vnpt": "1800 1260"})
    assert called() == ["VNPT Hà Nội, 1800 1260", ""]
    told = browser.get("/sites/SLOW000").text
    assert "Gọi VNPT: <b>VNPT Hà Nội, 1800 1260</b>; đọc mã điểm cầu" in told
    assert "Gọi VNPT: " not in browser.get("/sites/GOOD000").text


def test_no_text_from_outside_becomes_a_formula_or_a_link(browser: TestClient, country: Any) -> None:
    for name in HOSTILE:
        country.site(name)
    with writing(country.engine) as connection:
        connection.execute(update(contact).values(name=HOSTILE[0], phone=HOSTILE[1]))
        connection.execute(update(line).where(line.c.id == 1).values(code=HOSTILE[2]))
        connection.execute(update(site).where(site.c.code == "SILENT0").values(name="x" * 40_000 + "\x01"))
    body = browser.get("/sites.xlsx").content
    assert set(HOSTILE) <= set(column(sheet(body)[1], "Điểm cầu"))
    with zipfile.ZipFile(io.BytesIO(body)) as parts:
        text = parts.read("xl/worksheets/sheet1.xml").decode()
        assert "<f>" not in text
        assert "hyperlink" not in text
        assert not [name for name in parts.namelist() if "rels" in name and "sheet" in name]


def test_the_head_stays_in_sight_and_filters(browser: TestClient) -> None:
    with zipfile.ZipFile(io.BytesIO(browser.get("/sites.xlsx").content)) as parts:
        text = parts.read("xl/worksheets/sheet1.xml").decode()
    assert '<pane xSplit="2" ySplit="1"' in text
    assert '<autoFilter ref="A1:S5"/>' in text


@pytest.mark.parametrize(
    ("lang", "title", "file"),
    [
        ("vi", "Điểm cầu", "diem-cau-buoi-sang-2023-08-15-0800"),
        ("en", "Sites", "sites-buoi-sang-2023-08-15-0800"),
    ],
)
def test_file_and_sheet_are_named_in_the_readers_language(
    browser: TestClient, lang: str, title: str, file: str
) -> None:
    answer = browser.get(f"/sites.xlsx?lang={lang}")
    named = f"{title} - Buổi sáng - 2023-08-15 0800.xlsx"
    told = unquote(answer.headers["content-disposition"])
    assert told == f"attachment; filename=\"{file}.xlsx\"; filename*=UTF-8''{named}"
    assert sheet(answer.content)[0] == title


def test_phones_are_for_those_who_call(stranger: TestClient, log_in: Callable[[TestClient, str], TestClient]) -> None:
    body = log_in(stranger, "viewer").get("/sites.xlsx").content
    assert "Điện thoại" not in sheet(body)[1][0]
    assert "0912" not in str(sheet(body)[1])


def test_while_enough_others_wait_one_is_told_to_come_again_and_no_page_waits(
    browser: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = browser.post("/statements", headers={"Sec-Fetch-Site": "same-origin"}).headers["location"]
    monkeypatch.setattr(files, "_IN_LINE", threading.Semaphore(1))
    with files.turn():
        answers = [browser.get(path) for path in ("/sites.xlsx", f"{made}/xlsx")]
        assert [answer.status_code for answer in answers] == [503, 503]
        assert all("Chờ một phút" in answer.text for answer in answers)
    assert [browser.get(path).status_code for path in ("/sites.xlsx", f"{made}/xlsx")] == [200, 200]


def test_who_took_a_workbook_is_written_down(browser: TestClient, country: Any) -> None:
    browser.get("/sites.xlsx?level=ready")
    with country.engine.connect() as connection:
        row = connection.execute(select(audit).where(audit.c.action == "exported")).one()
    assert row.actor == "ministry"
    assert '"asked": "level=ready"' in row.detail
