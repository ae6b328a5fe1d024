"""The folder of a real probe server that knows one device and its need, as the centre would have told it."""

from __future__ import annotations

import json
from pathlib import Path

from agent.child import Server
from collector.probe_server import document
from collector.probe_server.document import Document

_MINIMUM = 0.5  # of what counts as ready


def prepare(home: Path, server: Server, master: bytes, device: str, down_mbps: float, up_mbps: float) -> None:
    """Write what `diemcau-collector probe-server` reads when it starts."""
    ports = {"probe_http_port": server.http_port, "probe_udp_port": server.udp_port}
    (home / "settings.json").write_text(json.dumps({"host": server.host, **ports}))
    for folder in ("db", "secrets"):
        (home / folder).mkdir(mode=0o700)
    (home / "secrets" / "permit-key").write_text(master.hex())
    (home / "db" / "probe-server-document").write_bytes(document.write(document_of(device, down_mbps, up_mbps)))


def document_of(device: str, down_mbps: float, up_mbps: float) -> Document:
    """Return what is told of a site that watches."""
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
