"""Ten thousand messages that cannot be used, mixed among good ones, over the real broker."""

from __future__ import annotations

import itertools
import json
import random
import secrets
import ssl
import time
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

import paho.mqtt.client as mqtt
import pytest
from sqlalchemy import func, select

from collector.store.tables import quarantine, report, unattributed
from contract import wire

POISONED = 10_000
GOOD = 2_000
SPOOL_ID = "00000000000000aa"
DEEP = b"[" * 15_000
READABLE: dict[str, list[Callable[[bytes], bytes]]] = {  # by the reason each must be quarantined for
    "not_json": [lambda _: b"not json", lambda _: DEEP, lambda _: b"\xff\xfe\x00", lambda good: good[:-9]],
    "not_finite": [lambda good: good.replace(b"94.5", b"NaN"), lambda good: good.replace(b"94.5", b"1e999")],
    "bad_text": [
        lambda good: good.replace(b'"m"', b'"m\\u0000"'),
        lambda good: good.replace(b'"m"', '"m\u202e"'.encode()),
    ],
    "wrong_device": [lambda good: good.replace(b"d-fault000", b"d-fault001")],
    "too_large": [lambda good: good[:-1] + b" " * 33_000 + b"}"],
    "future_version": [lambda good: good.replace(b'"v": 1', b'"v": 2')],
    "wrong_type": [lambda good: good.replace(b"94.5", b'"fast"'), lambda _: b"[]", lambda _: b"{}"],
    "damaged": [lambda _: b""],
}
BROKEN_FRAMES = [
    b"2 " + SPOOL_ID.encode() + b" 1 1 0 0-0 00000000 1 1\n{}",
    b"1 xyz 1 1 0 0-0 00000000 1 1\n{}",
    b"1 " + SPOOL_ID.encode() + b" 5 1 0 0-0 00000000 1 1\n{}",
    b"\x00" * 50,
    b"",
]


class Device:
    """A device as the broker sees it, with the last receipt it was given."""

    def __init__(self, lab: Any, name: str) -> None:
        self.name = name
        self.acknowledged = 0
        self.client = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2, f"{name}-{secrets.token_hex(8)}")
        self.client.username_pw_set(name, lab.password(name))
        ca_file = str(lab.settings.folder("ca") / "ca.pem")
        self.client.tls_set_context(ssl.create_default_context(cafile=ca_file))
        self.is_collector_there = False  # it leaves the plan with the broker once it has subscribed
        topics = [(wire.topic_for(name, "ack"), 0), (wire.PLAN_TOPIC, 0)]
        self.client.on_connect = lambda client, *_: client.subscribe(topics)
        self.client.on_message = self._receive
        self.client.connect("127.0.0.1", lab.settings.broker_port, 60)
        self.client.loop_start()

    def send(self, payload: bytes) -> None:
        self.client.publish(wire.topic_for(self.name, "report"), payload, 1)

    def _receive(self, _client: Any, _userdata: Any, message: mqtt.MQTTMessage) -> None:
        if message.topic == wire.PLAN_TOPIC:
            self.is_collector_there = True
            return
        self.acknowledged = max(self.acknowledged, wire.decode_ack(message.payload).upto)


@pytest.fixture
def devices(make_lab: Callable[..., Any], database_url: str) -> Iterator[tuple[Any, list[Device]]]:
    """A centre, and three enrolled devices: the first one sends poison."""
    lab = make_lab(database_url, 3, 0, 1.0, 0)
    found = [Device(lab, name) for name in lab.names]
    _wait_for(lambda: all(device.is_collector_there for device in found))
    yield lab, found
    for device in found:
        device.client.disconnect()
        device.client.loop_stop()


def _framed(seq: int, body: bytes) -> bytes:
    return wire.encode_report(wire.Frame(SPOOL_ID, seq, seq, 0, 0, 0, "00000000", 1, 1), body)


def _good(name: str) -> bytes:
    started = {"boot_id": "00000000", "mono_ms": 1, "wall_us": 1}
    rates = {"download_mbps": 94.5, "upload_mbps": 40, "received_bytes": 1, "sent_bytes": 1}
    line = {"kind": "line", "method": "m", "server": "s", "round_trip_ms": {"why": "absent"}, **rates}
    measurement = {"probe": "line", "version": 1, "started": started, "duration_ms": 1, "findings": line}
    return json.dumps({"v": 1, "device": name, "occasion": "once", "measurements": [measurement]}).encode()


def _wait_for(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 120
    while not holds():
        assert time.monotonic() < deadline, "did not come true within two minutes"
        time.sleep(0.1)


def test_poison_is_counted_by_reason_and_stops_nobody(devices: tuple[Any, list[Device]]) -> None:
    lab, (hostile, *honest) = devices
    chance = random.Random(7)
    kinds = [(reason, make) for reason, makes in READABLE.items() for make in makes]
    expected: Counter[str] = Counter()
    poison_seq, good_seqs = itertools.count(1), {device.name: itertools.count(1) for device in honest}
    broken = 0
    plan = ["poison"] * POISONED + ["good"] * GOOD
    chance.shuffle(plan)
    for what in plan:
        if what == "good":
            sender = chance.choice(honest)
            sender.send(_framed(next(good_seqs[sender.name]), _good(sender.name)))
        elif chance.random() < 0.1:
            hostile.send(chance.choice(BROKEN_FRAMES) + str(broken).encode())
            broken += 1
        else:
            reason, make = chance.choice(kinds)
            hostile.send(_framed(next(poison_seq), make(_good(hostile.name))))
            expected[reason] += 1
    sent_good = {name: next(seqs) - 1 for name, seqs in good_seqs.items()}

    _wait_for(lambda: hostile.acknowledged == sum(expected.values()))
    _wait_for(lambda: [device.acknowledged for device in honest] == list(sent_good.values()))

    with lab.engine.connect() as connection:
        by_reason = select(quarantine.c.reason, func.count()).group_by(quarantine.c.reason)
        assert dict(connection.execute(by_reason).all()) == expected
        assert connection.execute(select(func.sum(unattributed.c.times))).scalar_one() == broken
        assert connection.execute(select(func.count()).select_from(report)).scalar_one() == GOOD
    books = lab.books()
    assert books[hostile.name][:5] == (sum(expected.values()), 0, 0, 0, sum(expected.values()))
    for device in honest:
        sent = sent_good[device.name]
        assert books[device.name][:5] == (sent, sent, 0, 0, 0)
    assert sum(expected.values()) + broken == POISONED
