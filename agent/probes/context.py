"""What every probe is given, and how it says that it could not measure or could not read a fact."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Callable, NamedTuple, Optional

import psutil

from agent.child import Server
from contract.findings import Fact


class Context(NamedTuple):
    """Where a probe measures."""

    home: Path  # the agent's folder
    server: Optional[Server]  # None: this machine is not enrolled, and knows no probe server


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


def fact(read: Callable[[], Any]) -> Fact[Any]:
    """Return what `read` returns as a fact; what it raises, and None, become the reason why there is no value."""
    try:
        value = read()
    except (FileNotFoundError, LookupError):
        return Fact(why="absent")
    except (PermissionError, psutil.AccessDenied):
        return Fact(why="denied")
    except (NotImplementedError, AttributeError):
        return Fact(why="unsupported")
    except Exception:  # noqa: BLE001 - one fact that cannot be read must not cost the others
        return Fact(why="error")
    return Fact(why="absent") if value is None else Fact(value=value)
