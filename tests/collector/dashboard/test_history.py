"""A site's page tells what was measured hour by hour, for eyes and for those who read."""

from __future__ import annotations

import json
import re
from html import unescape

import pytest
from sqlalchemy import insert, update
from starlette.testclient import TestClient

from collector.store.queries.history import Hour, hours_of
from collector.store.scope import Sight, country, one_site
from collector.store.tables import rollup
from provisioning.store.engine import writing
from provisioning.store.tables import device

HOUR_US = 3_600_000_000


@pytest.fixture
def measured(nation, now):
    """Two hours of the first school, one of them by two devices."""
    with writing(nation.engine) as connection:
        connection.execute(update(device).values(enrolled_at=now - 300 * HOUR_US))
        for device_id, hours, metric, n, values in (
            (1, 0, "rtt_ms", 3, (5.0, 10.0, 20.0)),
            (3, 0, "rtt_ms", 1, (50.0, 50.0, 50.0)),
            (1, 30, "rtt_ms", 2, (1.0, 2.0, 3.0)),
            (1, 200, "download_mbps", 1, (6.5, 6.5, 6.5)),
            (1, 1, "heard", 45, (0.0, 1 / 3, 1.0)),
        ):
            least, mean, most = values
            row = {"hour_at": now - hours * HOUR_US, "device_id": device_id, "metric": metric, "n": n}
            connection.execute(insert(rollup).values(**row, least=least, mean=mean, most=most))
    return nation


def points(page: str, name: str) -> list[list[list[float]]]:
    found = re.search(rf'data-kind="{name}"[^>]*data-points="([^"]*)"', page)
    assert found
    return json.loads(unescape(found[1]))  # type: ignore[no-any-return]


def test_plots_have_the_hours_asked_for_and_the_same_in_a_table(measured, browser: TestClient, now: int) -> None:
    day, week = (browser.get(f"/sites/SLOW000?lang=en&days={days}").text for days in (1, 7))
    assert points(day, "rtt_ms") == [[[now // 1_000_000, 5.0, 10.0, 20.0]]]
    assert len(points(week, "rtt_ms")[0]) == 2
    assert points(day, "line")[0] == [[(now - 200 * HOUR_US) // 1_000_000, 6.5, 6.5, 6.5]]  # line tests: 30 days
    table = day.partition('data-kind="rtt_ms"')[2].partition("</table>")[0]
    assert "10\N{NO-BREAK SPACE}ms" in table
    assert "5–20" in table
    assert browser.get("/sites/SLOW000?days=400").status_code == 404


def test_the_api_tells_the_same_hours(measured, browser: TestClient) -> None:
    week = browser.get("/api/v1/sites/SLOW000/hours?days=7").json()["items"]
    assert [(hour["metric"], hour["n"]) for hour in week] == [("rtt_ms", 2), ("rtt_ms", 3)]
    latest = {"at": "2023-08-15T01:00:00Z", "metric": "rtt_ms", "n": 3, "least": 5.0, "mean": 10.0, "most": 20.0}
    assert browser.get("/api/v1/sites/SLOW000/hours").json() == {"site": "SLOW000", "items": [latest]}


def test_a_device_has_the_bar_of_its_day(measured, browser: TestClient) -> None:
    page = browser.get("/sites/SLOW000?lang=en").text
    bar = page.partition('<figure class="beat">')[2].partition("</svg>")[0]
    assert bar.count("<title>") == 48
    assert 'class="connected"' in bar
    assert "Connected for a part of it" in page  # the second half of the hour: 15 of 30 snapshots


def test_without_figures_the_page_says_why(nation, browser: TestClient) -> None:
    assert "máy mới nối hôm nay" in browser.get("/sites/SLOW000").text
    assert "chưa có thiết bị nào" in browser.get("/sites/SILENT0").text


def test_devices_of_a_site_are_seen_together_and_of_others_not_at_all(measured, now: int) -> None:
    with writing(measured.engine) as connection:
        connection.execute(update(device).where(device.c.id == 3).values(site_id=1))
    with measured.engine.connect() as connection:
        found = {
            name: hours_of(sight, 1, ["rtt_ms"], 24, now)["rtt_ms"]
            for name, sight in (
                ("country", country(connection)),
                ("itself", one_site(connection, "SLOW000")),
                ("elsewhere", one_site(connection, "GOOD000")),
                ("no unit", Sight(connection, frozenset())),
            )
        }
    together = [Hour(now, 4, 5.0, 20.0, 50.0)]
    assert found == {"country": together, "itself": together, "elsewhere": [], "no unit": []}


def test_only_the_page_with_plots_loads_what_draws_them(browser: TestClient) -> None:
    pages = {address: browser.get(address).text for address in ("/", "/sites", "/sites/SLOW000")}
    assert [address for address, page in pages.items() if "/static/plots-" in page] == ["/sites/SLOW000"]
