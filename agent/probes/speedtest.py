"""What speedtest-cli says of the line, as a library: the number that people know. Only for a person who asks for it.

The only module that imports speedtest, and only when it measures: importing it wraps descriptor 1, which the round
child has given away before. A rate here is an average with slow start included, of bytes handed to the system in the
upload; it proves nothing about what the line sustains, so it is in no mass run and nobody is judged by it.
"""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING, Any, List, Optional, Tuple

from agent import packets
from agent.facts import fact
from agent.formulas.delays import percentile
from agent.probes import leave
from agent.probes.context import Context, server_of
from agent.unmeasured import ProbeError
from contract.findings import Line

if TYPE_CHECKING:
    from agent.transfer.web import Web
    from contract.probing import Granted

METHOD = "speedtest-cli"
PUBLIC = "speedtest.net"
_SECONDS = 5
_THREADS = 2
_TIMEOUT_S = 5
_UPLOAD_BYTES = 262_144
_PUBLIC_UPLOADS = 24  # at most 6 MB
_PUBLIC_BYTES = 22_000_000  # both ways together
_SIZES = (350, 500, 750, 1000, 1500, 2000)  # side of the picture in pixels; at the public service 16 MB together
_BLOCK = os.urandom(16_384)  # so that nothing on the way can compress it
_HOUR_MS = 1_800_000.0  # what its ping comes to when its server did not answer: half of 3600 s


def measure(context: Context) -> Line:
    """Measure both ways for five seconds each; raises ProbeError or NotNow when there is nothing to measure against."""
    if context.is_public:
        return _measure_public(context)
    from agent.transfer.web import reach

    server = server_of(context)
    web = reach(server.host, server.http_port)
    link = context.reader.network(context.machine).link
    with leave.told("no way to the probe server"):
        context.tell("slot")
        granted = leave.take(context, web, "speedtest", link.value)
        try:
            results = _run_mini(context, web, granted)
        finally:
            leave.give_back(web, granted)
    trip_ms = percentile([echo.rtt_ms for echo in _echoes(server.host, server.udp_port)], 0.5)
    return findings(f"{server.host}:{server.http_port}", results, trip_ms)


def findings(server: str, results: Any, round_trip_ms: Optional[float]) -> Line:
    """Read speedtest-cli's results, rates in bit/s; raises ProbeError when nothing came or went."""
    if not results["bytes_received"] or not results["bytes_sent"]:
        raise ProbeError("unreachable", "the transfer did not begin")
    return Line(
        method=METHOD,
        server=server,
        download_mbps=round(results["download"] / 1e6, 3),
        upload_mbps=round(results["upload"] / 1e6, 3),
        round_trip_ms=fact(lambda: round_trip_ms),
        received_bytes=results["bytes_received"],
        sent_bytes=results["bytes_sent"],
    )


def _run_mini(context: Context, web: Web, granted: Granted) -> Any:
    """Test against the mini endpoints of our slot: by our own idea of the proxy, and within the bytes of the grant."""
    through = web.through
    os.environ["http_proxy"] = through.with_credentials if through else ""  # of this child, where nothing else asks
    os.environ["no_proxy"] = "" if through else "*"
    host = f"[{web.host}]" if ":" in web.host else web.host
    module = _module()
    uploads = granted.most_up_bytes // _UPLOAD_BYTES
    size = _UPLOAD_BYTES if uploads >= _THREADS else max(1, granted.most_up_bytes // _THREADS)
    test = _small_test(module, (size, max(uploads, _THREADS)))
    url = f"http://{host}:{web.port}/v1/slots/{granted.token}/mini/speedtest/upload.php"
    test._best = {"url": url, "latency": 0.0}  # not by get_best_server, which knows no proxy
    return _both_ways(context, module, test)


def _measure_public(context: Context) -> Line:
    """Test against the nearest server of the public service, which learns this site's address by it.

    Raises ProbeError also when the machine is on a metered link and nobody agreed to spend its bytes.
    """
    link = context.reader.network(context.machine).link
    if link.value == "mobile" and not context.is_consented:
        context.refused("needs_consent", _PUBLIC_BYTES)
        raise ProbeError("needs_consent", leave.NO_CONSENT)
    module = _module()
    context.tell("servers")
    try:
        test = _small_test(module, None)
        test.get_servers()
        test.get_best_server()
    except (module.SpeedtestException, OSError) as error:
        raise ProbeError("unreachable", f"{PUBLIC} did not answer ({type(error).__name__})") from error
    results = _both_ways(context, module, test)
    return findings(PUBLIC, results, results["ping"] if results["ping"] < _HOUR_MS else None)


def _both_ways(context: Context, module: Any, test: Any) -> Any:
    import http.client

    try:
        for step, transfer in (("download", test.download), ("upload", lambda: test.upload(pre_allocate=False))):
            context.tell(step)
            transfer()
    except (module.SpeedtestException, OSError, http.client.HTTPException) as error:
        raise ProbeError("unreachable", f"the transfer broke ({type(error).__name__})") from error
    return test.results.dict()


def _module() -> Any:
    """Return the library, its warnings of newer Pythons silenced and its uploads made small."""
    import warnings

    warnings.simplefilter("ignore", DeprecationWarning)  # utcnow and isSet, which it will never be rid of
    import speedtest

    class StreamedUpload(speedtest.HTTPUploaderData):  # type: ignore[misc]
        """What is uploaded, made while it goes: the original keeps every body until the end."""

        def read(self, n: int = 10_240) -> bytes:
            if time.perf_counter() - self.start > self.timeout:
                raise speedtest.SpeedtestUploadTimeout
            block = _BLOCK[: max(0, min(n, self.length - sum(self.total)))]
            self.total.append(len(block))
            return block

    speedtest.HTTPUploaderData = StreamedUpload
    return speedtest


def _small_test(module: Any, upload: Optional[Tuple[int, int]]) -> Any:
    """Return a test of our size; upload: bytes of each and how many. None: of the public service, by its own list."""
    size, uploads = upload or (_UPLOAD_BYTES, _PUBLIC_UPLOADS)

    class SmallTest(module.Speedtest):  # type: ignore[misc]
        """A test whose configuration is ours: the original asks speedtest.net for it, even for one's own server."""

        def get_config(self) -> Any:
            if upload is None:
                super().get_config()
            else:
                self.config.update(client={"ip": "", "lat": "0", "lon": "0", "isp": ""}, ignore_servers=[])
                self.lat_lon = (0.0, 0.0)
            self.config.update(
                sizes={"download": list(_SIZES), "upload": [size]},
                counts={"download": 1, "upload": uploads},
                threads={"download": _THREADS, "upload": _THREADS},
                length={"download": _SECONDS, "upload": _SECONDS},
                upload_max=uploads,
            )
            return self.config

    return SmallTest(timeout=_TIMEOUT_S)


def _echoes(host: str, udp_port: int) -> List[packets.Echo]:
    try:
        return packets.exchange(host, udp_port, 10, 0.02, 1.0)
    except OSError:
        return []
