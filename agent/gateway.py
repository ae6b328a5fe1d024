"""Which router this machine is behind, as a mark by which only its own routers are told apart."""

from __future__ import annotations

import hashlib
import hmac
from typing import Any

from agent import paths
from agent.facts import fact
from agent.probes.context import Context
from contract.findings import Fact

_DIGITS = 4  # few on purpose: of the routers of one make alone some 256 share a mark


def mark(context: Context) -> Fact[Any]:
    """Return the mark, or why there is none: of a machine that is not enrolled, or that has no router, `absent`.

    Keyed by the device's password, which never leaves this machine but at enrolment, and of which the centre keeps
    verifiers alone: so that nobody there can look a router up. Reasons: docs/adr/0027.
    """

    def read() -> str:
        key = (context.home / paths.PASSWORD).read_bytes()
        address = context.reader.gateway(context.machine).lower()
        return hmac.new(key, b"gateway " + address.encode("ascii"), hashlib.sha256).hexdigest()[:_DIGITS]

    return fact(read)
