"""What VNPT has confirmed that it carries on the morning of the demo: for some provinces, for one too little."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping

from sqlalchemy import Connection

from provisioning import capacity
from provisioning.roster.sites import Site

_EVERY = 3  # province, by the order of their codes
_SHORT = "40"  # the province of which less is confirmed than its sites will load
_ROOM = 1.5  # of what the sites load for good: the peak while they switch on lies below


def confirm(
    connection: Connection,
    session_id: int,
    sites: Iterable[Site],
    provinces: Mapping[int, tuple[int, str, str]],
    bitrate_mbps: float,
    now_us: int,
) -> None:
    """Confirm what some provinces need; `provinces`: id, code and short name of the province of each unit."""
    counts = Counter((*provinces[site.unit_id], site.medium) for site in sites)
    codes = sorted({code for _, code, _, _ in counts})
    chosen = {*codes[::_EVERY], _SHORT}
    for (unit_id, code, name, medium), number in sorted(counts.items()):
        if code not in chosen:
            continue
        delivery = "multicast" if medium == "mytv" else "unicast"
        streams = number if delivery == "unicast" else 1 + number  # boxes that change channel together burst
        share = 0.5 if code == _SHORT and delivery == "unicast" else _ROOM
        subject = capacity.Subject(session_id, unit_id, medium, delivery)
        mbps = 50 + round(share * streams * bitrate_mbps)
        capacity.confirm(connection, subject, mbps, f"VNPT {name}", "bản chạy thử", "demo", now_us)
