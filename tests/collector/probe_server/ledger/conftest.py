"""A ledger of a small server, and asks for it."""

import sys
from pathlib import Path

import pytest

from collector.probe_server.ledger.accounts import Caps
from collector.probe_server.ledger.costs import KNOWN_AFTER, Costs
from collector.probe_server.ledger.ledger import Ledger
from collector.probe_server.ledger.terms import Ask, Cost

sys.path.append(str(Path(__file__).parents[4] / "benchmarks"))  # campaigns in virtual time are played there

MBIT = 1_000_000
PEAK_BPS = 60 * MBIT
LOWERED_BPS = 9 * MBIT


@pytest.fixture
def caps():
    """Two drains of a campaign at once in the server, as many in a province or a district."""
    return Caps(190 * MBIT, (190 * MBIT, 190 * MBIT), PEAK_BPS)


@pytest.fixture
def ledger(caps):
    """A ledger that has seen what a slot costs: 10 s, of which 2 at the peak."""
    return Ledger(caps, Costs({"tv": (KNOWN_AFTER, Cost(10.0, 2.0 * PEAK_BPS + 8.0 * LOWERED_BPS, 5_000_000.0))}))


@pytest.fixture
def ask():
    """Return a function (number, unit, on demand) that makes an ask."""

    def make(number, district="001", is_on_demand=False):
        return Ask(f"device-{number:04d}", ("01", district), "tv", PEAK_BPS, is_on_demand)

    return make
