"""The screens: how many, how large, how they are plugged in. Never what they show."""

from __future__ import annotations

from agent.probes.context import Context
from contract.findings import Display


def measure(context: Context) -> Display:
    """Read the screens."""
    return context.reader.display(context.machine)
