"""What every probe is given."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Callable, NamedTuple, Optional, Tuple

from agent import platforms
from agent.child import Server
from agent.platforms.machine import Machine, Reader
from agent.unmeasured import ProbeError
from contract.probing import Purpose

if TYPE_CHECKING:
    from agent.stream import StreamResult


class Shared:
    """What one probe of a round leaves to a later one."""

    def __init__(self) -> None:
        self.stream: Optional[StreamResult] = None  # of the line's slot


class Context(NamedTuple):
    """Where a probe measures."""

    home: Path  # the agent's folder
    server: Optional[Server]  # None: this machine is not enrolled, and knows no probe server
    device: str = ""
    purpose: Purpose = "person"  # on whose account a slot is asked for
    tell: Callable[[str], None] = lambda step: None  # says what goes on, to whoever waits
    again: Callable[[float], None] = lambda in_s: None  # asks to be measured anew in so many seconds
    together: Tuple[str, ...] = ()  # the probes of this round
    shared: Optional[Shared] = None  # None: what a probe leaves is for nobody
    refused: Callable[[str, int], None] = lambda code, most_bytes: None  # tells why there is no slot, and what it costs
    is_consented: bool = False  # a person at the site agreed to spend a metered line's bytes
    is_public: bool = False  # speedtest: against the public service
    reader: Reader = platforms.reader(platforms.name_of())
    machine: Machine = platforms.this_machine()


def server_of(context: Context) -> Server:
    """Return the probe server; raises ProbeError when there is none."""
    if context.server is None:
        raise ProbeError("unreachable", "no probe server is known: this machine is not enrolled yet")
    return context.server
