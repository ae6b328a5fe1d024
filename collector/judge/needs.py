"""What a line must carry for a part in a session: what line tests ask for, and what they are judged by."""

from __future__ import annotations

from typing import NamedTuple

from collector.judge.policy import Policy


class Need(NamedTuple):
    """What one direction must carry, in Mbit/s: from `ready_mbps` on it is ready, below `minimum_mbps` it is not."""

    ready_mbps: float
    minimum_mbps: float


class Needs(NamedTuple):
    """What a line must carry, down and up."""

    download: Need
    upload: Need


def needs(policy: Policy, role: str, medium: str, bitrate_mbps: float) -> Needs:
    """Return what a line must carry; a direction that the policy sets no limit for needs nothing (0 Mbit/s)."""
    bounds = policy.bounds(role, medium, "line", bitrate_mbps)
    download, upload = (
        Need(bounds[name].ready, bounds[name].beyond) if name in bounds else Need(0.0, 0.0)
        for name in ("download_mbps", "upload_mbps")
    )
    return Needs(download, upload)
