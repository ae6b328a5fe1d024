from __future__ import annotations

import threading
from collections.abc import Callable

import pytest

from provisioning.broker.coalesce import Coalesced


class Gate:
    """An action that begins when called and ends when let."""

    def __init__(self, error: Exception | None = None) -> None:
        self.runs = 0
        self.begun = threading.Semaphore(0)
        self.may_end = threading.Semaphore(0)
        self.error = error

    def __call__(self) -> None:
        self.runs += 1
        self.begun.release()
        assert self.may_end.acquire(timeout=20)
        if self.error is not None:
            raise self.error


def start(calls: Callable[[], None], count: int) -> list[threading.Thread]:
    threads = [threading.Thread(target=calls) for _ in range(count)]
    for thread in threads:
        thread.start()
    return threads


def test_those_who_ask_during_a_run_share_the_next_one(until: Callable[..., None]):
    gate = Gate()
    coalesced = Coalesced(gate)
    threads = start(coalesced, 1)
    gate.begun.acquire(timeout=20)
    threads += start(coalesced, 40)
    until(lambda: coalesced.asked == 41)
    gate.may_end.release(2)
    for thread in threads:
        thread.join(20)
    assert gate.runs == 2


def test_nobody_returns_before_a_run_that_began_after_asking(until: Callable[..., None]):
    gate = Gate()
    coalesced = Coalesced(gate)
    (first,) = start(coalesced, 1)
    gate.begun.acquire(timeout=20)
    (second,) = start(coalesced, 1)
    until(lambda: coalesced.asked == 2)
    gate.may_end.release()
    first.join(20)
    gate.begun.acquire(timeout=20)
    assert second.is_alive()
    gate.may_end.release()
    second.join(20)
    assert not second.is_alive()


def test_a_failure_is_told_to_all_who_share_the_run_and_the_next_run_may_succeed(until: Callable[..., None]):
    gate = Gate(OSError("no space"))
    coalesced = Coalesced(gate)
    failures = []

    def call() -> None:
        try:
            coalesced()
        except RuntimeError as error:
            failures.append(error.__cause__)

    threads = start(call, 1)
    gate.begun.acquire(timeout=20)
    threads += start(call, 5)
    until(lambda: coalesced.asked == 6)
    gate.may_end.release(2)
    for thread in threads:
        thread.join(20)
    assert failures == [gate.error] * 6
    gate.error = None
    gate.may_end.release()
    coalesced()


def test_the_action_runs_again_for_each_who_asks_later():
    runs: list[int] = []
    coalesced = Coalesced(lambda: runs.append(1))
    coalesced()
    coalesced()
    assert len(runs) == 2


@pytest.mark.parametrize("error", [OSError("x"), ValueError("y")])
def test_what_went_wrong_is_the_cause(error: Exception):
    def fail() -> None:
        raise error

    with pytest.raises(RuntimeError) as caught:
        Coalesced(fail)()
    assert caught.value.__cause__ is error
