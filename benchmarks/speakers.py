"""How soon the speakers' board shows that the second speaker is gone, and what it falls back on.

python benchmarks/speakers.py [--sites N] [--quick]

A centre of real processes (nats-server with each device's own rights over TLS, ingest, web), N interactive sites that
speak, each with a spare device, all of them simulated and proven. The line of the second speaker is cut, by a reset
and silently; the time runs until an open board has been sent a card that says so and names a tested substitute.
First in live mode (the session begins in half an hour), then before it (in five hours).
"""

from __future__ import annotations

import argparse
import asyncio
import json
import random
import re
import statistics
import tempfile
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from html import unescape
from pathlib import Path
from typing import NamedTuple

from laboratory import machine, web
from laboratory.centre import Centre
from laboratory.filled_country import LOGIN, PASSWORD
from sqlalchemy import func, insert, select, update

from collector.judge.load import load_policy
from collector.judge.needs import needs
from collector.judge.policy import SEED
from collector.simulator.device import Device
from collector.simulator.files import Credentials, Traits
from collector.simulator.ground import Ground
from collector.simulator.machine import Machine
from collector.simulator.nature import draw
from collector.store.tables import standing
from provisioning import bulk, people
from provisioning.broker import reload
from provisioning.store.engine import record_changes, writing
from provisioning.store.tables import backup, capacity, device, participation, session, site

_HOUR_US = 3_600_000_000
_SECOND = 1  # index, in the order in which they speak
_MOST_LINE_BYTES = 1 << 24
_READY_S, _SHOWN_S, _BACK_S = 180.0, 200.0, 60.0


class Way(NamedTuple):
    """How the line is cut, how often, and what the card must say."""

    mode: str
    starts_in_us: int
    is_silent: bool
    times: int
    goal_s: float
    says: str


WAYS = (
    Way("live", _HOUR_US // 2, False, 5, 5.0, "Dùng phương án dự phòng"),
    Way("live", _HOUR_US // 2, True, 5, 15.0, "Dùng phương án dự phòng"),
    Way("before", 5 * _HOUR_US, False, 5, 5.0, "Mất liên lạc"),
    Way("before", 5 * _HOUR_US, True, 1, 150.0, "Mất liên lạc"),
)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sites", type=int, default=68)
    parser.add_argument("--quick", action="store_true", help="8 sites, live mode alone, one cut of each kind")
    wanted = parser.parse_args()
    sites = 8 if wanted.quick else wanted.sites
    ways = [way._replace(times=1) for way in WAYS[:2]] if wanted.quick else WAYS
    said = {"date": f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC", **machine.describe(), "sites": str(sites)}
    print("\n".join(f"- {name}: {value}" for name, value in said.items()), flush=True)
    with tempfile.TemporaryDirectory(prefix="speakers-") as folder:
        home = Path(folder) / "home"
        centre = Centre(home, f"sqlite:///{Path(folder) / 'diemcau.db'}", sites)
        issued = prepare(centre)
        with centre.broker(), centre.ingest(), web.running(home) as site_web:
            asyncio.run(measure(centre, issued, site_web, ways))


def prepare(centre: Centre) -> list[bulk.Issued]:
    """Let all sites speak in order, each with a spare device; return the main devices, then the spares."""
    now = time.time_ns() // 1000
    with writing(centre.engine) as connection:
        people.add_person(connection, LOGIN, LOGIN, PASSWORD, "noc", (), "bench", now)
        connection.execute(update(participation).values(role="interactive", medium="pc"))
        connection.execute(update(site).values(hours="T2-CN 00:00-24:00"))  # to be measured in an evening too
        sites = connection.scalars(select(site.c.id).order_by(site.c.id)).all()
        spares = bulk.issue(connection, centre.settings, sites, "bench", now + 1)
        connection.execute(update(device).where(device.c.enrolled_at == now + 1).values(is_spare=True))
        for n, part in enumerate(connection.execute(select(participation).order_by(participation.c.id)).all(), 1):
            connection.execute(update(participation).where(participation.c.id == part.id).values(speaking_order=n))
            connection.execute(insert(backup).values(participation_id=part.id, kind="device"))
        values = {"unit_id": 1, "medium": "pc", "delivery": "unicast", "confirmed_mbps": 1e6}
        told = {"confirmed_by": "VNPT", "confirmed_at": now}
        connection.execute(insert(capacity).values(session_id=1, **values, **told))
    reload.write_configuration(centre.engine, centre.settings)
    return [*centre.devices, *spares]


async def measure(centre: Centre, issued: list[bulk.Issued], site_web: web.Web, ways: Sequence[Way]) -> None:
    """Cut the second speaker's line in each way, and print how long it took to show."""
    async with performing(centre, issued) as devices:
        await until(lambda: _ready(centre) >= len(issued) // 2, _READY_S, "proven sites")
        starts_in_us = None
        print("| mode | cut | goal, s | shown after, s |\n|---|---|---|---|", flush=True)
        for way in ways:
            if way.starts_in_us != starts_in_us:
                starts_in_us = way.starts_in_us
                _begin_in(centre, starts_in_us)
                await asyncio.sleep(20.0)  # until devices have been told, and follow
            took_s = [await _shown_after(devices[_SECOND], site_web, way) for _ in range(way.times)]
            told = f"{statistics.median(took_s):.1f}, at most {max(took_s):.1f} ({len(took_s)})"
            print(f"| {way.mode} | {'silent' if way.is_silent else 'reset'} | {way.goal_s:g} | {told} |", flush=True)


def _begin_in(centre: Centre, starts_in_us: int) -> None:
    starts_at = time.time_ns() // 1000 + starts_in_us
    with writing(centre.engine) as connection:
        connection.execute(update(session).values(starts_at=starts_at, ends_at=starts_at + 2 * _HOUR_US))
        record_changes(connection, [("session", 1)])


async def _shown_after(second: Device, site_web: web.Web, way: Way) -> float:
    async with board(site_web) as pieces:
        await _card(pieces, lambda card: "Đang kết nối" in card and "Gọi phát biểu" in card, _BACK_S)
        await asyncio.sleep(random.uniform(0.0, 3.0))  # at no time of the tick's in particular
        begun_s = time.monotonic()
        second.cut(is_silent=way.is_silent)
        card = await _card(pieces, lambda card: way.says in card and "Mất liên lạc" in card, _SHOWN_S)
        took_s = time.monotonic() - begun_s
        substitute = card.partition("Gọi thay ")[2]
        assert "Máy dự phòng Đạt" in card, card
        assert "Đạt" in substitute, card
    second.mend(1.0)
    return took_s


async def _card(pieces: AsyncIterator[dict[str, str]], is_it: Callable[[str], bool], within_s: float) -> str:
    async with asyncio.timeout(within_s):
        async for told in pieces:
            cards = re.findall(r"<li class=\"card speaker.*?</li>", told.get("s-watched", ""), re.DOTALL)
            if cards and is_it(found := words(cards[_SECOND])):
                return found
    raise RuntimeError("the stream ended")


def words(html: str) -> str:
    return " ".join(unescape(re.sub(r"<[^>]*>", " ", html)).split())


@asynccontextmanager
async def board(site_web: web.Web) -> AsyncIterator[AsyncIterator[dict[str, str]]]:
    """Open the board as a page does, and yield what it is sent."""
    reader, writer = await asyncio.open_connection("127.0.0.1", site_web.port, limit=_MOST_LINE_BYTES)
    head = f"GET /live/speakers?session=1 HTTP/1.1\r\nHost: 127.0.0.1:{site_web.port}\r\n"
    writer.write(f"{head}Cookie: {site_web.cookie}\r\n\r\n".encode())

    async def pieces() -> AsyncIterator[dict[str, str]]:
        while line := await reader.readline():
            if line.startswith(b"data: {"):
                yield json.loads(line[6:])

    try:
        yield pieces()
    finally:
        writer.close()


@asynccontextmanager
async def performing(centre: Centre, issued: list[bulk.Issued]) -> AsyncIterator[list[Device]]:
    """Let all devices begin, and leave at the end."""
    ground, needed = Ground(1), needs(load_policy(SEED.read_text(encoding="utf-8")), "interactive", "pc", 5.0)
    now_s, devices = ground.now_s(), []
    for n, one in enumerate(issued):
        told = {"device": one.device, "password": one.password, "brokers": centre.settings.brokers}
        credentials = Credentials.model_validate({**told, "ca_file": str(centre.ca_file)})
        nature = draw(Traits(device=one.device, role="interactive", provider="vnpt"), needed, random.Random(n))
        made = Machine(one.device, nature, ground.chance, now_s, time.time() - now_s)
        devices.append(Device(credentials, made, ground))
        devices[-1].start(now_s + n * 0.02)
    running = asyncio.create_task(ground.run())
    try:
        yield devices
    finally:
        for each in devices:
            each.switch_off()
        running.cancel()


async def until(holds: Callable[[], bool], within_s: float, what: str) -> None:
    end_s = time.monotonic() + within_s
    while not holds():
        if time.monotonic() > end_s:
            raise RuntimeError(f"no {what} within {within_s:g} s")
        await asyncio.sleep(0.5)


def _ready(centre: Centre) -> int:
    with centre.engine.connect() as connection:
        ready = select(func.count()).select_from(standing).where(standing.c.level == "ready")
        return int(connection.execute(ready).scalar_one())


if __name__ == "__main__":
    main()
