"""How things stand, for a program and for a person at a terminal."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from collector.intake.ingest import ingest
from collector.judge.load import load_policy
from collector.judge.policy import SEED
from collector.status import in_words, look
from provisioning.settings import Settings

POLICY = load_policy(SEED.read_text(encoding="utf-8"))
VI = "Đang kết nối 1, Đang ngủ 0, Đã tắt 0, Ngoài giờ 0, Cắt điện có báo trước 0, Mất liên lạc 0, Chưa từng kết nối 1"
EN = "Connected 1, Asleep 0, Stopped 0, Off hours 0, Announced power cut 0, Lost 0, Never connected 1"


@pytest.fixture
def found(country: Any, now: int, tmp_path: Path) -> dict[str, Any]:
    """Two sites, one of which has sent a report that tells of a slow line, and one that is of no use."""
    country.site("school")
    country.site("silent")
    school = country.device("d-00000001", "school")
    slow = school.report(1, school.body(line={"download_mbps": 1.0}))
    ingest(country.engine, [slow, school.report(2, b"poison")], POLICY, now)
    return look(country.engine, Settings(home=tmp_path, broker_urls=("mqtts://broker.example:8883",)))


def test_a_program_is_told_the_sessions_figures_and_which_parts_answer(found: dict[str, Any]) -> None:
    assert (found["sites"], found["sites_reported"]) == (2, 1)
    assert found["levels"] == {"ready": 0, "at_risk": 0, "unknown": 1, "not_ready": 1}
    assert found["balance"]["quarantined"] == 1
    assert found["parts"].keys() == {"enrolment", "probe-server", "web"}  # nobody can ask ingest of a foreign broker


@pytest.mark.parametrize(
    ("lang", "lines"),
    [
        ("vi", ["2 điểm cầu, 1 đã có kết quả", "Đạt 0, Có nguy cơ 0, Chưa đạt 1, Chưa rõ 1", VI, "web: KHÔNG trả lời"]),
        ("en", ["2 sites, 1 have reported", "Ready 0, At risk 0, Not ready 1, Unknown 1", EN, "web: does NOT answer"]),
    ],
)
def test_a_person_is_told_the_same_in_words(
    found: dict[str, Any], monkeypatch: pytest.MonkeyPatch, lang: str, lines: list[str]
) -> None:
    monkeypatch.setenv("DIEMCAU_LANG", lang)
    told = in_words({**found, "parts": {"web": False}}).splitlines()
    assert [line for line in told if line in lines] == lines
    assert ("Cần xử lý: VNPT 1" if lang == "vi" else "To be dealt with: VNPT 1") in "\n".join(told)
    assert "2" in next(line for line in told if "=" in line)
