"""What the agent runs on: its own version, Python, the operating system."""

from __future__ import annotations

import platform

import contract
from agent.facts import fact
from agent.probes.context import Context
from contract.findings import Software

_MOST = 64  # characters of a text in the findings


def measure(context: Context) -> Software:
    """Read the software's facts."""
    return Software(
        agent_version=contract.__version__,
        python_version=platform.python_version(),
        os_name=fact(lambda: short(platform.system())),
        os_version=fact(lambda: short(platform.version() if platform.system() == "Windows" else platform.release())),
        architecture=fact(lambda: short(platform.machine())),
        distribution=fact(lambda: short(context.reader.distribution(context.machine))),
    )


def short(text: str) -> str:
    """Return a text cut to what the findings hold; raises LookupError of an empty one."""
    if not text.strip():
        raise LookupError("nothing is known")
    return text.strip()[:_MOST]
