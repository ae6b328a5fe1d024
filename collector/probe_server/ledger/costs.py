"""What a slot costs, learned from the slots that have ended."""

from __future__ import annotations

from collections.abc import Mapping

from collector.probe_server.ledger.terms import Cost
from contract import transfer

KNOWN_AFTER = 30  # ended slots: their mean is within about a fifth then
_REMEMBERS = 500  # ended slots that weigh in a mean: a line test of today costs what those of today cost

# Until slots have ended: 2 s at the peak, then 6.5 s lowered to the hold for what is left of the download, the upload
# and the stream; 12 need-seconds of bytes. A fast line drains in 1.2 s, one near the need in up to 15 (docs/adr/0021).
_DRAIN_S, _LOWERED_S, _MOVED_NEED_S = 2.0, 6.5, 12.0


def stated_cost(peak_bps: float) -> Cost:
    """Return the cost of a slot that begins at this peak, as long as nothing is known."""
    return Cost(
        duration_s=_DRAIN_S + _LOWERED_S,
        work_bits=peak_bps * (_DRAIN_S + _LOWERED_S * transfer.HOLD / transfer.PEAK),
        moved_bytes=transfer.bytes_of(peak_bps / transfer.PEAK, _MOVED_NEED_S),
    )


class Costs:
    """Mean costs by need class, from a history of (number of slots, mean cost)."""

    def __init__(self, history: Mapping[str, tuple[int, Cost]] | None = None) -> None:
        self._means = dict(history or {})
        self._ended = sum(number for number, _ in self._means.values())

    @property
    def is_known(self) -> bool:
        """Whether enough slots have ended to book far ahead."""
        return self._ended >= KNOWN_AFTER

    def add(self, need_class: str, cost: Cost) -> None:
        """Learn from a slot that has ended."""
        number, mean = self._means.get(need_class, (0, cost))
        weight = 1 / min(number + 1, _REMEMBERS)
        self._means[need_class] = (number + 1, Cost(*(m + weight * (c - m) for m, c in zip(mean, cost, strict=True))))
        self._ended += 1

    def of(self, need_class: str, peak_bps: float) -> Cost:
        """Return the expected cost of a slot of this class that begins at this peak."""
        known = self._means.get(need_class)
        return known[1] if known else stated_cost(peak_bps)
