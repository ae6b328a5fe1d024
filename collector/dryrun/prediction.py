"""What a campaign will take, told and stored before it begins. Pure."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from pydantic import BaseModel, ConfigDict

from collector.probe_server.document import Client, Document
from collector.probe_server.dry_run import groups_of
from collector.probe_server.ledger.accounts import SERVER, Caps
from collector.probe_server.ledger.costs import Costs
from collector.probe_server.ledger.prediction import Prediction as OfLedger
from collector.probe_server.ledger.prediction import predict as predict_ledger
from contract import wire

FIRST_TOLD_S = 5  # to the probe servers: who asked before they know of its order would be let in by chance
ASKS_PER_S = 200  # of whom nobody is tested yet: each is two requests to a probe server, told when to come
LEAST_SPREAD_S = 20
_LIGHT_S = 30.0  # from asking to the report of the equipment


class Test(NamedTuple):
    """A device of a site that will ask, and the wave that its site goes in."""

    device: str
    wave: int


class OfServer(BaseModel):
    """What a probe server will bear."""

    model_config = ConfigDict(frozen=True)

    name: str
    tests: int
    moved_bytes: float
    peak_bps: int
    duration_s: float
    decided_by: str  # the cap that decides how long it takes: `server`, or a unit's code


class OfWave(BaseModel):
    """Sites that go together; seconds from the start."""

    model_config = ConfigDict(frozen=True)

    wave: int
    sites: int
    opens_s: int
    spread_s: int


class Prediction(BaseModel):
    """A campaign in figures."""

    model_config = ConfigDict(frozen=True)

    sites: int  # chosen
    tests: int  # devices that are called
    spread_s: int  # over which devices ask for the first time
    duration_s: float  # from the start to the last result, when nothing is paused
    moved_bytes: float  # in both directions
    servers: tuple[OfServer, ...]
    peaks_bps: dict[str, int]  # the most that is reserved at once, by unit's code
    waves: tuple[OfWave, ...]
    left: dict[str, int]  # sites that will stay without a result as things stand, by reason
    is_known: bool  # by tests that have ended; else by what is stated for tests like these
    later_sites: int = 0  # that can be tested within the window, but not from the start
    later_at: int | None = None  # when the first of them can; microseconds UTC


def predict(
    document: Document,
    tests: Sequence[Test],
    servers: Sequence[tuple[wire.ProbeServer, Caps]],
    costs: Costs,
    *,
    left: Mapping[str, int],
    sites: Mapping[int, int],
    has_line: bool,
    is_elsewhere: bool = False,
    later: Sequence[int] = (),
) -> Prediction:
    """Predict a campaign of these tests.

    sites: how many were chosen, by wave. left: of them, those that will stay without a result, by reason.
    later: of them, when those can first be tested that cannot from the start.
    """
    spread_s = max(LEAST_SPREAD_S, math.ceil(len(tests) / ASKS_PER_S))
    all_asked_s = FIRST_TOLD_S + spread_s
    by_server: dict[int, list[Test]] = {}
    for test in tests if has_line else ():
        by_server.setdefault(server_of(test.device, servers, is_elsewhere=is_elsewhere), []).append(test)
    told = {n: _of_server(document, found, servers[n][1], costs) for n, found in by_server.items()}
    waves = _waves(sites, [one.waves for one in told.values()], all_asked_s)
    ends_s = [_ends_s(one, waves, all_asked_s) for one in told.values()]
    return Prediction(
        sites=sum(sites.values()),
        tests=len(tests),
        spread_s=spread_s,
        duration_s=max([*ends_s, all_asked_s + _LIGHT_S]),
        moved_bytes=sum(one.whole.moved_bytes for one in told.values()),
        servers=tuple(
            OfServer(
                name=f"{servers[n][0].host}:{servers[n][0].http_port}",
                tests=len(by_server[n]),
                moved_bytes=one.whole.moved_bytes,
                peak_bps=one.whole.peak_bps.get(SERVER, 0),
                duration_s=end_s,
                decided_by=one.whole.decided_by,
            )
            for (n, one), end_s in zip(told.items(), ends_s, strict=True)
        ),
        peaks_bps=_peaks(one.whole for one in told.values()),
        waves=waves,
        left={reason: number for reason, number in left.items() if number},
        is_known=costs.is_known,
        later_sites=len(later),
        later_at=min(later, default=None),
    )


def server_of(device: str, servers: Sequence[tuple[wire.ProbeServer, Caps]], *, is_elsewhere: bool) -> int:
    """Return which probe server a device tests against: its shard's, or the first other one."""
    shard = wire.shard_of(device)
    own = next(n for n, (server, _) in enumerate(servers) if shard in server.shards)
    others = [n for n in range(len(servers)) if n != own]
    return others[0] if is_elsewhere and others else own


class _Told(NamedTuple):
    whole: OfLedger
    waves: dict[int, OfLedger]


def _of_server(document: Document, tests: Iterable[Test], caps: Caps, costs: Costs) -> _Told:
    clients: dict[int, list[Client]] = {}
    for test in tests:
        clients.setdefault(test.wave, []).append(document.devices[test.device])
    by_wave = {wave: groups for wave, found in clients.items() if (groups := groups_of(document, found))}
    every = [group for groups in by_wave.values() for group in groups]
    waves = {wave: predict_ledger(groups, caps, costs) for wave, groups in by_wave.items()}
    return _Told(predict_ledger(every, caps, costs), waves)


def _waves(sites: Mapping[int, int], told: Sequence[Mapping[int, OfLedger]], all_asked_s: int) -> tuple[OfWave, ...]:
    """Return when each wave opens: when those before it have asked, and begin to leave room."""
    waves, opens_s = [], FIRST_TOLD_S
    for wave in sorted(sites):
        asks_s = max((one[wave].ask_within_s for one in told if wave in one), default=0.0)
        waves.append(OfWave(wave=wave, sites=sites[wave], opens_s=opens_s, spread_s=math.ceil(asks_s)))
        opens_s = max(opens_s + math.ceil(asks_s), all_asked_s)
    return tuple(waves)


def _ends_s(told: _Told, waves: Sequence[OfWave], all_asked_s: int) -> float:
    """Return when the last test of a server ends: none before it was asked for, none before its wave."""
    ends_s = [wave.opens_s + told.waves[wave.wave].makespan_s for wave in waves if wave.wave in told.waves]
    return max(*ends_s, FIRST_TOLD_S + told.whole.makespan_s, all_asked_s + _LIGHT_S)


def _peaks(told: Iterable[OfLedger]) -> dict[str, int]:
    peaks: Counter[str] = Counter()
    for one in told:
        peaks.update({unit: bps for unit, bps in one.peak_bps.items() if unit != SERVER})
    return dict(peaks)
