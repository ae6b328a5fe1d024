"""How many paced downloads one probe server process carries at once, and what processor time that takes.

python benchmarks/paced_transfers.py [--downloads N,...] [--seconds S]

A real probe server on loopback, asked by as many real connections as there are downloads: each asks for a slot with its
permit, downloads at a need of 5 Mbit/s (drain, then hold) for as long as a line test of a good line takes, breaks off,
and begins anew. The pace is what matters: the share of the bins of the hold that lie within a tenth of it.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import secrets
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from laboratory import machine, memory
from laboratory.ports import free_port

from contract import permit, transfer
from contract.probing import Ask
from provisioning.credentials import permit_key

_HERE = Path(__file__).parent
_TEST_S = 2.4  # a download of a good line (benchmarks/results/line_test.md)
_SETTLE_S = 1.5  # of each download, before the bins of its hold count
_NEED_BPS = 5e6
_RAMP_S = 3.0


@dataclass
class Seen:
    """What the clients saw."""

    moved_bytes: int = 0
    tests: int = 0
    hold_bins: list[float] = field(default_factory=list)  # in holds


class Client:
    """One connection after the other, each a download in a slot of its own."""

    def __init__(self, host: str, port: int, device: str, key: str, seen: Seen) -> None:
        self._at = host, port
        self._device = device
        self._key = key
        self._seen = seen

    async def run(self, until_s: float) -> None:
        """Test again and again."""
        while time.perf_counter() < until_s:
            nonce = json.loads(await self._fetch("GET", "/v1/nonce"))["nonce"]
            told = {"device": self._device, "nonce": nonce, "test": "line", "purpose": "schedule", "answer": "0" * 64}
            asked = Ask.model_validate(told)
            body = asked.model_copy(update={"answer": permit.answer(self._key, nonce, asked.asked)}).model_dump_json()
            granted = json.loads(await self._fetch("POST", "/v1/slots", body))
            await self._download(granted["token"])
            await self._fetch("POST", f"/v1/slots/{granted['token']}/end")
            self._seen.tests += 1

    async def _fetch(self, method: str, path: str, body: str = "") -> bytes:
        reader, writer = await asyncio.open_connection(*self._at)
        head = f"{method} {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: {len(body)}\r\n\r\n"
        writer.write((head + body).encode())
        answer = await reader.read()
        writer.close()
        return answer.partition(b"\r\n\r\n")[2]

    async def _download(self, token: str) -> None:
        reader, writer = await asyncio.open_connection(*self._at, limit=1 << 18)
        writer.write(f"GET /v1/slots/{token}/download HTTP/1.1\r\nHost: x\r\n\r\n".encode())
        began_s = binned_s = time.perf_counter()
        binned_bytes = 0
        while (now_s := time.perf_counter()) < began_s + _TEST_S:
            block = await reader.read(1 << 16)
            if not block:
                break
            self._seen.moved_bytes += len(block)
            binned_bytes += len(block)
            if now_s - binned_s >= transfer.BIN_S:
                if now_s - began_s > _SETTLE_S:
                    self._seen.hold_bins.append(binned_bytes * 8 / (now_s - binned_s) / _NEED_BPS)
                binned_s, binned_bytes = now_s, 0
        writer.transport.abort()


@contextmanager
def probe_server(devices: int, master: bytes, *options: str) -> Iterator[tuple[int, int]]:
    """Run a probe server; yield its process and port."""
    port = free_port()
    program = _HERE / "laboratory" / "paced_server.py"
    command = [sys.executable, program, "127.0.0.1", port, free_port(), master.hex(), devices, *options]
    server = subprocess.Popen(list(map(str, command)), stdout=subprocess.PIPE)
    assert server.stdout is not None
    server.stdout.readline()
    try:
        yield server.pid, port
    finally:
        server.terminate()
        server.wait(20)


async def load(port: int, downloads: int, master: bytes, seconds: float, pid: int) -> str:
    """Load a probe server and return a row of the table."""
    seen = Seen()
    until_s = time.perf_counter() + _RAMP_S + seconds
    names = [f"d-{n:08}" for n in range(downloads)]
    clients = [Client("127.0.0.1", port, name, permit_key(master, name, 1), seen) for name in names]

    async def begin(n: int, client: Client) -> None:
        await asyncio.sleep(_RAMP_S * n / downloads)
        await client.run(until_s)

    tasks = [asyncio.ensure_future(begin(n, client)) for n, client in enumerate(clients)]
    await asyncio.sleep(_RAMP_S)
    before_s, cpu_s, moved, tests = time.perf_counter(), memory.cpu_s(pid), seen.moved_bytes, seen.tests
    own_s = time.process_time()
    seen.hold_bins.clear()
    await asyncio.sleep(max(0.0, until_s - time.perf_counter()))
    took_s = time.perf_counter() - before_s
    server, client = (memory.cpu_s(pid) - cpu_s) / took_s, (time.process_time() - own_s) / took_s
    mbps, per_s = (seen.moved_bytes - moved) * 8e-6 / took_s, (seen.tests - tests) / took_s
    even = sum(abs(rate - transfer.HOLD) < 0.1 * transfer.HOLD for rate in seen.hold_bins) / len(seen.hold_bins)
    await asyncio.gather(*tasks)
    rss = memory.read(pid).rss
    return f"| {downloads} | {mbps:,.0f} | {per_s:.0f} | {server:.0%} | {client:.0%} | {even:.0%} | {rss:.0f} |"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--downloads", default="25,50,100,150")
    parser.add_argument("--seconds", type=float, default=15.0, help="of each row")
    wanted = parser.parse_args()
    for name, value in machine.describe().items():
        print(f"{name}: {value}")
    for title, options in (("paced by the kernel, as for sites that are not near", ["--kernel"]), ("by turns", [])):
        print(f"\n{title}\n\n| downloads at once | Mbit/s | tests/s | server, of a core | clients | even | RSS, MB |")
        print("|---|---|---|---|---|---|---|")
        for downloads in map(int, wanted.downloads.split(",")):
            master = secrets.token_bytes(32)
            with probe_server(downloads, master, *options) as (pid, port):
                print(asyncio.run(load(port, downloads, master, wanted.seconds, pid)), flush=True)


if __name__ == "__main__":
    main()
