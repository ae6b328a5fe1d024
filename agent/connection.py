"""The agent's connection to a broker: one at a time, made anew by a fresh client after each loss."""

from __future__ import annotations

import random
import secrets
import select
import socket
import ssl
import time
from collections import deque
from pathlib import Path
from typing import Any, Callable, Deque, List, NamedTuple, Optional, Sequence, Set, Tuple, Union
from urllib.parse import urlsplit

import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion

from agent import proxy, trust
from agent.backoff import Backoff
from agent.settings import Settings
from agent.trouble import NotAdmittedError, kind_of
from contract import wire

_CONNECT_TIMEOUT_S = 10.0  # TCP, and TLS again; nothing else goes on meanwhile, nor while a name is looked up
_STOP_TIMEOUT_S = 3.0
_MOST_INBOX = 200  # beyond this messages are let go: acks are cumulative, commands and plan are repeated
_MOST_UNTAKEN = 100  # messages that the broker has not taken: beyond this they are let go, to be sent again
_UNAVAILABLE = 136  # MQTT 5, section 2.4; paho reads the codes of 3.1.1 as these


class Opened(NamedTuple):
    """The broker has admitted us; subscriptions and presence are on their way."""

    number: int


class Lost(NamedTuple):
    """The connection, or the try to make one, has ended."""

    broker: str
    reason: str  # for technicians, and English
    kind: str  # see `agent.trouble`


class Received(NamedTuple):
    """A message from the centre."""

    kind: str  # ack, command, plan
    payload: bytes


Event = Union[Opened, Lost, Received]


class Place(NamedTuple):
    """Where to connect to and as whom."""

    brokers: Tuple[str, ...]
    ca_file: Path
    device: str
    password_file: Path
    keepalive_s: int


def place_of(settings: Settings) -> Place:
    """Return where these settings let the device connect to."""
    return Place(
        settings.brokers,
        settings.folder / settings.ca_file,
        settings.device,
        settings.folder / settings.password_file,
        settings.keepalive_s,
    )


class Connection:
    """Keeps a connection to one of the brokers, whichever by chance; driven by `turn` from the caller's only loop."""

    def __init__(
        self,
        place: Place,
        next_number: Callable[[], int],
        is_clock_plausible: Callable[[], bool],
        chance: random.Random,
        backoff: Backoff,
    ) -> None:
        self.place = place._replace(brokers=_shuffled(place.brokers, chance))
        self.is_open = False
        self.woken_by: Tuple[socket.socket, ...] = ()  # whatever comes on these ends the wait of a turn, and is lost
        self._next_number = next_number
        self._is_clock_plausible = is_clock_plausible
        self._chance = chance
        self._backoff = backoff
        # Secret and new at each start: on some brokers whoever uses another's client id throws it off.
        self._client_id = f"{place.device}-{secrets.token_hex(8)}"
        self._client: Optional[paho.Client] = None
        self._inbox: Deque[Event] = deque(maxlen=_MOST_INBOX)
        self._broker = 0  # index of the next broker to try
        self._failures = 0
        self._try_at_s = 0.0
        self._opened_at_s: Optional[float] = None
        self._number = 0
        self._is_refused = False  # by the broker of the present client
        self._slept_s = 0  # right before the next connection

    def turn(self, timeout_s: float) -> List[Event]:
        """Wait at most `timeout_s` for the network, longer while connecting; return what happened."""
        if self._client is None and time.monotonic() >= self._try_at_s:
            self._connect()
        elif self._client is None:
            time.sleep(max(0.0, min(timeout_s, self._try_at_s - time.monotonic())))
        else:
            reason = _loop(self._client, timeout_s, self.woken_by)
            if reason:
                self._lose(reason, "network")
        events = list(self._inbox)
        self._inbox.clear()
        return events

    def publish(self, kind: str, payload: bytes, qos: int) -> None:
        """Hand a message of ours to the network; it may be lost, so the caller sends again what matters."""
        if self._client is not None and self.is_open:
            self._client.publish(wire.topic_for(self.place.device, kind), payload, qos, kind == "presence")

    def hasten(self) -> None:
        """Try again at once: what stood in the way may have gone."""
        self._try_at_s = 0.0

    def reconnect(self, place: Place) -> None:
        """Leave the broker and connect to `place` at once."""
        self.stop()
        self.place = place._replace(brokers=_shuffled(place.brokers, self._chance))
        self._try_at_s = 0.0
        self._broker = 0

    def redial(self, place: Place) -> None:
        """Connect to the same broker anew, as `place` says, without a word: that we are here again is all there is."""
        client, self._client = self._client, None
        self.place = place._replace(brokers=self.place.brokers)
        self.is_open = False
        self._opened_at_s = None
        self._try_at_s = 0.0
        if client is not None:
            client.disconnect()  # else the broker would take us for lost
            end_s = time.monotonic() + _STOP_TIMEOUT_S
            while not _loop(client, 0.1) and time.monotonic() < end_s:
                pass

    def wake(self, slept_s: float) -> None:
        """Connect anew at once: the machine has slept, and whatever connection there was is dead or as good as that."""
        self._client = None
        self.is_open = False
        self._opened_at_s = None
        self._slept_s = int(slept_s)
        self._failures = 0
        self._try_at_s = 0.0

    def stop(self, state: str = "stopped") -> None:
        """Tell the centre why we leave, `stopped` or `asleep`, and leave."""
        client, self._client = self._client, None
        if client is None or not self.is_open:
            return
        self.is_open = False
        taken: Set[int] = set()
        client.on_publish = lambda _, __, mid, *___: taken.add(mid)
        presence = wire.encode(wire.Presence(self._number, state))
        mid = client.publish(wire.topic_for(self.place.device, "presence"), presence, 1, True).mid
        end_s = time.monotonic() + _STOP_TIMEOUT_S
        while mid not in taken and time.monotonic() < end_s:
            if _loop(client, 0.1):
                return
        client.disconnect()
        while not _loop(client, 0.1) and time.monotonic() < end_s:
            pass

    def _connect(self) -> None:
        url = self._url()
        try:
            self._is_refused = False
            self._number = self._next_number()
            self._client = self._fresh_client(url)
            _dial(self._client, url, self.place)
        except (OSError, ValueError) as error:  # ssl's errors are OSErrors
            self._lose(str(error), kind_of(error))

    def _fresh_client(self, url: str) -> paho.Client:
        client = _client(self._client_id, url, self.place, self._is_clock_plausible())
        client.max_queued_messages_set(_MOST_UNTAKEN)
        presence = wire.encode(wire.Presence(self._number, "lost"))
        client.will_set(wire.topic_for(self.place.device, "presence"), presence, 1, True)
        client.on_connect = self._on_connect
        client.on_message = self._on_message
        return client

    def _on_connect(self, client: paho.Client, _: Any, __: Any, reason: Any, ___: Any) -> None:
        if reason.is_failure:
            self._is_refused = True
            self._inbox.append(Lost(self._url(), f"refused: {reason}", kind_of(_refusal(reason))))
            return  # the broker closes now, which is no further news
        self.is_open = True
        self._opened_at_s = time.monotonic()
        device = self.place.device
        topics = (*(wire.topic_for(device, kind) for kind in wire.DOWN), wire.PLAN_TOPIC)
        client.subscribe([(topic, 0) for topic in topics])  # NATS refuses many QoS 1 subscriptions, silently
        self.publish("presence", wire.encode(wire.Presence(self._number, "connected", self._slept_s)), 1)
        self._slept_s = 0
        self._inbox.append(Opened(self._number))

    def _on_message(self, _: paho.Client, __: Any, message: paho.MQTTMessage) -> None:
        kind = "plan" if message.topic == wire.PLAN_TOPIC else message.topic.rpartition("/")[2]
        self._inbox.append(Received(kind, bytes(message.payload)))

    def _lose(self, reason: str, kind: str) -> None:
        lasted_s = time.monotonic() - self._opened_at_s if self._opened_at_s is not None else 0.0
        self._failures = self._backoff.failures_after(self._failures, lasted_s)
        self._try_at_s = time.monotonic() + self._backoff.delay_s(self._failures, self._chance.random())
        if not self._is_refused:
            self._inbox.append(Lost(self._url(), reason, kind))
        self._client = None
        self.is_open = False
        self._opened_at_s = None
        self._broker += 1

    def _url(self) -> str:
        return self.place.brokers[self._broker % len(self.place.brokers)]


def _shuffled(brokers: Tuple[str, ...], chance: random.Random) -> Tuple[str, ...]:
    """Return the brokers in an order by chance: those of one that fails go to all the others in equal parts."""
    return tuple(chance.sample(brokers, len(brokers)))


class _Client(paho.Client):
    """A client that goes through this machine's proxy where it cannot go directly."""

    def _create_socket_connection(self) -> socket.socket:
        host, port, timeout_s = self.host, self.port, self.connect_timeout
        try:
            return socket.create_connection((host, port), timeout_s)
        except OSError:
            through = proxy.find(host)
            if through is None:
                raise
        return proxy.connect(through, host, port, timeout_s)


def log_in(url: str, place: Place, timeout_s: float, *, is_clock_plausible: bool) -> None:
    """Log in to a broker as the device and leave at once, unseen by the centre; raises OSError or ValueError.

    The client id is another than the resident's, and there is no will: neither it nor its presence is disturbed.
    timeout_s: for TCP, for TLS and for the answer, each.
    """
    answers: List[Any] = []
    client = _client(f"{place.device}-{secrets.token_hex(8)}", url, place, is_clock_plausible)
    client.connect_timeout = timeout_s
    client.on_connect = lambda _, __, ___, reason, ____: answers.append(reason)
    _dial(client, url, place)
    end_s = time.monotonic() + timeout_s
    problem = ""
    while not answers and not problem and time.monotonic() < end_s:
        problem = _loop(client, 0.1)
    if answers and not answers[0].is_failure:
        client.disconnect()
        while not _loop(client, 0.1) and time.monotonic() < end_s:
            pass
    elif answers:
        raise _refusal(answers[0])
    elif problem:
        raise ConnectionError(problem)
    else:
        raise socket.timeout("no answer to the login")


def _client(client_id: str, url: str, place: Place, is_clock_plausible: bool) -> paho.Client:
    """Return a client for the broker with the device's credentials; raises OSError or ValueError."""
    client = _Client(
        CallbackAPIVersion.VERSION2,
        client_id,
        clean_session=True,
        protocol=paho.MQTTv311,
        reconnect_on_failure=False,
    )
    client.connect_timeout = _CONNECT_TIMEOUT_S
    address = urlsplit(url)
    try:
        client.username_pw_set(place.device, place.password_file.read_text(encoding="ascii").strip())
        if address.scheme == "mqtts":
            client.tls_set_context(trust.context(place.ca_file, is_clock_plausible))
    except OSError as error:  # not the network's, of which it could not be told apart later
        raise ValueError(f"the password or the authority cannot be read: {error}") from error
    if address.scheme != "mqtts" and not proxy.is_loopback(address.hostname or ""):
        raise ValueError("mqtt:// would send the password in the clear; only mqtts:// leaves this machine")
    return client


def _refusal(reason: Any) -> OSError:
    """Return what a broker's refusal means: a broker that is not ready yet says nothing about the device."""
    return (ConnectionRefusedError if reason.value == _UNAVAILABLE else NotAdmittedError)(str(reason))


def _dial(client: paho.Client, url: str, place: Place) -> None:
    address = urlsplit(url)
    client.connect(address.hostname or "", address.port or 0, place.keepalive_s)


def _loop(client: paho.Client, timeout_s: float, woken_by: Sequence[socket.socket] = ()) -> str:
    """Let the network go on; return why it cannot, or nothing."""
    try:
        _wait(client, timeout_s, woken_by)
        code = client.loop(0.0)
    except Exception as error:  # noqa: BLE001 - what a broken broker says must not end the agent, whatever paho makes of it
        return f"{type(error).__name__}: {error}"
    return "" if code == paho.MQTT_ERR_SUCCESS else str(paho.error_string(code))


def _wait(client: paho.Client, timeout_s: float, woken_by: Sequence[socket.socket]) -> None:
    """Wait for what paho would wait for, and for `woken_by`: nothing else ends paho's wait, not even a signal."""
    network = client.socket()
    is_read = isinstance(network, ssl.SSLSocket) and network.pending()  # by TLS already, ahead of paho
    if network is not None and not is_read:
        ready = select.select([network, *woken_by], [network] if client.want_write() else [], [], timeout_s)
        for bell in woken_by:
            if bell in ready[0]:
                bell.recv(1024)
