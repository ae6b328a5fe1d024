"""How the machine reaches the network: the kind and speed of the link that the default route uses.

Never addresses, and never the name of a network: of the router a mark that means nothing elsewhere.
"""

from __future__ import annotations

from agent import gateway
from agent.probes.context import Context
from contract.findings import Network


def measure(context: Context) -> Network:
    """Read how this machine is connected."""
    return context.reader.network(context.machine).model_copy(update={"gateway": gateway.mark(context)})
