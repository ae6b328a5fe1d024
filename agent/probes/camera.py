"""The cameras: how many, of which make, and whether programs may use them. Never a picture."""

from __future__ import annotations

from agent.probes.context import Context
from contract.findings import Camera


def measure(context: Context) -> Camera:
    """Count the cameras."""
    return context.reader.camera(context.machine)
