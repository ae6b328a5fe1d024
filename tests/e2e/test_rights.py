"""What a device may do at the broker with its own credentials, and what it can never learn there."""

from __future__ import annotations

import secrets
import ssl
import time

import paho.mqtt.client as mqtt
import pytest

from contract import wire
from contract.clock import Clock

FUTURE = 10**9  # a connection number above every true one


@pytest.fixture(scope="module")
def victim(centre, new_agent, until):
    """Another site's agent at work."""
    agent = new_agent()
    agent.enrol(centre.sheets["MEOVAC"])
    agent.run()
    until(lambda: centre.site("MEOVAC").level != "unknown" and agent.waiting() == 0)
    return agent


@pytest.fixture(scope="module")
def intruder(centre, new_agent):
    """The files of an enrolled device in the hands of somebody who wants more."""
    agent = new_agent()
    agent.enrol(centre.sheets["DONGVAN"])
    return agent


@pytest.fixture
def connect(centre):
    """A function that connects with an agent's credentials; a will is a topic and a payload."""
    opened = []

    def open_client(agent, will=None):
        opened.append(Client(centre, agent, will))
        return opened[-1]

    yield open_client
    for client in opened:
        client.close()


class Client:
    """An MQTT client with a device's credentials, driven by whoever waits for something."""

    def __init__(self, centre, agent, will):
        self.received = []  # topics and payloads
        self.is_connected = self.is_over = False
        self._granted, self._published = {}, set()
        self._mqtt = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2, f"{agent.name}-{secrets.token_hex(8)}")
        self._mqtt.username_pw_set(agent.name, agent.password)
        self._mqtt.tls_set_context(ssl.create_default_context(cafile=str(agent.home / "ca.pem")))
        if will is not None:
            self._mqtt.will_set(*will, qos=1, retain=True)
        self._mqtt.on_connect = self._connected
        self._mqtt.on_message = lambda _c, _u, message: self.received.append((message.topic, message.payload))
        self._mqtt.on_subscribe = lambda _c, _u, mid, reasons, _p: self._granted.update({mid: reasons[0].value})
        self._mqtt.on_publish = lambda _c, _u, mid, _r, _p: self._published.add(mid)
        self._mqtt.connect("127.0.0.1", centre.settings.broker_port, keepalive=60)
        self._turn_until(lambda: self.is_connected)

    def subscribe(self, topic):
        """Ask for a topic; return whether it is granted. The broker may refuse, or throw us off."""
        _, mid = self._mqtt.subscribe(topic, 0)
        self._turn_until(lambda: mid in self._granted)
        return self._granted.get(mid) == 0

    def publish(self, topic, payload, retain=False):
        """Publish and wait for the broker's receipt, which says nothing about what it did with the message."""
        mid = self._mqtt.publish(topic, payload, 1, retain).mid
        self._turn_until(lambda: mid in self._published)

    def turn(self, timeout_s=0.0):
        """Take what has come."""
        self.is_over = self.is_over or self._mqtt.loop(timeout_s) != mqtt.MQTT_ERR_SUCCESS

    def break_off(self):
        """Vanish without a word, so that the broker says our will."""
        self._mqtt.socket().shutdown(2)
        self.is_over = True

    def close(self):
        self._mqtt.disconnect()

    def _connected(self, _client, _userdata, _flags, reason, _properties):
        self.is_connected = not reason.is_failure

    def _turn_until(self, happened):
        deadline = time.monotonic() + 30
        while not (happened() or self.is_over):
            assert time.monotonic() < deadline, "the broker does not answer"
            self.turn(0.1)


def test_a_device_reads_its_own_downlink_and_the_plan_and_nothing_else(connect, intruder, victim, until):
    own, other = down(intruder), down(victim)
    allowed = [f"{own}/ack", f"{own}/command", wire.PLAN_TOPIC]
    assert [topic for topic in allowed if connect(intruder).subscribe(topic)] == allowed
    assert [topic for topic in everything(other) if connect(intruder).subscribe(topic)] == []


def test_a_device_cannot_speak_for_another_nor_for_the_centre(centre, connect, intruder, victim, until):
    body = intruder.say("probe", "software", "--json").encode()
    before = until(lambda: settled(centre))
    lost = wire.encode(wire.Presence(FUTURE, "lost"))
    everything_lost = wire.encode(wire.Ack(spool_id_of(victim), FUTURE))
    forged = [
        (wire.topic_for(victim.name, "report"), report(body)),
        (wire.topic_for(victim.name, "presence"), lost),
        (wire.topic_for(victim.name, "snapshot"), b"{}"),
        (wire.topic_for(victim.name, "ack"), everything_lost),
        (wire.topic_for(intruder.name, "ack"), everything_lost),
        (wire.PLAN_TOPIC, wire.encode(wire.Plan("forged", FUTURE, FUTURE, ()))),
        ("dc/v1/0/d-nobody00/up/report", report(body)),
    ]
    for topic, payload in forged:
        connect(intruder).publish(topic, payload, retain=True)
    connect(intruder, will=(wire.topic_for(victim.name, "presence"), lost)).break_off()

    # Its own report, sent last, is taken in: so all the others have been taken or refused by then.
    client = connect(intruder)
    client.subscribe(f"{down(intruder)}/ack")
    client.publish(wire.topic_for(intruder.name, "report"), report(body))
    until(lambda: client.turn() or client.received)

    after = until(lambda: settled(centre))
    assert after == before | {name: before[name] + 1 for name in ("accepted", "committed")}
    assert centre.site("MEOVAC").presence(victim.name) == "connected"
    reader = connect(intruder)
    reader.subscribe(wire.PLAN_TOPIC)
    until(lambda: reader.turn() or reader.received)
    assert [wire.decode_plan(payload).id for _, payload in reader.received] == ["default"]


def test_no_client_id_of_others_is_in_anything_that_a_device_can_read(centre, connect, intruder, victim, until):
    asked = (*everything(down(victim)), f"{down(intruder)}/#", wire.PLAN_TOPIC)
    spies = []

    def listen():
        for topic in asked:
            spies.append(connect(intruder))
            spies[-1].subscribe(topic)

    def hear():
        for spy in spies:
            spy.turn()

    def client_ids():
        hear()
        users = {user: centre.connections(user) for user in ("collector", victim.name)}
        return all(users.values()) and {held["mqtt_client"] for one in users.values() for held in one}

    def subscriptions():
        return sum(held["subscriptions"] for held in centre.connections("collector"))

    listen()
    true_ids, subscribed = until(client_ids), subscriptions()
    centre.kill("ingest")
    centre.start("ingest")
    until(lambda: subscriptions() == subscribed)  # a will said before is known only to the sweep, after 150 s
    victim.kill()
    until(lambda: hear() or centre.site("MEOVAC").presence(victim.name) == "lost")
    victim.run()
    until(lambda: hear() or centre.site("MEOVAC").presence(victim.name) == "connected")
    true_ids |= until(client_ids)
    listen()  # again, for what is retained
    until(lambda: hear() or spies[-1].received)  # the plan; whatever else is retained has come by then

    assert len(true_ids) == 4  # both had two connections, each with an id of its own
    readable = [topic.encode() + b" " + payload for spy in spies for topic, payload in spy.received]
    readable += [file.read_bytes() for file in intruder.home.rglob("*") if file.is_file()]
    assert len(readable) > 5
    for client_id in true_ids:
        secret = client_id.rpartition("-")[2].encode()
        assert len(secret) >= 16
        assert not [text for text in readable if secret in text]


def down(agent):
    return wire.topic_for(agent.name, "ack").rpartition("/")[0]


def everything(of_another):
    """What somebody may try to subscribe to: another's topics, wildcards, and what brokers keep for themselves."""
    up = of_another.replace("/down", "/up")
    return (
        *(f"{of_another}/ack", f"{of_another}/command", f"{of_another}/#", f"{of_another}/+"),
        *(f"{up}/report", f"{up}/presence", f"{up}/#"),
        *("dc/v1/+/+/down/ack", "dc/v1/+/+/down/#", "dc/v1/+/+/up/presence", "dc/v1/+", "dc/v1/#", "dc/#"),
        *("#", "+/#", "+/+/+", "/#", "$SYS/#", "$JS/#", "$JS/API/#", "$MQTT/#", "$MQTT/msgs/#", "_INBOX/#"),
    )


def report(body):
    moment = Clock().now()
    return wire.encode_report(wire.Frame(secrets.token_hex(8), 1, 1, 0, 0, 0, *moment), body)


def spool_id_of(agent):
    """The true id of an agent's spool, which another could not know: the worst case."""
    from agent.paths import spool as folder
    from agent.spool import Spool

    spool = Spool(folder(agent.home, agent.name), 16 * 1024 * 1024, Clock(), checkpoints=False)
    try:
        return spool.counters().spool_id
    finally:
        spool.close()


def settled(centre):
    balance = centre.summary()["balance"]
    return None if balance["spooled"] else balance
