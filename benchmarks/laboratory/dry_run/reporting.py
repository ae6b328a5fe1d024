"""What sites that were tested report: bodies as a simulated device makes them, taken in by the real ingest function."""

from __future__ import annotations

import json
import random
import time
from collections import Counter
from collections.abc import Iterable
from typing import Any

from collector.intake.arrival import Arrival
from collector.intake.ingest import ingest
from collector.judge.needs import needs
from collector.simulator.machine import Machine
from collector.simulator.nature import draw, weaken
from collector.simulator.rounds import LINE
from contract import wire
from laboratory.dry_run.scaled_country import Country, Site

_WEAK = 0.05  # of the lines do not carry
_TOOK_S = 8.0


class Reporting:
    """Reports of line tests, in the order in which they ended; each device has one spool."""

    def __init__(self, country: Country, bitrate_mbps: float) -> None:
        self._country = country
        self._bitrate_mbps = bitrate_mbps
        self._sites = {site.known.name: site for site in country.sites}
        self._machines: dict[str, Machine] = {}
        self._seq: Counter[str] = Counter()
        self._chance = random.Random(7)
        self._began_s = time.time()
        self.told = 0

    def take_in(self, tested: Iterable[dict[str, Any]]) -> None:
        """Have ingest take in a report for each test; one that the server limited says so, and nothing else."""
        arrivals = [self._report(one) for one in tested]
        if arrivals:
            receipts = ingest(self._country.engine, arrivals, self._country.policy, time.time_ns() // 1000)
            self.told += len(receipts)

    def _report(self, tested: dict[str, Any]) -> Arrival:
        name, at_s = tested["device"], tested["at_us"] / 1e6 - self._began_s
        machine = self._machines.get(name) or self._machine(self._sites[name])
        took_s = (tested["at_us"] - tested["granted_us"]) / 1e6
        body = machine.report(at_s, "schedule", LINE, (), is_cut=False, took_s=took_s)
        if tested["is_server_limited"]:
            body = _limited(body)
        self._seq[name] += 1
        seq = self._seq[name]
        frame = wire.Frame(f"{self._sites[name].known.id:016x}", seq, seq, 0, 0, 0, *machine.now(at_s))
        topic = wire.topic_for(name, "report")
        return Arrival(topic, wire.encode_report(frame, body), time.time_ns() // 1000)

    def _machine(self, site: Site) -> Machine:
        traits = site.known.traits.model_copy(update={"bitrate_mbps": self._bitrate_mbps})
        chance = random.Random(site.known.id)
        nature = draw(traits, needs(self._country.policy, traits.role, traits.medium, traits.bitrate_mbps), chance)
        if chance.random() < _WEAK:
            nature, _ = weaken(nature, chance)
        made = self._machines[site.known.name] = Machine(site.known.name, nature, chance, 0.0, self._began_s)
        return made


def _limited(body: bytes) -> bytes:
    told = json.loads(body)
    for one in told["measurements"]:
        if one["probe"] == "line":
            one["findings"]["download"]["outcome"] = "unsure"
            one["findings"]["disturbances"] = ["server_limit"]
    return json.dumps(told).encode()
