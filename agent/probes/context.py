"""What every probe is given, and how it says that it could not measure."""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple, Optional

from agent import platforms
from agent.child import Server
from agent.platforms.machine import Machine, Reader


class Context(NamedTuple):
    """Where a probe measures."""

    home: Path  # the agent's folder
    server: Optional[Server]  # None: this machine is not enrolled, and knows no probe server
    reader: Reader = platforms.reader(platforms.name_of())
    machine: Machine = platforms.this_machine()


class ProbeError(Exception):
    """Nothing could be measured; `code` is one of those of `contract.report.Failure`."""

    def __init__(self, code: Any, text: str) -> None:
        super().__init__(text)
        self.code = code


def server_of(context: Context) -> Server:
    """Return the probe server; raises ProbeError when there is none."""
    if context.server is None:
        raise ProbeError("unreachable", "no probe server is known: this machine is not enrolled yet")
    return context.server
