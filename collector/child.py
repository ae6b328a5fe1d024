"""A child process of ours: started so that it cannot outlive us, and stopped in two steps."""

from __future__ import annotations

import ctypes
import os
import resource
import signal
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

STOP_S = 10.0  # between SIGTERM and SIGKILL
MAX_LOG_BYTES = 10_000_000

_LIBC = ctypes.CDLL(None)
_PR_SET_PDEATHSIG = 1  # <linux/prctl.h>


def start(command: Sequence[str], log: Path, environ: Mapping[str, str] | None = None) -> subprocess.Popen[bytes]:
    """Start a program in a session of its own, so that Ctrl-C reaches us alone; its output goes to `log`.

    Must be called from the main thread: the kernel ends the child together with the thread that started it.
    """
    us = os.getpid()

    def die_with_us() -> None:
        # Linux: the kernel kills the child when we end, by kill -9 too. The wish survives exec; and a child of
        # the child that makes the same wish goes with it.
        _LIBC.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != us:  # we ended before the line above
            os._exit(1)
        # Open files: all that we may have, for a broker and others hold thousands of connections.
        most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))

    _set_aside_when_long(log)
    with log.open("ab") as output:
        return subprocess.Popen(
            command,
            env=environ,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            preexec_fn=die_with_us,
        )


def stop(child: subprocess.Popen[bytes], within_s: float = STOP_S) -> int:
    """End a child, by SIGTERM and if it does not listen by SIGKILL; return its exit code."""
    if child.poll() is None:
        child.terminate()
    try:
        return child.wait(within_s)
    except subprocess.TimeoutExpired:
        child.kill()
        return child.wait()


def last_lines(log: Path, count: int = 5) -> str:
    """Return the end of a log, for a person who must know why a program ended."""
    try:
        return "\n".join(log.read_text(encoding="utf-8", errors="replace").splitlines()[-count:])
    except OSError:
        return ""


def _set_aside_when_long(log: Path) -> None:
    if log.exists() and log.stat().st_size > MAX_LOG_BYTES:
        log.replace(log.with_suffix(".old.log"))
