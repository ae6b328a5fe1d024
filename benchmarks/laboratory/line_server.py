"""The real probe server with a document that names one device and its need.

python line_server.py ADDRESS HTTP_PORT UDP_PORT MASTER DEVICE NEED_DOWN_MBPS NEED_UP_MBPS
"""

from __future__ import annotations

import asyncio
import json
import sys

from collector.probe_server.app import build_app, serving
from collector.probe_server.document import Document
from contract.clock import Clock

_MINIMUM = 0.5  # of what counts as ready


def document(device: str, down_mbps: float, up_mbps: float) -> Document:
    """Return what the probe server is told of a site that watches."""
    needs = {
        "download": {"ready_mbps": down_mbps, "minimum_mbps": down_mbps * _MINIMUM},
        "upload": {"ready_mbps": up_mbps, "minimum_mbps": up_mbps * _MINIMUM},
        "bitrate_mbps": down_mbps / 1.5,
        "is_watched": True,
        "is_thorough": False,
        "stream": {"packets_per_s": 50, "packets": 100, "up_bytes": 44, "down_bytes": 44},
    }
    client = {"generation": 1, "needs": 0, "units": ["01"]}
    return Document.model_validate_json(json.dumps({"version": 1, "needs": [needs], "devices": {device: client}}))


async def serve(address: str, http_port: int, udp_port: int, master: bytes, told: Document) -> None:
    async with serving(build_app(master, told), address, http_port, udp_port, Clock()):
        await asyncio.Event().wait()


def main(address: str, http_port: str, udp_port: str, master: str, device: str, down: str, up: str) -> None:
    told = document(device, float(down), float(up))
    asyncio.run(serve(address, int(http_port), int(udp_port), bytes.fromhex(master), told))


if __name__ == "__main__":
    main(*sys.argv[1:])
