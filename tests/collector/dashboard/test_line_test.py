"""What a site's page says of its line: an outcome in a sentence, and what is declared beside what was seen."""

from __future__ import annotations

import re
from typing import Any

import pytest
from sqlalchemy import update
from starlette.testclient import TestClient

from collector.dashboard import labels
from collector.dashboard.line_test import sentences
from collector.dashboard.words import Words
from collector.intake.ingest import ingest
from collector.judge.load import load_policy
from collector.judge.policy import SEED
from collector.judge.situation import Evidence
from provisioning.roster.columns import LINE_KINDS
from provisioning.store.engine import writing
from provisioning.store.tables import line

POLICY = load_policy(SEED.read_text(encoding="utf-8"))
MIN = 60_000_000
DOWN = {"outcome": "carries", "need_mbps": 6.0, "minimum_mbps": 3.0, "rate_mbps": 7.4, "low_mbps": 7.1}
DOWN |= {"high_mbps": 7.6, "moved_bytes": 1, "took_s": 1.0, "added_delay_ms": {"value": 21.0}}
SHORT = {**DOWN, "outcome": "fails", "minimum": "above", "rate_mbps": 4.2, "low_mbps": 4.0, "high_mbps": 4.4}
UP = {**DOWN, "need_mbps": 0.5, "minimum_mbps": 0.2, "rate_mbps": 0.62, "low_mbps": 0.6, "high_mbps": 0.64}
UP["added_delay_ms"] = {"why": "absent"}
STALLS = {"startup_s": {"value": 1.5}, "stalls": 3, "rebuffer_pct": 2.4}
SMOOTH = {"startup_s": {"value": 1.5}, "stalls": 0, "rebuffer_pct": 0.0}


def told(*before: dict[str, Any], lang: str = "vi", **parts: Any) -> dict[str, tuple[str, str]]:
    """Return level and text of each sentence by what it is about."""
    found = {"method": "threshold", "download": DOWN, "upload": UP} | parts
    findings = {name: value for name, value in found.items() if value is not None}
    earlier = [
        {"measured_at": -test.pop("minutes") * MIN, "line_id": 1, "findings": {"method": "threshold", **test}}
        for test in before
    ]
    evidence = Evidence(1, "line", "agent", 1, False, findings, None, 0, 1, 1, earlier)
    words = Words(lang, 0)
    return {one.about: (one.level, one.text.replace("\N{NO-BREAK SPACE}", " ")) for one in sentences(words, evidence)}


def test_each_direction_is_one_sentence_with_need_rate_interval_and_delay() -> None:
    assert told() == {
        "Chiều tải xuống": ("ready", "đủ mức cần 6 Mbit/s (thử đến 7,4 Mbit/s), độ trễ tăng thêm 21 ms."),
        "Chiều tải lên": ("ready", "đủ mức cần 0,5 Mbit/s (thử đến 0,62 Mbit/s)."),
    }
    assert told(lang="en")["Downstream"][1] == (
        "carries the 6 Mbit/s needed (tested up to 7.4 Mbit/s), 21 ms of delay added."
    )


@pytest.mark.parametrize(
    ("before", "parts", "level", "said"),
    [
        ([], {}, "at_risk", "không đủ (tạm thời, chờ đo lại vào lúc khác): cần 6 Mbit/s"),
        ([], {}, "at_risk", "trên mức tối thiểu 3 Mbit/s"),
        ([{"minutes": 30, "download": SHORT}], {}, "at_risk", "không đủ, đo lại vào lúc khác vẫn vậy"),
        ([{"minutes": 5, "download": SHORT}], {}, "at_risk", "tạm thời"),
        ([], {"disturbances": ["weak_wifi"]}, "at_risk", "không đủ, nhưng có thứ khác ảnh hưởng"),
    ],
)
def test_a_failure_says_whether_it_is_provisional_or_was_repeated(
    before: list[Any], parts: dict[str, Any], level: str, said: str
) -> None:
    found = told(*[dict(test) for test in before], download=SHORT, **parts)["Chiều tải xuống"]
    assert found[0] == level
    assert said in found[1]


def test_below_the_minimum_is_not_ready_once_it_was_repeated() -> None:
    below = {**SHORT, "minimum": "below", "low_mbps": 2.0, "high_mbps": 2.4}
    assert told(download=below)["Chiều tải xuống"][0] == "at_risk"
    assert told({"minutes": 30, "download": below}, download=below)["Chiều tải xuống"][0] == "not_ready"


def test_what_was_not_tried_what_is_foreseen_and_what_was_in_the_way_are_told() -> None:
    found = told(download=SHORT, upload=None, playback=STALLS, disturbances=["other_traffic", "weak_wifi"])
    assert found["Chiều tải lên"] == ("unknown", "chưa thử, vì chiều kia đã không đủ.")
    assert found["Dự báo khi xem"] == ("at_risk", "hình chạy sau 1,5 giây, dừng 3 lần, 2,4% thời gian.")
    assert found["Trong lúc đo"] == ("unknown", "máy đang tải thứ khác, sóng Wi-Fi yếu.")
    assert told(playback=SMOOTH)["Dự báo khi xem"] == ("ready", "hình chạy sau 1,5 giây, không dừng lần nào.")


def test_a_line_that_was_only_told_by_rates_has_no_such_sentences() -> None:
    assert told(method="speedtest-cli") == {}
    assert sentences(Words("vi", 0), None) == []


def test_every_kind_of_line_that_a_roster_may_name_has_a_name_on_the_page() -> None:
    assert {kind: words[0] for kind, words in LINE_KINDS.items()} == {k: vi for k, (vi, _) in labels.LINE_KINDS.items()}


@pytest.mark.parametrize(("now_behind", "told"), [("5e01", "vẫn như lúc đo"), ("5e02", "nay khác lúc đo: cần đo lại")])
def test_a_sites_page_says_whether_the_machine_is_still_behind_the_router_of_the_test(
    browser: TestClient, country: Any, now: int, now_behind: str, told: str
) -> None:
    country.site("Mường Lát", carrier="vnpt")
    sender = country.device("d-00000004", "Mường Lát")
    tested = {"method": "threshold", "download": DOWN, "upload": UP, "playback": SMOOTH, "gateway": {"value": "5e01"}}
    body = sender.body(line=tested, network={"gateway": now_behind})
    ingest(country.engine, [sender.report(1, body)], POLICY, now)

    page = browser.get("/sites/SMường Lát").text
    assert told in page
    is_asked = "Từ lần đo đường truyền, máy đã chuyển sang bộ định tuyến (modem) khác" in page
    assert is_asked == (now_behind != "5e01")


def test_a_sites_page_shows_what_is_declared_beside_what_was_seen(browser: TestClient, country: Any, now: int) -> None:
    country.site("Mường Lát", carrier="vnpt")
    country.site("other", carrier="viettel")
    with writing(country.engine) as connection:
        connection.execute(update(line).values(kind="fibre"))
    sender = country.device("d-00000004", "Mường Lát")
    found = {"method": "threshold", "download": DOWN, "upload": UP, "playback": SMOOTH}
    body = sender.body(line={**found, "provider": {"value": "viettel"}, "link": {"value": "mobile"}})
    ingest(country.engine, [sender.report(1, body)], POLICY, now)

    page = browser.get("/sites/SMường Lát").text
    card = re.sub(r"<[^>]*>|\s+", " ", page[page.index('<table class="seen">') :].partition("</table>")[0])
    assert "Nhà mạng vnpt viettel" in " ".join(card.split())
    assert "Kết nối cáp quang mạng di động" in " ".join(card.split())
    assert page.count('class="differs"') == 2
    assert "Đo trên đường truyền khác với đường truyền đã đăng ký" in page
    report = browser.get(re.search(r'href="(/reports/\d+)"', page)[1]).text  # type: ignore[index]
    rows = re.findall(r"<dt>(.*?)</dt><dd>(.*?)</dd>", report)
    assert ("Chiều tải xuống", "đủ") in rows
    assert ("Mức cần", "6\N{NO-BREAK SPACE}Mbit/s") in rows
