"""The slots that run: each is leave for one test by one device, found by its secret token, each step of it once."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field

from collector.probe_server.pacing import Turns
from contract.probing import Granted, Stream

LEASE_S = 10.0  # how long a slot lives without a sign of its holder


@dataclass
class Slot:
    """One test by one device."""

    device: str
    granted: Granted
    lease_ends_s: float
    steps: set[str] = field(default_factory=set)  # those that have begun
    sent_bytes: int = 0
    received_bytes: int = 0
    is_uploading: bool = False
    is_server_limited: bool = False
    test: str = "line"
    turns: dict[str, Turns] = field(default_factory=dict)  # of speedtest, by direction
    mini_transfers: int = 0  # of speedtest, at this moment
    mini_ends_s: float = 0.0  # when the last of them ends; 0: none has begun


class Slots:
    """All slots that run, by token."""

    def __init__(self) -> None:
        self._slots: dict[str, Slot] = {}

    def open(self, device: str, granted: Granted, now_s: float, test: str = "line") -> Slot:
        """Open a slot."""
        slot = Slot(device, granted, now_s + LEASE_S, test=test)
        self._slots[granted.token] = slot
        return slot

    def find(self, token: str, now_s: float) -> Slot | None:
        """Return the slot of this token and renew its lease; None when there is none any more."""
        slot = self._slots.get(token)
        if slot is None or slot.lease_ends_s < now_s:
            return None
        slot.lease_ends_s = now_s + LEASE_S
        return slot

    def stream(self, token: str, now_s: float) -> Stream | None:
        """Return the stream that the slot of this token grants, while it runs, and renew its lease."""
        slot = self.find(token, now_s)
        return None if slot is None else slot.granted.stream

    def take(self, token: str, step: str, now_s: float) -> Slot | None:
        """Return the slot of this token if the step has not begun in it yet."""
        slot = self.find(token, now_s)
        if slot is None or step in slot.steps:
            return None
        slot.steps.add(step)
        return slot

    def end(self, token: str) -> None:
        """Forget a slot."""
        self._slots.pop(token, None)


def new_token() -> str:
    """Return 128 random bits as base64url."""
    return secrets.token_urlsafe(16)
