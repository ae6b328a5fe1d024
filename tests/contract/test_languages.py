"""Vietnamese, unless somebody asks for English."""

from __future__ import annotations

import pytest

from contract.languages import language, say


@pytest.mark.parametrize(
    ("environ", "expected"),
    [
        ({}, "vi"),
        ({"LANG": "C.UTF-8"}, "vi"),
        ({"LANG": "fr_FR.UTF-8"}, "vi"),
        ({"LANG": "en_GB.UTF-8"}, "en"),
        ({"LANG": "en_GB.UTF-8", "LC_ALL": "vi_VN.UTF-8"}, "vi"),
        ({"LANG": "vi_VN.UTF-8", "LC_MESSAGES": "en_US.UTF-8"}, "en"),
        ({"LANG": "en_GB.UTF-8", "DIEMCAU_LANG": "vi"}, "vi"),
        ({"LANG": "vi_VN.UTF-8", "DIEMCAU_LANG": "en"}, "en"),
        ({"DIEMCAU_LANG": "klingon"}, "vi"),
    ],
)
def test_the_language_is_the_one_chosen_else_the_locales(environ: dict[str, str], expected: str) -> None:
    assert language(environ) == expected


def test_a_terminal_is_spoken_to_in_its_language(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DIEMCAU_LANG", "en")
    assert say("Chào", "Hello") == "Hello"
    monkeypatch.setenv("DIEMCAU_LANG", "vi")
    assert say("Chào", "Hello") == "Chào"
