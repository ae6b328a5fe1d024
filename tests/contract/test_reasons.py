"""Reasons say why in both languages, with all that they were given, and what to do next."""

from __future__ import annotations

import string
from typing import Any, get_args

import pytest

from contract import reasons
from contract.fields import is_clean
from contract.findings import Disturbance, Why
from contract.report import Failure

GOOD = {"ok", "present", "proven"}
every_reason = pytest.mark.parametrize("code", reasons.REASONS)


def _shown(text: str) -> list[str]:
    return sorted({name for _, name, _, _ in string.Formatter().parse(text) if name is not None})


@every_reason
def test_both_texts_show_exactly_the_declared_parameters(code: str) -> None:
    reason = reasons.REASONS[code]
    assert _shown(reason.vi) == _shown(reason.en) == sorted(reason.params)


@every_reason
def test_whoever_owns_a_reason_is_told_what_to_do_in_both_languages(code: str) -> None:
    assert bool(reasons.next_step(code, "vi")) == bool(reasons.next_step(code, "en")) == (code not in GOOD)


@every_reason
def test_every_text_is_clean_and_names_an_owner(code: str) -> None:
    reason = reasons.REASONS[code]
    assert all(map(is_clean, (reason.vi, reason.en, reason.next_vi, reason.next_en)))
    assert reason.owner in (*reasons.OWNERS, "line")


@pytest.mark.parametrize(
    ("names", "codes"),
    [
        (reasons.LEVEL_NAMES, reasons.LEVELS),
        (reasons.OWNER_NAMES, reasons.OWNERS),
        (
            reasons.WORDS,
            (
                *(*get_args(Failure.model_fields["code"].annotation), *get_args(Why), "lost", "stopped", "asleep"),
                *("threshold", "carries", "fails", "unsure", "skipped", "above", "below", *get_args(Disturbance)),
            ),
        ),
    ],
)
def test_every_word_that_people_read_exists_in_both_languages(
    names: dict[str, tuple[str, str]], codes: tuple[str, ...]
) -> None:
    assert set(names) == set(codes)
    for texts in names.values():
        assert len(texts) == 2
        assert all(texts)


@pytest.mark.parametrize(
    ("value", "unit", "vi", "en"),
    [
        (5.96, "Mbit/s", "5,96 Mbit/s", "5.96 Mbit/s"),
        (4.26, "Mbit/s", "4,26 Mbit/s", "4.26 Mbit/s"),
        (4.0, "Mbit/s", "4 Mbit/s", "4 Mbit/s"),
        (6, "Mbit/s", "6 Mbit/s", "6 Mbit/s"),
        (0.2, "Mbit/s", "0,2 Mbit/s", "0.2 Mbit/s"),
        (94.13, "Mbit/s", "94,1 Mbit/s", "94.1 Mbit/s"),
        (940.7, "Mbit/s", "941 Mbit/s", "941 Mbit/s"),
        (1234.5, "ms", "1.234 ms", "1,234 ms"),
        (0.0, "%", "0%", "0%"),
        (1.25, "%", "1,25%", "1.25%"),
        (100.0, "%", "100%", "100%"),
        (8.125, "ms", "8,12 ms", "8.12 ms"),
        (4_123_456_789, "byte", "4,12 GB", "4.12 GB"),
        (1_000_000_000, "byte", "1 GB", "1 GB"),
        (512_400_000, "byte", "512 MB", "512 MB"),
        (1_234_000_000_000, "byte", "1.234 GB", "1,234 GB"),
        (245_388, "byte", "245 kB", "245 kB"),
        (0, "byte", "0 byte", "0 bytes"),
        (1, "byte", "1 byte", "1 byte"),
        (29, "byte", "29 byte", "29 bytes"),
        (0.9123, "ms", "0,91 ms", "0.91 ms"),
        (0.006, "ms", "0,01 ms", "0.01 ms"),
        (0.004, "ms", "< 0,01 ms", "< 0.01 ms"),
        (0.497, "Mbit/s", "0,497 Mbit/s", "0.497 Mbit/s"),
        (0.0004, "Mbit/s", "< 0,001 Mbit/s", "< 0.001 Mbit/s"),
        (48.0, "", "48", "48"),
        ("timeout", "", "quá thời gian", "timed out"),
        ("line", "", "line", "line"),
    ],
)
def test_a_value_is_shown_as_people_of_each_language_write_it(value: Any, unit: str, vi: str, en: str) -> None:
    assert reasons.show(value, unit, "vi") == vi
    assert reasons.show(value, unit, "en") == en


def test_a_reason_is_filled_with_its_parameters_in_their_unit() -> None:
    params = {"measured": 4.26, "ready": 6.0, "minimum": 2.5, "unit": "Mbit/s"}
    assert reasons.text("download_low", params, "vi") == "Tốc độ tải xuống 4,26 Mbit/s, cần ít nhất 6 Mbit/s"
    assert reasons.text("download_low", params, "en") == "Download 4.26 Mbit/s, needs at least 6 Mbit/s"


@every_reason
def test_a_reason_that_lacks_a_parameter_is_still_told(code: str) -> None:
    for lang in ("vi", "en"):
        told = reasons.text(code, {}, lang)
        assert "{" not in told
        assert told.count("?") == len(reasons.REASONS[code].params)


def test_a_reason_of_a_later_version_says_itself() -> None:
    assert reasons.text("tired", {"measured": 1}, "vi") == "tired"
    assert reasons.next_step("tired", "vi") == ""
