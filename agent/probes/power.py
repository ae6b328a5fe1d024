"""What keeps the machine running: mains, battery, uninterruptible supply."""

from __future__ import annotations

from agent.probes.context import Context
from contract.findings import Power


def measure(context: Context) -> Power:
    """Read the power supplies."""
    return context.reader.power(context.machine)
