"""Whoever mistypes a command is told so in the language in which the command speaks."""

from __future__ import annotations

import re
import subprocess
import sys

import pytest

from contract import usage

PROGRAMS = ("agent.cli", "provisioning.cli", "collector.cli")
ENGLISH = re.compile(r"usage:|options?\b|commands?\b|argument|error|missing|invalid|such|try|help|exit|require", re.I)


def said(program: str, lang: str, *arguments: str) -> str:
    done = subprocess.run(
        [sys.executable, "-m", program, *arguments],
        env={"DIEMCAU_LANG": lang, "PYTHONIOENCODING": "utf-8"},
        capture_output=True,
        encoding="utf-8",
    )
    return done.stdout + done.stderr


@pytest.mark.parametrize("program", PROGRAMS)
def test_what_was_mistyped_is_said_in_vietnamese(program: str) -> None:
    told = said(program, "vi", "--no-such")
    assert "Cách dùng:" in told
    assert "[TÙY CHỌN] LỆNH [THAM SỐ]..." in told
    assert "Lỗi: Không có tùy chọn --no-such." in told
    assert not ENGLISH.search(told.replace("--no-such", "").replace("--help", "")), told


@pytest.mark.parametrize("program", PROGRAMS)
def test_and_in_english_where_that_is_spoken(program: str) -> None:
    told = said(program, "en", "--no-such")
    assert "Usage:" in told
    assert "COMMAND [ARGS]..." in told
    assert "Error: No such option" in told


@pytest.mark.parametrize(
    ("program", "arguments", "told"),
    [
        ("agent.cli", ("prob",), "Không có lệnh prob."),
        ("agent.cli", ("enrol",), "Thiếu tham số 'MÃ'."),
        ("agent.cli", ("version", "x"), "Thừa tham số (x)"),
        ("collector.cli", ("prune", "--report-days"), "Tùy chọn --report-days phải kèm một giá trị."),
        ("collector.cli", ("prune", "--report-days", "x"), "Giá trị sai ở '--report-days': 'x' không phải là số"),
        ("collector.cli", ("prune", "--report-days", "0"), "Giá trị sai ở '--report-days': 0 nằm ngoài khoảng x>=1."),
        ("collector.cli", ("policy", "check", "no.toml"), "Giá trị sai ở 'FILE': 'no.toml'"),
        ("collector.cli", ("simulate",), "Thiếu tùy chọn '--folder'."),
        (
            "provisioning.cli",
            ("bundle", "build", "rpm"),
            "Giá trị sai ở 'deb|exe': 'rpm' không nằm trong các giá trị 'deb', 'exe'.",
        ),
    ],
)
def test_every_way_to_mistype_is_told_what_is_wrong(program: str, arguments: tuple[str, ...], told: str) -> None:
    assert f"Lỗi: {told}" in said(program, "vi", *arguments)


@pytest.mark.parametrize("program", PROGRAMS)
def test_help_is_told_in_one_language(program: str) -> None:
    told = said(program, "vi", "--help")
    assert {"Cách dùng:", "Tùy chọn:", "Lệnh:"} <= set(re.findall(r"^(?:Cách dùng|Tùy chọn|Lệnh):", told, re.M))
    assert "Hiện phần trợ giúp này." in told


def test_a_text_says_all_that_it_is_given_but_what_stands_in_its_words() -> None:
    for english, vietnamese in usage.VIETNAMESE.items():
        given, shown = (set(re.findall(r"\{(\w+)", text)) for text in (english, vietnamese))
        assert shown <= given
        assert given - shown <= {"name", "number_type"}, english
