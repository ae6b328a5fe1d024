"""The first part: the whole country by HTTP alone, at scaled rates and caps."""

from __future__ import annotations

import random
import resource
import time
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import psutil
from sqlalchemy import select

from collector.demo.country import BITRATE_MBPS
from collector.probe_server.caps import caps
from collector.probe_server.ledger.accounts import SERVER, Caps
from collector.store.queries import document
from collector.store.queries.campaigns import count_outcomes, moved_bytes
from collector.store.scope import country as of_country
from collector.store.tables import campaign_site
from laboratory.dry_run.auditor import Auditor
from laboratory.dry_run.auditor import Seen as Audited
from laboratory.dry_run.conducted import Kill, Seen, conduct, create
from laboratory.dry_run.counters import Counters
from laboratory.dry_run.criteria import Criteria, off_by
from laboratory.dry_run.order import Order, order_of
from laboratory.dry_run.reporting import Reporting
from laboratory.dry_run.scaled_country import Country
from provisioning.store.tables import site

Tell = Callable[[str], None]

SCALE = 0.01
PROVINCE, DISTRICT = 0.15, 0.04  # of the server's cap, as at 10 Gbit/s
_PILOT = 268
_OFF_BY, _STOPPED_S, _INVERTED = 0.15, 10.0, 0.05
_STOP_UNITS, _STOP_AFTER_S = ("01", "79"), 40.0
_NEWS_S = 6.0  # until the centre has been told of the last slots


class Went(NamedTuple):
    """What was seen of the dry run over the country, and of the one that was stopped."""

    seen: Seen
    counters: Counters
    audited: Audited
    stopped: Seen
    after: Audited


def run(folder: Path, size: int, capacity_mbps: int, processes: int, criteria: Criteria, tell: Tell) -> None:
    """Fill a country, let a pilot, the country and a dry run that is stopped take place, and note what held."""
    made = fill(folder, size, capacity_mbps, tell)
    judge(f"{size:,}", made, conduct_all(made, folder, processes, tell), criteria, tell)
    made.engine.dispose()


def fill(folder: Path, size: int, capacity_mbps: int, tell: Tell) -> Country:
    """Make the country."""
    mbps = {
        "probe_capacity_mbps": capacity_mbps,
        "probe_province_mbps": max(2, round(PROVINCE * capacity_mbps)),
        "probe_district_mbps": max(2, round(DISTRICT * capacity_mbps)),
    }
    made, began_s = Country(folder / "home", mbps), time.monotonic()
    made.furnish(size, SCALE, tell)
    tell(f"   filled in {time.monotonic() - began_s:.0f} s; caps: {mbps}")
    return made


def conduct_all(made: Country, folder: Path, processes: int, tell: Tell) -> Went:
    """Conduct a pilot, from which costs are learned, the country with kills in the middle, and one that is stopped."""
    reporting = Reporting(made, BITRATE_MBPS * SCALE)
    with made.web() as web, made.probe_server() as server:
        limits = _caps(made)
        pilot = create(made, "pilot", *_codes(made, min(_PILOT, len(made.sites) // 4)))
        conduct(made, pilot, reporting, folder, processes=1, tell=tell)
        time.sleep(_NEWS_S)
        kills = (Kill(server, 0.4, 2.0), Kill(web, 0.6, 5.0))
        with Counters(made.settings.probe_http_port) as counters:
            whole = create(made, "country")
            tell(f"   predicted: {whole.prediction.duration_s / 60:.1f} min, spread {whole.prediction.spread_s} s")
            seen = conduct(made, whole, reporting, folder, processes=processes, kills=kills, tell=tell)
            time.sleep(_NEWS_S)
            _tell_costs(seen, {one.name: one.pid for one in (web, server)}, counters, tell)
            short = create(made, "stopped", *(word for unit in _STOP_UNITS for word in ("--unit", unit)))
            stopped = conduct(made, short, reporting, folder, processes=1, stop_after_s=_STOP_AFTER_S, tell=tell)
            time.sleep(_NEWS_S)
    audited = _audit(made, limits, seen.campaign.started_at or 0, seen.stop_asked_us)
    after = _audit(made, limits, stopped.campaign.started_at or 0, stopped.stop_asked_us + 600_000_000)
    return Went(seen, counters, audited, stopped, after)


def judge(part: str, made: Country, went: Went, criteria: Criteria, tell: Tell) -> None:
    """Note what held."""
    seen, counters, audited, stopped, after = went
    _look_at_caps(part, counters, (audited, after), criteria)
    _look_at_prediction(part, made, seen, audited, criteria)
    _look_at_sites(part, made, seen, criteria, tell)
    _look_at_order(part, made, seen, audited, criteria)
    _look_at_kills(part, seen, audited, counters, criteria)
    _look_at_stop(part, stopped, after, counters, criteria)


def _caps(made: Country) -> Caps:
    with made.engine.connect() as connection:
        return caps(made.settings, document.build(connection, 1, time.time_ns() // 1000))


def _codes(made: Country, number: int) -> list[str]:
    """Return options that choose so many sites."""
    with made.engine.connect() as connection:
        codes = list(connection.scalars(select(site.c.code).order_by(site.c.id)))
    return [word for code in random.Random(3).sample(codes, number) for word in ("--site", code)]


def _audit(made: Country, limits: Caps, from_us: int, until_us: int) -> Audited:
    auditor = Auditor(limits)
    with made.leases.open("rb") as lines:
        auditor.follow(line for line in lines if from_us <= int(line[10:26]) <= until_us)
    return auditor.seen


def _tell_costs(seen: Seen, pids: dict[str, int], counters: Counters, tell: Tell) -> None:
    for name, pid in pids.items():
        times = psutil.Process(pid).cpu_times()
        tell(f"   {name}: {times.user + times.system:.0f} s of processor time since its last start")
    own = resource.getrusage(resource.RUSAGE_CHILDREN)
    tell(f"   children that have ended: {own[0] + own[1]:.0f} s, ingest and sweep: {time.process_time():.0f} s")
    lag_s = max(one.loop_lag_s for one in counters.readings)
    tell(f"   probe server's loop at most {lag_s:.2f} s late; {dict(seen.tests)}")


def _look_at_caps(part: str, counters: Counters, audits: tuple[Audited, ...], criteria: Criteria) -> None:
    figure = (
        f"at most {counters.highest_reserved:.1%} of the capacity reserved, {counters.highest_moved:.1%} moved in a"
        f" second ({len(counters.readings)} readings)"
    )
    is_held = max(counters.highest_reserved, counters.highest_moved) <= 1.0
    criteria.look(part, "caps never exceeded, by the server's own counters", figure, is_held=is_held)
    shares = ", ".join(f"{level} {share:.1%}" for level, share in audits[0].highest_share.items())
    changes, exceeded = sum(one.changes for one in audits), sum(len(one.exceeded) for one in audits)
    figure = f"{exceeded} of {changes:,} changes exceed one; highest: {shares}"
    criteria.look(part, "nor by an auditor at each change, province and district too", figure, is_held=not exceeded)


def _look_at_prediction(part: str, made: Country, seen: Seen, audited: Audited, criteria: Criteria) -> None:
    told = seen.campaign.prediction
    with made.engine.connect() as connection:
        moved = moved_bytes(of_country(connection), seen.campaign)
    lasted_s = (seen.last_test_us - (seen.campaign.started_at or 0)) / 1e6
    peak_bps = audited.highest_bps[SERVER]
    for name, predicted, happened, text in (
        ("duration", told.duration_s, lasted_s, f"{told.duration_s / 60:.1f} min, {lasted_s / 60:.1f}"),
        ("bytes", told.moved_bytes, moved, f"{told.moved_bytes / 1e9:.3f} GB, {moved / 1e9:.3f}"),
        (
            "peak",
            told.servers[0].peak_bps,
            peak_bps,
            f"{told.servers[0].peak_bps / 1e6:.1f} Mbit/s, {peak_bps / 1e6:.1f}",
        ),
    ):
        off = off_by(predicted, happened)
        figure = f"{text}: {off:+.1%}"
        criteria.look(part, f"{name} as predicted and stored, within 15 %", figure, is_held=abs(off) <= _OFF_BY)


def _look_at_sites(part: str, made: Country, seen: Seen, criteria: Criteria, tell: Tell) -> None:
    with made.engine.connect() as connection:
        counts = count_outcomes(of_country(connection), seen.campaign.id)
    told = {f"{outcome} {reason}".strip() or "open": number for (outcome, reason), number in counts.items()}
    tell(f"   {told}")
    nameless = sum(
        n for (outcome, reason), n in counts.items() if not outcome or (outcome == "not_done" and not reason)
    )
    is_held = not nameless and sum(counts.values()) == seen.campaign.prediction.sites
    text = "every site ended with an outcome or a reason"
    results = sum(number for (outcome, _), number in counts.items() if outcome != "not_done")
    figure = f"{results:,} results, {sum(counts.values()) - results:,} reasons, {nameless} neither"
    criteria.look(part, text, figure, is_held=is_held)
    lost = len(seen.whole) - results
    doubled = sum(number > 1 for number in seen.whole.values())
    figure = f"{len(seen.whole):,} tested, {lost} without result, {doubled} twice"
    criteria.look(part, "no result lost, none doubled", figure, is_held=not lost and not doubled)


def _look_at_order(part: str, made: Country, seen: Seen, audited: Audited, criteria: Criteria) -> None:
    found = _order(made, seen, audited)
    waves = ", ".join(f"wave {wave} at {at_s:.0f} s" for wave, at_s in found.medians_s.items())
    figure = (
        f"{found.too_soon} before their wave opened, {found.inversions:.2%} of pairs the wrong way round;"
        f" half of {waves}"
    )
    is_held = not found.too_soon and found.inversions <= _INVERTED
    criteria.look(part, "order kept: interactive, hard to reach, the others", figure, is_held=is_held)


def _order(made: Country, seen: Seen, audited: Audited) -> Order:
    names = {one.known.site_id: one.known.name for one in made.sites}
    of_it = select(campaign_site.c.site_id, campaign_site.c.wave).where(campaign_site.c.campaign_id == seen.campaign.id)
    granted_s: dict[int, list[float]] = defaultdict(list)
    began_us = seen.campaign.started_at or 0
    with made.engine.connect() as connection:
        for site_id, wave in connection.execute(of_it):
            name = names.get(site_id, "")
            if name in audited.first_granted_us and name not in seen.late:
                granted_s[wave].append((audited.first_granted_us[name] - began_us) / 1e6)
    return order_of(granted_s, {n: wave.opens_s for n, wave in enumerate(seen.campaign.prediction.waves)})


def _look_at_kills(part: str, seen: Seen, audited: Audited, counters: Counters, criteria: Criteria) -> None:
    if not seen.killed:
        criteria.look(part, "probe server and web killed in the middle", "not killed", is_held=False)
        return
    killed_s = dict(seen.killed)["probe-server"]
    before = [one.places for one in counters.readings if one.at_s < killed_s][-1]
    after = next(one.places for one in counters.readings if one.at_s > killed_s + 0.5)
    figure = (
        f"{', '.join(name for name, _ in seen.killed)} killed; {before:.0f} places of the ledger before,"
        f" {after:.0f} after; {seen.tests['broken']} tests broken off and made anew"
    )
    criteria.look(
        part,
        "SIGKILL of probe server and web in the middle: the ledger comes back",
        figure,
        is_held=after >= 0.95 * before,
    )


def _look_at_stop(part: str, stopped: Seen, after: Audited, counters: Counters, criteria: Criteria) -> None:
    slot_s = (after.last_us - stopped.stop_asked_us) / 1e6
    idle_s = counters.idle_after_s(stopped.stop_asked_us)
    figure = f"last slot broken off after {slot_s:.1f} s, no transfer any more after {idle_s:.1f} s"
    figure += f"; {stopped.tests['tested']} tested, {stopped.tests['broken']} broken off"
    criteria.look(part, "stop effective within 10 s", figure, is_held=0 < max(slot_s, idle_s) <= _STOPPED_S)
