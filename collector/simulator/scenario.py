"""Scenarios: what shares of a country play what, and which districts lose their line. Pure, and the same by the seed.

Labels are the truth that the centre must find by itself: they stay in the simulator's folder.
"""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from collector.simulator.files import Traits

HEALTHY = "healthy"
PLAYS = (
    HEALTHY,
    "weak_line",  # VNPT's line falls short
    "other_provider",  # another provider's line does
    "wrong_line",  # measured over another line than the site's: a telephone's 4G, or a neighbour's provider
    "bad_equipment",  # camera, microphone, speakers or screen are missing, or the system keeps programs from them
    "off_at_night",  # the PC is shut down for a while
    "late_starter",
    "clock_chaos",  # the clock is wrong, and jumps
    "hostile",  # right credentials, bad manners
)
MOST_HOSTILE = 3
LEAST_IN_A_DISTRICT = 4  # devices, for its line to be worth cutting


class Scenario(NamedTuple):
    """What is to be played, and when."""

    shares: Mapping[str, float]  # of the devices that can play it; the rest is healthy
    cuts: tuple[str, ...] = ()  # reset, silent: each takes a district
    faults_after_s: float = 60.0  # cuts, nights, jumping clocks and attacks begin then, not before
    late_s: float = 40.0  # how late the latest starter is
    cut_s: float = 300.0
    night_s: float = 600.0


_MIX = {
    "weak_line": 0.05,
    "other_provider": 0.10,
    "wrong_line": 0.03,
    "bad_equipment": 0.05,
    "off_at_night": 0.04,
    "late_starter": 0.04,
    "clock_chaos": 0.02,
    "hostile": 0.002,
}
SCENARIOS = {
    "healthy": Scenario({}),
    "country": Scenario(_MIX, ("reset", "silent")),
    "everything": Scenario(dict.fromkeys(_MIX, 0.12), ("reset", "silent")),
}


class Label(NamedTuple):
    """What a device plays, and what the centre must come to say of it."""

    device: str
    play: str
    cut: str  # of its district; empty: none
    reasons: tuple[str, ...] = ()  # of flags


def can_play(play: str, traits: Traits) -> bool:
    """Tell whether a site of these traits can play it: equipment is judged at PCs, a line by who carries it."""
    if play in ("bad_equipment", "clock_chaos"):
        return traits.medium == "pc"
    if play in ("weak_line", "other_provider"):
        return (traits.provider == "vnpt") == (play == "weak_line")
    return True


def cast(scenario: Scenario, seed: int, country: Sequence[Traits]) -> list[str]:
    """Return who plays what, in the order of the country; names of devices are new each time, and decide nothing."""
    plays, hostile = [], 0
    for number, traits in enumerate(country):
        left, chosen = chance_of(seed, number, "play").random(), HEALTHY
        for play, share in scenario.shares.items():
            left -= share
            if left < 0:
                if can_play(play, traits) and (play != "hostile" or hostile < MOST_HOSTILE):
                    chosen = play
                break
        hostile += chosen == "hostile"
        plays.append(chosen)
    return plays


def cut_districts(scenario: Scenario, seed: int, country: Iterable[Traits]) -> dict[tuple[str, str], str]:
    """Return which district (province, district) loses its line in which way."""
    counts: dict[tuple[str, str], int] = defaultdict(int)
    for traits in country:
        if traits.district:
            counts[traits.province, traits.district] += 1
    large = sorted(place for place, count in counts.items() if count >= LEAST_IN_A_DISTRICT)
    chosen = random.Random(f"{seed} cut").sample(large, min(len(large), len(scenario.cuts)))  # noqa: S311
    return dict(zip(chosen, scenario.cuts, strict=False))


def chance_of(seed: int, number: int, what: str) -> random.Random:
    """Return chance of its own for the device of this number and a purpose: nothing else drawn changes it."""
    return random.Random(f"{seed} {number} {what}")  # noqa: S311 - the same country again, no secret
