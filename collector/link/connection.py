"""One connection to one broker: clean session, devices' messages up, acknowledgements, commands and plan down.

The only module of the collector that imports paho.
"""

from __future__ import annotations

import logging
import secrets
import ssl
import time
from collections.abc import Callable
from urllib.parse import urlsplit

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from collector.intake.arrival import Arrival

log = logging.getLogger(__name__)

USER = "collector"
KEEPALIVE_S = 60  # a ping's answer waits behind what is on its way to us: in a storm, longer than half a minute
_LOOPBACK = ("127.0.0.1", "localhost")


class Connection:
    """Keeps one broker connected in a thread of its own, from `start` to `stop`."""

    def __init__(
        self,
        url: str,
        edge: int,
        password: str,
        ca_file: str | None,
        take: Callable[[Arrival], None],
        on_connected: Callable[[Connection], None],
        shards: str = "+",
    ) -> None:
        """Prepare a connection to `url` (mqtts://, on this machine also mqtt://) for these shards (+: all of them).

        Arrivals go to `take`, which must never raise. Raises ValueError for a url that would betray the password.
        """
        self.url = url
        self.edge = edge
        self._take = take
        self._on_connected = on_connected
        self._shards = shards
        # The client id is as good as a password on NATS: whoever uses it throws us off. So it is told to nobody.
        client = mqtt.Client(CallbackAPIVersion.VERSION2, f"collector-{secrets.token_hex(16)}", clean_session=True)
        client.username_pw_set(USER, password)
        address = urlsplit(url)
        if address.scheme == "mqtts":
            client.tls_set_context(ssl.create_default_context(cafile=ca_file))
        elif address.hostname not in _LOOPBACK:
            raise ValueError(f"{url} would send the password in the clear; only mqtts:// leaves this machine")
        client.reconnect_delay_set(1, 4)  # devices may be with the broker already, and one of us storms nobody
        client.max_inflight_messages_set(1000)
        client.on_connect = self._connected
        client.on_disconnect = self._disconnected
        client.on_message = self._arrived
        self._client = client

    def start(self) -> None:
        """Connect in the background, for as long as it takes."""
        parts = urlsplit(self.url)
        self._client.connect_async(parts.hostname or "", parts.port or 8883, KEEPALIVE_S)
        self._client.loop_start()

    def stop(self) -> None:
        """Disconnect and end the thread."""
        self._client.disconnect()
        self._client.loop_stop()

    def publish(self, topic: str, payload: bytes, *, retain: bool = False) -> None:
        """Send a message down at QoS 0; what every later connection must hear is retained."""
        self._client.publish(topic, payload, qos=0, retain=retain)

    @property
    def is_connected(self) -> bool:
        """Whether the broker has accepted us."""
        return self._client.is_connected()

    def _connected(
        self,
        client: mqtt.Client,
        _userdata: object,
        _flags: mqtt.ConnectFlags,
        reason: ReasonCode,
        _properties: Properties | None,
    ) -> None:
        if reason.is_failure:
            log.error("the broker %s refuses the collector: %s", self.url, reason)
            return
        # One filter where one will do. NATS makes a consumer for each before it goes on, and a will would be lost
        # meanwhile. It also holds messages back by filter but gives out 1024 packet ids by session: of a burst over
        # several filters, what finds no id waits 30 s to be sent again.
        client.subscribe([(f"dc/v1/{shard}/+/up/+", 1) for shard in self._shards])
        log.info("connected to %s", self.url)
        self._on_connected(self)

    def _disconnected(
        self,
        _client: mqtt.Client,
        _userdata: object,
        _flags: mqtt.DisconnectFlags,
        reason: ReasonCode,
        _properties: Properties | None,
    ) -> None:
        log.warning("disconnected from %s: %s", self.url, reason)

    def _arrived(self, _client: mqtt.Client, _userdata: object, message: mqtt.MQTTMessage) -> None:
        try:
            topic = message.topic
        except UnicodeDecodeError:  # an exception here would end paho's thread without a word
            topic = ascii(message._topic)
        self._take(Arrival(topic, bytes(message.payload), time.time_ns() // 1000, self.edge))
