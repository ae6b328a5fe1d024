"""Puts devices on the ground: casts them, dresses them, and arranges when each begins and what befalls it."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from functools import cache

from collector.judge.load import load_policy
from collector.judge.needs import Needs, needs
from collector.judge.policy import SEED
from collector.simulator import nature
from collector.simulator.device import Device
from collector.simulator.files import Credentials, Traits
from collector.simulator.ground import Ground
from collector.simulator.machine import Machine
from collector.simulator.plays import Playing, dress, happenings
from collector.simulator.scenario import Label, Scenario, cast, chance_of, cut_districts

_ORDINARY = Traits()
_NEIGHBOURS = 20  # whom a hostile device speaks for


class Stage:
    """A country of which some devices run in this process; casting needs all of it."""

    def __init__(self, scenario: Scenario, seed: int, country: Mapping[str, Traits], ground: Ground) -> None:
        self._scenario = scenario
        self._seed = seed
        self._country = country
        self._numbers = {name: number for number, name in enumerate(country)}
        self._ground = ground
        self._plays = cast(scenario, seed, list(country.values()))
        self._cuts = cut_districts(scenario, seed, country.values())
        self._begins_s = ground.now_s()
        self._neighbours = [name for name in country if name.startswith("d-")][:_NEIGHBOURS]
        self.devices: list[Device] = []

    def label(self, name: str) -> Label:
        """Return the truth about a device or code."""
        traits = self._country[name]
        play = self._plays[self._numbers[name]]
        return Label(name, play, self._cuts.get((traits.province, traits.district), ""), self._play(name).reasons)

    def put(self, name: str, credentials: Credentials, after_s: float) -> None:
        """Let a device begin so long after the whole; `name`: what the country knows it by."""
        label, playing = self.label(name), self._play(name)
        chance = chance_of(self._seed, self._numbers[name], "course")
        now_s = self._ground.now_s()
        machine = Machine(credentials.device, playing.nature, self._ground.chance, now_s, time.time() - now_s)
        machine.earlier_tests_s = playing.earlier_tests_s
        device = Device(credentials, machine, self._ground)
        self.devices.append(device)
        late_s = chance.uniform(0.3, 1.0) * self._scenario.late_s if label.play == "late_starter" else 0.0
        device.start(self._begins_s + max(after_s, late_s))
        faults_at_s = self._begins_s + self._scenario.faults_after_s
        neighbours = [other for other in self._neighbours if other != name]
        for happening in happenings(label.play, label.cut, device, self._scenario, neighbours, chance):
            self._ground.at(faults_at_s + happening.after_s, happening.act)

    def _play(self, name: str) -> Playing:
        traits = self._country[name]
        number = self._numbers[name]
        chance = chance_of(self._seed, number, "nature")
        needed = _needs(traits.role, traits.medium, traits.bitrate_mbps)
        return dress(self._plays[number], nature.draw(traits, needed, chance), chance)


def country_of(names: Sequence[str], traits: Mapping[str, Traits]) -> dict[str, Traits]:
    """Return the traits of each device or code; of whom nothing is known, those of most sites."""
    return {name: traits.get(name, _ORDINARY) for name in names}


@cache
def _needs(role: str, medium: str, bitrate_mbps: float) -> Needs:
    """Return what a probe server grants a test of such a site for, by the policy that a centre starts with."""
    return needs(load_policy(SEED.read_text(encoding="utf-8")), role, medium, bitrate_mbps)
