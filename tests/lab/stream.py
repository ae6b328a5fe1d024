"""A stream of UDP packets between the two ends of a link: python stream.py receive | send ADDRESS PACKETS SIZE GAP_S.

The receiver says `ready`, and when half a second has passed without a packet, a JSON array per line: `Arrival`. The
content begins with a sequence number of 4 bytes, as STAMP's does, and the time of sending on the clock of both ends.
"""

from __future__ import annotations

import json
import socket
import struct
import subprocess
import sys
import time
from typing import NamedTuple

from tests.lab.link import Lab, Side

_PORT = 9000
_CONTENT = struct.Struct("!Iq")
_HEADERS = 28  # bytes of IP and UDP
_SO_RCVBUFFORCE = 33  # of Linux; more than the system lets others have
_FIRST_S, _SILENCE_S = 10, 0.5


class Arrival(NamedTuple):
    """A packet that came, with its IP size in bytes; times in nanoseconds on the machine's monotonic clock."""

    sequence: int
    size: int
    sent_ns: int
    received_ns: int

    @property
    def delay_ms(self) -> float:
        """From the sender's call to the receiver's."""
        return (self.received_ns - self.sent_ns) / 1e6


def run(lab: Lab, side: Side, packets: int, size: int, gap_s: float) -> list[Arrival]:
    """Send so many IP packets of `size` bytes from one end, one each `gap_s`; return what came to the other."""
    other: Side = "server" if side == "site" else "site"
    address = lab.server_address if side == "site" else lab.site_address
    program = (sys.executable, "-m", "tests.lab.stream")
    receiver = lab.start(other, [*program, "receive"], stdout=subprocess.PIPE, text=True)
    assert receiver.stdout is not None
    if receiver.stdout.readline() != "ready\n":
        raise RuntimeError("the receiver does not start")
    lab.run(side, [*program, "send", address, packets, size, gap_s], check=True)
    return [Arrival(*json.loads(line)) for line in receiver.communicate()[0].splitlines()]


def _send(address: str, packets: str, size: str, gap_s: str) -> None:
    padding = bytes(int(size) - _HEADERS - _CONTENT.size)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        sender.connect((address, _PORT))
        began_s = time.monotonic()
        for sequence in range(int(packets)):
            wait_s = began_s + sequence * float(gap_s) - time.monotonic()
            if wait_s > 0:
                time.sleep(wait_s)
            sender.send(_CONTENT.pack(sequence, time.monotonic_ns()) + padding)


def _receive() -> None:
    arrivals = []
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as receiver:
        receiver.setsockopt(socket.SOL_SOCKET, _SO_RCVBUFFORCE, 1 << 24)
        receiver.bind(("", _PORT))
        print("ready", flush=True)
        receiver.settimeout(_FIRST_S)
        try:
            while True:
                content = receiver.recv(2048)
                received_ns = time.monotonic_ns()
                if not arrivals:
                    receiver.settimeout(_SILENCE_S)
                sequence, sent_ns = _CONTENT.unpack_from(content)
                arrivals.append(Arrival(sequence, len(content) + _HEADERS, sent_ns, received_ns))
        except TimeoutError:
            pass
    for arrival in arrivals:
        print(json.dumps(arrival))


if __name__ == "__main__":
    {"send": _send, "receive": _receive}[sys.argv[1]](*sys.argv[2:])
