"""15 August 2023 has the figures of the model event at any size, and the same sites each time."""

from __future__ import annotations

from collections import Counter
from functools import cache

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from collector.demo.model_event import FULL, HERE, SCHOOLS, SHAPES, VENUES, ModelEvent, model_event, smallest
from collector.demo.places import DISTRICTS, districts, seats
from provisioning import hours as site_hours

SIZES = st.integers(smallest(), 3000)


@cache
def unit_ids() -> dict[tuple[str, str], int]:
    return {(one.province_code, one.name): number for number, one in enumerate(districts(), 1)}


def event(size: int, shape: str = SCHOOLS, seed: int = 1) -> ModelEvent:
    return model_event(size, shape, seed, unit_ids())


def sites_of(found: ModelEvent) -> set[str]:
    return {site.key for site in (*found.morning, *found.afternoon)}


@settings(max_examples=15, deadline=None)
@given(SIZES, st.sampled_from(SHAPES))
def test_at_any_size_68_sites_speak_in_the_morning_and_ba_vi_is_whole(size: int, shape: str) -> None:
    found = event(size, shape)
    assert len(sites_of(found)) == size
    assert Counter(site.role for site in found.morning)["interactive"] == 68
    ba_vi = [site for site in found.morning if site.key.startswith("BAVI-")]
    assert len(ba_vi) == 14
    assert sum(school.staff or 0 for site in ba_vi for school in site.schools) == 4900
    assert HERE in sites_of(found)


@settings(max_examples=10, deadline=None)
@given(SIZES, SIZES)
def test_a_smaller_event_leaves_sites_out_and_changes_none(one: int, other: int) -> None:
    small, large = sorted((one, other))
    of_large = {site.key: site for site in event(large).morning}
    fixed = [site for site in event(small).morning if not site.key.startswith(("TRUONG", "PHONG"))]
    assert all(of_large[site.key] == site for site in fixed)


def test_the_same_seed_makes_the_same_event_and_another_one_another() -> None:
    assert event(500) == event(500)
    assert event(500) != event(500, seed=2)


def test_the_interactive_sites_are_the_ministry_the_departments_and_four_special_ones() -> None:
    keys = Counter(site.key.partition("-")[0] for site in event(500).morning if site.role == "interactive")
    assert keys == {"BO": 1, "SO": 63, "DB": 4}


def test_universities_speak_in_the_afternoon_and_are_absent_in_the_morning_where_departments_watch() -> None:
    found = event(500)
    afternoon = {site.key: site.role for site in found.afternoon}
    universities = {key for key in afternoon if key.startswith("DH-")}
    assert universities
    assert {afternoon[key] for key in universities} == {"interactive"}
    assert not universities & {site.key for site in found.morning}
    assert {role for key, role in afternoon.items() if key.startswith("SO-")} == {"view"}


def test_at_full_size_40_000_watch_in_every_district() -> None:
    found = event(FULL)
    assert len(sites_of(found)) == 40_068
    watching = [site for site in found.morning if site.role == "view"]
    assert len({site.unit_id for site in watching}) > DISTRICTS - 10  # outposts are interactive alone


def test_each_district_gets_its_share_of_what_watches() -> None:
    watching = Counter(site.unit_id for site in event(FULL).morning if site.role == "view" and site.key != HERE)
    free = [one for one in districts() if one.name not in ("Huyện Ba Vì", "Huyện Trường Sa")]
    whole = sum(watching[unit_ids()[one.province_code, one.name]] for one in free)
    weight = sum(one.weight for one in free)
    for one in free:
        assert abs(watching[unit_ids()[one.province_code, one.name]] - whole * one.weight / weight) < 1


def test_the_ministry_speaks_first_and_every_interactive_site_has_something_to_fall_back_on() -> None:
    for sites in event(smallest()):
        speaking = {site.speaking_order: site.key for site in sites if site.speaking_order}
        assert speaking[1] == "BO"
        assert sorted(speaking) == list(range(1, len(speaking) + 1))
        keys = {site.key for site in sites}
        for site in sites:
            assert (site.backup is not None) == (site.role == "interactive")
            assert site.backup is None or site.backup.venue in keys - {site.key} | {""}


def test_what_lies_in_mountains_or_on_islands_is_hard_to_reach() -> None:
    hard = [site.key for site in event(2000).morning if site.is_hard_to_reach]
    assert {HERE, "DB-TRUONGSA"} <= set(hard)
    assert 0.05 < len(hard) / 2000 < 0.3


def test_in_venues_schools_share_a_site_and_send_representatives() -> None:
    venues = [site for site in event(1000, VENUES).morning if site.key.startswith("CUM-")]
    assert venues
    for site in venues:
        assert 3 <= len(site.schools) <= 5
        assert site.seats < sum(school.staff or 0 for school in site.schools)


def test_keys_of_sites_and_schools_are_nobody_elses() -> None:
    found = event(2000)
    assert max(Counter(site.key for site in found.morning).values()) == 1
    codes = Counter(school.code for site in found.morning for school in site.schools)
    assert max(codes.values()) == 1


def test_nobody_can_be_called_by_a_number_of_the_demo() -> None:
    for site in event(500).morning:
        assert all(contact.phone.startswith("0000") for contact in site.contacts)


def test_providers_and_media_are_mixed() -> None:
    watching = [site for site in event(2000).morning if site.role == "view"]
    media = Counter(site.medium for site in watching)
    providers = Counter(site.line.provider_code for site in watching if site.line)
    assert media["mytv"] > media["pc"] > media["room"] > 0
    assert providers["vnpt"] > providers["viettel"] > providers["fpt"] > 0
    assert {"mobile", "satellite", "fibre"} <= {site.line.kind for site in watching if site.line}


def test_all_keep_the_hours_that_they_are_given() -> None:
    found = model_event(300, SCHOOLS, 1, unit_ids(), "T2-CN 20:00-08:00")
    assert {site.hours for sites in found for site in sites} == {"T2-CN 20:00-08:00"}
    site_hours.read("T2-CN 20:00-08:00")


def test_every_department_has_one_seat() -> None:
    assert len(seats(districts())) == 63


@pytest.mark.parametrize("size", [0, smallest() - 1, FULL + 1])
def test_a_size_that_the_event_cannot_have_is_refused(size: int) -> None:
    with pytest.raises(ValueError, match="from"):
        event(size)
