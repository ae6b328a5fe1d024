"""What the endpoints of the probe server share, by the keys that aiohttp keeps it under."""

from __future__ import annotations

from aiohttp import web

from collector.probe_server.document import Document
from collector.probe_server.permits import Permits
from collector.probe_server.slots import Slots


class Known:
    """The newest document."""

    def __init__(self, document: Document) -> None:
        self.document = document


KNOWN = web.AppKey("known", Known)
PERMITS = web.AppKey("permits", Permits)
SLOTS = web.AppKey("slots", Slots)
