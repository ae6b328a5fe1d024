"""A site to measure: an enrolled agent's folder, under a real centre that takes its reports."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import func, select

from agent import identity, paths
from agent.child import Request, Server
from agent.schedule import LIGHT
from collector.probe_server import document
from collector.probe_server.centre import KEPT
from collector.store.tables import report
from laboratory import line_server
from laboratory.centre import Centre

_DOWN_MBPS, _UP_MBPS = 5.0, 1.5  # what the line is tested for


class Site:
    """The one device of a centre, with its settings as enrolment writes them."""

    def __init__(self, folder: Path) -> None:
        self.centre = Centre(folder / "centre", f"sqlite:///{folder / 'diemcau.db'}", 1)
        self.folder = folder / "agent"
        ports = self.centre.settings
        self.server = Server("127.0.0.1", ports.probe_http_port, ports.probe_udp_port)
        self._device = self.centre.devices[0]
        paths.make_private(self.folder)
        (self.folder / paths.CA).write_bytes(self.centre.ca_file.read_bytes())
        self._write_password(self._device.password)
        self._select_for_line_tests()
        settings = {
            "device": self._device.device,
            "brokers": [f"mqtts://127.0.0.1:{ports.broker_port}"],
            "probe_server": self.server._asdict(),
        }
        (self.folder / paths.SETTINGS).write_text(json.dumps(settings))

    @property
    def device(self) -> str:
        """Its name."""
        return self._device.device

    @property
    def settings_file(self) -> Path:
        """What the resident is started with."""
        return self.folder / paths.SETTINGS

    def request(self, *, with_line: bool) -> bytes:
        """Return what the resident tells the child of a scheduled round."""
        probes = () if with_line else LIGHT
        request = Request(self._device.device, "schedule", probes, str(self.folder), self.server)
        return json.dumps(
            {**request._asdict(), "server": self.server._asdict(), "measured": [], "boot_id": ""}
        ).encode()

    def committed(self) -> int:
        """Return how many reports the centre has receipted."""
        with self.centre.engine.connect() as connection:
            return int(connection.execute(select(func.count()).select_from(report)).scalar_one())

    def forget_line(self) -> None:
        """Let the resident's first round be one with the line."""
        (self.folder / paths.LAST_LINE).unlink(missing_ok=True)

    @contextmanager
    def refusing_broker(self) -> Iterator[None]:
        """Run the broker while the agent has a password that is not the right one."""
        self._write_password("wrong")
        try:
            with self.centre.broker():
                yield
        finally:
            self._write_password(self._device.password)

    def _select_for_line_tests(self) -> None:
        """Let the probe server know this device, and it its key, as the centre and enrolment would."""
        identity.keep_permit_key(self.folder, self.centre.permit_key(self._device.device))
        told = document.write(line_server.document_of(self._device.device, _DOWN_MBPS, _UP_MBPS))
        (self.centre.settings.folder("db") / KEPT).write_bytes(told)

    def _write_password(self, password: str) -> None:
        (self.folder / paths.PASSWORD).write_text(password)
