"""Each outcome of a line test, in one sentence."""

from __future__ import annotations

import datetime
import json

import pytest

from agent import in_short
from agent.child import Outcome, Request
from contract.clock import Clock
from contract.findings import Line, Path
from contract.probing import RefusalCode
from contract.report import Failure, Measurement, Moment, Report

NOW_US = Clock().wall_us()
REQUEST = Request("dev-00000001", "once", ("line",), "/", None)


def way(outcome, minimum=None, rate=4.1):
    value = {"outcome": outcome, "minimum": minimum, "need_mbps": 5.0, "minimum_mbps": 2.5, "rate_mbps": rate}
    return value | {
        "low_mbps": 3.0,
        "high_mbps": 6.0,
        "moved_bytes": 1,
        "took_s": 1.0,
        "added_delay_ms": {"value": 1.0},
    }


def line(download=None, upload=None, *disturbances, **others):
    value = {"method": "m", "server": "s", "round_trip_ms": {"value": 8.0}, "received_bytes": 1, "sent_bytes": 1}
    value |= {"download": download, "upload": upload, "disturbances": disturbances, **others}
    return Line.model_validate_json(json.dumps(value))


def ended(found=None, failure=None, **others):
    measurements = ()
    if found or failure:
        started = Moment(boot_id="b0070000", mono_ms=1, wall_us=1)
        kind = found.kind if found else "line"
        measurements = (
            Measurement(probe=kind, version=1, started=started, duration_ms=1, findings=found, failure=failure),
        )
    body = Report(device="dev-00000001", occasion="once", measurements=measurements).model_dump_json().encode()
    return Outcome(REQUEST, body, "", ("line",) if found else (), **others)


CARRIES, FAILS = way("carries"), way("fails", "above")
LINES = {
    "carries": (line(CARRIES, CARRIES), in_short.WELL, "đủ cho buổi họp: tải xuống giữ vững 5 Mbit/s"),
    "above": (line(FAILS, CARRIES), in_short.FAILS, "dưới mức cần 5 Mbit/s nhưng trên mức tối thiểu 2,5 Mbit/s"),
    "below": (line(way("fails", "below"), CARRIES), in_short.FAILS, "dưới cả mức tối thiểu"),
    "near": (line(CARRIES, way("fails", "unsure")), in_short.FAILS, "tải lên chỉ được khoảng 4,1 Mbit/s"),
    "other is enough": (line(FAILS, CARRIES), in_short.FAILS, "chiều tải lên thì đủ"),
    "other is not certain": (line(FAILS, way("unsure")), in_short.FAILS, "chiều tải lên chưa chắc"),
    "both": (line(FAILS, FAILS), in_short.FAILS, "và tải lên chỉ được"),
    "skipped": (line(FAILS), in_short.FAILS, "chiều kia chưa đo"),
    "unsure": (line(way("unsure"), CARRIES), in_short.UNSURE, "Chưa kết luận được"),
    "over Wi-Fi": (line(FAILS, link={"value": "wifi"}), in_short.FAILS, "hãy cắm dây mạng rồi đo lại"),
    "broken off": (line(way("unsure") | {"low_mbps": 0.0, "high_mbps": 0.0}), in_short.UNSURE, "dừng giữa chừng"),
    "traffic": (line(FAILS, CARRIES, "other_traffic"), in_short.UNSURE, "đang tải thứ khác"),
    "wifi": (line(FAILS, CARRIES, "other_traffic", "weak_wifi"), in_short.UNSURE, "Wi-Fi yếu"),
    "processor": (line(way("unsure"), CARRIES, "busy_processor"), in_short.UNSURE, "máy quá bận"),
    "server": (line(FAILS, CARRIES, "weak_wifi", "server_limit"), in_short.UNSURE, "máy chủ đo đang quá tải"),
    "good beside traffic": (line(CARRIES, CARRIES, "other_traffic"), in_short.WELL, "đủ cho buổi họp"),
    "averages": (line(download_mbps=38.0, upload_mbps=11.0), in_short.WELL, "trung bình tải xuống 38 Mbit/s"),
}


@pytest.mark.parametrize(("found", "code", "words"), LINES.values(), ids=LINES)
def test_a_line_test_ends_in_one_sentence_and_a_code(monkeypatch, found, code, words):
    monkeypatch.setenv("DIEMCAU_LANG", "vi")
    short = in_short.of("line", ended(found), NOW_US)
    assert short.code == code
    assert words in short.text
    assert_is_one_sentence(short.text)
    monkeypatch.setenv("DIEMCAU_LANG", "en")
    assert_is_one_sentence(in_short.of("line", ended(found), NOW_US).text)


@pytest.mark.parametrize("lang", ["vi", "en"])
@pytest.mark.parametrize(
    "code", ["timeout", "crashed", "unreachable", "denied", "unsupported", "portal", "proxy", "error"]
)
def test_a_failure_says_what_to_do(monkeypatch, lang, code):
    monkeypatch.setenv("DIEMCAU_LANG", lang)
    short = in_short.of("line", ended(failure=Failure(code=code, text="t")), NOW_US)
    assert short.code == in_short.NOT_MEASURED
    assert_is_one_sentence(short.text)


@pytest.mark.parametrize("lang", ["vi", "en"])
@pytest.mark.parametrize("code", [*RefusalCode.__args__, "no_key"])
def test_each_refusal_has_words_of_its_own(monkeypatch, lang, code):
    monkeypatch.setenv("DIEMCAU_LANG", lang)
    refusal = ended(failure=Failure(code="refused", text="t"), refusal=code, most_bytes=12_187_500)
    short = in_short.of("line", refusal, NOW_US)
    assert short.code in (in_short.NOT_MEASURED, in_short.NOT_NOW)
    assert_is_one_sentence(short.text)
    assert short.text not in {in_short.refused(other, 0) for other in RefusalCode.__args__ if other != code}
    assert ("12" in short.text) == (code == "needs_consent")


def test_a_booked_time_is_told_by_the_clock_on_the_wall(monkeypatch):
    monkeypatch.setenv("DIEMCAU_LANG", "vi")
    short = in_short.of("line", ended(line_again_s=240.0, is_booked=True), NOW_US)
    assert short.code == in_short.NOT_NOW
    at = datetime.datetime.fromtimestamp(NOW_US / 1e6 + 240)  # noqa: DTZ006 - as the person's clock shows it
    assert f"sẽ đo lúc {at.hour}:{at.minute:02}" in short.text


def test_a_time_on_another_day_is_told_with_its_day(monkeypatch):
    monkeypatch.setenv("DIEMCAU_LANG", "vi")
    at = datetime.datetime.fromtimestamp(NOW_US / 1e6 + 86_400)  # noqa: DTZ006 - as the person's clock shows it
    assert f" ngày {at.day}/{at.month}:" in in_short.booked(86_400.0, NOW_US)


def test_a_test_that_the_probe_server_ends_is_no_fault_of_the_program(monkeypatch):
    monkeypatch.setenv("DIEMCAU_LANG", "vi")
    short = in_short.of("line", ended(failure=Failure(code="refused", text="it answered 500")), NOW_US)
    assert short.text == "Máy chủ đo vừa ngắt lượt này: hãy đo lại sau ít phút."


def test_a_path_is_told_by_what_was_lost_and_how_long_packets_took(monkeypatch):
    monkeypatch.setenv("DIEMCAU_LANG", "vi")
    path = {"server": "s", "sent": 100, "received": 98, "reordered": 0, "loss_pct": 2.0, "rtt_p95_ms": {"value": 9.0}}
    path |= {"rtt_ms": {"value": 8.0}, "jitter_ms": {"value": 1.0}}
    assert "mất 2 gói" in in_short.of("path", ended(Path.model_validate_json(json.dumps(path))), NOW_US).text


def test_a_probe_that_was_not_run_has_no_sentence():
    assert in_short.of("camera", ended(line(CARRIES)), NOW_US) is None


def assert_is_one_sentence(text):
    assert text.endswith(".")
    assert ". " not in text
    assert len(text) < 400
