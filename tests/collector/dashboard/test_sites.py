"""The list of sites: every filter and order is an address, and each part of a filter can be taken off."""

from __future__ import annotations

import re
from html import unescape
from typing import Any

import pytest
from sqlalchemy import insert, select, update
from starlette.testclient import TestClient

from collector.dashboard import labels
from collector.intake.ingest import ingest
from collector.judge.load import load_policy
from collector.judge.policy import SEED
from collector.store.queries.filters import words
from collector.store.tables import standing
from contract.reasons import REASONS
from provisioning.store.engine import writing
from provisioning.store.tables import participation, site, unit

SECOND = 1_000_000
POLICY = load_policy(SEED.read_text(encoding="utf-8"))
PRAISE = {"ok", "present", "proven"}  # reasons of verdicts that are ready


@pytest.fixture
def districts(nation: Any, country: Any) -> None:
    """The good and the silent school lie in districts of another province; the good one has the most seats."""
    with writing(country.engine) as connection:
        province = {"code": "96", "level": 1, "name": "Tỉnh Cà Mau", "valid_from": "1997-01-01"}
        province_id = connection.execute(insert(unit).values(province).returning(unit.c.id)).scalar_one()
        for code, name, school in (("973", "Huyện Ngọc Hiển", "GOOD000"), ("964", "Thành phố Cà Mau", "SILENT0")):
            values = {"code": code, "level": 2, "name": name, "parent_id": province_id, "valid_from": "2004-01-01"}
            unit_id = connection.execute(insert(unit).values(values).returning(unit.c.id)).scalar_one()
            connection.execute(update(site).where(site.c.code == school).values(unit_id=unit_id))
        for school, seats in ((nation.good, 200), (nation.slow, 40)):
            connection.execute(update(participation).where(participation.c.id == school).values(seats=seats))


def listed(page: str) -> list[str]:
    return re.findall(r'<th role="rowheader" scope="row"><a href="/sites/(\w+)', page)


def chips(page: str) -> dict[str, str]:
    """Return the chips of the filter: what each says, and where it leads."""
    found = re.findall(r'<a class="chip" href="([^"]*)"><span class="unseen">[^<]*</span>([^<]*)<', page)
    return {unescape(text).strip(): unescape(link) for link, text in found}


@pytest.mark.usefixtures("districts")
def test_the_list_is_narrowed_by_place_part_provider_reason_and_presence(browser: TestClient) -> None:
    expected = {
        "unit=96": ["SILENT0", "GOOD000"],
        "unit=973": ["GOOD000"],
        "medium=mytv": ["SILENT0"],
        "provider=viettel": ["HOSTILE"],
        "reason=upload_low": ["SLOW000"],
        "reason=never_checked": ["SILENT0"],
        "reason=never_checked&owner=vnpt": [],
        "reason=jitter_high&level=at_risk": ["HOSTILE"],
        "presence=connected": ["SLOW000", "HOSTILE", "GOOD000"],
        "presence=never": ["SILENT0"],
        "presence=lost": [],
        "q=ngoc hien": ["GOOD000"],
        "q=ca mau dat": ["GOOD000"],
        "q=slow000": ["SLOW000"],
        "medium=fax&reason=x&presence=x&sort=x": ["SLOW000", "SILENT0", "HOSTILE", "GOOD000"],
    }
    assert {query: listed(browser.get(f"/sites?{query}").text) for query in expected} == expected


@pytest.mark.usefixtures("districts")
def test_the_list_is_sorted_by_each_column_either_way(browser: TestClient) -> None:
    expected = {
        "level": ["SLOW000", "SILENT0", "HOSTILE", "GOOD000"],
        "-level": ["GOOD000", "HOSTILE", "SILENT0", "SLOW000"],
        "name": ["HOSTILE", "SILENT0", "SLOW000", "GOOD000"],
        "-name": ["GOOD000", "SLOW000", "SILENT0", "HOSTILE"],
        "province": ["HOSTILE", "SLOW000", "SILENT0", "GOOD000"],
        "seats": ["GOOD000", "SLOW000", "HOSTILE", "SILENT0"],
        "-seats": ["HOSTILE", "SILENT0", "SLOW000", "GOOD000"],
    }
    assert {sort: listed(browser.get(f"/sites?sort={sort}").text) for sort in expected} == expected
    assert listed(browser.get("/sites?sort=since").text)[-1] == "SILENT0"  # never judged: since nobody knows when


def test_a_heading_sorts_by_its_column_and_then_the_other_way_round(browser: TestClient) -> None:
    def heading(page: str) -> tuple[str, str]:
        found = re.search(r'<th [^>]*?(aria-sort="\w+")?><a class="sorter" href="([^"]*sort=-?since[^"]*)"', page)
        assert found
        return found[1] or "", unescape(found[2])

    order, link = heading(browser.get("/sites?owner=vnpt").text)
    assert (order, link) == ("", "/sites?owner=vnpt&sort=since")
    order, link = heading(browser.get(link).text)
    assert (order, link) == ('aria-sort="ascending"', "/sites?owner=vnpt&sort=-since")
    assert heading(browser.get(link).text)[0] == 'aria-sort="descending"'


@pytest.mark.usefixtures("districts")
def test_each_part_of_a_filter_is_a_chip_that_takes_it_off_alone(browser: TestClient) -> None:
    query = {"level": "not_ready", "owner": "vnpt", "unit": "96", "q": "a<b", "role": "view", "medium": "pc"}
    shown = chips(browser.get("/sites", params={**query, "provider": "vnpt", "presence": "lost"}).text)
    assert list(shown) == [
        *("Chưa đạt", "chờ VNPT", "Tỉnh Cà Mau", "Chỉ xem", "Máy tính", "vnpt", "Mất liên lạc", "“a<b”"),
    ]
    for taken, link in shown.items():
        rest = chips(browser.get(link).text)
        assert list(rest) == [text for text in shown if text != taken], taken


def test_the_address_of_a_filter_holds_what_was_chosen_and_no_more(browser: TestClient) -> None:
    answer = browser.get("/sites?q=&unit=&role=view&medium=&provider=&reason=&presence=&page=1")
    assert answer.headers["HX-Replace-Url"] == "/sites?role=view"


def test_what_needs_vnpt_is_a_page_of_the_menu(browser: TestClient) -> None:
    menu = r'<a href="([^"]*)"( aria-current="page")?>Cần VNPT</a>'
    link, is_here = re.findall(menu, browser.get("/sites").text)[0]
    page = browser.get(unescape(link)).text
    assert not is_here
    assert re.findall(menu, page)[0][1]
    assert listed(page) == ["SLOW000"]


def test_a_level_has_its_age_and_keeps_it_while_it_lasts(nation: Any, country: Any, now: int) -> None:
    sender = country.senders["d-00000001"]

    def since() -> int:
        with country.engine.connect() as connection:
            query = select(standing.c.since_at).where(standing.c.participation_id == nation.slow)
            return int(connection.execute(query).scalar_one())

    assert since() == now
    later = now + 60 * SECOND
    ingest(country.engine, [sender.report(2, sender.body(line={"upload_mbps": 0.2}), at=later)], POLICY, later)
    assert since() == now
    ingest(country.engine, [sender.report(3, at=later)], POLICY, later)
    assert since() == later


def test_a_search_takes_a_few_words_and_says_when_there_are_more(browser: TestClient) -> None:
    note = "Chỉ tìm theo 8 từ đầu."
    page = browser.get("/sites?q=ng uy en hu tr uo th pt").text
    assert listed(page) == ["SLOW000"]
    assert note not in page
    page = browser.get("/sites?q=ng uy en hu tr uo th pt kh").text
    assert listed(page) == ["SLOW000"]
    assert note in page
    assert words("Trường t tr TRUONG ư Huế") == ["truong", "hue"]  # the others stand within these


def test_every_reason_of_a_flag_has_a_short_name_to_choose() -> None:
    assert labels.REASONS.keys() == REASONS.keys() - PRAISE
