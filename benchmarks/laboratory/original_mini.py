"""A "Speedtest Mini" server as the original ones are, for unmodified speedtest-cli: original sizes, no bounds.

python original_mini.py ADDRESS PORT

It is also the proxy by which speedtest-cli finds its configuration, for which it asks www.speedtest.net even when it
is given a mini server: the document is the one of that site, with its own ten seconds a direction.
"""

from __future__ import annotations

import os
import sys

from aiohttp import web

from collector.probe_server.mini import IMAGE_BYTES

_BLOCK = os.urandom(65_536)  # so that nothing on the way can compress it
_CONFIGURATION = """<?xml version="1.0" encoding="UTF-8"?>
<settings>
<client ip="10.9.0.1" lat="21.0278" lon="105.8342" isp="lab" country="VN"/>
<server-config threadcount="4" ignoreids=""/>
<download testlength="10" initialtest="250K" mintestsize="250K" threadsperurl="4"/>
<upload testlength="10" ratio="5" initialtest="0" mintestsize="32K" threads="2" maxchunksize="512K" \
maxchunkcount="50" threadsperurl="4"/>
</settings>
"""


async def _configure(_: web.Request) -> web.Response:
    return web.Response(text=_CONFIGURATION, content_type="text/xml")


async def _welcome(_: web.Request) -> web.Response:
    return web.Response(text='upload_extension: "php"\n')


async def _latency(_: web.Request) -> web.Response:
    return web.Response(text="test=test\n")


async def _download(request: web.Request) -> web.StreamResponse:
    left = IMAGE_BYTES[int(request.match_info["width"])]
    response = web.StreamResponse()
    response.content_length = left
    await response.prepare(request)
    while left > 0:
        await response.write(_BLOCK[:left])
        left -= len(_BLOCK)
    return response


async def _upload(request: web.Request) -> web.Response:
    size = 0
    async for block in request.content.iter_any():
        size += len(block)
    return web.Response(text=f"size={size}")


def main(address: str, port: str) -> None:
    app = web.Application()
    app.add_routes(
        [
            web.get("/speedtest-config.php", _configure),
            web.get("/", _welcome),
            web.get("/speedtest/latency.txt", _latency),
            web.get(r"/speedtest/random{width:\d+}x{height:\d+}.jpg", _download),
            web.post("/speedtest/upload.php", _upload),
        ]
    )
    web.run_app(app, host=address, port=int(port), access_log=None, print=lambda *_: None)


if __name__ == "__main__":
    main(*sys.argv[1:])
