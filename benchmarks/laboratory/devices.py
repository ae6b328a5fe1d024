"""Many devices in one process: each sends its next report as soon as the one before it is receipted.

python -m laboratory.devices PORT CA_FILE REPORT_FILE      on stdin first one line with names and passwords as JSON

Then one line per order: `collector N` sends N reports of each device and waits for the collector's receipt of each;
`broker N` sends as many and waits for the broker's (PUBACK) alone. Each is answered with `done` once all is receipted.
"""

from __future__ import annotations

import json
import random
import selectors
import ssl
import sys
from pathlib import Path

from contract import wire
from contract.clock import Clock
from laboratory.connection import Connection
from laboratory.reports import BAD_MBPS, GOOD_MBPS, fill, template

CHANGED = 0.05  # of the reports tell a download on the other side of the limits than the one before
_QUIET_S = 120


class Device:
    """One device: its connection, where its spool stands, and how its line is now."""

    def __init__(self, name: str, connection: Connection, text: str, clock: Clock, chance: random.Random) -> None:
        self.connection = connection
        self.left = 0
        self._name = name
        self._text = text
        self._clock = clock
        self._chance = chance
        self._topic = wire.topic_for(name, "report")
        self._spool_id = f"{chance.getrandbits(64):016x}"
        self._seq = 1
        self._download_mbps = GOOD_MBPS

    def send(self, *, is_for_collector: bool) -> None:
        """Send the next report; what only the broker receipts stays the next one, and tells nothing new."""
        if is_for_collector and self._chance.random() < CHANGED:
            self._download_mbps = BAD_MBPS if self._download_mbps == GOOD_MBPS else GOOD_MBPS
        now = self._clock.now()
        frame = wire.Frame(self._spool_id, self._seq, self._seq, 0, 0, 0, *now)
        body = fill(self._text, self._name, now, self._download_mbps)
        self.connection.publish(self._topic, wire.encode_report(frame, body))

    def is_receipted(self, *, is_for_collector: bool) -> bool:
        """Take what has come; tell whether the report that was sent last is receipted."""
        for payload in self.connection.take():
            if payload is None:
                if not is_for_collector:
                    return True
            elif is_for_collector and wire.decode_ack(payload).upto == self._seq:
                self._seq += 1
                return True
        return False


def carry_out(devices: list[Device], reports: int, *, is_for_collector: bool) -> None:
    """Send so many reports of each device, one at a time of each."""
    with selectors.DefaultSelector() as selector:
        for device in devices:
            device.left = reports
            selector.register(device.connection.socket, selectors.EVENT_READ, device)
            device.send(is_for_collector=is_for_collector)
        busy = len(devices)
        while busy:
            ready = selector.select(_QUIET_S)
            if not ready:
                raise TimeoutError(f"{busy} devices wait for a receipt, and none came in {_QUIET_S} s")
            for device in (key.data for key, _ in ready):
                if device.is_receipted(is_for_collector=is_for_collector) and device.left:
                    device.left -= 1
                    if device.left:
                        device.send(is_for_collector=is_for_collector)
                    else:
                        busy -= 1


def main(port: str, ca_file: str, report_file: str) -> None:
    context = ssl.create_default_context(cafile=ca_file)
    text = template(Path(report_file).read_bytes())
    clock, chance = Clock(), random.Random(2023)
    devices = []
    for name, password in json.loads(sys.stdin.readline()):
        connection = Connection(int(port), name, password, context)
        connection.subscribe(wire.topic_for(name, "ack"))
        connection.socket.setblocking(False)
        devices.append(Device(name, connection, text, clock, chance))
    print("connected", flush=True)
    for order in sys.stdin:
        who, reports = order.split()
        carry_out(devices, int(reports), is_for_collector=who == "collector")
        print("done", flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
