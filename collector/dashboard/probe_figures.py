"""What probe servers say of themselves, asked while somebody looks."""

from __future__ import annotations

import http.client
import urllib.request
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

from prometheus_client.parser import text_string_to_metric_families

from provisioning.settings import ProbedAt

ANSWER_S = 1.0
_PREFIX = "diemcau_probe_"


class ProbeFigures(NamedTuple):
    """One probe server: whether it answers, and of what it may grant, how much it has granted."""

    address: str
    answers: bool
    heard_centre_s: float = 0.0  # since the centre confirmed its document
    capacity_bps: float = 0.0
    reserved_bps: float = 0.0
    slots: int = 0
    waiting: int = 0


def ask(servers: Iterable[ProbedAt]) -> list[ProbeFigures]:
    """Ask all at once; whoever does not answer within a second is said not to."""
    addresses = [f"{server.host}:{server.http_port}" for server in servers]
    with ThreadPoolExecutor(max_workers=min(16, len(addresses) or 1)) as pool:
        return list(pool.map(_ask, addresses))


def _ask(address: str) -> ProbeFigures:
    try:
        with urllib.request.urlopen(f"http://{address}/metrics", timeout=ANSWER_S) as answer:
            return read(address, answer.read(1 << 20).decode())
    except (OSError, ValueError, http.client.HTTPException):
        return ProbeFigures(address, answers=False)


def read(address: str, metrics: str) -> ProbeFigures:
    """Read a probe server's /metrics; raises ValueError for what is not in Prometheus' text form."""
    sums: dict[str, float] = {}
    for family in text_string_to_metric_families(metrics):
        sums[family.name.removeprefix(_PREFIX)] = sum(sample.value for sample in family.samples)
    return ProbeFigures(
        address,
        answers=True,
        heard_centre_s=sums.get("document_age_seconds", 0.0),
        capacity_bps=sums.get("capacity_bps", 0.0),
        reserved_bps=sums.get("reserved_bps", 0.0),
        slots=int(sums.get("slots", 0)),
        waiting=int(sums.get("waiting", 0)),
    )
