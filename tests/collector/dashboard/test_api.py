from __future__ import annotations

from typing import Any

from sqlalchemy import create_engine
from starlette.testclient import TestClient

from collector.dashboard.app import build_app
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
        "presence": {"connected": 3, "asleep": 0, "stopped": 0, "off_hours": 0, "lost": 0, "never": 1},
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
    assert set(paths) == {"/api/v1/summary", "/api/v1/openapi.json"}
    schema = paths["/api/v1/summary"]["get"]["responses"]["200"]["content"]["application/json"]["schema"]
    assert schema == {"$ref": "#/components/schemas/Summary"}


def test_health_follows_the_database(stranger: TestClient, home: Any, tmp_path: Any) -> None:
    assert stranger.get("/healthz").json() == {"status": "ok"}
    nowhere = create_engine(f"sqlite:///{tmp_path}/no/such/folder/x.db")
    assert TestClient(build_app(nowhere, Settings(home=home))).get("/healthz").status_code == 503
