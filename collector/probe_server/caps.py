"""What a probe server may grant at once, by its settings and by the largest test that its document knows."""

from __future__ import annotations

import logging

from collector.probe_server.document import Document
from collector.probe_server.ledger.accounts import Caps
from provisioning.settings import Settings

_LARGEST_BPS = 60_000_000  # of a test, as long as no document says what sites need
_NAMES = ("probe_capacity_mbps", "probe_province_mbps", "probe_district_mbps")
_log = logging.getLogger(__name__)


def caps(settings: Settings, document: Document) -> Caps:
    """Return what may be granted at once; a cap that is too low for one test each way of granting is raised to two."""
    largest_bps = max((needs.peak_bps for needs in document.needs), default=_LARGEST_BPS)
    least_bps = 2 * largest_bps
    for name in _NAMES:
        if getattr(settings, name) * 1e6 < least_bps:
            _log.warning("%s: one test needs %d Mbit/s, so %d is used", name, largest_bps / 1e6, least_bps / 1e6)
    server_bps, *level_bps = (max(getattr(settings, name) * 1_000_000, least_bps) for name in _NAMES)
    return Caps(server_bps, tuple(level_bps), largest_bps)
