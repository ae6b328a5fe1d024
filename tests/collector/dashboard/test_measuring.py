"""Whoever waits for a measurement reads how far it has come."""

from __future__ import annotations

import pytest

from collector.dashboard.measuring import progress
from collector.dashboard.words import Words
from collector.judge.presence import NEVER, Explained
from collector.store.queries.site import Asked, Turn

S = 1_000_000
NOW = 1_800_000_000 * S
HERE = Explained("connected")
ASKED = Asked(NOW - 60 * S, NOW + 3540 * S, None)
SENT = ASKED._replace(made_at=NOW - S)


def turn(state: str, at: int = NOW, due_at: int | None = None, ending: str | None = None) -> Turn:
    return Turn(state, at, due_at, ending, 0, False)


@pytest.mark.parametrize(
    ("asked", "presence", "latest", "is_running", "words"),
    [
        (ASKED._replace(done_at=NOW - S), HERE, None, False, "Đã đo xong"),
        (ASKED._replace(ends_at=NOW), HERE, None, False, "không trả lời trong một giờ"),
        (ASKED, NEVER, None, True, "đang không kết nối"),
        (SENT, HERE, None, True, "Đã gửi yêu cầu"),
        (ASKED, HERE, None, True, "đang đo thiết bị và mạng"),
        (ASKED, HERE, turn("ended", ASKED.made_at - 1, ending="told"), True, "đang đo thiết bị và mạng"),
        (ASKED, HERE, turn("booked", due_at=NOW + 9 * S), True, "hẹn đo lúc"),
        (ASKED, HERE, turn("granted"), True, "đang thử đường truyền"),
        (ASKED, HERE, turn("ended", ending="told"), True, "đang gửi kết quả"),
        (ASKED, HERE, turn("booked", due_at=NOW - S), True, "Đã đến lượt"),
        *((ASKED, HERE, turn("ended", ending=how), True, "bị ngắt") for how in ("expired", "stopped", "lost")),
    ],
)
def test_progress_is_told_as_far_as_it_has_come(
    asked: Asked, presence: Explained, latest: Turn | None, is_running: bool, words: str
) -> None:
    told = progress(Words("vi", NOW), asked, presence, latest)
    assert told is not None
    assert (told.is_running, words in told.text) == (is_running, True), told.text


def test_where_nothing_was_asked_nothing_is_told() -> None:
    assert progress(Words("vi", NOW), None, HERE, turn("granted")) is None
