"""A burst from many devices at once: none of it may have to wait until the broker sends it again."""

from __future__ import annotations

import json
import secrets
import ssl
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import paho.mqtt.client as mqtt
import pytest

from contract import wire

DEVICES, REPORTS_EACH = 8, 500
SPOOL_ID = "00000000000000aa"


@pytest.fixture
def lab(make_lab: Callable[..., Any], tmp_path: Path) -> Any:
    return make_lab(f"sqlite:///{tmp_path / 'diemcau.db'}", DEVICES, 0, 1.0, 0)


@pytest.fixture
def clients(lab: Any) -> Iterator[dict[str, mqtt.Client]]:
    opened = {name: _client(lab, name) for name in lab.names}
    yield opened
    for client in opened.values():
        client.disconnect()
        client.loop_stop()


def _client(lab: Any, name: str) -> mqtt.Client:
    client = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2, f"{name}-{secrets.token_hex(8)}")
    client.username_pw_set(name, lab.password(name))
    client.tls_set_context(ssl.create_default_context(cafile=str(lab.settings.folder("ca") / "ca.pem")))
    client.max_inflight_messages_set(REPORTS_EACH)  # more than the 1024 that NATS gives out, over all devices
    client.connect("127.0.0.1", lab.settings.broker_port, 60)
    client.loop_start()
    return client


def _send(client: mqtt.Client, name: str, seq: int) -> None:
    frame = wire.Frame(SPOOL_ID, seq, seq, 0, 0, 0, "00000000", 1, 1)
    body = json.dumps({"v": 1, "device": name, "occasion": "once", "measurements": []}).encode()
    client.publish(wire.topic_for(name, "report"), wire.encode_report(frame, body), 1)


def _wait_for_committed(lab: Any, reports_each: int, meanwhile: Callable[[], None] = lambda: None) -> None:
    deadline = time.monotonic() + 100
    while (committed := {name: books.committed for name, books in lab.books().items()}) != {
        name: reports_each for name in lab.names
    }:
        assert time.monotonic() < deadline, committed
        meanwhile()
        time.sleep(0.2)


def test_what_is_sent_at_once_is_settled_though_nobody_sends_it_again(
    lab: Any, clients: dict[str, mqtt.Client]
) -> None:
    def send_first() -> None:  # again and again: ingest may not have subscribed yet
        for name, client in clients.items():
            _send(client, name, 1)

    _wait_for_committed(lab, 1, send_first)
    for seq in range(2, REPORTS_EACH + 1):
        for name, client in clients.items():
            _send(client, name, seq)

    _wait_for_committed(lab, REPORTS_EACH)
