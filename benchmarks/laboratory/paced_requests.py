"""Requests at a rate, whether the answers come or not: a request that waits for the one before it has begun already.

A few connections, a thread each, so that the generator has next to nothing to do; how late it was by itself is told.
"""

from __future__ import annotations

import http.client
import itertools
import threading
import time
from collections.abc import Callable, Sequence
from typing import NamedTuple

from laboratory.web import Web, ask

_CONNECTIONS = 8
_WARM = 3


class Timed(NamedTuple):
    """One request: which, from when it was due until its answer was there, and its bytes."""

    number: int
    took_ms: float
    size_bytes: int


class Load(NamedTuple):
    """What came of a load: all requests, and how late the generator itself was with each."""

    timed: list[Timed]
    lags_ms: list[float]


def quantile(values: Sequence[float], share: float) -> float:
    """Return the value that this share of the values does not exceed."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def send(web: Web, path_of: Callable[[int], str], per_s: float, lasts_s: float) -> Load:
    """Ask for path_of(0), path_of(1), ... at this rate; raises RuntimeError at an answer other than 200."""
    load, numbers = Load([], []), itertools.count()
    failed: list[str] = []
    began_s, total = time.perf_counter() + 0.2, int(per_s * lasts_s)

    def work() -> None:
        connection = web.connect()
        while not failed and (number := next(numbers)) < total:
            due_s = began_s + number / per_s
            if (ahead_s := due_s - time.perf_counter()) > 0:
                time.sleep(ahead_s)
                load.lags_ms.append((time.perf_counter() - due_s) * 1000)
            path = path_of(number)
            try:
                answer = ask(connection, path, web.cookie)
            except (OSError, http.client.HTTPException) as error:
                failed.append(f"{path}: {error!r}")
                return
            if answer.status != 200:
                failed.append(f"{path}: {answer.status}")
            load.timed.append(Timed(number, (time.perf_counter() - due_s) * 1000, len(answer.body)))
        connection.close()

    threads = [threading.Thread(target=work) for _ in range(_CONNECTIONS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failed:
        raise RuntimeError(failed[0])
    return load


def warm(web: Web, paths: Sequence[str]) -> None:
    """Ask for each path a few times, unmeasured."""
    for path in paths:
        for _ in range(_WARM):
            web.get(path)
