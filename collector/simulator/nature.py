"""What kind of machine on what kind of line a device is: drawn once from the seed, the traits and what it plays."""

from __future__ import annotations

import random
from typing import NamedTuple

from collector.judge.needs import Needs
from collector.simulator.files import Traits

_MODELS = (  # system, version, distribution, processors, memory in GB, disk in GB, weight: what stands in schools
    ("Windows", "10.0.19045", "Windows 10 Pro 22H2", 4, 8, 238, 40),
    ("Windows", "10.0.19045", "Windows 10 Home 22H2", 4, 4, 119, 20),
    ("Windows", "10.0.22631", "Windows 11 Pro 23H2", 8, 16, 476, 20),
    ("Windows", "6.1.7601", "Windows 7 Professional SP1", 2, 4, 465, 10),
    ("Linux", "6.1.0", "Debian GNU/Linux 12", 4, 8, 238, 10),
)
_CAMERAS = ("046d:0825", "046d:082d", "0c45:6366", "1bcf:2c99", "13d3:5666")
_ON_WIFI, _UPLOAD_FAILS, _BELOW_MINIMUM = 0.25, 0.25, 0.6  # shares


class Equipment(NamedTuple):
    """What is plugged in, and what the system lets programs use."""

    cameras: int = 1
    microphones: int = 1
    speakers: int = 1
    displays: int = 1
    is_camera_allowed: bool = True
    is_microphone_allowed: bool = True


class LineNature(NamedTuple):
    """The line as it is; rates in Mbit/s, the smaller of package and what really arrives."""

    download_mbps: float
    upload_mbps: float
    rtt_ms: float
    jitter_ms: float
    loss_pct: float
    provider: str  # by whose addresses it is seen
    link: str  # ethernet, wifi, mobile


class Nature(NamedTuple):
    """One device."""

    traits: Traits
    needs: Needs
    model: tuple[str, str, str, int, int, int, int]
    line: LineNature
    equipment: Equipment
    camera_model: str
    uptime_s: int  # at the simulator's start
    wall_off_s: float  # how far its clock is ahead
    texts: tuple[str, ...] = ()  # that a hostile one puts wherever a report takes a text


def draw(traits: Traits, needs: Needs, chance: random.Random) -> Nature:
    """Return a device that is as it should be: the line carries the need, everything is there, the clock is right."""
    link = "wifi" if chance.random() < _ON_WIFI else "ethernet"
    share = chance.uniform(0.75, 0.98)
    return Nature(
        traits,
        needs,
        chance.choices(_MODELS, [model[-1] for model in _MODELS])[0],
        LineNature(
            max(traits.download_mbps * share, needs.download.ready_mbps * 1.3),
            max(traits.upload_mbps * share, needs.upload.ready_mbps * 1.3),
            chance.uniform(4.0, 45.0),
            chance.uniform(0.3, 6.0),
            0.0 if chance.random() < 0.8 else chance.uniform(0.05, 0.4),
            traits.provider,
            link,
        ),
        Equipment(speakers=chance.choice((1, 1, 2)), displays=chance.choice((1, 1, 1, 2))),
        chance.choice(_CAMERAS),
        chance.randrange(3600, 9 * 3600),
        chance.gauss(0.0, 0.4),
    )


def weaken(nature: Nature, chance: random.Random) -> tuple[Nature, str]:
    """Return it on a line that falls short, mostly down, and which direction: download or upload."""
    way = "upload" if nature.needs.upload.minimum_mbps and chance.random() < _UPLOAD_FAILS else "download"
    need = getattr(nature.needs, way)
    is_below = chance.random() < _BELOW_MINIMUM
    low_mbps, high_mbps = (
        (need.minimum_mbps * 0.2, need.minimum_mbps * 0.8)
        if is_below
        else (need.minimum_mbps * 1.05, need.ready_mbps * 0.9)
    )
    mbps = chance.uniform(low_mbps, high_mbps)
    line = nature.line._replace(link="ethernet")
    line = line._replace(download_mbps=mbps) if way == "download" else line._replace(upload_mbps=mbps)
    return nature._replace(line=line), way
