from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collector.dashboard.words import Words
from collector.dryrun.demand import DELIVERIES, Confirmed, Demand, demand, state, usual_delivery
from provisioning.names import read_number

BY_HAND = [  # sites, delivery, bitrate: for good, at most
    (0, "unicast", 5.0, 0.0, 0.0),
    (0, "multicast", 5.0, 0.0, 0.0),
    (100, "unicast", 5.0, 500.0, 598),  # 500 + (10 + 3 * 10**0.5) * 5: 100 x 30 s / 300 s = 10 at once, and 3 sigmas
    (600, "multicast", 5.0, 5.0, 5.0 + (4 + 3 * 2) * 1.3 * 5.0),  # 600 x 2 s / 300 s = 4
    (1, "unicast", 4.0, 4.0, 4.0 + 1 * 4.0),  # never more at once than there are
]


@pytest.mark.parametrize(("sites", "delivery", "bitrate_mbps", "steady_mbps", "peak_mbps"), BY_HAND)
def test_what_a_province_loads_by_hand(
    sites: int, delivery: str, bitrate_mbps: float, steady_mbps: float, peak_mbps: float
) -> None:
    found = demand(sites, delivery, bitrate_mbps)
    assert (found.sites, found.steady_mbps) == (sites, steady_mbps)
    assert found.peak_mbps == peak_mbps


@given(st.integers(0, 50_000), st.sampled_from(DELIVERIES), st.floats(0.5, 20.0))
def test_one_site_more_never_asks_for_less_and_the_peak_is_never_below_what_flows_for_good(
    sites: int, delivery: str, bitrate_mbps: float
) -> None:
    found, more = demand(sites, delivery, bitrate_mbps), demand(sites + 1, delivery, bitrate_mbps)
    assert found.steady_mbps <= more.steady_mbps
    assert found.peak_mbps <= more.peak_mbps
    assert found.peak_mbps >= found.steady_mbps


@pytest.mark.parametrize(
    ("mbps", "found"),
    [(None, "unconfirmed"), (0.0, "short"), (99.9, "short"), (100.0, "confirmed"), (500.0, "confirmed")],
)
def test_what_is_confirmed_must_reach_the_peak(mbps: float | None, found: str) -> None:
    told = None if mbps is None else Confirmed(mbps, "VNPT", 0, "")
    assert state(Demand(10, 50.0, 100.0), told) == found


@given(st.integers(1, 50_000), st.sampled_from(DELIVERIES), st.floats(0.5, 20.0), st.sampled_from(["vi", "en"]))
def test_whoever_confirms_the_peak_as_pages_show_it_has_confirmed_enough(
    sites: int, delivery: str, bitrate_mbps: float, lang: str
) -> None:
    needed = demand(sites, delivery, bitrate_mbps)
    shown = Words(lang, 0).quantity(needed.peak_mbps, "Mbit/s").split("\N{NO-BREAK SPACE}")[0]
    assert state(needed, Confirmed(read_number(shown), "VNPT", 0, "")) == "confirmed"


def test_only_mytv_is_television() -> None:
    assert [usual_delivery(medium) for medium in ("mytv", "pc", "room")] == ["multicast", "unicast", "unicast"]
