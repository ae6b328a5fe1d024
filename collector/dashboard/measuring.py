"""How far a measurement that was asked for has come, in words for the person who waits."""

from __future__ import annotations

from typing import NamedTuple

from collector.dashboard.words import Words
from collector.judge.presence import Explained
from collector.store.queries.site import Asked, Turn
from contract.clock import SECOND_US

_JUST_SENT_US = 5 * SECOND_US


class Progress(NamedTuple):
    """What is going on, and whether it goes on."""

    is_running: bool
    text: str


def progress(w: Words, asked: Asked | None, presence: Explained, turn: Turn | None) -> Progress | None:
    """Return how far the latest request to a device has come at the moment of the words; None: there is none."""
    if asked is None:
        return None
    if asked.done_at is not None:
        return Progress(False, w.t(f"Đã đo xong {w.age(asked.done_at)}.", f"Measured {w.age(asked.done_at)}."))
    if w.now >= asked.ends_at:
        vi = "Máy không trả lời trong một giờ. Bật máy, kiểm tra mạng rồi bấm đo lại."
        return Progress(False, w.t(vi, "The machine has not answered for an hour. Switch it on, and measure again."))
    return Progress(True, _running(w, asked, presence, turn))


def _running(w: Words, asked: Asked, presence: Explained, turn: Turn | None) -> str:
    if presence.kind != "connected":
        until = w.moment(asked.ends_at)
        vi = f"Máy đang không kết nối: bật máy và kiểm tra mạng. Nối lại trước {until} là máy tự đo."
        return w.t(
            vi, f"The machine is not connected: switch it on. It measures by itself if it is back before {until}."
        )
    if turn is not None and turn.at >= asked.made_at:
        return _testing(w, turn)
    if w.now - asked.made_at < _JUST_SENT_US:
        return w.t("Đã gửi yêu cầu tới máy…", "The machine has been asked…")
    return w.t("Máy đang đo thiết bị và mạng, khoảng nửa phút…", "The machine measures, for about half a minute…")


def _testing(w: Words, turn: Turn) -> str:
    if turn.state == "granted":
        return w.t("Máy đang thử đường truyền, vài giây…", "The machine tests the line, for some seconds…")
    if turn.state == "booked" and turn.due_at is not None and turn.due_at > w.now:
        at = w.moment(turn.due_at)
        return w.t(f"Máy chủ đo đang phục vụ nơi khác, hẹn đo lúc {at}.", f"The line's turn to be tested is at {at}.")
    if turn.state == "booked":
        return w.t("Đã đến lượt, máy sắp thử đường truyền…", "The line's turn has come; it is about to be tested…")
    if turn.ending == "told":
        return w.t("Đã thử đường truyền, đang gửi kết quả…", "The line was tested; the result is on its way…")
    return w.t(
        "Lượt thử đường truyền bị ngắt, đang chờ máy báo lại…", "The test was broken off; the machine will tell…"
    )
