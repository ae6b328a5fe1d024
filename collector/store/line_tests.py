"""Whether line tests are stopped, everywhere and until somebody allows them again."""

from __future__ import annotations

from sqlalchemy import Connection

from collector.store import counters
from provisioning import audit
from provisioning.store.engine import record_changes

KIND = "line_tests"  # of the change row


def is_stopped(connection: Connection) -> bool:
    """Tell whether probe servers are to grant nothing and to break off what runs."""
    return counters.value(connection, counters.LINE_TESTS_STOPPED) == 1


def stop(connection: Connection, by: str, now: int, *, is_stopped: bool) -> None:
    """Stop line tests, or allow them again."""
    counters.put(connection, counters.LINE_TESTS_STOPPED, int(is_stopped))
    audit.append(connection, by, "stop" if is_stopped else "resume", "line tests", {}, now)
    record_changes(connection, [(KIND, 0)])
