"""The real brokers run what the registry says: who connects, what is whose, and what a reload changes.

Each test runs on nats-server and on two edges of Mosquitto, which agree in all of it.
"""

from __future__ import annotations

import socket
import ssl
import subprocess
from collections.abc import Callable

import pytest
from sqlalchemy import Engine, update

from contract import wire
from provisioning.broker import reload, running
from provisioning.errors import ProvisioningError
from provisioning.settings import Settings
from provisioning.store.engine import writing
from provisioning.store.tables import device

pytestmark = pytest.mark.parametrize("broker_kind", ["nats", "mosquitto"])


@pytest.fixture
def collector(broker, settings: Settings, connect):
    """The collector's connection to the first edge."""
    return connect(reload.COLLECTOR, reload.collector_password(settings))


def revoke(registry: Engine, name: str) -> None:
    with writing(registry) as connection:
        connection.execute(update(device).where(device.c.name == name).values(state="revoked"))


def test_without_a_running_broker_the_configuration_is_written(settings: Settings, registry: Engine):
    path = reload.write_configuration(registry, settings)
    assert path.stat().st_mode & 0o777 == 0o600
    assert {running.pid_of(server) for server in reload.read(registry, settings).servers} == {None}


def test_an_enrolled_device_connects_at_once_to_any_edge_and_what_is_its_own_works(
    broker, settings: Settings, new_code: Callable[[], str], enrol, connect, until
):
    enrolled = enrol(new_code())
    for edge in range(len(settings.broker_ports)):
        collector = connect(reload.COLLECTOR, reload.collector_password(settings), edge=edge)
        assert collector.subscribe("dc/v1/+/+/up/+", 1) == 1
        client = connect(enrolled.name, enrolled.password, edge=edge)
        assert client.subscribe(wire.topic_for(enrolled.name, "ack")) == 0
        assert client.subscribe(wire.PLAN_TOPIC) == 0
        client.publish(wire.topic_for(enrolled.name, "report"), b"a report")
        until(lambda heard=collector: heard.received == [(wire.topic_for(enrolled.name, "report"), b"a report")])
        collector.publish(wire.PLAN_TOPIC, b"a plan", retain=True)
        collector.publish(wire.topic_for(enrolled.name, "ack"), b"an ack")
        until(lambda heard=client: len(heard.received) == 2)


def test_a_device_can_neither_write_as_another_nor_read_what_is_for_another(
    collector, new_code: Callable[[], str], enrol, connect, until
):
    collector.subscribe("dc/v1/+/+/up/+")
    one, other = enrol(new_code()), enrol(new_code())
    client = connect(one.name, one.password)
    foreign = [wire.topic_for(other.name, "ack"), wire.topic_for(other.name, "report"), "#", "dc/v1/+/+/down/ack"]
    for topic in (*foreign, wire.topic_for(one.name, "report"), "$SYS/#", "dc/v1/#", "$MQTT/#"):
        client.subscribe(topic)  # Mosquitto grants it and delivers nothing
    client.subscribe(wire.topic_for(one.name, "ack"))
    for kind in wire.DOWN:
        collector.publish(wire.topic_for(other.name, kind), b"for another")
    collector.publish(wire.topic_for(one.name, "ack"), b"for us")  # after the others, on the same connection
    until(lambda: client.received)
    client.publish(wire.topic_for(other.name, "report"), b"forged")
    client.publish(wire.topic_for(other.name, "ack"), b"forged")
    client.publish(wire.topic_for(one.name, "ack"), b"forged")
    client.publish(wire.PLAN_TOPIC, b"forged", retain=True)
    client.publish(wire.topic_for(one.name, "report"), b"true")
    until(lambda: collector.received)
    assert collector.received == [(wire.topic_for(one.name, "report"), b"true")]
    assert set(client.received) == {(wire.topic_for(one.name, "ack"), b"for us")}


def test_the_last_word_on_a_device_is_kept_for_a_collector_that_comes_later(
    broker, settings: Settings, new_code: Callable[[], str], enrol, connect, until
):
    enrolled = enrol(new_code())
    topic = wire.topic_for(enrolled.name, "presence")
    client = connect(*enrolled, will=(topic, b"lost"))
    client.publish(topic, b"connected", retain=True)
    collector = connect(reload.COLLECTOR, reload.collector_password(settings))
    collector.subscribe("dc/v1/+/+/up/+", 1)
    until(lambda: collector.received == [(topic, b"connected")])
    client.break_off()
    until(lambda: collector.received[1:] == [(topic, b"lost")])
    later = connect(reload.COLLECTOR, reload.collector_password(settings))
    later.subscribe("dc/v1/+/+/up/+", 1)
    until(lambda: later.received == [(topic, b"lost")])


def test_a_burst_waits_for_a_collector_that_is_slow(collector, new_code: Callable[[], str], enrol, connect, until):
    enrolled = enrol(new_code())
    client = connect(*enrolled)
    collector.subscribe("dc/v1/+/+/up/+", 1)
    with collector.may_hear:
        for number in range(3000):  # Mosquitto keeps 1000 by default, and loses the others without a word
            client.publish(wire.topic_for(enrolled.name, "report"), b"%d" % number, wait=number == 2999)
    until(lambda: len(collector.received) == 3000)
    assert [int(payload) for _, payload in collector.received] == list(range(3000))


def test_a_removed_device_is_thrown_off_and_the_others_stay(
    broker, settings: Settings, registry: Engine, new_code: Callable[[], str], enrol, connect, until
):
    last = len(settings.broker_ports) - 1
    leaving, staying = enrol(new_code()), enrol(new_code())
    out, stays = connect(*leaving, edge=last), connect(*staying, edge=last)
    revoke(registry, leaving.name)
    reload.write_configuration(registry, settings)
    until(lambda: not out.is_connected)
    assert stays.is_connected
    assert not connect(*leaving).is_connected


def test_a_stranger_or_a_wrong_password_does_not_connect(broker, new_code: Callable[[], str], enrol, connect):
    enrolled = enrol(new_code())
    assert not connect(enrolled.name, "wrong").is_connected
    assert not connect("d-00000000", "wrong").is_connected


def test_a_renewed_certificate_is_shown_without_a_restart(
    broker, settings: Settings, registry: Engine, new_code: Callable[[], str], enrol, connect
):
    staying = connect(*enrol(new_code()))
    addresses = [("127.0.0.1", port) for port in settings.broker_ports]
    before = {ssl.get_server_certificate(address) for address in addresses}
    (settings.folder("ca") / "server.pem").unlink()
    reload.write_configuration(registry, settings)
    after = {ssl.get_server_certificate(address) for address in addresses}
    assert (len(before), len(after), before & after) == (1, 1, set())
    assert staying.is_connected


def test_a_check_tells_files_that_are_old_a_broker_that_is_away_and_one_that_lags(
    broker, settings: Settings, registry: Engine, new_code: Callable[[], str], enrol, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("DIEMCAU_LANG", "en")
    enrolled = enrol(new_code())
    reload.check_broker(registry, settings)
    revoke(registry, enrolled.name)
    with pytest.raises(ProvisioningError, match="out of date"):
        reload.check_broker(registry, settings)
    for path, text in reload.read(registry, settings).files.items():
        path.write_text(text)
    with pytest.raises(ProvisioningError, match="older configuration"):
        reload.check_broker(registry, settings)
    broker[-1].kill()
    broker[-1].wait()
    with pytest.raises(ProvisioningError, match="does not run"):
        reload.check_broker(registry, settings)


def test_without_tls_it_listens_on_loopback_alone(settings: Settings, registry: Engine, start_broker):
    plain = settings.model_copy(update={"host": "0.0.0.0", "is_broker_plain": True})
    reload.write_configuration(registry, plain)
    start_broker(plain)
    assert {url.partition(":")[0] for url in plain.brokers} == {"mqtt"}
    for port in plain.broker_ports:
        assert reload.is_admitted(plain, port, reload.COLLECTOR, reload.collector_password(plain))
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection(("127.0.0.2", port))  # where 0.0.0.0 would be heard, too


def test_a_pid_file_left_by_a_broker_that_died_is_no_running_broker(settings: Settings, registry: Engine):
    other = subprocess.Popen(["sleep", "600"])
    try:
        for server in reload.read(registry, settings).servers:
            server.pid_file.write_text(str(other.pid))
        reload.write_configuration(registry, settings)
        assert other.poll() is None  # SIGHUP would have ended it
    finally:
        other.kill()
        other.wait()
