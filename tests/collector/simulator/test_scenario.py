from __future__ import annotations

from collections import Counter

import pytest

from collector.simulator.files import Traits
from collector.simulator.scenario import MOST_HOSTILE, PLAYS, SCENARIOS, cast, cut_districts

MEDIA, PROVIDERS = ("pc", "room", "mytv"), ("vnpt", "vnpt", "viettel")
COUNTRY = [
    Traits(medium=MEDIA[n % 3], provider=PROVIDERS[n % 7 % 3], province="02", district=f"{n % 50:03}")
    for n in range(3000)
]


def test_the_same_seed_casts_the_same_and_another_one_does_not():
    country = SCENARIOS["country"]
    assert cast(country, 1, COUNTRY) == cast(country, 1, COUNTRY)
    assert cast(country, 1, COUNTRY) != cast(country, 2, COUNTRY)
    assert cut_districts(country, 1, COUNTRY) == cut_districts(country, 1, reversed(COUNTRY))


def test_everybody_is_healthy_where_the_scenario_says_so():
    assert set(cast(SCENARIOS["healthy"], 1, COUNTRY)) == {"healthy"}
    assert cut_districts(SCENARIOS["healthy"], 1, COUNTRY) == {}


def test_a_country_is_mostly_healthy_and_has_something_of_each_play():
    counts = Counter(cast(SCENARIOS["country"], 2023, COUNTRY))
    assert set(counts) == set(PLAYS)
    assert counts["healthy"] > 0.7 * len(COUNTRY)
    assert counts["hostile"] <= MOST_HOSTILE


def test_only_who_can_plays_it():
    for traits, play in zip(COUNTRY, cast(SCENARIOS["everything"], 1, COUNTRY), strict=True):
        assert play not in ("bad_equipment", "clock_chaos") or traits.medium == "pc"
        assert play != "weak_line" or traits.provider == "vnpt"
        assert play != "other_provider" or traits.provider != "vnpt"


def test_two_districts_lose_their_line_one_with_a_reset_and_one_in_silence():
    cuts = cut_districts(SCENARIOS["country"], 5, COUNTRY)
    assert sorted(cuts.values()) == ["reset", "silent"]
    assert {place[0] for place in cuts} == {"02"}


@pytest.mark.parametrize("country", [[], [Traits()], [Traits(province="01", district="001")] * 3])
def test_no_line_is_cut_where_no_district_is_large_enough(country):
    assert cut_districts(SCENARIOS["country"], 1, country) == {}
