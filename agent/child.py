"""Runs a round in child processes: a probe that hangs, or takes its process down, costs its own measurement only.

The child (`agent.round`) writes one line per event, as told there.
When it dies or oversteps a deadline, another child takes the remaining probes, and is given what was measured.
"""

from __future__ import annotations

import json
import os
import queue
import subprocess
import sys
import threading
from contextlib import suppress
from typing import Any, Dict, List, NamedTuple, Optional, Sequence, Tuple

from contract.clock import Clock, Moment

COMMAND = (sys.executable, "-I", "-m", "agent.round")
_START_S = 60.0  # from the start of a child to its first line: an old PC reads Python from a slow disk
_FINISH_S = 60.0  # from the last measurement to the report
_GRACE_S = 1.0
_MOST_SETBACKS = 2  # children in a row that achieved nothing


class Server(NamedTuple):
    """The probe server to measure against."""

    host: str
    http_port: int
    udp_port: int


class Request(NamedTuple):
    """What a round should measure, and what for."""

    device: str
    occasion: str
    probes: Tuple[str, ...]  # empty: every probe
    home: str  # the folder whose disk matters
    server: Optional[Server]
    done: Tuple[str, ...] = ()  # commands that this round carries out
    is_clock_plausible: Optional[bool] = None  # as far as whoever asks knows
    is_consented: bool = False  # a person at the site agreed to spend a metered line's bytes
    is_public: bool = False  # speedtest: against the public service


class Outcome(NamedTuple):
    """How a round ended."""

    request: Request
    body: Optional[bytes]  # the report; None when no child could make one
    problem: str
    found: Tuple[str, ...] = ()  # probes that measured something
    line_again_s: Optional[float] = None  # the line should be measured anew in so many seconds
    is_booked: bool = False  # and was not now, because the probe server is busy until then
    refusal: str = ""  # why the probe server let nobody load the line, by its code
    most_bytes: int = 0  # what it could cost, to who must consent


class _Begun(NamedTuple):
    name: str
    version: int
    started: Moment


class Round:
    """One round under way; `poll` it until it has an outcome."""

    def __init__(self, request: Request, clock: Clock, command: Sequence[str] = COMMAND) -> None:
        self.current = ""  # the probe that runs
        self.step = ""  # what it does now, where it has steps; then how much is over and how fast it goes
        self._request = request
        self._clock = clock
        self._command = command
        self._measured: List[Dict[str, Any]] = []
        self._begun: Optional[_Begun] = None
        self._later: List[str] = []  # probes whose turn comes another time: no next child asks again
        self._setbacks = 0
        self._ended = Outcome(request, None, "")
        self._start()

    def poll(self) -> Optional[Outcome]:
        """Go on as far as possible without waiting; return the outcome once there is one."""
        for line in self._child.take_lines():
            body = self._follow(line)
            if body is not None:
                return self._end(body, "")
        if self._child.is_over():
            return self._go_on("crashed", f"the probe's process ended with code {self._child.exit_code()}")
        if self._clock.mono_s() > self._deadline_s:
            return self._go_on("timeout", "the probe did not end in its time")
        return None

    def stop(self) -> None:
        """End the child, if one runs."""
        self._child.kill()

    def _start(self) -> None:
        self._begun = None
        self._deadline_s = self._clock.mono_s() + _START_S
        request = self._request._replace(server=None)._asdict()
        request["server"] = self._request.server._asdict() if self._request.server else None
        request["measured"] = self._measured
        request["later"] = self._later
        request["boot_id"] = self._clock.boot_id
        self._child = _Child(self._command, json.dumps(request).encode())

    def _follow(self, line: bytes) -> Optional[bytes]:
        word, _, rest = line.rstrip(b"\n").partition(b" ")
        now_s = self._clock.mono_s()
        if word == b"begin":
            name, version, deadline_s = rest.decode("ascii").split(" ")
            self.current, self.step = name, ""
            self._begun = _Begun(name, int(version), self._clock.now())
            self._deadline_s = now_s + float(deadline_s) + _GRACE_S
        elif word == b"measured":
            self._measured.append(json.loads(rest))
            self._begun, self.current, self._setbacks = None, "", 0
            self._deadline_s = now_s + _FINISH_S
        elif word == b"at":
            self.step = rest.decode("ascii")
        elif word == b"refused":
            code, most_bytes = rest.decode("ascii").split(" ")
            self._ended = self._ended._replace(refusal=code, most_bytes=int(most_bytes))
        elif word in (b"again", b"later"):
            self._ended = self._ended._replace(line_again_s=float(rest), is_booked=word == b"later")
            if word == b"later":
                self._later.append(self.current)
                self._begun, self.current, self._setbacks = None, "", 0
                self._deadline_s = now_s + _FINISH_S
        elif word == b"report":
            return rest
        return None

    def _go_on(self, code: str, text: str) -> Optional[Outcome]:
        """Note what the lost child was measuring as failed, and start another one for the rest."""
        self._child.kill()
        if self._begun is None:
            self._setbacks += 1
            if self._setbacks > _MOST_SETBACKS:
                return self._end(None, text)
        else:
            begun, ended = self._begun, self._clock.now()
            self._measured.append(
                {
                    "probe": begun.name,
                    "version": begun.version,
                    "started": begun.started._asdict(),
                    "duration_ms": ended.mono_ms - begun.started.mono_ms,
                    "failure": {"code": code, "text": text},
                }
            )
        self._start()
        return None

    def _end(self, body: Optional[bytes], problem: str) -> Outcome:
        self._child.kill()
        found = tuple(measured["probe"] for measured in self._measured if "failure" not in measured)
        return self._ended._replace(body=body, problem=problem, found=found)


class Rounds:
    """The source of the resident's rounds: one at a time, in children."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._round: Optional[Round] = None

    @property
    def is_running(self) -> bool:
        """Tell whether a round is under way."""
        return self._round is not None

    def start(self, request: Request) -> None:
        """Start a round; none may be running. Raises OSError when no child can be started."""
        self._round = Round(request, self._clock)

    def poll(self) -> Optional[Outcome]:
        """Return the outcome of the round once it has one."""
        outcome = self._round.poll() if self._round else None
        if outcome is not None:
            self._round = None
        return outcome

    def stop(self) -> None:
        """End the round that runs, if one does."""
        if self._round is not None:
            self._round.stop()
        self._round = None


class _Child:
    """A child process that is given one text and answers in lines, read by a thread: Windows cannot select on pipes."""

    def __init__(self, command: Sequence[str], request: bytes) -> None:
        self._lines: queue.SimpleQueue[Optional[bytes]] = queue.SimpleQueue()
        self._is_read = False
        self._process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={
                **os.environ,
                "PYDANTIC_DISABLE_PLUGINS": "__all__",
            },  # else it reads every package's metadata for some
            creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
        )
        self._reader = threading.Thread(target=self._converse, args=(request,), daemon=True)
        self._reader.start()

    def _converse(self, request: bytes) -> None:
        stdin, stdout = self._process.stdin, self._process.stdout
        if stdin is None or stdout is None:
            raise TypeError("a child has pipes")
        with suppress(OSError), stdin:  # it may die before it listens; then its output ends, which tells
            stdin.write(request)
        for line in stdout:
            self._lines.put(line)
        self._lines.put(None)

    def take_lines(self) -> List[bytes]:
        """Return the whole lines that came since the last call."""
        lines = []
        while not self._is_read:
            try:
                line = self._lines.get_nowait()
            except queue.Empty:
                break
            if line is None:
                self._is_read = True
            elif line.endswith(b"\n"):  # else it died in the middle of it
                lines.append(line)
        return lines

    def is_over(self) -> bool:
        """Tell whether all it will ever say has been taken."""
        return self._is_read

    def exit_code(self) -> int:
        """Return its exit code, once its output has ended; one that lingers is ended."""
        try:
            return self._process.wait(1)
        except subprocess.TimeoutExpired:
            self._process.kill()
            return self._process.wait()

    def kill(self) -> None:
        """End it, its reader and its pipe; a process that it started itself is not ended."""
        self._process.kill()
        self._process.wait()
        self._reader.join(5)
        if self._process.stdout is not None:
            self._process.stdout.close()
