"""What people do with campaigns: predict, make, start, pause, resume, stop, remove."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection
from typing import Any, NamedTuple

from sqlalchemy import Connection, Engine

from collector.dryrun.campaign import Campaign, CampaignError, check_act
from collector.dryrun.checks import BY_NAME, ask_devices, concern
from collector.dryrun.prediction import Prediction, Test, predict
from collector.dryrun.selection import Selection, wave_of
from collector.link.plan import probe_servers
from collector.probe_server.caps import caps
from collector.store import campaigns, slots
from collector.store.intake import campaigns as results
from collector.store.queries import document, openings
from collector.store.queries.campaigns import Chosen, choose, unknown_codes
from collector.store.queries.document import Mark
from provisioning import moments
from provisioning.names import read_name
from provisioning.settings import Settings
from provisioning.store.engine import writing

_TRIES = 3  # to read a country that stands still meanwhile


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


class Foreseen(NamedTuple):
    """The sites that a wish takes, what that would take, and how far the changes went that it rests on."""

    chosen: list[Chosen]
    prediction: Prediction
    mark: Mark


def foresee(connection: Connection, settings: Settings, wish: Wish, now: int) -> Foreseen:
    """Return what a campaign would take if it began now; raises CampaignError where it cannot be."""
    mark = document.mark(connection, Mark())  # first: so that what changes while the rest is read is noticed
    _check(connection, settings, wish, now)
    chosen = [one for one in choose(connection, wish.session_id, wish.selection) if concern(wish.checks, one.role)]
    return Foreseen(chosen, _predict(connection, settings, wish, chosen, now), mark)


def make(engine: Engine, settings: Settings, wish: Wish, by: str, now: int) -> int:
    """Make a planned campaign with its prediction, and return its id; raises ProvisioningError."""
    with engine.connect() as connection:
        prediction = foresee(connection, settings, wish, now).prediction
    with writing(engine) as connection:
        name = read_name(wish.name, "Tên đợt", "The dry run's name")
        return campaigns.add(connection, {**wish._asdict(), "name": name, "prediction": prediction}, by, now)


def act(engine: Engine, settings: Settings, campaign_id: int, what: str, by: str, now: int) -> Campaign:
    """Start, pause, resume or stop a campaign and return it as it stands then; raises CampaignError."""
    if what == "start":
        return _start(engine, settings, campaign_id, by, now)
    with engine.connect() as connection:
        found = _find(connection, campaign_id, what)
        left = results.reasons(connection, found, "stopped") if what == "stop" else {}
    with writing(engine) as connection:
        campaigns.hold(connection)
        found = _find(connection, campaign_id, what)
        results.close(connection, found, left, now)
        campaigns.change(connection, found.id, what, _changed(found, what, now), by, now)
        return campaigns.get(connection, found.id)


def remove(engine: Engine, campaign_id: int, by: str, now: int) -> None:
    """Remove a campaign that was made by mistake and has not begun; raises CampaignError."""
    with writing(engine) as connection:
        campaigns.hold(connection)
        campaigns.remove(connection, _find(connection, campaign_id, "remove"), by, now)


def _changed(found: Campaign, what: str, now: int) -> dict[str, Any]:
    if what == "pause":
        return {"state": "paused", "paused_at": now}
    unpaused = {"paused_at": None, "paused_us": found.paused_us + now - (found.paused_at or now)}
    return {"state": "running", **unpaused} if what == "resume" else {"state": "stopped", "ended_at": now, **unpaused}


def _start(engine: Engine, settings: Settings, campaign_id: int, by: str, now: int) -> Campaign:
    """Choose and predict anew, as the roster may have changed since it was made, and begin.

    A country is read for seconds, and nobody waits for that, unless it changes faster than it can be read.
    """
    for _ in range(_TRIES):
        with engine.connect() as connection:
            foreseen = _foresee_start(connection, settings, campaign_id, now)
        with writing(engine) as connection:
            campaigns.hold(connection)
            if document.mark(connection, foreseen.mark).relevant == foreseen.mark.relevant:
                return _begin(connection, campaign_id, foreseen, by, now)
    with writing(engine) as connection:
        campaigns.hold(connection)
        return _begin(connection, campaign_id, _foresee_start(connection, settings, campaign_id, now), by, now)


def _foresee_start(connection: Connection, settings: Settings, campaign_id: int, now: int) -> Foreseen:
    found = _find(connection, campaign_id, "start")
    if now < found.opens_at:
        opens = moments.tell(found.opens_at)
        raise CampaignError(
            f"Khung giờ của đợt này mở lúc {opens}: chờ đến lúc ấy, hoặc tạo đợt mới.",
            f"The window of this dry run opens at {opens}: wait until then, or make another one.",
        )
    other = campaigns.going_on(connection)
    if other is not None:
        raise CampaignError(
            f'Đợt {other.id} "{other.name}" chưa kết thúc: dừng đợt ấy trước, hoặc chờ nó xong.',
            f'Dry run {other.id} "{other.name}" goes on: stop it first, or wait for its end.',
        )
    return foresee(connection, settings, Wish(*(getattr(found, name) for name in Wish._fields)), now)


def _begin(connection: Connection, campaign_id: int, foreseen: Foreseen, by: str, now: int) -> Campaign:
    numbers = {told.wave: number for number, told in enumerate(foreseen.prediction.waves)}
    campaigns.put_sites(connection, campaign_id, {one.site_id: numbers[_wave(one)] for one in foreseen.chosen})
    values = {"state": "running", "started_at": now, "prediction": foreseen.prediction}
    campaigns.change(connection, campaign_id, "start", values, by, now)
    return campaigns.get(connection, campaign_id)


def _find(connection: Connection, campaign_id: int, what: str) -> Campaign:
    """Return a campaign that this may be done with; raises CampaignError."""
    found = campaigns.get(connection, campaign_id)
    check_act(found, what)
    return found


def _check(connection: Connection, settings: Settings, wish: Wish, now: int) -> None:
    if not wish.checks or not set(wish.checks) <= set(BY_NAME):
        known = ", ".join(BY_NAME)
        raise CampaignError(f"Chọn nội dung kiểm tra trong: {known}.", f"Choose checks among: {known}.")
    if wish.closes_at <= wish.opens_at:
        begins, ends = moments.tell(wish.opens_at), moments.tell(wish.closes_at)
        raise CampaignError(
            f"Giờ kết thúc ({ends}) phải sau giờ bắt đầu ({begins}): nếu sang ngày hôm sau thì ghi cả ngày.",
            f"The window must end after it begins: {ends} is not after {begins}. For the next day, tell the date too.",
        )
    if wish.closes_at <= now:
        raise CampaignError(
            "Khung giờ của đợt này đã qua: hãy tạo đợt mới.", "The window of this dry run is over: make another one."
        )
    if wish.is_elsewhere and len(settings.probed) < 2:
        raise CampaignError(
            "Chỉ có một máy chủ đo: thêm máy chủ thứ hai vào probe_servers rồi mới đo đối chứng được.",
            "There is only one probe server: a second opinion needs another one in probe_servers.",
        )
    if wish.selection.not_carried_in is not None:
        campaigns.get(connection, wish.selection.not_carried_in)
    unknown = ", ".join(unknown_codes(connection, wish.selection))
    if unknown:
        raise CampaignError(
            f"Không có đơn vị hay điểm cầu nào mang mã {unknown}. Mã đơn vị: diemcau-provision units list",
            f"No unit or site has the code {unknown}. Codes of units: diemcau-provision units list",
        )


def _predict(connection: Connection, settings: Settings, wish: Wish, chosen: list[Chosen], now: int) -> Prediction:
    if not chosen:
        raise CampaignError(
            "Không có điểm cầu nào khớp lựa chọn: bớt điều kiện, hoặc chọn buổi khác.",
            "No site fits what was chosen: ask for less, or choose another session.",
        )
    known = document.build(connection, 0, now)
    limits = caps(settings, known)
    starts_at = max(now, wish.opens_at)
    told = openings.of_sites(connection, [one.site_id for one in chosen], wish, starts_at)
    closed = {site_id: found.reason for site_id, found in told.items() if not found.spans}
    lacks = {one.site_id: _lacks(one, wish.checks, closed.get(one.site_id, "")) for one in chosen}
    open_ones = [one for one in chosen if one.site_id not in closed] if ask_devices(wish.checks) else []
    opens = (told[one.site_id].spans[0][0] for one in open_ones if not lacks[one.site_id])
    tests = [Test(device.name, _wave(one)) for one in open_ones for device in one.devices]
    return predict(
        known,
        [test for test in tests if test.device in known.devices],
        [(server, limits) for server in probe_servers(settings)],
        slots.costs(connection),
        left=Counter(why for why in lacks.values() if why),
        sites=Counter(map(_wave, chosen)),
        has_line="line" in wish.checks,
        is_elsewhere=wish.is_elsewhere,
        later=[at for at in opens if at > starts_at],
    )


def _wave(one: Chosen) -> int:
    return wave_of(one.role, is_hard_to_reach=one.is_hard_to_reach)


def _lacks(one: Chosen, checks: Collection[str], closed: str) -> str:
    """Return why a site will have no result as things stand, `closed`: all the while; empty: it will."""
    if not ask_devices(checks):
        return ""
    if not one.own:
        return "not_enrolled"
    if closed:
        return closed
    if not any(device.is_connected for device in one.own):
        return "off"
    return "needs_consent" if one.needs_consent else ""
