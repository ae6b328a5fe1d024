"""How a probe says that it did not measure."""

from __future__ import annotations

from typing import Any


class ProbeError(Exception):
    """Nothing could be measured; `code` is one of those of `contract.report.Failure`."""

    def __init__(self, code: Any, text: str) -> None:
        super().__init__(text)
        self.code = code


class NotNow(Exception):
    """It is not this device's turn: nothing was measured, and nothing failed; come back in so many seconds."""

    def __init__(self, in_s: float) -> None:
        super().__init__(f"booked in {in_s:.0f} s")
        self.in_s = in_s
