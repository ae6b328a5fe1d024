"""A whole number shared out in proportion."""

from __future__ import annotations

import math
from collections.abc import Sequence


def apportion(total: int, weights: Sequence[float]) -> list[int]:
    """Return whole shares that sum to `total`: the quotas rounded down, the rest to the largest remainders (Hamilton).

    Of equal remainders the earlier is served first; a weight of 0 gets nothing.
    """
    whole = math.fsum(weights)
    quotas = [total * weight / whole for weight in weights]
    shares = [math.floor(quota) for quota in quotas]
    by_remainder = sorted(range(len(quotas)), key=lambda i: shares[i] - quotas[i])
    for i in by_remainder[: total - sum(shares)]:
        shares[i] += 1
    return shares
