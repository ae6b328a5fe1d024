from __future__ import annotations

import pytest

from collector.dashboard import labels
from collector.dashboard.words import Words, within
from collector.judge.load import load_policy
from collector.judge.policy import SEED
from collector.judge.presence import KINDS, Explained
from contract import findings, report

NOW = 1_692_061_200_000_000  # 2023-08-15 08:00 in Hà Nội
MINUTE = 60_000_000
HOUR = 60 * MINUTE


@pytest.mark.parametrize(
    ("lang", "said"),
    [
        (
            "vi",
            ["40.068", "1 ngày", "dây mạng", "không", "5 phút trước", "07:55", "07:00 14/08/2023", "sau 20 giờ nữa"],
        ),
        ("en", ["40,068", "1 day", "cable", "no", "5 minutes ago", "07:55", "07:00 14/08/2023", "in 20 hours"]),
    ],
)
def test_numbers_and_times_are_told_as_the_reader_writes_them(lang: str, said: list[str]) -> None:
    w = Words(lang, NOW)
    assert [
        w.number(40068),
        w.quantity(2 * 86_400, "s").replace("2 ngày", "1 ngày").replace("2 days", "1 day"),
        w.quantity("ethernet", ""),
        w.quantity(False, ""),
        w.age(NOW - 5 * MINUTE),
        w.moment(NOW - 5 * MINUTE),
        w.moment(NOW - 25 * 60 * MINUTE),
        w.age(NOW + 20 * 60 * MINUTE),
    ] == said


@pytest.mark.parametrize(
    ("days", "told"),
    [(1.2, "sau 29 giờ nữa"), (11.7, "sau 12 ngày nữa"), (18.7, "sau 19 ngày nữa"), (90, "sau 3 tháng nữa")],
)
def test_what_is_due_in_some_weeks_is_told_in_days(days: float, told: str) -> None:
    """Who has twelve days left must not read two weeks."""
    assert Words("vi", NOW).age(NOW + int(days * 24 * HOUR)) == told


@pytest.mark.parametrize(("minutes", "told"), [(420, "UTC+7:00"), (0, "UTC+0:00"), (-210, "UTC-3:30")])
def test_a_time_zone_is_told_as_people_write_it(minutes: int, told: str) -> None:
    assert Words("vi", NOW).quantity(minutes, labels.unit_of("utc_offset_min")) == told


def test_a_limit_says_on_which_side_values_are_good() -> None:
    w = Words("vi", NOW)
    upload = {"measured": 3, "ready": 6, "minimum": 2, "unit": "Mbit/s"}
    loss = {"measured": 3, "ready": 1, "minimum": 3, "unit": "%"}
    told = [w.good(upload), w.bad(upload), w.good(loss), w.bad(loss)]
    assert [text.replace("\N{NO-BREAK SPACE}", " ") for text in told] == ["≥ 6 Mbit/s", "< 2 Mbit/s", "≤ 1%", "> 3%"]


def test_a_code_of_a_later_version_names_itself() -> None:
    w = Words("vi", NOW)
    assert w.level("splendid") == "splendid"
    assert w.reason("new_reason", {}) == "new_reason"


def test_a_reason_holds_each_number_to_its_unit_and_minds_only_what_it_says() -> None:
    params = {"measured": 4.26, "ready": 6.0, "minimum": None, "seen": ["x"], "unit": "Mbit/s"}
    assert Words("vi", NOW).reason("download_low", params) == "Tốc độ tải xuống 4,26\xa0Mbit/s, cần ít nhất 6\xa0Mbit/s"


@pytest.mark.parametrize(
    ("text", "told"),
    [("Chưa thử", "chưa thử"), ("VNPT", "VNPT"), ("Wi-Fi yếu", "Wi-Fi yếu"), ("4G", "4G"), ("", "")],
)
def test_a_text_within_a_sentence_keeps_the_capitals_that_are_part_of_names(text: str, told: str) -> None:
    assert within(text) == told


def test_every_field_that_a_probe_finds_has_a_name() -> None:
    kinds = (*findings.KINDS, findings.Direction, findings.Playback)
    fields = {name for kind in kinds for name in kind.model_fields} - {"kind"}
    assert fields - set(labels.FINDINGS) == set()
    assert {kind.model_fields["kind"].default for kind in findings.KINDS} - set(labels.PROBES) == set()


def test_every_metric_of_the_policy_and_every_refusal_has_a_name() -> None:
    policy = load_policy(SEED.read_text(encoding="utf-8"))
    metrics = {name for facts in policy.limits.values() for limits in facts.values() for name in limits}
    assert metrics - set(labels.METRICS) == set()
    assert set(report.REFUSALS) == set(labels.REFUSALS)


@pytest.mark.parametrize(
    ("found", "vi", "en"),
    [
        (Explained("never"), "Chưa từng kết nối", "Never connected"),
        (Explained("connected", "connected", NOW - MINUTE), "Đang kết nối từ 07:59", "Connected since 07:59"),
        (
            Explained("stopped", "stopped", NOW - 30 * MINUTE),
            "Đã tắt từ 07:30, trong giờ mở máy",
            "Stopped since 07:30, during its hours",
        ),
        (
            Explained("lost", "lost", NOW - 30 * MINUTE),
            "Mất liên lạc từ 07:30, trong giờ mở máy",
            "Lost since 07:30, during its hours",
        ),
        (
            Explained("asleep", "asleep", NOW - 15 * HOUR, NOW - HOUR),
            "Đang ngủ từ 17:00 14/08/2023; đã đến giờ mở máy từ 07:00",
            "Asleep since 17:00 14/08/2023; its hours began at 07:00",
        ),
        (
            Explained("lost", "lost", NOW - 20 * HOUR, None, NOW + 23 * HOUR),
            "Mất liên lạc từ 12:00 14/08/2023; điểm cầu mở lại 07:00 thứ Tư",
            "Lost since 12:00 14/08/2023; the site opens at 07:00, Wednesday",
        ),
        (
            Explained("off_hours", "stopped", NOW - 15 * HOUR, None, NOW + HOUR),
            "Ngoài giờ: điểm cầu mở lại 09:00 hôm nay (máy tắt lúc 17:00 14/08/2023)",
            "Off hours: the site opens at 09:00, today (shut down at 17:00 14/08/2023)",
        ),
        (
            Explained("off_hours", "asleep", NOW - MINUTE, None, NOW + 119 * HOUR),
            "Ngoài giờ: điểm cầu mở lại 07:00 Chủ nhật (máy ngủ từ 07:59)",
            "Off hours: the site opens at 07:00, Sunday (asleep since 07:59)",
        ),
        (
            Explained("off_hours", "lost", NOW - MINUTE, None, NOW + 167 * HOUR),
            "Ngoài giờ: điểm cầu mở lại 07:00 22/08/2023 (tin cuối lúc 07:59)",
            "Off hours: the site opens at 07:00, 22/08/2023 (last heard at 07:59)",
        ),
        (
            Explained("power_cut", "lost", NOW - MINUTE, None, NOW + HOUR),
            "Cắt điện có báo trước: điểm cầu mở lại 09:00 hôm nay (tin cuối lúc 07:59)",
            "Announced power cut: the site opens at 09:00, today (last heard at 07:59)",
        ),
        (
            Explained("off_hours", "lost", NOW - MINUTE),
            "Ngoài giờ: chưa rõ bao giờ điểm cầu mở lại (tin cuối lúc 07:59)",
            "Off hours: no reopening is known (last heard at 07:59)",
        ),
    ],
)
def test_presence_is_told_in_words_with_since_when(found: Explained, vi: str, en: str) -> None:
    assert (Words("vi", NOW).presence(found), Words("en", NOW).presence(found)) == (vi, en)


def test_every_kind_of_presence_has_a_name() -> None:
    assert tuple(labels.PRESENCES) == KINDS


def test_hours_are_told_with_the_readers_names_of_days() -> None:
    assert Words("vi", NOW).hours("T7 07:00-11:30") == "T7 07:00-11:30"
    assert Words("en", NOW).hours("T7 07:00-11:30") == "Sat 07:00-11:30"
    assert Words("vi", NOW).hours("") == "T2-T6 07:00-17:00 (mặc định)"
    assert Words("en", NOW).hours("") == "Mon-Fri 07:00-17:00 (the default)"
