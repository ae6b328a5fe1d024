"""Devices that connect to a broker by their own credentials and stay, by the thousand in one process.

python -m laboratory.crowd PORT CA_FILE|- WINDOW     -: without TLS; WINDOW: how many are on their way at once

The first line that it is told holds their names and passwords, in JSON. Each connects with a will, subscribes to its
acknowledgements, its commands and the plan, and leaves its retained presence, as a device does. Once all stand, a line
of JSON tells how long that took.
"""

from __future__ import annotations

import asyncio
import json
import secrets
import ssl
import struct
import sys
import time

from contract import wire

_HANDSHAKE_S = 120


async def enter_all(port: int, ca_file: str, window: int, credentials: list[tuple[str, str]]) -> None:
    """Connect all of them, tell so, and keep them until nothing more is said."""
    context = None if ca_file == "-" else ssl.create_default_context(cafile=ca_file)
    gate = asyncio.Semaphore(window)
    held: list[asyncio.StreamWriter] = []
    waited_ms: list[float] = []

    async def enter(name: str, password: str) -> None:
        async with gate:
            begun_s = time.monotonic()
            held.append(await connect(port, context, name, password))
            waited_ms.append(1000 * (time.monotonic() - begun_s))

    begun_s = time.monotonic()
    await asyncio.gather(*(enter(*one) for one in credentials))
    took_s = time.monotonic() - begun_s
    waited_ms.sort()
    print(json.dumps({"took_s": took_s, "p99_ms": waited_ms[len(waited_ms) * 99 // 100]}), flush=True)
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)
    for writer in held:
        writer.transport.abort()


async def connect(port: int, context: ssl.SSLContext | None, name: str, password: str) -> asyncio.StreamWriter:
    """Return a connection once the broker has taken all that a device begins with."""
    timeout_s = None if context is None else _HANDSHAKE_S
    reader, writer = await asyncio.open_connection(
        "127.0.0.1", port, ssl=context, limit=1024, ssl_handshake_timeout=timeout_s
    )
    presence = wire.topic_for(name, "presence")
    lost = wire.encode(wire.Presence(1, "lost"))
    flags = 0xEE  # user, password, retained will at QoS 1, clean session
    fields: tuple[str | bytes, ...] = (f"{name}-{secrets.token_hex(8)}", presence, lost, name, password)
    writer.write(packet(0x10, text("MQTT") + bytes((4, flags, 0, 0)) + b"".join(map(text, fields))))
    await expect(reader, 0x20)
    topics = (*(wire.topic_for(name, kind) for kind in wire.DOWN), wire.PLAN_TOPIC)
    writer.write(packet(0x82, b"\0\1" + b"".join(text(topic) + b"\0" for topic in topics)))
    await expect(reader, 0x90)
    writer.write(packet(0x33, text(presence) + b"\0\2" + wire.encode(wire.Presence(1, "connected"))))
    await expect(reader, 0x40)
    return writer


async def expect(reader: asyncio.StreamReader, kind: int) -> None:
    head = await reader.readexactly(2)  # no answer is as long as 128 bytes
    content = await reader.readexactly(head[1])
    if head[0] != kind or (kind == 0x20 and content[1]) or 0x80 in content[2:]:
        raise ConnectionError(f"the broker answers {(head + content).hex()}")


def packet(head: int, content: bytes) -> bytes:
    length, size = len(content), b""
    while length > 127:
        size += bytes((length & 127 | 128,))
        length >>= 7
    return bytes((head,)) + size + bytes((length,)) + content


def text(value: str | bytes) -> bytes:
    encoded = value.encode() if isinstance(value, str) else value
    return struct.pack("!H", len(encoded)) + encoded


if __name__ == "__main__":
    asyncio.run(enter_all(int(sys.argv[1]), sys.argv[2], int(sys.argv[3]), json.loads(sys.stdin.readline())))
