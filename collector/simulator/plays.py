"""What each play makes of a device: its nature, and what befalls it later."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from functools import partial
from typing import NamedTuple

from collector.simulator import hostile
from collector.simulator.device import Device
from collector.simulator.nature import Nature, weaken
from collector.simulator.scenario import Scenario

_OTHER_PROVIDERS = ("viettel", "fpt", "vnpt")
_DAY_S = 86_400.0
_WRONG_CLOCKS_S = (-20 * 365.25 * _DAY_S, -40 * _DAY_S, -7 * 3600.0, 3600.0, 3 * _DAY_S, 900.0)
_EARLIER_TEST_S = 1200.0  # a failure counts once it was repeated at another time
_JUMPS, _JUMP_EVERY_S = 3, 90.0
_MISSING = {  # by role: what may be missing at a PC, and the reason that the judge has for it
    "interactive": (
        ({"cameras": 0}, "camera_missing"),
        ({"microphones": 0}, "microphone_missing"),
        ({"speakers": 0}, "speaker_missing"),
        ({"is_camera_allowed": False}, "camera_blocked"),
        ({"is_microphone_allowed": False}, "microphone_blocked"),
    ),
    "view": (({"speakers": 0}, "speaker_missing"), ({"displays": 0}, "display_missing")),
}


class Playing(NamedTuple):
    """A device's nature as it plays, the flags to come of it, and the line tests it brings along from before."""

    nature: Nature
    reasons: tuple[str, ...] = ()
    earlier_tests_s: tuple[float, ...] = ()


class Happening(NamedTuple):
    """What befalls a device so long after the faults begin."""

    after_s: float
    act: Callable[[], object]


def dress(play: str, nature: Nature, chance: random.Random) -> Playing:
    """Return what a device of this nature is when it plays this."""
    line = nature.line
    if play in ("weak_line", "other_provider"):
        weak, way = weaken(nature, chance)
        return Playing(weak, (f"{way}_low",), (_EARLIER_TEST_S,))
    if play == "wrong_line":
        if chance.random() < 0.5:
            return Playing(nature._replace(line=line._replace(link="mobile")), ("other_line",))
        other = next(one for one in _OTHER_PROVIDERS if one != nature.traits.provider)
        return Playing(nature._replace(line=line._replace(provider=other)), ("other_line",))
    if play == "bad_equipment":
        lacking, reason = chance.choice(_MISSING[nature.traits.role])
        return Playing(nature._replace(equipment=nature.equipment._replace(**lacking)), (reason,))
    if play == "clock_chaos":
        return Playing(nature._replace(wall_off_s=chance.choice(_WRONG_CLOCKS_S)), ("clock_wrong",))
    if play == "hostile":
        return Playing(nature._replace(texts=hostile.TEXTS))
    return Playing(nature)


def happenings(
    play: str, cut: str, device: Device, scenario: Scenario, neighbours: list[str], chance: random.Random
) -> Iterator[Happening]:
    """Return what befalls a device that plays this and whose district's line is cut in this way, or is not."""
    if cut:
        yield Happening(0.0, partial(device.cut, is_silent=cut == "silent"))
        yield Happening(scenario.cut_s, device.mend)
    if play == "off_at_night":
        leaves_s = chance.uniform(0.0, scenario.night_s / 5)
        yield Happening(leaves_s, device.switch_off)
        yield Happening(leaves_s + scenario.night_s, device.switch_on)
    if play == "clock_chaos":
        for n in range(_JUMPS):
            off_s = chance.choice(_WRONG_CLOCKS_S)
            yield Happening((n + chance.random()) * _JUMP_EVERY_S, partial(device.set_clock, off_s))
    if play == "hostile":
        for n in range(hostile.ATTACKS):
            yield Happening(n * hostile.APART_S, partial(hostile.attack, device, n, neighbours))
