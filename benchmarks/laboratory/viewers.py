"""Open pages that follow the changes: many event streams in one process.

python -m laboratory.viewers PORT COOKIE PATH NUMBER      says `open` when each has heard something

Then each line on stdin is answered with one of JSON: events and bytes since the line before, and streams that ended.
"""

from __future__ import annotations

import asyncio
import json
import sys
from collections import Counter

_AT_ONCE = 20
_MOST_LINE_BYTES = 1 << 22


async def main() -> None:
    port, cookie, path, number = sys.argv[1:]
    told: Counter[str] = Counter()
    room = asyncio.Semaphore(_AT_ONCE)
    request = f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nCookie: {cookie}\r\n\r\n".encode()

    async def view(is_heard: asyncio.Future[None]) -> None:
        async with room:
            reader, writer = await asyncio.open_connection("127.0.0.1", int(port), limit=_MOST_LINE_BYTES)
            writer.write(request)
            status = await reader.readline()
            assert b" 200 " in status, status
            while not (await reader.readline()).startswith(b"event: "):
                pass
            is_heard.set_result(None)
        while line := await reader.readline():
            told["bytes"] += len(line)
            told["events"] += line.startswith((b"event: change", b"event: pieces"))
        told["ended"] += 1

    loop = asyncio.get_running_loop()
    heard = [loop.create_future() for _ in range(int(number))]
    tasks = [asyncio.create_task(view(is_heard)) for is_heard in heard]
    await asyncio.gather(*heard)
    print("open", flush=True)
    while await asyncio.to_thread(sys.stdin.readline):
        print(json.dumps({name: told[name] for name in ("events", "bytes", "ended")}), flush=True)
        told["events"] = told["bytes"] = 0
    for task in tasks:
        task.cancel()


if __name__ == "__main__":
    asyncio.run(main())
