"""What the plan says of probe servers."""

from __future__ import annotations

from contract import wire
from provisioning.settings import Settings


def probe_servers(settings: Settings) -> tuple[wire.ProbeServer, ...]:
    """Return the probe servers of the plan, each with its share of the shards."""
    servers = settings.probed
    return tuple(wire.ProbeServer(wire.SHARDS[n :: len(servers)], *server) for n, server in enumerate(servers))
