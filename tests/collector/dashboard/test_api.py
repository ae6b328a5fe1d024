from __future__ import annotations

from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import create_engine
from starlette.testclient import TestClient

from collector.dashboard import labels
from collector.dashboard.api import asking
from collector.dashboard.app import build_app
from collector.dashboard.routes import ROUTES
from contract.reasons import LEVELS, OWNERS
from provisioning.settings import Settings


def test_the_summary_says_how_the_session_stands(browser: TestClient, nation: Any) -> None:
    assert browser.get("/api/v1/summary").json() == {
        "as_of": "2023-08-15T01:00:00Z",
        "session": nation.session_id,
        "sites": 4,
        "devices": 3,
        "sites_reported": 3,
        "levels": {"ready": 1, "at_risk": 1, "not_ready": 1, "unknown": 1},
        "flags": {"vnpt": 1, "other_provider": 1, "site": 1, "department": 0, "ministry": 0},
        "presence": {"connected": 3, "asleep": 0, "stopped": 0, "off_hours": 0, "power_cut": 0, "lost": 0, "never": 1},
        "balance": {
            "accepted": 4,
            "committed": 3,
            "spooled": 0,
            "dropped": 0,
            "quarantined": 1,
            "unattributed": 1,
        },
    }


def test_a_session_that_does_not_exist_has_no_summary(browser: TestClient) -> None:
    assert browser.get("/api/v1/summary?session=99").status_code == 404
    assert browser.get("/api/v1/summary?session=one").status_code == 400


def test_the_api_describes_itself_and_nothing_else(browser: TestClient) -> None:
    paths = browser.get("/api/v1/openapi.json").json()["paths"]
    assert set(paths) == {route.path for route in ROUTES if route.path.startswith("/api/")}
    schema = paths["/api/v1/summary"]["get"]["responses"]["200"]["content"]["application/json"]["schema"]
    assert schema == {"$ref": "#/components/schemas/Summary"}


def test_health_follows_the_database(stranger: TestClient, home: Any, tmp_path: Any) -> None:
    assert stranger.get("/healthz").json() == {"status": "ok"}
    nowhere = create_engine(f"sqlite:///{tmp_path}/no/such/folder/x.db")
    assert TestClient(build_app(nowhere, Settings(home=home))).get("/healthz").status_code == 503


def _walk(browser: TestClient, path: str, **query: Any) -> list[dict[str, Any]]:
    """Return the items of all pages of one item each."""
    items: list[dict[str, Any]] = []
    after = 0
    while after is not None:
        page = browser.get(path, params={**query, "limit": 1, "after": after}).json()
        items += page["items"]
        after = page["next"]
    return items


def test_sites_are_filtered_and_come_page_by_page(browser: TestClient) -> None:
    whole = browser.get("/api/v1/sites").json()
    assert (whole["found"], whole["next"]) == (4, None)
    assert _walk(browser, "/api/v1/sites") == whole["items"]
    expected: dict[str, list[str]] = {
        "level=ready": ["GOOD000"],
        "level=ready&level=unknown": ["GOOD000", "SILENT0"],
        "owner=vnpt&level=not_ready": ["SLOW000"],
        "role=interactive": ["SLOW000"],
        "medium=mytv": ["SILENT0"],
        "q=dat mui": ["GOOD000"],
        "unit=02": [],
    }
    shown = {q: [each["code"] for each in browser.get(f"/api/v1/sites?{q}").json()["items"]] for q in expected}
    assert shown == expected
    silent = whole["items"][-1]
    assert (silent["level"], silent["presence"], silent["since"]) == ("unknown", "never", None)
    assert [reason["reason"] for reason in silent["reasons"]] == ["never_checked"]


def test_units_count_their_sites_and_sum_to_the_session(browser: TestClient) -> None:
    (hanoi,) = browser.get("/api/v1/units").json()["items"]
    assert (hanoi["code"], hanoi["parent"], hanoi["sites"]) == ("01", None, 4)
    assert sum(hanoi["levels"].values()) == 4
    assert browser.get("/api/v1/units?parent=01").json()["items"] == []
    assert browser.get("/api/v1/units?parent=99").status_code == 404


def test_flags_are_those_that_stand_and_come_page_by_page(browser: TestClient) -> None:
    flags = browser.get("/api/v1/flags").json()["items"]
    assert _walk(browser, "/api/v1/flags") == flags
    (slow,) = [each for each in flags if each["site"] == "SLOW000" and each["owner"] == "vnpt"]
    assert (slow["fact"], slow["metric"], slow["level"]) == ("line", "upload_mbps", "not_ready")
    assert browser.get("/api/v1/flags?owner=vnpt").json()["items"] == [slow]
    assert browser.get("/api/v1/flags?unit=02").json()["items"] == []


def test_evidence_and_history_of_a_site(browser: TestClient) -> None:
    facts = {each["fact"]: each for each in browser.get("/api/v1/sites/SLOW000/evidence").json()["items"]}
    assert facts["line"]["findings"]["upload_mbps"] == 0.1
    assert (facts["line"]["source"], facts["line"]["device"]) == ("agent", "d-00000001")
    changes = browser.get("/api/v1/sites/SLOW000/history").json()["items"]
    assert _walk(browser, "/api/v1/sites/SLOW000/history") == changes
    assert ("line", "upload_mbps", "not_ready") in {(c["fact"], c["metric"], c["new_level"]) for c in changes}
    for path in ("evidence", "history", "hours"):
        assert browser.get(f"/api/v1/sites/NOPE/{path}").json() == {"detail": "no such site"}


def test_the_description_says_what_each_parameter_and_refusal_means(browser: TestClient) -> None:
    for path, methods in browser.get("/api/v1/openapi.json").json()["paths"].items():
        asked = methods["get"]
        assert [each["name"] for each in asked.get("parameters", ()) if not each.get("description")] == [], path
        assert {"200", "400", "401", "404"} <= set(asked["responses"]), path
        assert "422" not in asked["responses"], path  # never: what makes no sense is 400


def test_the_api_knows_the_words_of_the_contract() -> None:
    assert {*asking.Level} == {*LEVELS}
    assert {*asking.Owner} == {*OWNERS}
    assert {*asking.Role} == {*labels.ROLES}
    assert {*asking.Medium} == {*labels.MEDIA}


NAMES = ("session", "days", "level", "owner", "role", "medium", "unit", "parent", "q", "after", "limit", "other")
VALUES = st.one_of(
    st.integers(-(2**70), 2**70).map(str),
    st.sampled_from(("ready", "vnpt", "view", "pc", "01", "%", "_", "\\", "\0", "1e9", "")),
    st.text(max_size=20),
)


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(
    route=st.sampled_from([route.path for route in ROUTES if route.path.startswith("/api/")]),
    code=st.one_of(st.sampled_from(("SLOW000", "%00", "S%2F")), st.text("AZ09%_-é", min_size=1, max_size=25)),
    query=st.lists(st.tuples(st.sampled_from(NAMES), VALUES), max_size=4),
)
def test_no_question_to_the_api_is_a_fault_of_ours(
    browser: TestClient, route: str, code: str, query: list[tuple[str, str]]
) -> None:
    answer = browser.get(route.replace("{code}", code), params=query)
    assert answer.status_code in (200, 400, 404)
    if answer.status_code != 200:
        assert answer.json()["detail"]
