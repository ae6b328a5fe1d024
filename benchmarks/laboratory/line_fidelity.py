"""How true the lab is to what it is configured with: rates, delays and losses, as counted by the ends of a link."""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence
from pathlib import Path

from tests.lab import log, stream
from tests.lab.link import Link, Way, running

_RATES_MBPS = (1.2, 4, 16, 80, 300)
_DELAYS_MS = (5, 40, 290)
_LOSSES = (("0.2 %", Way(20, loss=0.002)), ("1 %", Way(20, loss=0.01)), ("3 %", Way(20, loss=0.03)))
_BURSTS = (("1 % in bursts of 5", Way(20, bursts=(0.01, 5))), ("3 % in bursts of 5", Way(20, bursts=(0.03, 5))))
_BLAST_S = 4
_SIZE = 1500
_FRAME = 1514
_PACKETS = 20_000


def measure(folder: Path) -> str:
    """Return the tables, as Markdown; two minutes."""
    text = "## The emulated links themselves\n\nWhat the ends of a link saw of UDP streams; rates of IP packets.\n"
    text += "\n| rate configured, Mbit/s | by | seen by the receiver | error |\n|---|---|---|---|\n"
    for by in ("emulator", "tbf", "htb"):
        for rate_mbps in _RATES_MBPS:
            seen = _rate_mbps(folder, rate_mbps, by)
            text += f"| {rate_mbps:g} | {by} | {seen:.3f} | {100 * (seen / rate_mbps - 1):+.2f} % |\n"
    text += "\n| delay configured, ms | median in the emulator | p99 | median from end to end | p99 |\n"
    text += "|---|---|---|---|---|\n"
    for delay_ms in _DELAYS_MS:
        cells = " | ".join(f"{value:.3f}" for value in _delays_ms(folder, delay_ms))
        text += f"| {delay_ms:g} | {cells} |\n"
    text += f"\n| loss configured | seen of {_PACKETS} packets | 95 % interval of the configured one |\n|---|---|---|\n"
    for name, way in (*_LOSSES, *_BURSTS):
        seen, low, high = _loss(folder, way)
        text += f"| {name} | {100 * seen:.2f} % | {100 * low:.2f} to {100 * high:.2f} % |\n"
    return text


def _rate_mbps(folder: Path, rate_mbps: float, by: str) -> float:
    """Send more than the link carries and return the rate of what came once it was full."""
    own, size = (15, _SIZE) if by == "emulator" else (0, _FRAME)
    way = Way(rate_mbps, delay_ms=own)
    link = Link("rate", way, way, by)  # type: ignore[arg-type]
    gap_s = size * 8 / (1.1e6 * rate_mbps)
    with running(link, folder) as lab:
        arrivals = stream.run(lab, "server", round(_BLAST_S / gap_s), _SIZE, gap_s)
    later = arrivals[len(arrivals) // 4 :]
    return (len(later) - 1) * size * 8e-6 / ((later[-1].received_ns - later[0].received_ns) / 1e9)


def _delays_ms(folder: Path, delay_ms: float) -> tuple[float, float, float, float]:
    way = Way(100, delay_ms=delay_ms)
    with running(Link("delay", way, way), folder, has_rows=True) as lab:
        arrivals = stream.run(lab, "server", 1000, 200, 0.005)
    logged = log.delays_ms(log.read(lab.packets_file))
    return *_middle_and_p99(logged), *_middle_and_p99([arrival.delay_ms for arrival in arrivals])


def _middle_and_p99(values: Sequence[float]) -> tuple[float, float]:
    return statistics.median(values), statistics.quantiles(values, n=100)[98]


def _loss(folder: Path, way: Way) -> tuple[float, float, float]:
    """Return the loss that the receiver saw, and where 95 % of such streams lie."""
    with running(Link("loss", way, way), folder) as lab:
        arrivals = stream.run(lab, "server", _PACKETS, 200, 0.0005)
    r = way.lag1_correlation
    spread = math.sqrt(way.lost_share * (1 - way.lost_share) / _PACKETS * (1 + r) / (1 - r))
    return 1 - len(arrivals) / _PACKETS, way.lost_share - 1.96 * spread, way.lost_share + 1.96 * spread
