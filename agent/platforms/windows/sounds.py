"""Microphones and speakers: the endpoints that the sound system of Windows lists (MMDevices).

Where it lists none, as before it has been started once, the oldest interface counts what works.
"""

from __future__ import annotations

from agent.facts import fact, found
from agent.platforms.windows.consent import is_allowed
from agent.platforms.windows.sources import Sources
from contract.findings import Sound

_ACTIVE, _UNPLUGGED = 0x1, 0x8  # DEVICE_STATE_ACTIVE, DEVICE_STATE_UNPLUGGED of mmdeviceapi.h
_STATES = 0xF  # DEVICE_STATEMASK_ALL; the bits above are the system's own


def read(sources: Sources) -> Sound:
    """Count what captures and what plays."""
    return found(
        Sound,
        microphone_count=fact(lambda: _microphones(sources)),
        speaker_count=fact(lambda: _speakers(sources)),
        unplugged_count=fact(lambda: _count(sources, _UNPLUGGED, "capture", "render")),
        is_microphone_allowed=fact(lambda: is_allowed(sources.consents()["microphone"])),
        is_microphone_in_use=fact(lambda: sources.consents()["microphone"]["is_in_use"]),
    )


def _microphones(sources: Sources) -> int:
    try:
        return _count(sources, _ACTIVE, "capture")
    except (FileNotFoundError, LookupError):
        return sources.waves()["inputs"]


def _speakers(sources: Sources) -> int:
    try:
        return _count(sources, _ACTIVE, "render")
    except (FileNotFoundError, LookupError):
        return sources.waves()["outputs"]


def _count(sources: Sources, state: int, *flows: str) -> int:
    return sum(end["state"] & _STATES == state and end["flow"] in flows for end in sources.endpoints())
