"""One trial of a line in a slot: how long a packet takes on the idle line, a download, an upload, what else went on."""

from __future__ import annotations

import time
from http.client import HTTPException
from typing import Callable, List, NamedTuple, Optional, Tuple

from agent import packets
from agent.formulas.delays import percentile
from agent.formulas.sequential import Need, Result, SequentialTest
from agent.transfer import surroundings
from agent.transfer.delay import watched
from agent.transfer.download import download
from agent.transfer.telling import ToldTest
from agent.transfer.upload import upload
from agent.transfer.web import Web
from agent.unmeasured import ProbeError
from contract import transfer
from contract.probing import DirectionNeed, Granted

_IDLE_PACKETS = 10
_IDLE_INTERVAL_S = 0.02
_IDLE_WAIT_S = 1.0


class Way(NamedTuple):
    """One direction: what it had to carry, what the transfer showed, how much longer packets took beside it."""

    need: DirectionNeed
    result: Result
    added_delay_ms: Optional[float]
    sent_bytes: Optional[int]  # on the wire, of acknowledgements too; None: TCP does not tell


class Trial(NamedTuple):
    """What a trial found."""

    round_trip_ms: Optional[float]  # of the idle line; None: no packet came back
    download: Way
    upload: Optional[Way]  # None: not tried, because the download failed and that was enough to know
    disturbances: Tuple[str, ...]


def run(web: Web, granted: Granted, udp_port: int, tell: Callable[[str], None]) -> Trial:
    """Try both directions, the second one only if it can still matter.

    Raises OSError or ProbeError when the first one cannot begin; a second one that cannot is unsure.
    """
    tell("idle")
    idle_ms, round_trip_s, address = _look(web, udp_port)
    found: List[str] = []

    def one_way(step: str, need: DirectionNeed, granted_bytes: int, gone_bytes: int, *, is_second: bool) -> Way:
        tell(step)
        wanted = Need(need.ready_mbps * 1e6, need.minimum_mbps * 1e6)
        most_bytes = min(granted_bytes, transfer.most_bytes(wanted.ready_bps, gone_bytes))
        test = ToldTest(wanted, round_trip_s, most_bytes, step, tell)
        with watched(web.host, udp_port) as delay:
            before = surroundings.read(address)
            try:
                result, sent_bytes = _move(web, granted.token, test, step)
            except (OSError, ProbeError, HTTPException):
                if not is_second:
                    raise
                result, sent_bytes = test.give_up(), None  # what the first one showed stays
            after = surroundings.read(address)
            loaded_ms = delay.latest_ms(time.perf_counter())
        own = surroundings.Own(step, result.moved_bytes, sent_bytes if step == "upload" else None)
        found.extend(surroundings.disturbances(before, after, own, wanted.ready_bps))
        if idle_ms is None or loaded_ms is None or not result.is_paced:
            return Way(
                need, result, None, sent_bytes
            )  # where the line was the limit, only the test itself filled its queue
        return Way(need, result, max(0.0, round(loaded_ms - idle_ms, 3)), sent_bytes)

    down = one_way("download", granted.download, granted.most_down_bytes, 0, is_second=False)
    up = None
    if down.result.outcome != "fails" or granted.is_thorough:
        gone_bytes = down.sent_bytes
        if gone_bytes is None:
            gone_bytes = int(transfer.ACKNOWLEDGING * down.result.moved_bytes)
        up = one_way("upload", granted.upload, granted.most_up_bytes, gone_bytes, is_second=True)
    return Trial(idle_ms, down, up, tuple(dict.fromkeys(found)))


def _move(web: Web, token: str, test: SequentialTest, step: str) -> Tuple[Result, Optional[int]]:
    """Run the transfer of one direction; return its result, and what we have put on the wire where that is known."""
    sent: List[Optional[int]] = []
    move = download if step == "download" else upload
    return move(web, token, test, sent.append), next(iter(sent), None)


def _look(web: Web, udp_port: int) -> Tuple[Optional[float], float, str]:
    """Return the idle line's round trip in ms, what TCP needs for one in s, and the address that we come from."""
    began_s = time.perf_counter()
    connection = web.connect()
    connect_s = time.perf_counter() - began_s
    address = connection.sock.getsockname()[0]
    connection.close()
    try:
        echoes = packets.exchange(web.host, udp_port, _IDLE_PACKETS, _IDLE_INTERVAL_S, _IDLE_WAIT_S)
    except OSError:
        echoes = []
    idle_ms = percentile([echo.rtt_ms for echo in echoes], 0.5)
    return idle_ms, connect_s if idle_ms is None else max(connect_s, idle_ms / 1000), address
