"""The two ends of a path: python path_ends.py server PORT SHAPE | site HOST PORT SHAPE, which is a Stream as JSON.

The server is the real reflector, for which every slot is open, and says `ready`; ended, it says what it counted. The
site sends one stream and says what it found of it, one JSON object.
"""

from __future__ import annotations

import asyncio
import dataclasses
import json
import secrets
import signal
import sys
import time

from agent import stream
from agent.formulas import delays, loss
from agent.probes import path
from collector.probe_server.reflector import RateLimit, Reflector, reflecting
from contract.clock import Clock
from contract.probing import Stream


async def serve(port: int, shape: Stream) -> None:
    over = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, over.set)
    reflector = Reflector(Clock(), RateLimit(), lambda token, now_s: shape)
    with reflecting(reflector, "0.0.0.0", port):
        before_s = time.process_time()
        print("ready", flush=True)
        await over.wait()
        cpu_s = time.process_time() - before_s
    print(json.dumps({**dataclasses.asdict(reflector.counts), "cpu_s": cpu_s}))


def measure(host: str, port: int, shape: Stream) -> None:
    before_s = time.process_time()
    result = stream.run(host, port, secrets.token_urlsafe(16), shape)
    cpu_s = time.process_time() - before_s
    whole = path.findings_of(f"{host}:{port}", result).model_dump(exclude_none=True)
    found = {name: fact["value"] if isinstance(fact, dict) else fact for name, fact in whole.items()}
    back = {reply.seq for reply in result.replies}
    lost = [seq not in back for seq in range(result.sent)]
    one_way = {
        "up_jitter_ms": delays.jitter_ms([reply.up_ms for reply in result.replies]),
        "down_jitter_ms": delays.jitter_ms([reply.down_ms for reply in result.replies]),
    }
    bursts = loss.bursts(lost)._asdict()
    told = {**found, **one_way, **bursts, "correlation": loss.correlation(lost), "cpu_s": cpu_s}
    print(json.dumps(told))


if __name__ == "__main__":
    end, *arguments, told_shape = sys.argv[1:]
    granted = Stream.model_validate_json(told_shape)
    if end == "server":
        asyncio.run(serve(int(arguments[0]), granted))
    else:
        measure(arguments[0], int(arguments[1]), granted)
