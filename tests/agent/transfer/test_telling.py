from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from agent.formulas.sequential import Need, SequentialTest
from agent.transfer.telling import ToldTest

NEED = Need(2e6, 1e6)
BINS = st.lists(st.integers(0, 400_000), min_size=1, max_size=200)


@given(BINS)
def test_a_told_test_ends_as_one_that_tells_nothing_and_what_it_tells_can_be_shown(arrived):
    told = []
    quiet, telling = SequentialTest(NEED, 0.01), ToldTest(NEED, 0.01, 3_750_000, "download", told.append)
    for moved_bytes in arrived:
        result = quiet.add(moved_bytes, 0.1)
        assert telling.add(moved_bytes, 0.1) == result
        if result is not None:
            break
    shares = [float(line.split(" ")[1]) for line in told]
    assert shares == sorted(shares)
    assert all(0 <= share <= 1 for share in shares)
    assert all(line.startswith("download ") and float(line.split(" ")[2]) >= 0 for line in told)
