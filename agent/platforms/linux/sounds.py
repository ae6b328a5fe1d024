"""Microphones and speakers: the PCM devices of ALSA.

/proc/asound/pcm has a line a device, of a card and a number:

    00-00: ALC257 Analog : ALC257 Analog : playback 1 : capture 1
    00-03: HDMI 0 : HDMI 0 : playback 1

A sound card has its HDMI devices whether or not a screen is there: those count by the screens that tell what they can
play (card0/eld#2.0: `monitor_present 1`). Linux does not tell everybody what is plugged into a jack, so an analog
device counts as one that works.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import List, NamedTuple, Set

from agent.facts import fact, unsupported
from agent.platforms.linux.files import text
from agent.platforms.machine import Machine
from contract.findings import Sound

_CARD = re.compile(r"^\s*(\d+) \[(\w+)\s*\]: (\S+)", re.MULTILINE)
_PCM = re.compile(r"^(\d+)-(\d+): (.*)$", re.MULTILINE)
_NO_HARDWARE = {"Loopback", "Dummy"}  # drivers: a program's output into another's input, and nothing at all
_SCREEN = re.compile(r"^monitor_present\s+1$", re.MULTILINE)


class Pcm(NamedTuple):
    """One device of a sound card."""

    card: int
    is_screen: bool  # HDMI or DisplayPort
    plays: bool
    captures: bool


def read(machine: Machine) -> Sound:
    """Count what captures and what plays."""
    return Sound(
        microphone_count=fact(lambda: sum(pcm.captures for pcm in _devices(machine.root))),
        speaker_count=fact(lambda: _speakers(machine.root)),
        unplugged_count=fact(unsupported),
        is_microphone_allowed=fact(unsupported),
        is_microphone_in_use=fact(unsupported),
    )


def devices(table: str, without: Set[int]) -> List[Pcm]:
    """Return the devices in a /proc/asound/pcm table but those of the cards `without`."""
    found = []
    for card, _, description in _PCM.findall(table):
        if int(card) not in without:
            is_screen = "HDMI" in description or "DisplayPort" in description
            found.append(Pcm(int(card), is_screen, ": playback" in description, ": capture" in description))
    return found


def _devices(root: Path) -> List[Pcm]:
    asound = root / "proc" / "asound"
    if not asound.is_dir() and asound.parent.is_dir():
        return []  # no driver for a sound card is loaded
    cards = _CARD.findall(text(asound / "cards"))
    return devices(text(asound / "pcm"), {int(card) for card, _, driver in cards if driver in _NO_HARDWARE})


def _speakers(root: Path) -> int:
    others = sum(pcm.plays and not pcm.is_screen for pcm in _devices(root))
    screens = (root / "proc" / "asound").glob("card*/eld#*")
    return others + sum(_SCREEN.search(text(eld)) is not None for eld in screens)
