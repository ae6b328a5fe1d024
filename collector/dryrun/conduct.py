"""What people do with campaigns: predict, make, start, pause, resume, stop. Each in the caller's transaction."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection
from typing import NamedTuple

from sqlalchemy import Connection

from collector.dryrun.campaign import Campaign, CampaignError, check_act
from collector.dryrun.checks import BY_DEVICES, BY_NAME
from collector.dryrun.prediction import Prediction, Test, predict
from collector.dryrun.selection import Selection, wave_of
from collector.link.plan import probe_servers
from collector.probe_server.caps import caps
from collector.store import campaigns, slots
from collector.store.intake import campaigns as results
from collector.store.queries import document, openings
from collector.store.queries.campaigns import Chosen, choose
from provisioning.settings import Settings


class Wish(NamedTuple):
    """A campaign that somebody wants; times in microseconds UTC."""

    name: str
    session_id: int
    checks: tuple[str, ...]
    selection: Selection
    opens_at: int
    closes_at: int
    is_elsewhere: bool = False
    is_any_hour: bool = False
    may_load_sessions: bool = False


def foresee(connection: Connection, settings: Settings, wish: Wish, now: int) -> Prediction:
    """Return what a campaign would take if it began now; raises CampaignError where it cannot be."""
    _check(connection, settings, wish)
    return _predict(connection, settings, wish, choose(connection, wish.session_id, wish.selection), now)


def make(connection: Connection, settings: Settings, wish: Wish, by: str, now: int) -> int:
    """Make a planned campaign with its prediction, and return its id; raises CampaignError."""
    prediction = foresee(connection, settings, wish, now)
    return campaigns.add(connection, {**wish._asdict(), "prediction": prediction}, by, now)


def act(connection: Connection, settings: Settings, campaign_id: int, what: str, by: str, now: int) -> Campaign:
    """Start, pause, resume or stop a campaign and return it as it stands then; raises CampaignError."""
    found = campaigns.find(connection, campaign_id)
    if found is None:
        raise CampaignError(f"Không có đợt tổng duyệt {campaign_id}.", f"There is no dry run {campaign_id}.")
    check_act(found, what)
    if what == "start":
        _start(connection, settings, found, by, now)
    elif what == "pause":
        campaigns.change(connection, found.id, what, {"state": "paused", "paused_at": now}, by, now)
    elif what == "resume":
        paused_us = found.paused_us + now - (found.paused_at or now)
        values = {"state": "running", "paused_at": None, "paused_us": paused_us}
        campaigns.change(connection, found.id, what, values, by, now)
    else:
        results.close(connection, found, "stopped", now)
        campaigns.change(connection, found.id, what, {"state": "stopped", "ended_at": now, "paused_at": None}, by, now)
    return campaigns.find(connection, campaign_id) or found


def _start(connection: Connection, settings: Settings, found: Campaign, by: str, now: int) -> None:
    """Choose and predict anew, as the roster may have changed since it was made, and begin."""
    if now >= found.closes_at:
        raise CampaignError(
            "Khung giờ của đợt này đã qua: hãy tạo đợt mới.", "The window of this dry run is over: make another one."
        )
    other = campaigns.going_on(connection)
    if other is not None:
        raise CampaignError(
            f'Đợt {other.id} "{other.name}" chưa kết thúc: dừng đợt ấy trước, hoặc chờ nó xong.',
            f'Dry run {other.id} "{other.name}" goes on: stop it first, or wait for its end.',
        )
    wish = Wish(*(getattr(found, name) for name in Wish._fields))
    chosen = choose(connection, wish.session_id, wish.selection)
    prediction = _predict(connection, settings, wish, chosen, now)
    numbers = {told.wave: number for number, told in enumerate(prediction.waves)}
    campaigns.put_sites(connection, found.id, {one.site_id: numbers[_wave(one)] for one in chosen})
    values = {"state": "running", "started_at": now, "prediction": prediction}
    campaigns.change(connection, found.id, "start", values, by, now)


def _check(connection: Connection, settings: Settings, wish: Wish) -> None:
    if not wish.checks or not set(wish.checks) <= set(BY_NAME):
        known = ", ".join(BY_NAME)
        raise CampaignError(f"Chọn nội dung kiểm tra trong: {known}.", f"Choose checks among: {known}.")
    if wish.closes_at <= wish.opens_at:
        raise CampaignError("Giờ kết thúc phải sau giờ bắt đầu.", "The window must end after it begins.")
    if wish.is_elsewhere and len(settings.probed) < 2:
        raise CampaignError(
            "Chỉ có một máy chủ đo: thêm máy chủ thứ hai vào probe_servers rồi mới đo đối chứng được.",
            "There is only one probe server: a second opinion needs another one in probe_servers.",
        )
    earlier = wish.selection.not_carried_in
    if earlier is not None and campaigns.find(connection, earlier) is None:
        raise CampaignError(f"Không có đợt tổng duyệt {earlier}.", f"There is no dry run {earlier}.")


def _predict(connection: Connection, settings: Settings, wish: Wish, chosen: list[Chosen], now: int) -> Prediction:
    if not chosen:
        raise CampaignError(
            "Không có điểm cầu nào khớp lựa chọn: nới điều kiện chọn.", "No site is chosen: ask for less."
        )
    known = document.build(connection, 0, now)
    limits = caps(settings, known)
    starts_at = max(now, wish.opens_at)
    closed = {
        site_id: found.reason
        for site_id, found in openings.of_sites(connection, [one.site_id for one in chosen], wish, starts_at).items()
        if not found.spans
    }
    open_ones = [one for one in chosen if one.site_id not in closed]
    tests = [Test(device.name, one.site_id, _wave(one)) for one in open_ones for device in one.devices]
    return predict(
        known,
        [test for test in tests if test.device in known.devices],
        [(server, limits) for server in probe_servers(settings)],
        slots.costs(connection),
        left=Counter(reason for one in chosen if (reason := closed.get(one.site_id) or _lacks(one, wish.checks))),
        sites=Counter(map(_wave, chosen)),
        has_line="line" in wish.checks,
        is_elsewhere=wish.is_elsewhere,
    )


def _wave(one: Chosen) -> int:
    return wave_of(one.role, is_hard_to_reach=one.is_hard_to_reach)


def _lacks(one: Chosen, checks: Collection[str]) -> str:
    """Return why a site will have no result as things stand; empty: it will."""
    if not set(checks) & set(BY_DEVICES):
        return ""
    if not one.devices:
        return "not_enrolled"
    if not any(device.is_connected for device in one.devices):
        return "off"
    return "needs_consent" if one.needs_consent else ""
