"""Keeps parts running as child processes: in order, again when one dies, and gone when we are."""

from __future__ import annotations

import fcntl
import random
import signal
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from collector import child
from collector.parts import Part
from contract.languages import say

ANSWER_S = 60.0  # how long a part may take until it answers
STABLE_S = 60.0  # a part that ran this long starts its back-off anew
FIRST_DELAY_S, MAX_DELAY_S = 0.5, 30.0
POLL_S = 0.1


class StartError(RuntimeError):
    """A part that did not come up; the text says which, why, and where to read more."""


@dataclass
class _Running:
    part: Part
    log: Path
    child: subprocess.Popen[bytes]
    started_s: float
    deaths: int = 0
    again_s: float | None = field(default=None)  # when to start it again; None: it runs


class Supervisor:
    """Starts parts in order, each after the one before it answers; stops them in reverse order.

    `tell` takes one line for a person. A part that dies is started again after a full-jitter delay.
    """

    def __init__(self, parts: Sequence[Part], log_folder: Path, tell: Callable[[str], None], stop_s: float) -> None:
        self._parts = parts
        self._log_folder = log_folder
        self._tell = tell
        self._stop_s = stop_s
        self._running: list[_Running] = []
        self._is_asked_to_end = False

    def ask_to_end(self, *_: object) -> None:
        """Make `run` return soon; fit to be a signal handler."""
        self._is_asked_to_end = True

    def run(self) -> None:
        """Run the parts until asked to end; raises StartError when one does not come up at first."""
        try:
            for part in self._parts:
                self._bring_up(part)
                if self._is_asked_to_end:
                    return
            self._tell(say("Tất cả các phần đang chạy.", "All parts are running."))
            while not self._is_asked_to_end:
                for running in self._running:
                    self._keep_alive(running, time.monotonic())
                time.sleep(POLL_S)
        finally:
            for running in reversed(self._running):
                child.stop(running.child, self._stop_s)
                self._tell(say(f"{running.part.name}: đã dừng", f"{running.part.name}: stopped"))

    def _bring_up(self, part: Part) -> None:
        for port in part.ports:
            if not port.is_free():
                raise StartError(port.taken_text())
        log = self._log_folder / f"{part.name}.log"
        running = _Running(part, log, child.start(part.command, log), time.monotonic())
        self._running.append(running)
        while not self._is_asked_to_end:
            code = running.child.poll()
            if code is not None:
                reason = say(f"đã kết thúc với mã {code}", f"ended with code {code}")
                raise StartError(f"{part.name}: {reason} ({log})\n{child.last_lines(log)}")
            if part.is_up is None or part.is_up():
                self._tell(say(f"{part.name}: đang chạy", f"{part.name}: running"))
                return
            if time.monotonic() > running.started_s + ANSWER_S:
                reason = say(f"không trả lời sau {ANSWER_S:.0f} giây", f"no answer after {ANSWER_S:.0f} seconds")
                raise StartError(f"{part.name}: {reason} ({log})\n{child.last_lines(log)}")
            time.sleep(POLL_S)

    def _keep_alive(self, running: _Running, now_s: float) -> None:
        if running.again_s is None:
            code = running.child.poll()
            if code is None:
                return
            if now_s - running.started_s > STABLE_S:
                running.deaths = 0
            delay_s = random.uniform(0, min(MAX_DELAY_S, FIRST_DELAY_S * 2**running.deaths))  # noqa: S311
            running.deaths = min(running.deaths + 1, 16)
            running.again_s = now_s + delay_s
            self._tell(
                say(
                    f"{running.part.name}: kết thúc với mã {code}, chạy lại sau {delay_s:.1f} giây ({running.log})",
                    f"{running.part.name}: ended with code {code}, again in {delay_s:.1f} s ({running.log})",
                )
            )
        elif now_s >= running.again_s:
            running.child = child.start(running.part.command, running.log)
            running.started_s, running.again_s = now_s, None


def run(
    parts: Sequence[Part],
    home: Path,
    log_folder: Path,
    tell: Callable[[str], None],
    stop_s: float = child.STOP_S,
) -> None:
    """Run the parts until SIGTERM or SIGINT; raises StartError when one does not come up."""
    supervisor = Supervisor(parts, log_folder, tell, stop_s)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, supervisor.ask_to_end)
    with alone(home):
        supervisor.run()


def is_running(home: Path) -> bool:
    """Tell whether a supervisor holds the home's lock."""
    try:
        with (home / "run.lock").open() as lock:
            fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except FileNotFoundError:
        return False
    except BlockingIOError:
        return True
    return False


@contextmanager
def alone(home: Path) -> Iterator[None]:
    """Hold the home's lock: two supervisors would write one SQLite file, and check each other's parts."""
    with (home / "run.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise StartError(
                say(
                    f"Hệ thống ở {home} đang chạy rồi. Hãy dừng nó trước, hoặc đặt DIEMCAU_HOME khác.",
                    f"The centre in {home} is running already. Stop it first, or set another DIEMCAU_HOME.",
                )
            ) from None
        yield
