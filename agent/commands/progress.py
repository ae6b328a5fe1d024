"""What goes on while a round measures: a line that rewrites itself on a terminal, else a line for each step."""

from __future__ import annotations

import sys
from typing import TextIO

from agent.child import Round
from contract import reasons
from contract.languages import language, say

_STEPS = {
    "slot": ("xin lượt đo", "asking for a slot"),
    "servers": ("tìm máy chủ gần nhất", "looking for the nearest server"),
    "idle": ("độ trễ khi rảnh", "delay of the idle line"),
    "download": ("tải xuống", "download"),
    "upload": ("tải lên", "upload"),
    "stream": ("mất gói và độ rung", "loss and jitter"),
}
_BAR_LETTERS = 20


class Progress:
    """Tells where a round is; call `end` before anything else is written."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._is_live = stream.isatty()
        self._told = ""
        self._width = 0

    def follow(self, measuring: Round) -> None:
        """Tell what a round does now."""
        from agent.describe import probe_name

        if not measuring.current:
            return
        step, *figures = measuring.step.split(" ")
        what = say("Đang đo: ", "Measuring: ") + probe_name(measuring.current)
        if step:
            what += ", " + say(*_STEPS.get(step, (step, step)))
        self.tell(what, _bar(*map(float, figures)) if len(figures) == 2 else "")

    def tell(self, what: str, more: str = "") -> None:
        """Tell something; `more` of it changes often, and is for a terminal alone."""
        if self._is_live:
            line = f"{what} {more}".rstrip()
            if line != self._told:
                self._stream.write("\r" + line.ljust(self._width))
                self._stream.flush()
                self._width = max(self._width, len(line))
            self._told = line
        elif what != self._told:
            self._stream.write(what + "\n")
            self._stream.flush()
            self._told = what

    def end(self) -> None:
        """Leave the terminal as if there had been no line."""
        if self._is_live and self._width:
            self._stream.write("\r" + " " * self._width + "\r")
            self._stream.flush()
        self._told, self._width = "", 0


def on_stderr() -> Progress:
    """Return the progress of a command: results go to stdout, and what goes on does not."""
    return Progress(sys.stderr)


def _bar(share: float, mbps: float) -> str:
    full = round(share * _BAR_LETTERS)
    return f"[{'#' * full}{'.' * (_BAR_LETTERS - full)}] {reasons.show(mbps, 'Mbit/s', language())}"
