"""Microphones and speakers: how many, and whether programs may listen. Never a sound."""

from __future__ import annotations

from agent.probes.context import Context
from contract.findings import Sound


def measure(context: Context) -> Sound:
    """Count microphones and speakers."""
    return context.reader.sound(context.machine)
