"""A message as it came from the broker, before anybody has looked into it."""

from __future__ import annotations

from typing import NamedTuple


class Arrival(NamedTuple):
    """Topic and payload, when they came (microseconds UTC by the collector's clock), and by which broker."""

    topic: str
    payload: bytes
    received_at: int
    edge: int = 0
