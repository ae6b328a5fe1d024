"""A campaign from its wish to its end, on both databases."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import suppress
from typing import Any

import pytest
from sqlalchemy import select, update

from collector.dryrun import conduct
from collector.dryrun.campaign import LATE_S, LINGERS_US, CampaignError, told_to_devices
from collector.dryrun.prediction import FIRST_TOLD_S
from collector.intake.sweep import sweep
from collector.judge.load import load_policy
from collector.judge.policy import SEED
from collector.probe_server.journal import News
from collector.store import campaigns, slots
from collector.store.intake import campaigns as results
from collector.store.leaving import leave
from collector.store.queries import document
from collector.store.queries.campaigns import count_open
from collector.store.scope import country as whole
from collector.store.tables import campaign_site
from provisioning import audit
from provisioning.store.engine import record_changes, writing
from provisioning.store.tables import change, site
from tests.collector.dryrun.conftest import line_test, take

POLICY = load_policy(SEED.read_text(encoding="utf-8"))
S = 1_000_000
HOUR = 3600 * S


def test_what_it_will_take_and_leave_is_told_before_and_stored(conductor, four) -> None:
    found = conductor.find(conductor.make("equipment", "line"))
    told = found.prediction
    assert (told.sites, told.tests, told.left, found.state) == (4, 3, {"not_enrolled": 1}, "planned")
    assert [(wave.wave, wave.sites) for wave in told.waves] == [(0, 1), (1, 1), (2, 2)]
    assert told.duration_s > 0
    assert told.moved_bytes > 1e6
    assert told.waves[0].opens_s == FIRST_TOLD_S
    assert FIRST_TOLD_S + told.spread_s <= told.waves[1].opens_s <= told.waves[2].opens_s


def test_sites_are_chosen_by_what_is_asked_of_them(conductor, four) -> None:
    def sites(**chosen: Any) -> int:
        return conductor.find(conductor.make("line", **chosen)).prediction.sites

    assert sites(roles=("interactive",)) == 1
    assert sites(sites=("Shard", "Splain")) == 2
    assert sites(units=("01",), roles=("view",)) == 3
    with pytest.raises(CampaignError, match="Không có điểm cầu"):
        sites(media=("room",))
    for mistyped in ({"units": ("01", "99")}, {"sites": ("Splain", "99")}):
        with pytest.raises(CampaignError, match="mang mã 99"):
            sites(**mistyped)


@pytest.mark.parametrize(
    "wrong",
    [{"closes_at": 0}, {"opens_at": 0, "closes_at": 1}, {"is_elsewhere": True}, {"not_carried_in": 99}],
    ids=["window", "over", "elsewhere", "retest"],
)
def test_what_cannot_be_is_refused_in_words(conductor, four, wrong) -> None:
    with pytest.raises(CampaignError):
        conductor.make("line", **wrong)
    with pytest.raises(CampaignError):
        conductor.make("swimming")


def test_devices_and_probe_servers_are_told_while_it_goes_on(conductor, country, four, now) -> None:
    def waves(at: int) -> dict[str, int | None]:
        with country.engine.connect() as connection:
            built = document.build(connection, 1, at)
            return {name: client.wave for name, client in built.devices.items() if built.dry_run is not None}

    assert waves(now) == {}
    found = conductor.start("equipment", "line", sites=("Sspeaks", "Shard"))
    spread_s = found.prediction.spread_s
    assert told_to_devices(found, now) is None  # the probe servers first
    told = told_to_devices(found, now + FIRST_TOLD_S * S)
    assert told == (found.code, ("equipment", "line"), spread_s, False)
    assert told_to_devices(found, now + (FIRST_TOLD_S + spread_s) * S - 1) == told
    late = told_to_devices(found, now + (FIRST_TOLD_S + spread_s) * S)
    assert late is not None
    assert late.spread_s == min(LATE_S, spread_s)
    assert waves(now) == {four["speaks"].name: 0, four["hard"].name: 1, four["plain"].name: None}
    assert told_to_devices(conductor.act(found.id, "pause", 10 * S), now + 10 * S) is None
    resumed = conductor.act(found.id, "resume", 70 * S)
    assert (resumed.began_at, resumed.started_at) == (now + 60 * S, now)
    assert told_to_devices(resumed, now + 70 * S) is not None
    assert conductor.act(found.id, "pause", 75 * S).ran_us(now + 79 * S) == 15 * S
    stopped = conductor.act(found.id, "stop", 80 * S)
    assert stopped.ran_us(now + 99 * S) == 15 * S  # both pauses are left out
    assert told_to_devices(stopped, now + 80 * S) is None
    assert set(waves(now + 80 * S).values()) == {0, 1, None}
    assert waves(now + 2 * HOUR) == {}


def test_what_was_stopped_is_in_force_no_more_once_another_has_begun(conductor, country, four, now) -> None:
    def told(after_us: int) -> tuple[str, int] | None:
        with country.engine.connect() as connection:
            dry_run = document.build(connection, 1, now + after_us).dry_run
        return dry_run and (dry_run.state, dry_run.until_at)

    first = conductor.start("line", sites=("Splain",))
    assert told(S) == ("running", now + 2 * HOUR)
    conductor.act(first.id, "stop", 10 * S)
    assert told(11 * S) == ("stopped", now + 10 * S + LINGERS_US)
    again = conductor.act(conductor.make("line", not_carried_in=first.id), "start", 20 * S)
    take(country, line_test(four["plain"], 1, now + 30 * S), at=now + 30 * S)
    sweep(country.engine, POLICY, now + 31 * S)
    assert conductor.find(again.id).state == "ended"
    assert told(32 * S) is None


def test_only_what_is_possible_can_be_done_and_one_goes_on_at_a_time(conductor, four) -> None:
    first, second = conductor.make(), conductor.make()
    for act in ("pause", "resume", "stop"):
        with pytest.raises(CampaignError):
            conductor.act(first, act)
    conductor.act(first, "start")
    with pytest.raises(CampaignError, match="chưa kết thúc"):
        conductor.act(second, "start")
    conductor.act(first, "stop")
    with pytest.raises(CampaignError, match="đã qua"):
        conductor.act(second, "start", 2 * HOUR)
    with pytest.raises(CampaignError, match="Không có đợt"):
        conductor.act(99, "start")
    conductor.act(second, "start")
    conductor.act(second, "stop")
    with pytest.raises(CampaignError, match="chờ đến lúc ấy"):
        conductor.act(conductor.make(opens_at=conductor.now + HOUR), "start", HOUR - 1)


def test_others_write_while_it_is_foreseen_and_what_they_change_is_foreseen_anew(
    conductor, country, four, monkeypatch
) -> None:
    planned, foretold = conductor.make(), []

    def predict(*told: Any, **more: Any) -> Any:
        foretold.append(told)
        if len(foretold) <= 3:  # a writer that waited for us would wait for ever
            country.site(f"new{len(foretold)}")
            with writing(country.engine) as connection:
                record_changes(connection, [("site", 1)])
        return original(*told, **more)

    original = conduct.predict
    monkeypatch.setattr(conduct, "predict", predict)
    started = conductor.act(planned, "start")
    assert len(foretold) == 4  # three times in vain, and then all others waited
    assert started.prediction.sites == 7
    assert sum(conductor.counts(planned).values()) == 7


def test_nobody_waits_while_one_is_made(conductor, country, four, monkeypatch) -> None:
    def predict(*told: Any, **more: Any) -> Any:
        country.site("new")
        return original(*told, **more)

    original = conduct.predict
    monkeypatch.setattr(conduct, "predict", predict)
    assert conductor.find(conductor.make()).prediction.sites == 4


def test_of_two_that_begin_at_once_one_does(conductor, four, monkeypatch) -> None:
    def predict(*told: Any, **more: Any) -> Any:
        with suppress(threading.BrokenBarrierError):
            both.wait(10)
        both.abort()  # from now on nobody waits
        return original(*told, **more)

    def start(campaign_id: int) -> bool:
        try:
            return conductor.act(campaign_id, "start").state == "running"
        except CampaignError:
            return False

    planned = [conductor.make(), conductor.make()]
    original, both = conduct.predict, threading.Barrier(2)
    monkeypatch.setattr(conduct, "predict", predict)
    with ThreadPoolExecutor() as pool:
        assert sorted(pool.map(start, planned)) == [False, True]
    assert sorted(conductor.find(one).state for one in planned) == ["planned", "running"]


def test_what_is_stopped_while_others_look_stays_so_and_no_site_of_it_is_open_again(
    conductor, country, four, now
) -> None:
    """Both come while the stop is not committed yet, and wait for it."""
    found = conductor.start("line", sites=("Splain",))
    plain = four["plain"]
    failing = plain.report(1, plain.body(fails=("line",)), at=now + S)
    with ThreadPoolExecutor() as pool:
        with writing(country.engine) as connection:
            campaigns.hold(connection)
            results.close(connection, found, results.reasons(connection, found, "stopped"), now)
            campaigns.change(connection, found.id, "stop", {"state": "stopped", "ended_at": now + S}, "noc", now)
            others = [
                pool.submit(take, country, failing, at=now + S),
                pool.submit(sweep, country.engine, POLICY, now + 2 * HOUR),
            ]
            wait(others, 0.3)
        for one in others:
            one.result(20)
    assert conductor.find(found.id).state == "stopped"
    assert conductor.counts(found.id) == {("not_done", "stopped"): 1}


def test_every_act_is_audited_and_told(conductor, country, four) -> None:
    found = conductor.start()
    for act in ("pause", "resume", "stop"):
        conductor.act(found.id, act)
    with country.engine.connect() as connection:
        kinds = [row.kind for row in connection.execute(select(change.c.kind)) if row.kind == "campaign"]
        assert len(kinds) == 5
        assert audit.verify(connection).rows >= 5


def test_results_are_counted_as_they_come_and_it_ends_when_all_are_in(conductor, country, four, now) -> None:
    found = conductor.start("line", sites=("Sspeaks", "Shard", "Splain"))
    take(country, line_test(four["speaks"], 1, now + 60 * S), at=now + 60 * S)
    take(country, line_test(four["hard"], 1, now + 61 * S, "fails"), at=now + 61 * S)
    assert conductor.counts(found.id) == {("carries", ""): 1, ("fails", "download"): 1, ("", ""): 1}
    sweep(country.engine, POLICY, now + 62 * S)
    assert conductor.find(found.id).state == "running"
    take(country, line_test(four["plain"], 1, now + 63 * S, "carries", "unsure"), at=now + 63 * S)
    sweep(country.engine, POLICY, now + 64 * S)
    assert conductor.find(found.id).state == "ended"
    assert sum(conductor.counts(found.id).values()) == 3


def test_a_test_of_before_the_start_is_no_result_and_one_that_comes_late_is(conductor, country, four, now) -> None:
    plain = four["plain"]
    take(country, line_test(plain, 1, now - 5 * S), at=now - 5 * S)
    found = conductor.start("line", sites=("Splain",))
    assert conductor.counts(found.id) == {("", ""): 1}
    conductor.act(found.id, "stop", 60 * S)
    assert conductor.counts(found.id) == {("not_done", "stopped"): 1}
    take(country, line_test(plain, 2, now + 600 * S), at=now + 600 * S)
    assert conductor.counts(found.id) == {("not_done", "stopped"): 1}
    take(country, line_test(plain, 3, now + 65 * S, age_ms=9_000), at=now + 65 * S)
    assert conductor.counts(found.id) == {("carries", ""): 1}


def test_at_the_end_of_the_window_every_site_has_a_result_or_a_reason(conductor, country, four, now) -> None:
    found = conductor.start("equipment", "line")
    plain = four["plain"]
    take(country, plain.report(1, plain.body(fails=("line",)), at=now + 60 * S), at=now + 60 * S)
    take(country, four["hard"].presence("stopped", at=now + 70 * S), at=now + 70 * S)
    with writing(country.engine) as connection:
        leave(connection, country.session_id, ["Sspeaks"], "noc", now)
    sweep(country.engine, POLICY, now + 2 * HOUR)
    assert conductor.find(found.id).state == "ended"
    assert conductor.counts(found.id) == {
        ("not_done", "left_roster"): 1,
        ("not_done", "off"): 1,
        ("not_done", "timeout"): 1,
        ("not_done", "not_enrolled"): 1,
    }


def test_what_holds_up_a_site_is_told_before_and_meanwhile_as_in_the_end(conductor, country, four, now) -> None:
    def still_open(found: Any) -> dict[str, int]:
        with country.engine.connect() as connection:
            return count_open(whole(connection), found)

    with writing(country.engine) as connection:
        shut = update(site).where(site.c.name.in_(["speaks", "bare"]))
        connection.execute(shut.values(hours="T4 10:00-11:00"))  # it is a Tuesday
    rehearsal = conductor.start("rehearsal")
    assert (rehearsal.prediction.left, still_open(rehearsal)) == ({}, {"not_rehearsed": 1})
    conductor.act(rehearsal.id, "stop")
    found = conductor.start("line")
    assert found.prediction.left == {"outside_hours": 1, "not_enrolled": 1}
    with writing(country.engine) as connection:
        leave(connection, country.session_id, ["Splain"], "noc", now)
    assert still_open(found) == {"": 2, "left_roster": 1, "not_enrolled": 1}
    conductor.act(found.id, "stop")
    assert conductor.counts(found.id) == {
        ("not_done", why): 1 for why in ("left_roster", "not_enrolled", "outside_hours", "stopped")
    }


def test_a_rehearsal_asks_for_no_machine_and_says_who_was_not_rehearsed(conductor, country, four) -> None:
    found = conductor.start("rehearsal")  # which is of the site that speaks, and of no other
    assert (found.prediction.sites, found.prediction.tests, found.prediction.left) == (1, 0, {})
    conductor.act(found.id, "stop")
    assert conductor.counts(found.id) == {("not_done", "not_rehearsed"): 1}
    with pytest.raises(CampaignError, match="Không có điểm cầu"):
        conductor.make("rehearsal", roles=("view",))


def test_what_did_not_carry_is_tested_again_in_a_campaign_of_its_own(conductor, country, four, now) -> None:
    found = conductor.start("line", sites=("Sspeaks", "Shard", "Splain"))
    take(country, line_test(four["speaks"], 1, now + S), line_test(four["hard"], 1, now + S, "fails"), at=now + S)
    conductor.act(found.id, "stop", 2 * S)
    again = conductor.act(conductor.make("line", not_carried_in=found.id), "start", 3 * S)
    with country.engine.connect() as connection:
        codes = select(site.c.code).join(campaign_site, campaign_site.c.site_id == site.c.id)
        chosen = connection.scalars(codes.where(campaign_site.c.campaign_id == again.id))
        assert set(chosen) == {"Shard", "Splain"}


def test_a_second_opinion_is_asked_of_another_probe_server(conductor, four, two_servers, now) -> None:
    two_servers()
    found = conductor.start("line")
    conductor.act(found.id, "stop")
    other = conductor.start("line", is_elsewhere=True)
    told = told_to_devices(other, now + FIRST_TOLD_S * S)
    assert told is not None
    assert told.is_elsewhere
    by_name = [{one.name: one.tests for one in each.prediction.servers} for each in (found, other)]
    names = ("a.example.vn:1", "b.example.vn:2")
    assert [by_name[0].get(name, 0) for name in names] == [by_name[1].get(name, 0) for name in reversed(names)]


def test_a_site_is_tested_while_it_is_open_and_no_session_runs_unless_that_is_overridden(
    conductor, country, four, now
) -> None:
    with writing(country.engine) as connection:
        closed = update(site).where(site.c.name == "plain")
        connection.execute(closed.values(hours="T2-CN 10:00-11:00"))  # it is 08:00, and a Tuesday
        connection.execute(update(site).where(site.c.name == "hard").values(hours="T4 10:00-11:00"))

    def spans(found: Any) -> dict[str, Any]:
        with country.engine.connect() as connection:
            built = document.build(connection, 1, now)
        assert built.dry_run is not None
        return {
            name: None if client.openings is None else built.dry_run.openings[client.openings]
            for name, client in built.devices.items()
        }

    found = conductor.start("line", closes_at=now + 4 * HOUR)
    assert found.prediction.left == {"outside_hours": 1, "not_enrolled": 1}
    assert found.prediction.tests == 2
    assert (found.prediction.later_sites, found.prediction.later_at) == (1, now + 2 * HOUR)
    assert spans(found) == {
        four["speaks"].name: None,
        four["plain"].name: ((now + 2 * HOUR, now + 3 * HOUR),),
        four["hard"].name: (),
    }
    conductor.act(found.id, "stop")
    assert conductor.counts(found.id)[("not_done", "outside_hours")] == 1
    at_any_hour = conductor.start("line", closes_at=now + 4 * HOUR, is_any_hour=True)
    assert at_any_hour.prediction.tests == 3
    assert at_any_hour.prediction.later_at is None
    assert set(spans(at_any_hour).values()) == {None}
    conductor.act(at_any_hour.id, "stop")
    during = conductor.start("line", opens_at=now, closes_at=now + 13 * HOUR, is_any_hour=True)  # a session at 12
    assert set(spans(during).values()) == {((now, now + 12 * HOUR),)}


def test_what_tests_have_cost_is_learned_from_those_that_moved_something(conductor, country, four, now) -> None:
    before = conductor.find(conductor.make()).prediction
    need = conductor.need_class(four["plain"].name)

    def news(number: int, moved: int, **changed: Any) -> News:
        told = {"device": four["plain"].name, "purpose": "schedule", "state": "ended", "at_us": now, "ending": "told"}
        cost = {"sent_bytes": moved, "need_class": need, "held_us": 5 * S, "work_bits": 200_000_000}
        return News.model_validate({"id": f"{number:022}", **told, **cost, **changed})

    with writing(country.engine) as connection:
        silent = [news(n, 0) for n in range(100, 140)]
        broken_off = [news(n, 10**9, ending="stopped") for n in range(200, 240)]
        slots.take(connection, [*silent, *broken_off, *(news(n, 1_000_000) for n in range(40))], now)
    told = conductor.find(conductor.make(roles=("view",))).prediction
    assert (before.is_known, told.is_known) == (False, True)
    assert told.moved_bytes == 2 * 1_000_000


def test_a_spare_tests_its_line_too_and_is_predicted_but_stands_for_no_site(conductor, country, four) -> None:
    alone = conductor.start("line", sites=("Sspeaks",))
    conductor.act(alone.id, "stop")
    country.device("d-000spare", "speaks", is_spare=True)
    country.device("d-0000bare", "bare", is_spare=True)
    both = conductor.start("line", sites=("Sspeaks", "Sbare"))
    assert (alone.prediction.tests, both.prediction.tests) == (1, 3)
    assert both.prediction.left == {"not_enrolled": 1}
    take(country, line_test(four["speaks"], 1, conductor.now + S), at=conductor.now + S)
    with country.engine.connect() as connection:
        devices = document.build(connection, 1, conductor.now + S).devices
    assert (devices[four["speaks"].name].wave, devices["d-000spare"].wave) == (None, 0)  # its own test is yet to come
