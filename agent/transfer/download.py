"""Downloads in a slot, paced by the server, until the sequential test is sure."""

from __future__ import annotations

import http.client
import select
import time
from typing import Callable, Optional

from agent.formulas.sequential import Result, SequentialTest
from agent.transfer.web import Web, reset
from contract import transfer
from contract.tcp import header_bytes

_BLOCK_BYTES = 65_536


def download(
    web: Web, token: str, test: SequentialTest, on_sent: Callable[[Optional[int]], None] = lambda sent_bytes: None
) -> Result:
    """Feed the test with what arrives, bin by bin; raises OSError or ProbeError when it cannot begin.

    on_sent is told at the end what the acknowledgements were on the wire, where TCP tells.
    """
    connection = web.connect()
    tcp = web.begin(connection, "GET", f"/v1/slots/{token}/download")
    try:
        body = web.stream(connection, tcp)
        arrived_bytes = 0
        binned_s = time.perf_counter()
        while True:
            wait_s = max(0.0, binned_s + transfer.BIN_S - time.perf_counter())
            if select.select([tcp], [], [], wait_s)[0]:
                try:
                    block = body.read1(_BLOCK_BYTES)
                except (OSError, http.client.HTTPException):  # it broke: what was seen until now counts
                    return test.give_up()
                if not block:
                    return test.give_up()
                arrived_bytes += len(block)
            now_s = time.perf_counter()
            if now_s - binned_s >= transfer.BIN_S:
                result = test.add(arrived_bytes, now_s - binned_s)
                if result is not None:
                    return result
                arrived_bytes, binned_s = 0, now_s
    finally:
        on_sent(header_bytes(tcp))
        reset(connection, tcp)
