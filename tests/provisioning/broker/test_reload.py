from __future__ import annotations

import subprocess
from collections.abc import Callable

from sqlalchemy import Engine, update

from contract import wire
from provisioning.broker import reload
from provisioning.settings import Settings
from provisioning.store.engine import writing
from provisioning.store.tables import device

FORBIDDEN = 0x80


def test_without_a_running_broker_the_configuration_is_written_and_the_broker_accepts_it(
    settings: Settings, registry: Engine
):
    path = reload.write_configuration(registry, settings)
    assert path.stat().st_mode & 0o777 == 0o600
    assert reload.running_broker(settings.folder("broker") / "nats.pid") is None


def test_an_enrolled_device_connects_at_once_and_what_is_its_own_works(
    broker, settings: Settings, new_code: Callable[[], str], enrol, connect, until
):
    collector = connect(reload.COLLECTOR, reload.collector_password(settings))
    assert collector.subscribe("dc/v1/+/+/up/#") == 0
    enrolled = enrol(new_code())
    client = connect(enrolled.name, enrolled.password)
    assert client.subscribe(wire.topic_for(enrolled.name, "ack")) == 0
    assert client.subscribe(wire.PLAN_TOPIC) == 0
    client.publish(wire.topic_for(enrolled.name, "report"), b"a report")
    until(lambda: (wire.topic_for(enrolled.name, "report"), b"a report") in collector.received)
    collector.publish(wire.PLAN_TOPIC, b"a plan", retain=True)
    collector.publish(wire.topic_for(enrolled.name, "ack"), b"an ack")
    until(lambda: len(client.received) == 2)


def test_a_device_can_neither_write_as_another_nor_read_what_is_for_another(
    broker, settings: Settings, new_code: Callable[[], str], enrol, connect, until
):
    collector = connect(reload.COLLECTOR, reload.collector_password(settings))
    collector.subscribe("dc/v1/+/+/up/+")
    one, other = enrol(new_code()), enrol(new_code())
    client = connect(one.name, one.password)
    refused = [wire.topic_for(other.name, "ack"), wire.topic_for(other.name, "report"), "#", "dc/v1/+/+/down/ack"]
    refused += [wire.topic_for(one.name, "report"), "$SYS/#", "dc/v1/#", "$MQTT/#"]
    assert [client.subscribe(topic) for topic in refused] == [FORBIDDEN] * len(refused)
    client.publish(wire.topic_for(other.name, "report"), b"forged")
    client.publish(wire.topic_for(other.name, "ack"), b"forged")
    client.publish(wire.PLAN_TOPIC, b"forged", retain=True)
    client.publish(wire.topic_for(one.name, "report"), b"true")  # after the forged ones, on the same connection
    until(lambda: collector.received)
    assert collector.received == [(wire.topic_for(one.name, "report"), b"true")]


def test_a_removed_device_is_thrown_off_and_the_others_stay(
    broker, settings: Settings, registry: Engine, new_code: Callable[[], str], enrol, connect, until
):
    leaving, staying = enrol(new_code()), enrol(new_code())
    out, stays = connect(*leaving), connect(*staying)
    with writing(registry) as connection:
        connection.execute(update(device).where(device.c.name == leaving.name).values(state="revoked"))
    reload.write_configuration(registry, settings)
    until(lambda: not out.is_connected)
    assert stays.is_connected
    assert not connect(*leaving).is_connected


def test_a_stranger_or_a_wrong_password_does_not_connect(broker, new_code: Callable[[], str], enrol, connect):
    enrolled = enrol(new_code())
    assert not connect(enrolled.name, "wrong").is_connected
    assert not connect("d-00000000", "wrong").is_connected


def test_a_pid_file_left_by_a_broker_that_died_is_no_running_broker(
    settings: Settings, registry: Engine, tmp_path, until
):
    other = subprocess.Popen(["sleep", "600"])
    try:
        (settings.folder("broker") / "nats.pid").write_text(str(other.pid))
        reload.write_configuration(registry, settings)
        assert other.poll() is None  # SIGHUP would have ended it
    finally:
        other.kill()
        other.wait()
