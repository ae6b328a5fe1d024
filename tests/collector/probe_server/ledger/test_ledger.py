"""Who is granted a slot, who is given a time, and what becomes of both."""

import pytest

from collector.probe_server.ledger.accounts import CAMPAIGN, Caps
from collector.probe_server.ledger.leases import LEASE_S, MOST_SLOT_S
from collector.probe_server.ledger.ledger import (
    GRACE_S,
    GUESS_S,
    HOLD_S,
    MOST_REBOOKED,
    MOST_RETURN_S,
    REBOOK_S,
    Ledger,
)
from collector.probe_server.ledger.terms import Ask, Booked, Granted, Group, Stopped, TooNarrowError, Waiting

MBIT = 1_000_000


def devices(slots):
    return [slot.ask.device for slot in slots]


def fill(ledger, ask, now_s=0.0):
    """Take all that is open to a campaign."""
    return [ledger.ask(ask(number), now_s).slot for number in (9001, 9002)]


def run(ledger, slot, now_s):
    """Hold a slot for as long as it is expected to be held."""
    assert ledger.end(slot.number, now_s, 5_000_000)


def test_a_device_is_granted_a_slot_when_there_is_room(ledger, ask):
    answer = ledger.ask(ask(1), 0.0)
    assert isinstance(answer, Granted)
    assert answer.slot.peak_bps == 60 * MBIT


def test_whose_time_is_near_waits_and_is_served_when_a_slot_ends(ledger, ask):
    first, _ = fill(ledger, ask)
    assert ledger.ask(ask(1), 1.0) == Waiting(1.0 + HOLD_S)
    assert ledger.take_ready(2.0) == []
    ledger.end(first.number, 3.0)
    assert devices(ledger.take_ready(3.0)) == ["device-0001"]
    assert ledger.take_ready(3.0) == []


def test_those_who_wait_are_served_in_the_order_of_their_asks(ledger, ask):
    held = fill(ledger, ask)
    for number in range(1, 5):
        ledger.ask(ask(number), number / 10)
    served = []
    for slot in held:
        ledger.end(slot.number, 5.0)
        served += devices(ledger.take_ready(5.0))
    for slot in [ledger.ask(ask(number), 6.0).slot for number in (1, 2)]:
        ledger.end(slot.number, 7.0)
        served += devices(ledger.take_ready(7.0))
    assert served == ["device-0001", "device-0002", "device-0003", "device-0004"]


def test_who_cannot_be_served_soon_is_given_a_time_and_later_asks_later_ones(ledger, ask):
    fill(ledger, ask)
    answers = [ledger.ask(ask(number), 0.0) for number in range(60)]
    times_s = [answer.at_s for answer in answers if isinstance(answer, Booked)]
    assert all(isinstance(answer, Waiting | Booked) for answer in answers)
    assert len(times_s) > 20
    assert times_s == sorted(times_s)


def test_booked_times_are_about_as_far_apart_as_slots_take(ledger, ask):
    fill(ledger, ask)
    last = [ledger.ask(ask(number), 0.0) for number in range(200)][-1]
    work_s = 200 * (2 * 60 + 8 * 9) / 130  # of all of them, at the rate that is open to a campaign
    assert 0.8 * work_s < last.at_s < 1.5 * work_s


def test_a_device_that_asks_again_has_its_own_slot_back(ledger, ask):
    granted = ledger.ask(ask(1), 0.0)
    assert ledger.ask(ask(1), 5.0) == granted
    assert ledger.figures().slots == (1, 0)


def test_a_device_that_asks_again_has_its_own_booking_back(ledger, ask):
    fill(ledger, ask)
    booked = [ledger.ask(ask(number), 0.0) for number in range(60)]
    assert [ledger.ask(ask(number), 0.0) for number in range(60)] == booked


def test_who_comes_at_its_time_is_served_before_a_newcomer(ledger, ask):
    held = fill(ledger, ask)
    booked = [ledger.ask(ask(number), 0.0) for number in range(60)][-1]
    for slot in held:
        ledger.renew(slot.number, 5.0)
    for at_s in range(10, int(booked.at_s) + 1, 5):
        for slot in held:
            assert ledger.renew(slot.number, float(at_s))
    assert isinstance(ledger.ask(ask(100), booked.at_s), Waiting | Booked)
    assert isinstance(ledger.ask(ask(59), booked.at_s), Waiting)
    ledger.end(held[0].number, booked.at_s)
    assert devices(ledger.take_ready(booked.at_s)) == ["device-0059"]


def test_whose_request_was_held_in_vain_keeps_its_turn_and_is_told_when_to_come(ledger, ask):
    held = fill(ledger, ask)
    ledger.ask(ask(1), 0.0)
    ledger.ask(ask(2), 1.0)
    for at_s in (9.0, 18.0):
        for slot in held:
            ledger.renew(slot.number, at_s)
    booked = ledger.leave("device-0001", 25.0)
    assert 25.0 < booked.at_s <= 25.0 + MOST_RETURN_S
    assert isinstance(ledger.ask(ask(1), booked.at_s - 1), Waiting | Granted)


def test_whose_turn_comes_as_its_request_is_let_go_has_its_slot(ledger, ask):
    fill(ledger, ask)
    ledger.ask(ask(1), 0.0)
    answer = ledger.leave("device-0001", LEASE_S)  # the two leases are over in this very moment
    assert isinstance(answer, Granted)
    assert ledger.take_ready(LEASE_S) == []


def test_a_device_that_is_unknown_has_nothing_to_leave(ledger):
    assert ledger.leave("device-0001", 0.0) is None


def test_a_slot_lives_as_long_as_it_is_renewed_but_not_for_ever(ledger, ask):
    slot = ledger.ask(ask(1), 0.0).slot
    at_s = 0.0
    while ledger.renew(slot.number, at_s):
        at_s += LEASE_S / 2
    assert at_s == MOST_SLOT_S
    assert ledger.expire(at_s) == [slot]


def test_a_crashed_holders_slot_is_free_within_twice_its_lease(ledger, ask):
    crashed, _ = fill(ledger, ask)
    ledger.renew(crashed.number, 4.0)
    ledger.ask(ask(1), 5.0)
    freed_s = 4.0 + LEASE_S
    assert crashed in ledger.expire(freed_s)
    assert "device-0001" in devices(ledger.take_ready(freed_s))
    assert not ledger.end(crashed.number, freed_s)


def test_a_booking_that_is_not_taken_up_frees_its_place(ledger, ask):
    fill(ledger, ask)
    booked = [ledger.ask(ask(number), 0.0) for number in range(60)][-1]
    for after_s in (0.0, MOST_RETURN_S + GRACE_S):  # those who waited are expected once more
        ledger.take_ready(booked.at_s + after_s + GRACE_S)
    figures = ledger.figures()
    assert figures.expired_bookings_total + figures.expired_slots_total == 62
    assert sum(figures.booked) + sum(figures.waiting) == 0


def test_a_lowered_peak_lets_the_next_one_in(ledger, ask):
    slots = fill(ledger, ask)
    ledger.ask(ask(1), 0.0)
    for slot in slots:
        assert ledger.lower(slot.number, 9 * MBIT, 2.0)
    assert devices(ledger.take_ready(2.0)) == ["device-0001"]


def test_a_peak_is_never_raised(ledger, ask):
    slot = ledger.ask(ask(1), 0.0).slot
    ledger.lower(slot.number, 9 * MBIT, 2.0)
    assert ledger.lower(slot.number, 50 * MBIT, 3.0)
    assert slot.peak_bps == 9 * MBIT


def test_a_person_at_the_site_is_served_at_once_while_a_campaign_takes_all_it_may(ledger, ask):
    fill(ledger, ask)
    for number in range(50):
        ledger.ask(ask(number), 0.0)
    assert isinstance(ledger.ask(ask(100, is_on_demand=True), 0.0), Granted)


def test_persons_take_the_whole_cap_while_no_campaign_waits(ledger, ask):
    answers = [ledger.ask(ask(number, is_on_demand=True), 0.0) for number in range(4)]
    assert [type(answer) for answer in answers] == [Granted, Granted, Granted, Waiting]


def test_a_campaign_that_waits_has_its_part_back_before_further_persons(ledger, ask):
    slots = [ledger.ask(ask(number, is_on_demand=True), 0.0).slot for number in range(3)]
    ledger.ask(ask(3, is_on_demand=True), 0.1)
    ledger.ask(ask(4), 0.2)
    ledger.end(slots[0].number, 1.0)
    assert devices(ledger.take_ready(1.0)) == ["device-0004"]


def test_an_on_demand_ask_takes_the_place_of_the_device_in_a_campaign(ledger, ask):
    fill(ledger, ask)
    [ledger.ask(ask(number), 0.0) for number in range(50)]
    assert isinstance(ledger.ask(ask(49, is_on_demand=True), 0.0), Granted)
    assert sum(ledger.figures().booked) + sum(ledger.figures().waiting) == 49


def test_a_run_that_the_server_limited_is_booked_again_before_newcomers(ledger, ask):
    limited, other = fill(ledger, ask)
    for number in range(60):
        ledger.ask(ask(number), 1.0)
    again = ledger.rebook(limited.number, 5.0)
    assert again.at_s <= 20.0
    ledger.take_ready(5.0)
    ledger.renew(other.number, 9.0)
    assert isinstance(ledger.ask(limited.ask, again.at_s), Waiting | Granted)
    ledger.end(other.number, again.at_s)
    assert isinstance(ledger.ask(limited.ask, again.at_s), Granted)


def test_runs_that_the_server_limits_again_and_again_come_before_newcomers_three_times_a_day(ledger, ask):
    slot, now_s = ledger.ask(ask(1), 0.0).slot, 0.0
    for _ in range(MOST_REBOOKED):
        again = ledger.rebook(slot.number, now_s)
        assert again.at_s == now_s + REBOOK_S
        now_s = again.at_s
        slot = ledger.ask(slot.ask, now_s).slot
    last = [ledger.ask(ask(number), now_s) for number in range(2, 60)][-1]
    assert ledger.rebook(slot.number, now_s).at_s > last.at_s
    tomorrow = ledger.ask(ask(1, is_on_demand=True), 90_000.0).slot
    assert ledger.rebook(tomorrow.number, 90_000.0).at_s == 90_000.0 + REBOOK_S


def test_when_stopped_no_run_comes_again(ledger, ask):
    slot = ledger.ask(ask(1), 0.0).slot
    ledger.stop(1.0)
    assert ledger.rebook(slot.number, 2.0) is None
    assert ledger.end(slot.number, 2.0)


def test_a_device_that_fell_silent_teaches_no_cost(ledger, ask):
    before = ledger.costs.of("tv", 60 * MBIT)
    ledger.ask(ask(1), 0.0)
    ledger.expire(LEASE_S)
    assert (ledger.costs.of("tv", 60 * MBIT), ledger.take_changes()) == (before, ({"device-0001": None}, []))


def test_a_test_that_was_broken_off_teaches_no_cost(ledger, ask):
    before = ledger.costs.of("tv", 60 * MBIT)
    slot = ledger.ask(ask(1), 0.0).slot
    assert ledger.end(slot.number, 1.0, is_whole=False)
    assert (ledger.costs.of("tv", 60 * MBIT), ledger.take_changes()) == (before, ({"device-0001": None}, []))


def test_higher_caps_count_at_once_for_those_who_wait_and_for_larger_tests(ledger, ask, caps):
    fill(ledger, ask)
    ledger.ask(ask(1), 0.0)
    ledger.change_caps(Caps(400 * MBIT, (400 * MBIT, 400 * MBIT), 120 * MBIT), 1.0)
    assert devices(ledger.take_ready(1.0)) == ["device-0001"]
    assert isinstance(ledger.ask(Ask("large-1", ("01", "001"), "tv", 120 * MBIT, True), 1.0), Granted)
    assert ledger.figures().capacity_bps == 400 * MBIT


def test_whose_test_fits_no_more_under_lower_caps_loses_its_place_and_holds_up_nobody(ledger, ask, caps):
    wide = Caps(400 * MBIT, (400 * MBIT, 400 * MBIT), 120 * MBIT)
    ledger.change_caps(wide, 0.0)
    held = [ledger.ask(ask(number), 0.0).slot for number in range(4)]
    large = Ask("large-1", ("01", "001"), "tv", 140 * MBIT)
    assert isinstance(ledger.ask(large, 1.0), Waiting)
    assert isinstance(ledger.ask(ask(5), 2.0), Waiting)
    ledger.change_caps(caps, 3.0)
    for slot in held:
        ledger.end(slot.number, 4.0)
    assert devices(ledger.take_ready(4.0)) == ["device-0005"]
    assert ledger.leave("large-1", 4.0) is None


def test_when_stopped_nothing_is_granted_and_whoever_waits_is_told(ledger, ask):
    fill(ledger, ask)
    ledger.ask(ask(1), 0.0)
    assert ledger.stop(1.0) == ["device-0001"]
    assert ledger.ask(ask(1), 15.0) == Stopped()
    assert ledger.ask(ask(2, is_on_demand=True), 15.0) == Stopped()
    ledger.resume()
    assert isinstance(ledger.ask(ask(1), 15.0), Granted)


def test_nobody_is_sent_far_away_while_it_is_not_known_what_a_slot_costs(caps, ask):
    ledger = Ledger(caps)
    fill(ledger, ask)
    answers = [ledger.ask(ask(number), 0.0) for number in range(500)]
    assert max(answer.at_s for answer in answers if isinstance(answer, Booked)) == GUESS_S


def test_a_booking_made_by_guess_is_made_anew_when_costs_are_known(caps, ask):
    ledger = Ledger(caps)
    held = fill(ledger, ask)
    for number in range(300):
        ledger.ask(ask(number), 0.0)
    for number in range(400, 440):
        at_s = 2.0 * (number - 400)
        for slot in held:
            ledger.renew(slot.number, at_s)
        person = ledger.ask(ask(number, "002", is_on_demand=True), at_s).slot
        ledger.end(person.number, at_s + 1.9)
    assert ledger.ask(ask(299), 80.0).at_s > 80.0 + GUESS_S


def test_a_test_that_no_cap_could_ever_hold_is_refused_in_words(ask):
    ledger = Ledger(Caps(1_000 * MBIT, (1_000 * MBIT, 100 * MBIT), 60 * MBIT))
    with pytest.raises(TooNarrowError, match="001: of its cap of 100000000 bit/s 40000000 are open to a campaign test"):
        ledger.ask(ask(1), 0.0)
    assert isinstance(ledger.ask(ask(1, is_on_demand=True), 0.0), Granted)


def test_a_full_district_holds_up_nobody_else(ask):
    ledger = Ledger(Caps(1_000 * MBIT, (1_000 * MBIT, 130 * MBIT), 60 * MBIT))
    ledger.ask(ask(1), 0.0)
    assert isinstance(ledger.ask(ask(2), 0.0), Waiting)
    assert isinstance(ledger.ask(ask(3, "002"), 0.0), Granted)


def test_a_large_test_is_not_overtaken_by_small_ones_for_ever(ledger, ask):
    """Those that would fit beside it wait behind it."""
    small = Ask("small-1", ("01", "001"), "small", 10 * MBIT)
    held = fill(ledger, ask)
    ledger.ask(ask(1), 0.0)
    assert isinstance(ledger.ask(small, 1.0), Waiting)  # 10 Mbit/s are free
    ledger.end(held[0].number, 2.0)
    assert devices(ledger.take_ready(2.0)) == ["device-0001", "small-1"]


def test_the_unit_with_most_left_for_its_cap_goes_first(ledger):
    """A province whose cap lets it do less at once has its sites served before those that asked sooner."""
    caps = Caps(250 * MBIT, (250 * MBIT, 250 * MBIT), 60 * MBIT, {"tight": 120 * MBIT})
    ledger = Ledger(caps, ledger.costs)
    ledger.announce([Group(("tight", "t1"), "tv", 60 * MBIT, 100), Group(("wide", "w1"), "tv", 60 * MBIT, 20)])
    held = [ledger.ask(Ask(f"wide-{n}", ("wide", "w1"), "tv", 60 * MBIT), 0.0).slot for n in range(3)]
    ledger.ask(Ask("wide-4", ("wide", "w1"), "tv", 60 * MBIT), 1.0)
    ledger.ask(Ask("tight-1", ("tight", "t1"), "tv", 60 * MBIT), 2.0)
    ledger.end(held[0].number, 3.0)
    assert devices(ledger.take_ready(3.0)) == ["tight-1"]


def test_a_run_that_comes_again_is_taken_off_those_that_are_yet_to_come_once(ledger, ask):
    part = ledger._accounts.server.parts[CAMPAIGN]
    ledger.announce([Group(ask(1).units, "tv", 60 * MBIT, 5)])
    announced_bits = part.left_bits
    slot = ledger.ask(ask(1), 0.0).slot
    ledger.rebook(slot.number, 1.0)
    assert part.left_bits == announced_bits  # four, and the one that comes again


def test_figures_count_what_there_is(ledger, ask):
    fill(ledger, ask)
    ledger.ask(ask(1), 0.0)
    ledger.ask(ask(2, is_on_demand=True), 0.0)
    figures = ledger.figures()
    assert figures.capacity_bps == 190 * MBIT
    assert figures.reserved_bps == (120 * MBIT, 60 * MBIT)
    assert (figures.slots, figures.waiting, figures.booked) == ((2, 1), (1, 0), (0, 0))
    assert figures.granted_total == (2, 1)


def test_time_that_goes_back_changes_nothing(ledger, ask):
    slot = ledger.ask(ask(1), 100.0).slot
    assert ledger.renew(slot.number, 50.0)
    assert slot.expires_s == 100.0 + LEASE_S
