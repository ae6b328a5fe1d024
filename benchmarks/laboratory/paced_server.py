"""A probe server whose document names so many devices; the site of each watches at 5 Mbit/s down and 1.5 up.

python benchmarks/laboratory/paced_server.py HOST HTTP_PORT UDP_PORT MASTER_HEX DEVICES [--kernel]

With --kernel it leaves the pace to the kernel however near the other side is, as it would to sites that are not near.
"""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

from collector.probe_server import app, pacing
from collector.probe_server.document import Client, Document, Needs
from contract.probing import DirectionNeed, Stream
from provisioning.settings import Settings

_CAPS = ("probe_capacity_mbps", "probe_province_mbps", "probe_district_mbps")
DOWN, UP = DirectionNeed(ready_mbps=5.0, minimum_mbps=2.5), DirectionNeed(ready_mbps=1.5, minimum_mbps=0.5)
NEEDS = Needs(
    download=DOWN,
    upload=UP,
    bitrate_mbps=4.0,
    is_watched=True,
    is_thorough=False,
    stream=Stream(packets_per_s=50, packets=500, up_bytes=44, down_bytes=44),
)


def document(devices: int) -> Document:
    """Return a document of devices `d-00000000`, `d-00000001`, ..."""
    client = Client(generation=1, needs=0, units=("01", "01001"))
    return Document(version=1, needs=(NEEDS,), devices={f"d-{n:08}": client for n in range(devices)})


async def main(host: str, http_port: int, udp_port: int, master: bytes, devices: int) -> None:
    settings = Settings(home=Path(), **dict.fromkeys(_CAPS, 1_000_000))  # so that nothing but the machine sets a limit
    async with app.serving(app.build_app(master, document(devices), settings), host, http_port, udp_port):
        print("ready", flush=True)
        await asyncio.Event().wait()


if __name__ == "__main__":
    if "--kernel" in sys.argv:
        pacing._NEAR_US = 0
    host, http_port, udp_port, master, devices = sys.argv[1:6]
    asyncio.run(main(host, int(http_port), int(udp_port), bytes.fromhex(master), int(devices)))
