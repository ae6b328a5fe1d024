"""What a campaign is, apart from where it is kept."""

from __future__ import annotations

import pytest

from collector.dryrun.campaign import LASTS_US, default_end

NOW = 1_692_061_200_000_000


@pytest.mark.parametrize(
    ("starts_us", "lasts_us"),
    [((), LASTS_US), ((-1, LASTS_US + 1), LASTS_US), ((0,), LASTS_US), ((LASTS_US - 1, 1_000_000), 1_000_000)],
)
def test_a_window_whose_end_is_not_told_ends_before_the_next_session(starts_us: tuple[int, ...], lasts_us: int) -> None:
    assert default_end(NOW, [NOW + us for us in starts_us]) - NOW == lasts_us
