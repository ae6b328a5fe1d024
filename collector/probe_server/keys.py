"""What the endpoints of the probe server share, by the keys that aiohttp keeps it under."""

from __future__ import annotations

import asyncio
from ipaddress import ip_network

from aiohttp import web

from collector.probe_server.document import Document
from collector.probe_server.keeping import Keeping
from collector.probe_server.limits import Limits
from collector.probe_server.permits import Permits
from collector.probe_server.reflector import Reflector
from collector.probe_server.slots import Slots
from provisioning.prefixes import Prefix, Prefixes

_MOST_WAITING = 200  # devices of which a newer document may tell; more are refused, and ask again


class Known:
    """The newest document, and when the centre last said that it is; seconds of the monotonic clock."""

    def __init__(self, document: Document, heard_s: float) -> None:
        self.heard_s = heard_s
        self.room = asyncio.Semaphore(_MOST_WAITING)  # of those whose enrolment it does not tell yet
        self._changed = asyncio.Event()
        self.learn(document)

    def learn(self, document: Document) -> None:
        """Take a newer document."""
        self.document = document
        self.prefixes = Prefixes(Prefix(ip_network(cidr), provider) for cidr, provider in document.prefixes)
        self._changed.set()
        self._changed = asyncio.Event()

    async def change(self) -> None:
        """Wait for the next document."""
        await self._changed.wait()


KNOWN = web.AppKey("known", Known)
PERMITS = web.AppKey("permits", Permits)
KEEPING = web.AppKey("keeping", Keeping)
SLOTS = web.AppKey("slots", Slots)
REFLECTOR = web.AppKey("reflector", Reflector)
LIMITS = web.AppKey("limits", Limits)
