from __future__ import annotations

import asyncio
import json
import threading
import time
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any

import httpx2
import pytest
import uvicorn

from collector.dashboard import live, stream
from collector.dashboard.live import Feed
from provisioning.store.engine import record_changes, writing


@pytest.fixture
def served(app: Any, free_port: Callable[[], int]) -> Iterator[str]:
    """The address of the dashboard, served as in the field."""
    port = free_port()
    server = uvicorn.Server(uvicorn.Config(app, port=port, log_level="warning", timeout_graceful_shutdown=1))
    thread = threading.Thread(target=server.run)
    thread.start()
    deadline = time.monotonic() + 20
    while not server.started and time.monotonic() < deadline:
        time.sleep(0.01)
    assert server.started
    yield f"http://127.0.0.1:{port}"
    server.should_exit = True
    thread.join(20)
    assert not thread.is_alive()


def _change(engine: Any, *rows: tuple[str, int]) -> None:
    with writing(engine) as connection:
        record_changes(connection, rows)


def test_an_open_page_is_told_what_changed(served: str, nation: Any) -> None:
    with httpx2.Client(base_url=served, timeout=20) as client:
        client.post("/login", data={"login": "ministry", "password": "mat-khau-dai"})
        with client.stream("GET", "/live") as answer:
            assert answer.headers["content-type"].startswith("text/event-stream")
            lines = answer.iter_lines()
            assert next(lines) == "event: hello"
            _change(nation.engine, ("standing", nation.slow), ("presence", 1), ("standing", nation.good))
            told = next(line for line in lines if line.startswith("data: "))
    assert json.loads(told[6:]) == {"standing": [nation.slow, nation.good], "presence": [1]}


async def _next(events: AsyncIterator[str]) -> str:
    return await asyncio.wait_for(anext(events), 20)


def test_a_page_too_slow_to_follow_is_told_to_look_again(engine: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live, "POLL_S", 0.001)

    async def scenario() -> list[str]:
        feed = Feed(engine)
        async with feed.running():
            slow, quick = feed.stream(None), feed.stream(None)
            assert await _next(slow) == await _next(quick)
            waiting = live._WAITING + 1
            for key in range(waiting):
                await asyncio.to_thread(_change, engine, ("standing", key))
                assert f"[{key}]" in await _next(quick)
            return [await _next(slow)]

    assert asyncio.run(scenario()) == ["event: hello\ndata:\n\n"]


def test_a_quiet_stream_beats_and_ends_in_time(engine: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stream, "HEARTBEAT_S", 0.01)
    monkeypatch.setattr(stream, "STREAM_S", 0.05)

    async def scenario() -> list[str]:
        async with (feed := Feed(engine)).running():
            return [event async for event in feed.stream(None)]

    hello, *beats = asyncio.run(scenario())
    assert hello.startswith("event: hello")
    assert beats
    assert set(beats) == {"event: beat\ndata:\n\n"}
