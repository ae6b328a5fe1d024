"""What the line carries: speedtest-cli as a library against the probe server's mini endpoints, kept small.

The only module that imports speedtest, and only when it measures: importing it wraps descriptor 1, which the round
child has given away before. A rate here is an average with slow start included, so it reads a little low.
"""

from __future__ import annotations

import os
from typing import Any

from agent import proxy
from agent.facts import fact
from agent.probes.context import Context, ProbeError, server_of
from contract.findings import Line

METHOD = "speedtest-cli"
_SECONDS = 3
_THREADS = 2
_TIMEOUT_S = 5
_UPLOAD_BYTES = 262_144
_UPLOADS = 24  # at most 6 MB
_DOWNLOADS_PER_SIZE = 1
_SIZES = (350, 500, 750, 1000, 1500, 2000)  # side of the picture in pixels, which is how the server names its files


def measure(context: Context) -> Line:
    """Measure both ways for three seconds each; raises ProbeError when the probe server does not answer."""
    server = server_of(context)
    import http.client

    import speedtest

    if proxy.is_loopback(server.host):
        os.environ["no_proxy"] = "*"  # of this child, where nothing else asks: speedtest would send us through a proxy
    url = f"http://{server.host}:{server.http_port}/"
    try:
        test = _small_test(speedtest)
        test.get_best_server(test.set_mini_server(url))
        test.download()
        test.upload(pre_allocate=False)
    except (speedtest.SpeedtestException, OSError, http.client.HTTPException) as error:
        raise ProbeError("unreachable", f"the probe server did not answer ({type(error).__name__})") from error
    return findings(f"{server.host}:{server.http_port}", test.results.dict())


def findings(server: str, results: Any) -> Line:
    """Read speedtest-cli's results: rates in bit/s, ping in ms; raises ProbeError when nothing came or went."""
    if not results["bytes_received"] or not results["bytes_sent"]:
        raise ProbeError("unreachable", "the transfer did not begin")
    return Line(
        method=METHOD,
        server=server,
        download_mbps=round(results["download"] / 1e6, 3),
        upload_mbps=round(results["upload"] / 1e6, 3),
        round_trip_ms=fact(lambda: round(results["ping"], 3)),
        received_bytes=results["bytes_received"],
        sent_bytes=results["bytes_sent"],
    )


def _small_test(speedtest: Any) -> Any:
    class SmallTest(speedtest.Speedtest):  # type: ignore[misc]
        """A test whose configuration is ours: the original asks speedtest.net for it, even for one's own server."""

        def get_config(self) -> Any:
            self.config.update(
                client={"ip": "", "lat": "0", "lon": "0", "isp": ""},
                ignore_servers=[],
                sizes={"download": list(_SIZES), "upload": [_UPLOAD_BYTES]},
                counts={"download": _DOWNLOADS_PER_SIZE, "upload": _UPLOADS},
                threads={"download": _THREADS, "upload": _THREADS},
                length={"download": _SECONDS, "upload": _SECONDS},
                upload_max=_UPLOADS,
            )
            self.lat_lon = (0.0, 0.0)
            return self.config

    return SmallTest(timeout=_TIMEOUT_S)
