"""The named peer of ingest: a paho subscriber with the collector's rights that only counts what comes.

python -m laboratory.bare_subscriber PORT CA_FILE PASSWORD_FILE

On stdin, again and again, the number of messages to wait for; each is answered by `waiting` and then `done`.
"""

from __future__ import annotations

import ssl
import sys
import threading
from pathlib import Path

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion


class Counter:
    """Counts messages and tells when there are enough."""

    def __init__(self) -> None:
        self.is_enough = threading.Event()
        self._left = 0

    def expect(self, messages: int) -> None:
        self._left = messages
        self.is_enough.clear()

    def count(self, *_: object) -> None:
        self._left -= 1
        if self._left == 0:
            self.is_enough.set()


def subscribe(client: mqtt.Client, *_: object) -> None:
    client.subscribe("dc/v1/+/+/up/+", 1)


def main(port: str, ca_file: str, password_file: str) -> None:
    counter = Counter()
    client = mqtt.Client(CallbackAPIVersion.VERSION2)
    client.username_pw_set("collector", Path(password_file).read_text())
    client.tls_set_context(ssl.create_default_context(cafile=ca_file))
    client.on_connect = subscribe
    client.on_message = counter.count
    client.connect("127.0.0.1", int(port))
    client.loop_start()
    for line in sys.stdin:
        counter.expect(int(line))
        print("waiting", flush=True)
        counter.is_enough.wait()
        print("done", flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
