from __future__ import annotations

import pytest

from agent import installed

BUNDLE = {"DIEMCAU_AGENT_SERVER": "https://diemcau.example.vn"}


@pytest.mark.parametrize(
    ("environ", "platform", "how"),
    [
        ({}, "linux", "diemcau-agent enrol CODE --server https://…"),
        ({}, "win32", "diemcau-agent enrol CODE --server https://…"),
        (BUNDLE, "linux", "sudo diemcau-agent enrol CODE"),
        (BUNDLE, "win32", "open Start, Điểm Cầu, Gõ mã"),
    ],
)
def test_how_to_enrol_depends_on_what_put_the_agent_here(environ, platform, how, monkeypatch):
    monkeypatch.setenv("DIEMCAU_LANG", "en")
    assert installed.how_to_enrol(environ, platform) == how
