"""The resident of a machine that is not enrolled yet: it goes on trying what `enrol --later` has kept.

Each try is a child process (`agent.enrol`), so that this one stays small.
"""

from __future__ import annotations

import json
import random
import subprocess
import sys
import time
from pathlib import Path
from typing import Any, Dict, Optional, Sequence

from agent import log, paths
from agent.backoff import Backoff
from contract.clock import Clock
from contract.languages import say

COMMAND = (sys.executable, "-I", "-m", "agent.enrol")
BACKOFF = Backoff(first_s=5.0, most_s=900.0)
SELDOM_S = 21_600.0  # after a refusal: only a person can mend it
TRY_S = 300.0  # beyond this a try is ended: it waits for the network several times, a minute each
_LOOK_S = 1.0
_FOR_GOOD = ("here", "wrong_code", "refused")


class Enrolling:
    """Tries again and again until this machine is enrolled; `turn` it."""

    def __init__(
        self,
        folder: Path,
        clock: Clock,
        chance: random.Random,
        backoff: Backoff = BACKOFF,
        command: Sequence[str] = COMMAND,
    ) -> None:
        self._folder = folder
        self._clock = clock
        self._chance = chance
        self._backoff = backoff
        self._command = (*command, str(folder))
        self._child: Optional[subprocess.Popen[bytes]] = None
        self._failures = 0
        self._told = ""  # of this request, last
        self._try_at_s = 0.0
        self._end_at_s = 0.0
        self._request = self._stamp()

    @property
    def is_over(self) -> bool:
        """Tell whether this machine is enrolled, by us or by somebody at its terminal, and no try is under way."""
        return self._child is None and (self._folder / paths.SETTINGS).exists()

    @property
    def is_trying(self) -> bool:
        """Tell whether a try is under way."""
        return self._child is not None

    def turn(self) -> None:
        """Start a try when it is time, and hear how it went."""
        now_s = self._clock.mono_s()
        if self._child is not None:
            if self._child.poll() is not None:
                self._hear(_outcome(self._child), now_s)
                self._child = None
            elif now_s >= self._end_at_s:
                self._child.kill()
        else:
            stamp = self._stamp()
            if stamp != self._request:
                self._request, self._try_at_s, self._failures, self._told = stamp, now_s, 0, ""
            if stamp and now_s >= self._try_at_s:
                self._start(now_s)

    def stop(self) -> None:
        """End the try that is under way, if one is."""
        if self._child is not None:
            self._child.kill()
            self._child.communicate()
            self._child = None

    def _start(self, now_s: float) -> None:
        self._end_at_s = now_s + TRY_S
        try:
            self._child = subprocess.Popen(
                self._command,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
            )
        except OSError as error:  # no memory, or too many processes
            self._hear({"kind": "child", "text": str(error), "wait_s": 0}, now_s)

    def _hear(self, outcome: Dict[str, Any], now_s: float) -> None:
        if outcome["kind"] == "enrolled":
            name = outcome["text"]
            log.tell(say(f"Đã đăng ký cho điểm cầu: {name}", f"Enrolled for the site: {name}"))
            return
        self._failures += 1
        wait_s = self._backoff.delay_s(self._failures, self._chance.random())
        if outcome["kind"] in _FOR_GOOD:
            wait_s = SELDOM_S * self._chance.uniform(0.5, 1.5)
        self._try_at_s = now_s + max(wait_s, float(outcome["wait_s"]))
        if outcome["text"] != self._told:
            self._told = outcome["text"]
            log.tell(_sentence(outcome["text"], outcome["kind"]))

    def _stamp(self) -> float:
        """Return what changes when the request is replaced by another; 0 when there is none."""
        try:
            return (self._folder / paths.REQUEST).stat().st_mtime
        except OSError:
            return 0.0


def wait(enrolling: Enrolling) -> None:
    """Turn it until the machine is enrolled; whatever ends the wait ends its child too."""
    log.tell(say("Máy này chưa đăng ký xong; đang thử.", "This machine is not enrolled yet; trying."))
    try:
        while not enrolling.is_over:
            enrolling.turn()
            time.sleep(_LOOK_S)
    finally:
        enrolling.stop()


def _outcome(child: subprocess.Popen[bytes]) -> Dict[str, Any]:
    """Return what the child said, or that it died without a word."""
    said, _ = child.communicate()
    try:
        return dict(json.loads(said))
    except ValueError:
        text = say(f"phép thử bị ngắt (mã {child.returncode})", f"the try was cut off (code {child.returncode})")
        return {"kind": "child", "text": text, "wait_s": 0}


def _sentence(text: str, kind: str) -> str:
    if kind == "wrong_code":
        return say(
            f"Không đăng ký được: {text} Mã này đã được bỏ; hãy chạy lại enrol với mã đúng.",
            f"Not enrolled: {text} This code is dropped; run enrol again with the right code.",
        )
    if kind in _FOR_GOOD:
        return say(
            f"Không đăng ký được: {text} Máy chỉ thử lại vài giờ một lần; hãy chạy lại enrol với mã đúng.",
            f"Not enrolled: {text} It tries again only every few hours; run enrol again with the right code.",
        )
    return say(f"Chưa đăng ký được: {text} Máy tự thử lại.", f"Not enrolled yet: {text} It tries again by itself.")
