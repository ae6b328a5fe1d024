"""The second part: some hundred sites at full size, through everything that `diemcau-collector run` starts."""

from __future__ import annotations

import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import NamedTuple

from sqlalchemy import select

from collector.probe_server.caps import caps
from collector.probe_server.ledger.accounts import SERVER, Caps
from collector.store.queries import document
from collector.store.queries.books import balance
from collector.store.queries.campaigns import count_outcomes, moved_bytes
from collector.store.scope import country
from collector.store.tables import campaign_site, slot
from laboratory.dry_run.counters import Counters
from laboratory.dry_run.criteria import Criteria, off_by
from laboratory.dry_run.whole_centre import Kill, Went, WholeCentre, conduct
from provisioning.store.tables import device

Tell = Callable[[str], None]

_KILLS = (Kill("ingest", 0.25), Kill("broker", 0.45), Kill("probe-server", 0.65))
_LARGEST = ("01", "38", "79", "40", "66", "91", "31", "25", "80", "30", "87", "52")  # provinces: half of the sites
_PILOTS = {
    "pilot, interactive": ("--role", "interactive"),
    "pilot, provinces": tuple(word for unit in _LARGEST for word in ("--unit", unit)),
}
_STOP_AFTER_S, _STOPPED_S, _OFF_BY = 30.0, 10.0, 0.15
_NEWS_S = 6.0  # until the centre has been told of the last slots
_WINDOW_US = 10_000_000
_LEVELS = ("server", "province", "district")


def run(folder: Path, size: int, criteria: Criteria, tell: Tell) -> None:
    """Conduct pilots, a dry run that nothing disturbs, one with kills in the middle, and one that is stopped."""
    part = f"{size}"
    centre = WholeCentre(folder / "centre", size, tell)
    with centre.running():
        tell("   all parts answer")
        with centre.devices():
            tell(f"   all {centre.progress()['devices']} devices have reported")
            _conduct(part, centre, criteria, tell)
            centre.end_devices()
        _look_at_books(part, centre, criteria)
    centre.engine.dispose()


def _conduct(part: str, centre: WholeCentre, criteria: Criteria, tell: Tell) -> None:
    for name, chosen in _PILOTS.items():
        conduct(centre, name, tell, chosen=chosen)
    time.sleep(_NEWS_S)
    with Counters(centre.settings.probe_http_port) as counters:
        calm = conduct(centre, "undisturbed", tell)
        time.sleep(_NEWS_S)
        peak_bps = max(one.reserved_bps for one in counters.readings)
        _look_at_prediction(part, centre, calm, peak_bps, criteria)
        killed = conduct(centre, "killed", tell, kills=_KILLS)
        time.sleep(_NEWS_S)
        stopped = conduct(centre, "stopped", tell, stop_after_s=_STOP_AFTER_S)
        time.sleep(_STOPPED_S + 2.0)
    _look_at_caps(part, centre, counters, criteria)
    _look_at_sites(part, centre, killed, criteria, tell)
    _look_at_stop(part, centre, stopped, criteria)


def _look_at_prediction(part: str, centre: WholeCentre, went: Went, peak_bps: float, criteria: Criteria) -> None:
    told = went.campaign.prediction
    with centre.engine.connect() as connection:
        moved = moved_bytes(country(connection), went.campaign)
    peak = told.servers[0].peak_bps
    for name, predicted, happened, text in (
        ("duration", told.duration_s, went.took_s, f"{told.duration_s:.0f} s, {went.took_s:.0f}"),
        ("bytes", told.moved_bytes, moved, f"{told.moved_bytes / 1e9:.2f} GB, {moved / 1e9:.2f}"),
        ("peak", peak, peak_bps, f"{peak / 1e6:.0f} Mbit/s, {peak_bps / 1e6:.0f}"),
    ):
        off = off_by(predicted, happened)
        text = f"{text}: {off:+.1%}"
        criteria.look(part, f"{name} as predicted and stored, within 15 %", text, is_held=abs(off) <= _OFF_BY)


def _look_at_caps(part: str, centre: WholeCentre, counters: Counters, criteria: Criteria) -> None:
    figure = (
        f"at most {counters.highest_reserved:.1%} of the capacity reserved, {counters.highest_moved:.1%} moved in a"
        f" second ({len(counters.readings)} readings)"
    )
    is_held = max(counters.highest_reserved, counters.highest_moved) <= 1.0
    criteria.look(part, "caps never exceeded, by the server's own counters", figure, is_held=is_held)
    highest = _audit(centre)
    figure = ", ".join(f"{level} {share:.1%}" for level, share in highest.items())
    text = "nor by the journal of whole tests, in any 10 s, province and district too"
    criteria.look(part, text, f"highest: {figure}", is_held=max(highest.values()) <= 1.0)


class _Held(NamedTuple):
    """A slot that has ended: from when to when, what it reserved on average."""

    units: tuple[str, ...]
    from_us: int
    until_us: int
    work_bits: int


def _audit(centre: WholeCentre) -> dict[str, float]:
    """Return by level the highest share of a cap reserved in ten seconds, each whole test spread over its time."""
    with centre.engine.connect() as connection:
        known = document.build(connection, 1, time.time_ns() // 1000)
        ended = select(device.c.name, slot.c.at, slot.c.held_us, slot.c.work_bits).join(
            device, device.c.id == slot.c.device_id
        )
        rows = connection.execute(ended.where(slot.c.state == "ended", slot.c.held_us > 0)).all()
    held = [_Held(known.devices[name].units, at - held_us, at, work) for name, at, held_us, work in rows]
    return _highest(held, caps(centre.settings, known))


def _highest(held: Iterable[_Held], limits: Caps) -> dict[str, float]:
    bits: dict[tuple[int, str, int], float] = defaultdict(float)
    for one in held:
        for window in range(one.from_us // _WINDOW_US, one.until_us // _WINDOW_US + 1):
            inside_us = min(one.until_us, (window + 1) * _WINDOW_US) - max(one.from_us, window * _WINDOW_US)
            share = one.work_bits * inside_us / (one.until_us - one.from_us)
            for level, name in enumerate((SERVER, *one.units)):
                bits[level, name, window] += share
    highest = dict.fromkeys(_LEVELS, 0.0)
    for (level, name, _), moved in bits.items():
        cap_bps = limits.of(level - 1, name) if level else limits.server_bps
        highest[_LEVELS[level]] = max(highest[_LEVELS[level]], moved / (_WINDOW_US / 1e6) / cap_bps)
    return highest


def _look_at_sites(part: str, centre: WholeCentre, went: Went, criteria: Criteria, tell: Tell) -> None:
    with centre.engine.connect() as connection:
        counts = count_outcomes(country(connection), went.campaign.id)
        began_at = went.campaign.started_at or 0
        ended = select(slot.c.device_id).where(
            *(slot.c.ending == "told", slot.c.is_server_limited.is_(False), slot.c.purpose == "schedule"),
            *(slot.c.at >= began_at, slot.c.at <= (went.campaign.ended_at or 0)),
        )
        doubled = sum(number > 1 for number in Counter(connection.scalars(ended)).values())
    tell(f"   killed: {counts}")
    nameless = sum(
        n for (outcome, reason), n in counts.items() if not outcome or (outcome == "not_done" and not reason)
    )
    results = sum(n for (outcome, _), n in counts.items() if outcome != "not_done")
    left = sum(went.campaign.prediction.left.get(reason, 0) for reason in ("not_enrolled", "off"))
    figure = (
        f"{', '.join(went.killed)} killed; {results} results, {sum(counts.values()) - results} reasons"
        f" ({left} foreseen), {nameless} neither, {doubled} tested twice; {went.took_s:.0f} s"
    )
    is_held = not nameless and not doubled and results == went.campaign.prediction.sites - left
    is_held &= len(went.killed) == len(_KILLS)
    criteria.look(part, "kills in the middle: each site one outcome or a reason", figure, is_held=is_held)


def _look_at_books(part: str, centre: WholeCentre, criteria: Criteria) -> None:
    with centre.engine.connect() as connection:
        books = balance(country(connection))
    told = centre.progress()
    is_held = books.accepted == books.committed + books.spooled + books.dropped + books.quarantined
    is_held &= told["accepted"] == told["settled"] == books.accepted
    figure = (
        f"{books.accepted:,} accepted = {books.committed:,} committed + {books.spooled} spooled"
        f" + {books.dropped} dropped + {books.quarantined} quarantined; by the devices {told['accepted']:,}"
    )
    criteria.look(part, "no result lost: books even after all kills", figure, is_held=is_held)


def _look_at_stop(part: str, centre: WholeCentre, went: Went, criteria: Criteria) -> None:
    """Look when the last site that the dry run was not done with held a slot; others test as on any day."""
    left = (
        select(device.c.id)
        .join(campaign_site, campaign_site.c.site_id == device.c.site_id)
        .where(campaign_site.c.campaign_id == went.campaign.id, campaign_site.c.outcome == "not_done")
    )
    theirs = select(slot.c.state, slot.c.at).where(slot.c.purpose == "schedule", slot.c.device_id.in_(left))
    begun_at = went.campaign.started_at or 0  # what a probe server held that was killed before is never told as ended
    with centre.engine.connect() as connection:
        found = connection.execute(theirs.where(slot.c.state != "booked", slot.c.at >= begun_at)).all()
    held = sum(state == "granted" for state, _ in found)
    ended_s = [(at - went.stop_asked_us) / 1e6 for _, at in found if at > went.stop_asked_us]
    last_s = max(ended_s, default=0.0)
    figure = f"last of {len(ended_s)} slots over after {last_s:.1f} s, {held} held at the end"
    criteria.look(part, "stop effective within 10 s", figure, is_held=not held and 0 < last_s <= _STOPPED_S)
