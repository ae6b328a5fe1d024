from __future__ import annotations

import pytest

from collector.dashboard import labels
from collector.dashboard.words import Words
from collector.judge.load import load_policy
from collector.judge.policy import SEED
from contract import findings, report

NOW = 1_692_061_200_000_000  # 2023-08-15 08:00 in Hà Nội
MINUTE = 60_000_000


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


def test_every_field_that_a_probe_finds_has_a_name() -> None:
    fields = {name for kind in findings.KINDS for name in kind.model_fields} - {"kind"}
    assert fields - set(labels.FINDINGS) == set()
    assert {kind.model_fields["kind"].default for kind in findings.KINDS} - set(labels.PROBES) == set()


def test_every_metric_of_the_policy_and_every_refusal_has_a_name() -> None:
    policy = load_policy(SEED.read_text(encoding="utf-8"))
    metrics = {name for facts in policy.limits.values() for limits in facts.values() for name in limits}
    assert metrics - set(labels.METRICS) == set()
    assert set(report.REFUSALS) == set(labels.REFUSALS)
