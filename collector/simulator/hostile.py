"""A device with right credentials and bad manners: what it says must run nowhere, fool nobody and lose nothing.

Within bounds: it is to be found out and borne, not to fill a disk.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING

from contract import wire

if TYPE_CHECKING:
    from collector.simulator.device import Device

TEXTS = ("<img src=x onerror=alert(1)>", '=HYPERLINK("http://a.invalid","mở")')  # in reports that are otherwise right
ATTACKS, APART_S = 40, 0.5
_FLOOD = 10  # messages in an attack
_BAD_FRAMES = (b"", b"\n", b"2 0 0\n{}", b"1 zz 1 1 0 0-0 x 0 0\n{}", b"\xff" * 300, b"1 " + b"9" * 400)
_SPOOL_ID = "f" * 16


def attack(device: Device, number: int, neighbours: Sequence[str]) -> None:
    """Do one round of everything that a device must not do."""
    for n in range(_FLOOD):
        bad = _BAD_FRAMES[(number + n) % len(_BAD_FRAMES)]
        device.publish(wire.topic_for(device.name, "report"), bad, n % 2)
    device.publish(wire.topic_for(device.name, "snapshot"), b'{"connection":1e400}', 0)
    device.publish(wire.topic_for(device.name, "presence"), b"{", 1, retain=True)
    device.accept(_bad_body(device, number))  # in a right frame: it is settled, put aside and told
    if neighbours:
        _speak_for(device, neighbours[number % len(neighbours)])


def _speak_for(device: Device, other: str) -> None:
    """Say things in another's name, and in the centre's."""
    gone = wire.encode(wire.Presence(2**40, "stopped"))
    device.publish(wire.topic_for(other, "presence"), gone, 1, retain=True)
    device.publish(wire.topic_for(other, "ack"), wire.encode(wire.Ack(_SPOOL_ID, 10)), 0)
    command = wire.Command("hostile", "run", 600, ("line",))
    device.publish(wire.topic_for(other, "command"), wire.encode(command), 0)
    device.publish(wire.PLAN_TOPIC, wire.encode(wire.Plan("hostile", 9, 9, ())), 0, retain=True)


def _bad_body(device: Device, number: int) -> bytes:
    bodies = (
        b"not JSON",
        b"[" * 5000,
        b'{"v":1,"device":"d-somebody","occasion":"once","measurements":[]}',
        json.dumps({"v": 99, "device": device.name, "occasion": "once", "measurements": []}).encode(),
        b'{"v":1,"measurements":[{"duration_ms":NaN}]}',
        '{"v":1,"device":"\u202e\u0000<script>"}'.encode(),
        b"x" * (wire.MAX_REPORT_BYTES + 1),
        b"",
    )
    return bodies[number % len(bodies)]
