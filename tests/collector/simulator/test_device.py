"""A device against a real broker with the device's own rights, over TLS."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from itertools import pairwise

from collector.judge.needs import Need, Needs
from collector.simulator import hostile, mqtt, nature
from collector.simulator.device import KEEPALIVE_S, Device
from collector.simulator.files import Credentials, Traits
from collector.simulator.ground import Ground
from collector.simulator.link import Link
from collector.simulator.machine import Machine
from contract import wire
from contract.report import read_body

NEEDS = Needs(Need(6.0, 3.0), Need(0.5, 0.2))


@asynccontextmanager
async def performing(credentials: Credentials) -> AsyncIterator[tuple[Device, Ground]]:
    """Let one healthy device begin at once."""
    chance, ground = random.Random(1), Ground(1)
    now_s = ground.now_s()
    drawn = nature.draw(Traits(), NEEDS, chance)
    machine = Machine(credentials.device, drawn, chance, now_s, time.time() - now_s)
    device = Device(credentials, machine, ground)
    device.start(now_s)
    running = asyncio.create_task(ground.run())
    try:
        yield device, ground
    finally:
        device.switch_off()
        await until_true(lambda: device.is_gone)
        running.cancel()


async def until_true(holds: Callable[[], bool]) -> None:
    while not holds():
        await asyncio.sleep(0.01)


def acknowledge(broker, device: Device) -> None:
    topic = wire.topic_for(device.name, "ack")
    broker.collector.publish(topic, wire.encode(wire.Ack(device.spool.id, device.spool.accepted)))


def last_tick(broker) -> wire.Snapshot:
    return wire.decode_snapshot([one.payload for one in broker.heard if one.topic.endswith("snapshot")][-1])


def test_it_reports_until_it_is_acknowledged_and_obeys_and_leaves(broker, until):
    async def play() -> None:
        credentials = broker.devices[0]
        broker.heard.clear()
        async with performing(credentials) as (device, ground):
            await until(lambda: {"presence", "snapshot", "report"} <= set(broker.kinds(credentials)))
            report = next(one for one in broker.heard if one.topic.endswith("report"))
            frame, body = wire.decode_report(report.payload)
            assert (frame.spool_id, frame.seq) == (device.spool.id, 1)
            assert {m.probe for m in read_body(body, device.name).measurements} >= {"line", "path", "camera"}

            acknowledge(broker, device)
            await until(lambda: not device.spool.counters.spooled)
            assert ground.tally.counts["reported"] == ground.tally.counts["connected"] == 1
            assert ground.tally.latencies.percentile_s(0.5) is not None

            command = wire.Command("again-1", "run", 600, ("clock",))
            broker.collector.publish(wire.topic_for(device.name, "command"), wire.encode(command))
            await until(lambda: broker.kinds(credentials).count("report") == 2)
            _, body = wire.decode_report([one for one in broker.heard if one.topic.endswith("report")][1].payload)
            answer = read_body(body, device.name)
            assert (answer.occasion, answer.done) == ("command", ("again-1",))
            assert [m.probe for m in answer.measurements] == ["clock"]

            command = wire.Command("live", "live", 600, ())
            broker.collector.publish(wire.topic_for(device.name, "command"), wire.encode(command))
            await until(lambda: last_tick(broker).tick_s == wire.LIVE_TICK_S)
        await until(lambda: broker.presences(credentials) == ["connected", "stopped"])
        assert ground.tally.counts["connected"] == 0

    asyncio.run(play())


def test_a_reset_line_makes_the_broker_say_its_will_and_all_is_sent_again(broker, until):
    async def play() -> None:
        credentials = broker.devices[1]
        broker.heard.clear()
        async with performing(credentials) as (device, ground):
            await until(lambda: "report" in broker.kinds(credentials))
            device.cut(is_silent=False)
            await until(lambda: broker.presences(credentials) == ["connected", "lost"])
            assert ground.tally.counts["connected"] == 0
            device.mend(0.0)
            await until(lambda: broker.presences(credentials) == ["connected", "lost", "connected"])
            await until(lambda: broker.kinds(credentials).count("report") == 2)
            acknowledge(broker, device)
            await until(lambda: not device.spool.counters.spooled)

    asyncio.run(play())


def test_a_line_cut_in_silence_lets_nothing_through_and_says_nothing_either(broker, until):
    async def play() -> None:
        credentials = broker.devices[1]
        broker.heard.clear()
        async with performing(credentials) as (device, ground):
            await until(lambda: "report" in broker.kinds(credentials))
            device.cut(is_silent=True)
            told = len(broker.heard)
            acknowledge(broker, device)
            device.report(ground.now_s(), "schedule", ("clock",))
            await asyncio.sleep(0.3)
            assert len(broker.heard) == told
            assert device.spool.counters.spooled == 2
            device.mend(0.0)
            await until(lambda: broker.presences(credentials)[:3] == ["connected", "lost", "connected"])

    asyncio.run(play())


def test_a_hostile_device_is_heard_on_no_topic_but_its_own_and_ends_nothing(broker, until):
    async def play() -> None:
        credentials, other = broker.devices[2], broker.devices[0]
        broker.heard.clear()
        async with performing(credentials) as (device, ground):
            await until(lambda: "report" in broker.kinds(credentials))
            hostile.attack(device, 0, [other.device])
            await until(lambda: broker.kinds(credentials).count("report") >= 10)
            acknowledge(broker, device)
            await until(lambda: not device.spool.counters.spooled)
            assert ground.tally.counts["connected"] == 1
        assert broker.kinds(other) == []

    asyncio.run(play())


class VirtualGround(Ground):
    """Time that is set, and no network."""

    time_s = 1000.0

    def now_s(self) -> float:
        return self.time_s

    def dial(self, dialler: object) -> None:
        pass


def test_it_asks_a_silent_broker_for_a_word_and_hangs_up_when_none_comes(monkeypatch):
    ground, asked_at_s = VirtualGround(1), []

    def send(_: Link, packets: bytes) -> None:
        if packets == mqtt.PINGREQ:
            asked_at_s.append(ground.time_s)

    monkeypatch.setattr(Link, "send", send)

    def pass_time(seconds: int, *, is_answered: bool) -> None:
        for _ in range(seconds * 10):
            ground.time_s += 0.1
            asked = len(asked_at_s)
            for sleeper in ground.timetable.due(ground.time_s):
                sleeper.turn(ground.time_s)
            if is_answered and len(asked_at_s) > asked:
                device.heard()

    async def play() -> None:
        device.begin_link()
        device.admitted()
        pass_time(600, is_answered=True)
        assert device.is_open
        assert all(0 < after - before <= KEEPALIVE_S + 0.2 for before, after in pairwise([1000.0, *asked_at_s]))
        asked = len(asked_at_s)
        pass_time(3 * KEEPALIVE_S, is_answered=False)
        assert len(asked_at_s) == asked + 1
        assert not device.is_open

    drawn = nature.draw(Traits(), NEEDS, random.Random(1))
    machine = Machine("d-00000000", drawn, random.Random(1), 1000.0, 0.0)
    device = Device(Credentials(device="d-00000000", password="", brokers=("mqtt://127.0.0.1:1",)), machine, ground)
    asyncio.run(play())
