"""The devices of a country in the database, and what each would say: messages as ingest gets them from a broker."""

from __future__ import annotations

import random
from collections.abc import Iterator
from typing import NamedTuple

from sqlalchemy import Connection, func, select

from collector.intake.arrival import Arrival
from collector.judge.needs import needs
from collector.judge.policy import Policy
from collector.simulator.files import Traits
from collector.simulator.machine import Machine
from collector.simulator.nature import draw
from collector.simulator.plays import dress
from collector.simulator.rounds import EVERYTHING
from contract import wire
from provisioning.store.tables import device, line, participation, provider, site

SECOND_US = 1_000_000
_BITRATE_MBPS = 5.0


class Known(NamedTuple):
    """A device, its site, and what is known of both before anybody measures."""

    id: int
    name: str
    site_id: int
    unit_id: int
    traits: Traits


def known(connection: Connection) -> list[Known]:
    """Return every device by id, with its part in the first session that its site takes part in."""
    first = (
        select(participation.c.site_id, func.min(participation.c.id).label("id"))
        .group_by(participation.c.site_id)
        .subquery()
    )
    columns = (
        *(device.c.id, device.c.name, site.c.id, site.c.unit_id),
        *(participation.c.role, participation.c.medium, provider.c.code, line.c.download_mbps, line.c.upload_mbps),
    )
    query = (
        select(*columns)
        .join(site, site.c.id == device.c.site_id)
        .join(first, first.c.site_id == site.c.id)
        .join(participation, participation.c.id == first.c.id)
        .join(line, line.c.id == site.c.line_id)
        .join(provider, provider.c.id == line.c.provider_id)
        .order_by(device.c.id)
    )
    return [Known(*row[:4], _traits(*row[1:2], *row[4:])) for row in connection.execute(query)]


def _traits(name: str, role: str, medium: str, carrier: str, down_mbps: float, up_mbps: float) -> Traits:
    package = {"download_mbps": down_mbps, "upload_mbps": up_mbps, "bitrate_mbps": _BITRATE_MBPS}
    return Traits(device=name, role=role, medium=medium, provider=carrier, **package)


class Speaker:
    """What one device says while it plays something; times are seconds before `now`."""

    def __init__(self, one: Known, play: str, policy: Policy, now: int, chance: random.Random) -> None:
        traits = one.traits
        needed = needs(policy, traits.role, traits.medium, traits.bitrate_mbps)
        self._playing = dress(play, draw(traits, needed, chance), chance)
        self._machine = Machine(one.name, self._playing.nature, chance, 0.0, now / 1e6)
        self._name, self._now, self._chance = one.name, now, chance

    def presence(self, state: str, ago_s: float) -> Arrival:
        return self._arrival("presence", wire.encode(wire.Presence(1, state)), ago_s)

    def reports(self, spool_id: str, first_seq: int, ago_s: float) -> Iterator[Arrival]:
        """Yield a report of every probe, after those of the line tests that it brings along from before."""
        tests = [("line", "path")] * len(self._playing.earlier_tests_s)
        ages_s, upto = (*self._playing.earlier_tests_s, 0.0), first_seq + len(tests)
        for seq, (age_s, probes) in enumerate(zip(ages_s, (*tests, EVERYTHING), strict=True), first_seq):
            body = self._machine.report(-ago_s - age_s, "schedule", probes, (), is_cut=False)
            frame = wire.Frame(spool_id, seq, upto, upto - seq, 0, 0, *self._machine.now(-ago_s))
            yield self._arrival("report", wire.encode_report(frame, body), ago_s)

    def snapshot(self, spool_id: str, accepted: int, ago_s: float) -> Arrival:
        readings = self._machine.readings(self._chance, is_cut=False)
        boot_id, mono_ms, wall_us = self._machine.now(-ago_s)
        told = wire.Snapshot(1, boot_id, mono_ms, wall_us, spool_id, accepted, 0, 0, 0, 3600, *readings, ())
        return self._arrival("snapshot", wire.encode(told), ago_s)

    def _arrival(self, kind: str, payload: bytes, ago_s: float) -> Arrival:
        return Arrival(wire.topic_for(self._name, kind), payload, self._now - int(ago_s * SECOND_US))
