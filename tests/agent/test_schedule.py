from __future__ import annotations

from itertools import pairwise

from agent.probes import PROBES
from agent.schedule import LIGHT, LINE, ON_DEMAND, Schedule, loads_line
from contract import wire


def rounds(schedule, seconds, step=10):
    taken = []
    for now_s in range(1000, 1000 + seconds, step):
        due = schedule.take_round(now_s)
        if due is not None:
            taken.append((now_s, due))
    return taken


def test_the_first_round_is_everything_at_once_and_the_rest_follow_their_periods():
    taken = rounds(Schedule("dev-00000001", 60, 3600, 43_200), 86_400 * 2)
    assert taken[0] == (1000, ("start", ()))
    assert {due.occasion for _, due in taken[1:]} == {"schedule"}
    light = [now_s for now_s, due in taken[1:] if set(LIGHT) <= set(due.probes)]
    line = [now_s for now_s, due in taken[1:] if set(LINE) <= set(due.probes)]
    assert len(light) in (47, 48)
    assert len(line) in (3, 4)
    assert {after - before for before, after in pairwise(light)} <= {3600}


def test_a_start_before_the_line_may_be_loaded_leaves_it_out_and_does_not_put_it_off():
    for line_from_s in (1000.0 + 100, 1000.0 + 43_200):
        taken = rounds(Schedule("dev-00000001", 60, 3600, 43_200, line_from_s), 86_400)
        assert taken[0] == (1000, ("start", LIGHT))
        first = next(now_s for now_s, due in taken if set(LINE) <= set(due.probes))
        assert first <= line_from_s + 10


def test_a_line_that_may_be_loaded_again_is_part_of_the_start():
    assert Schedule("dev-00000001", 60, 3600, 43_200, 1000.0).take_round(1000.0) == ("start", ())


def test_a_line_that_could_not_be_measured_is_tried_again_within_a_light_period():
    schedule = Schedule("dev-00000001", 60, 3600, 43_200)
    schedule.take_round(1000.0)
    schedule.line_failed(1010.0)
    due = [now_s for now_s in range(1010, 4700, 10) if set(LINE) <= set((schedule.take_round(now_s) or ("", ()))[1])]
    assert due == [4610]


def test_each_probe_is_either_light_or_loads_the_line_or_is_for_a_person_alone():
    assert sorted((*LIGHT, *LINE)) == sorted(probe.name for probe in PROBES if not probe.is_on_demand)
    assert tuple(probe.name for probe in PROBES if probe.is_on_demand) == ON_DEMAND
    assert [loads_line(probes) for probes in ((), LIGHT, LINE, (*LIGHT, *LINE))] == [True, False, True, True]


def test_a_round_never_asks_for_nothing():
    assert all(due.probes for _, due in rounds(Schedule("dev-00000001", 60, 3600, 7200), 86_400)[1:])


def test_devices_started_together_spread_over_the_whole_period():
    minutes = set()
    for number in range(300):
        schedule = Schedule(f"dev-{number:08}", 60, 3600, 43_200)
        schedule.take_round(0.0)
        minutes.add(next(now // 60 for now in range(0, 3700, 10) if schedule.take_round(now)))
    assert len(minutes) > 50


def test_ticks_that_were_missed_are_not_made_up_for():
    schedule = Schedule("dev-00000001", 60, 3600, 43_200)
    assert schedule.take_tick(10_000.0)
    assert not schedule.take_tick(10_000.0)
    assert schedule.take_tick(10_060.0)


def test_a_hastened_tick_is_due_at_once_and_only_once():
    schedule = Schedule("dev-00000001", 60, 3600, 43_200)
    schedule.take_tick(10_000.0)
    schedule.hasten_tick()
    assert schedule.take_tick(10_000.1)
    assert not schedule.take_tick(10_000.2)


def test_changed_periods_hold_from_now_on():
    schedule = Schedule("dev-00000001", 60, 3600, 43_200)
    schedule.take_round(1000.0)
    schedule.change_periods(10, 20, 43_200, 1000.0)
    assert schedule.take_round(1020.0) == ("schedule", LIGHT)
    assert schedule.take_round(1020.0) is None


def test_nothing_is_due_before_the_time_that_it_tells():
    schedule = Schedule("dev-00000001", 60, 3600, 43_200)
    schedule.take_round(1000.0)
    schedule.take_tick(1000.0)
    wait_s = schedule.due_in_s(1000.0)
    assert 0 < wait_s <= 60
    assert not schedule.take_tick(1000.0 + wait_s - 0.001)
    assert schedule.take_tick(1000.0 + wait_s)


def test_what_is_due_already_waits_for_nothing():
    schedule = Schedule("dev-00000001", 60, 3600, 43_200)
    schedule.take_tick(1000.0)
    schedule.hasten_tick()
    assert schedule.due_in_s(1000.0) == 0


def line_rounds(schedule, from_s, seconds):
    taken = ((now_s, schedule.take_round(now_s)) for now_s in range(from_s, from_s + seconds, 10))
    return [now_s for now_s, due in taken if due is not None and set(LINE) <= set(due.probes)]


def test_a_line_with_a_time_of_its_own_is_measured_then_and_by_its_period_after_that():
    schedule = Schedule("dev-00000001", 60, 3600, 43_200)
    schedule.take_round(1000.0)
    schedule.line_again(900.0, 1010.0)
    first, *others = line_rounds(schedule, 1010, 86_400)
    assert first == 1910
    assert len(others) in (1, 2)


def test_a_time_of_its_own_never_puts_the_line_off():
    schedule = Schedule("dev-00000001", 60, 3600, 7200)
    schedule.take_round(1000.0)
    schedule.line_again(86_400.0, 1010.0)
    assert line_rounds(schedule, 1010, 7300)


def rounds_of(schedule, dry_run, from_s, seconds):
    """Return when a schedule that hears of a dry run at `from_s` runs what, in steps of a second."""
    schedule.take_round(0.0)
    schedule.join(dry_run, from_s)
    taken = ((now_s, schedule.take_round(now_s)) for now_s in range(from_s, from_s + seconds))
    return [(now_s, due.probes) for now_s, due in taken if due is not None]


def test_a_dry_run_is_run_once_at_a_time_of_its_own_within_the_spread():
    times = set()
    for number in range(50):
        schedule = Schedule(f"dev-{number:08}", 60, 1e6, 1e6)
        found = rounds_of(schedule, wire.DryRun("d1", ("equipment", "line"), 200), 1000, 400)
        assert [probes for _, probes in found] == [(*LIGHT, "line", "path")]
        assert 1000 <= found[0][0] <= 1201
        times.add(found[0][0])
        assert not schedule.join(wire.DryRun("d1", ("line",), 0), 1500.0)
        assert schedule.take_round(1500.0) is None
    assert len(times) > 30


def test_a_dry_run_asks_for_its_own_checks_alone():
    assert (
        rounds_of(Schedule("dev-00000001", 60, 1e6, 1e6), wire.DryRun("d1", ("equipment",), 10), 10, 20)[0][1] == LIGHT
    )
    line = rounds_of(Schedule("dev-00000001", 60, 1e6, 1e6), wire.DryRun("d1", ("line",), 10), 10, 20)
    assert line[0][1] == ("line", "path")
    assert rounds_of(Schedule("dev-00000001", 60, 1e6, 1e6), wire.DryRun("d1", ("later-kind",), 10), 10, 20) == []


def test_a_machine_that_starts_into_a_dry_run_measures_its_line_even_where_it_just_did():
    schedule = Schedule("dev-00000001", 60, 1e6, 1e6, line_from_s=40_000.0)
    assert schedule.join(wire.DryRun("d1", ("line",), 30), 1000.0)
    assert schedule.take_round(1000.0) == ("start", LIGHT)
    found = [now_s for now_s in range(1000, 1040) if schedule.take_round(now_s)]
    assert len(found) == 1


def test_a_line_that_could_not_be_measured_in_a_dry_run_is_tried_again_soon_and_not_for_ever():
    schedule = Schedule("dev-00000001", 60, 3600, 1e6)
    schedule.take_round(0.0)
    schedule.join(wire.DryRun("d1", ("line",), 0), 10.0)
    now_s, waits_s = 10.0, []
    for _ in range(7):
        while not (due := schedule.take_round(now_s)) or not set(LINE) <= set(due.probes):
            now_s += 1.0
        schedule.line_failed(now_s)
        waits_s.append(schedule._line_at_s - now_s)
    assert all(60 <= wait_s <= 120 for wait_s in waits_s[:5])
    assert all(wait_s > 1000 for wait_s in waits_s[5:])
