"""What a campaign will take, told before it begins: from its sites, the caps, and what a slot costs."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from collector.probe_server.ledger.accounts import CAMPAIGN, Accounts, Caps, packed_bps
from collector.probe_server.ledger.costs import Costs
from collector.probe_server.ledger.terms import Group

ASKS_WITHIN = 0.9  # of the work's time: a little sooner than sites can be served, so that capacity never waits for them

# Mean durations from the last grant to the last slot's end, less the work that is left then. Of measured lines one test
# in ten lasts four means, and of those under way at the end nearly always one that has just begun: over 100 to
# 2,000 sites this is off least (benchmarks/results/campaign.md).
TAIL = 3.5


class Prediction(NamedTuple):
    """A campaign in figures.

    makespan_s: from the first ask to the end of the last slot, when all ask within `ask_within_s`.
    decided_by: the cap that decides how long it takes: `server`, or a unit.
    moved_bytes: in both directions.
    peak_bps: the most that is reserved at once, by server and unit.
    is_known: by slots that have ended; else by stated costs.
    """

    makespan_s: float
    ask_within_s: float
    decided_by: str
    moved_bytes: float
    peak_bps: dict[str, int]
    is_known: bool


def predict(groups: Iterable[Group], caps: Caps, costs: Costs) -> Prediction:
    """Predict a campaign of all these sites through one probe server.

    Under each cap the work of its sites takes at least work / (what is open to campaign tests, less the half peak that
    is free on average and too narrow for the next one); the longest of these decides, and the last slot ends later
    than that.
    """
    accounts = Accounts(caps)
    work_bits: dict[str, float] = {}
    wanted_bps: dict[str, int] = {}
    widest_bps: dict[str, int] = {}
    sites, moved_bytes, held_s = 0, 0.0, 0.0
    for group in groups:
        cost = costs.of(group.need_class, group.peak_bps)
        sites += group.sites
        moved_bytes += group.sites * cost.moved_bytes
        held_s += group.sites * cost.duration_s
        for account in accounts.chain(group.units):
            name = account.name
            work_bits[name] = work_bits.get(name, 0.0) + group.sites * cost.work_bits
            wanted_bps[name] = wanted_bps.get(name, 0) + group.sites * group.peak_bps
            widest_bps[name] = max(widest_bps.get(name, 0), group.peak_bps)
    open_bps = {account.name: account.parts[CAMPAIGN].open_bps for account in accounts}
    lasts_s = {name: work / packed_bps(open_bps[name], widest_bps[name]) for name, work in work_bits.items()}
    decided_by = max(lasts_s, key=lasts_s.__getitem__, default="")
    work_s = lasts_s.get(decided_by, 0.0)
    makespan_s = work_s + TAIL * held_s / max(1, sites)
    peak_bps = {name: min(wanted, open_bps[name]) for name, wanted in wanted_bps.items()}
    return Prediction(makespan_s, ASKS_WITHIN * work_s, decided_by, moved_bytes, peak_bps, costs.is_known)
