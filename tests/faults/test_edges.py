"""One device at both edges of a broker at once: by which of them ingest speaks to it."""

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
from sqlalchemy import select

from collector.store.intake import commands
from contract import wire
from contract.clock import wall_us
from provisioning.store.engine import writing
from provisioning.store.tables import device

SPOOL_ID = "00000000000000aa"


@pytest.fixture
def lab(make_lab: Callable[..., Any], tmp_path: Path) -> Any:
    return make_lab(f"sqlite:///{tmp_path / 'diemcau.db'}", 1, 0, 1.0, 0, broker="mosquitto")


@pytest.fixture
def ends(lab: Any) -> Iterator[list[Any]]:
    """The device's connection to each edge; `heard` are the kinds of what came by it."""
    opened = [_client(lab, port) for port in lab.settings.broker_ports]
    yield opened
    for client in opened:
        client.disconnect()
        client.loop_stop()


def _client(lab: Any, port: int) -> Any:
    (name,) = lab.names
    client = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2, secrets.token_hex(8))
    client.username_pw_set(name, lab.password(name))
    client.tls_set_context(ssl.create_default_context(cafile=str(lab.settings.folder("ca") / "ca.pem")))
    client.heard = []
    topics = {wire.PLAN_TOPIC: "plan", **{wire.topic_for(name, kind): kind for kind in wire.DOWN}}
    client.on_message = lambda _c, _u, message: client.heard.append(topics[message.topic])
    client.on_connect = lambda *_: client.subscribe([(topic, 0) for topic in topics])
    client.connect("127.0.0.1", port, 60)
    client.loop_start()
    return client


def _until(holds: Callable[[], object], meanwhile: Callable[[], object] = lambda: None) -> None:
    deadline = time.monotonic() + 30
    while not holds():
        assert time.monotonic() < deadline
        meanwhile()
        time.sleep(0.05)


def test_the_plan_and_commands_go_out_by_every_edge_and_a_receipt_by_the_one_its_report_came_by(
    lab: Any, ends: list[Any]
) -> None:
    (name,) = lab.names
    frame = wire.Frame(SPOOL_ID, 1, 1, 0, 0, 0, "00000000", 1, 1)
    body = json.dumps({"v": 1, "device": name, "occasion": "once", "measurements": []}).encode()
    _until(lambda: all(end.heard == ["plan"] for end in ends))

    ends[1].publish(wire.topic_for(name, "report"), wire.encode_report(frame, body), 1)
    _until(lambda: "ack" in ends[1].heard)
    with writing(lab.engine) as connection:
        number = connection.execute(select(device.c.id).where(device.c.name == name)).scalar_one()
        commands.ask(connection, number, "run", (), "test", wall_us())
    _until(lambda: all("command" in end.heard for end in ends))

    assert "ack" not in ends[0].heard
