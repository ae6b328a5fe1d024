"""Windows machines as recordings: what `diemcau-agent inventory --record` writes there, as `machine`.

To add one that a site has sent: lay the file into recordings/, and what it must say into test_machines.py.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from agent.platforms.windows import sources
from agent.platforms.windows.sources import Sources

RECORDINGS = Path(__file__).parent / "recordings"


@pytest.fixture(scope="session")
def recording() -> Callable[[str], dict[str, Any]]:
    """A function that returns what was recorded of a machine."""

    def recording(name: str) -> dict[str, Any]:
        machine: dict[str, Any] = json.loads((RECORDINGS / f"{name}.json").read_text(encoding="utf-8"))["machine"]
        return machine

    return recording


@pytest.fixture
def windows() -> Callable[..., Sources]:
    """A function that makes a machine whose sources answer what it is given; the others have no answer."""

    def windows(**answers: Any) -> Sources:
        return sources.recorded({name: {"value": answer} for name, answer in answers.items()})

    return windows
