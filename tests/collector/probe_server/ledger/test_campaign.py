"""A small campaign in virtual time: the same as benchmarks/campaign.py, on a server that suits it."""

import random

import pytest

from collector.probe_server.ledger.accounts import Caps
from collector.probe_server.ledger.leases import LEASE_S
from collector.probe_server.ledger.ledger import Ledger
from collector.probe_server.ledger.prediction import predict
from collector.probe_server.ledger.terms import Ask, Group

MBIT = 1_000_000
CAPS = Caps(2_000 * MBIT, (1_000 * MBIT, 600 * MBIT), 60 * MBIT)
UNITS = [("large", "l1"), ("large", "l2"), ("large", "l3"), ("small", "s1"), ("other", "o1")]


def sites_of(number, window_s, begins_s, name):
    from laboratory.virtual_campaign import Site, Test

    rng = random.Random(7)
    for n in range(number):
        test = Test(rng.uniform(1.0, 3.0), rng.uniform(2.0, 8.0), rng.randrange(4_000_000, 8_000_000))
        crashes_after_s = rng.uniform(0, 5) if n % 100 == 50 else None
        late_s = rng.uniform(5, 60) if n % 50 == 20 else 0.0
        ask = Ask(f"{name}-{n:04d}", UNITS[n % len(UNITS)], "tv", 60 * MBIT)
        yield Site(ask, begins_s + rng.uniform(0, window_s), test, crashes_after_s, late_s)


@pytest.fixture(scope="module", params=[30.0, 250.0], ids=["all ask at once", "asks are spread"])
def campaign(request):
    """What was predicted after a pilot, and what came of it."""
    from laboratory.virtual_campaign import VirtualCampaign

    ledger = Ledger(CAPS)
    VirtualCampaign(ledger, CAPS, sites_of(100, 10.0, 0.0, "pilot")).run()
    groups = [Group(units, "tv", 60 * MBIT, 480) for units in UNITS]
    prediction = predict(groups, CAPS, ledger.costs)
    ledger.announce(groups)
    return prediction, VirtualCampaign(ledger, CAPS, sites_of(2_400, request.param, 10_000.0, "site")).run()


def test_everybody_is_served_and_told_a_place_or_a_time(campaign):
    _, outcome = campaign
    assert outcome.unserved == []
    assert outcome.odd_answers == 0


def test_a_crashed_holders_slot_is_free_within_twice_its_lease(campaign):
    _, outcome = campaign
    assert len(outcome.freed_after_s) > 5
    assert max(outcome.freed_after_s) <= 2 * LEASE_S


def test_capacity_is_kept_busy(campaign):
    _, outcome = campaign
    assert outcome.punctual_s <= 1.15 * max(outcome.bound_s.values()) + 11.0  # and the last slot lasts up to 11 s


def test_the_prediction_is_within_15_percent(campaign):
    prediction, outcome = campaign
    assert prediction.is_known
    assert prediction.makespan_s == pytest.approx(outcome.punctual_s, rel=0.15)
    assert prediction.moved_bytes == pytest.approx(outcome.moved_bytes, rel=0.15)
