"""Which texts may travel."""

from __future__ import annotations

import pytest

from contract.fields import is_clean


@pytest.mark.parametrize("text", ["Trường THPT Chu Văn An", "1-2 (3)", "日本", "😀"])
def test_texts_that_people_write_are_clean(text: str) -> None:
    assert is_clean(text)


@pytest.mark.parametrize(
    "text",
    [
        *("a\x00", "a\n", "\x7f", "\u0085", "\u2028"),  # control characters and line ends
        *("\u202eabc", "\u2066a\u2069", "a\u200b", "\ufeff"),  # what reorders or hides
        *("Trươ\u0300ng", "\ue000", "\u0378", "\ud800"),  # not NFC, private, unassigned, half a character
    ],
)
def test_texts_that_could_deceive_are_not(text: str) -> None:
    assert not is_clean(text)
