from __future__ import annotations

import pytest
from starlette.datastructures import Headers
from starlette.testclient import TestClient

from collector.dashboard.guard import is_same_origin


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({"sec-fetch-site": "same-origin"}, True),
        ({"sec-fetch-site": "none"}, True),
        ({"sec-fetch-site": "cross-site"}, False),
        ({"sec-fetch-site": "same-site"}, False),
        ({"sec-fetch-site": "cross-site", "origin": "https://ours"}, False),
        ({"origin": "https://ours"}, True),
        ({"origin": "https://theirs"}, False),
        ({"origin": "null"}, False),
        ({}, True),
    ],
)
def test_a_request_that_another_site_caused_is_known_by_its_headers(headers: dict[str, str], expected: bool) -> None:
    assert is_same_origin(Headers({"host": "ours", **headers})) is expected


def test_a_form_on_another_site_cannot_post_to_us(stranger: TestClient) -> None:
    for path in ("/login", "/logout"):
        answer = stranger.post(path, data={"login": "ministry"}, headers={"Sec-Fetch-Site": "cross-site"})
        assert answer.status_code == 403


def test_every_answer_carries_the_safety_headers(browser: TestClient) -> None:
    for path in ("/", "/login", "/nope", "/api/v1/summary", "/healthz", "/static/nope"):
        headers = browser.get(path).headers
        policy = headers["content-security-policy"]
        assert "default-src 'self'" in policy
        assert "frame-ancestors 'none'" in policy
        assert "unsafe" not in policy
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "same-origin"
        assert headers["cache-control"] == "no-store"


def test_assets_are_kept_by_browsers_because_their_names_change_with_them(browser: TestClient) -> None:
    from collector.dashboard.render import asset

    answer = browser.get(asset("app.css"))
    assert answer.status_code == 200
    assert "immutable" in answer.headers["cache-control"]
