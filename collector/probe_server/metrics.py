"""What the probe server tells whoever watches it: /metrics for Prometheus, and /healthz."""

from __future__ import annotations

import math
import time
from collections.abc import Iterator
from ipaddress import ip_address

from aiohttp import web
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from collector.probe_server.keys import KEEPING, KNOWN, LIMITS, REFLECTOR, SLOTS

OLD_S = 60.0  # a document that was not confirmed for so long is too old to be sure of a stop or a revocation
FRESH_S = 1.0  # whoever asks, and however often: all figures are read so often at most
_PARTS = ("campaign", "on_demand")  # of the ledger's figures
ROUTES = web.RouteTableDef()


@ROUTES.get("/healthz")
async def healthz(request: web.Request) -> web.Response:
    """Answer, and say so when the centre was not heard for too long: tests are granted nevertheless."""
    known = request.app[KNOWN]
    age_s = round(time.monotonic() - known.heard_s, 1)
    is_old = age_s > OLD_S
    status = "the centre was not heard: the document is old" if is_old else "ok"
    told = {"status": status, "document_age_s": age_s, "document_version": known.document.version}
    return web.json_response(told)


@ROUTES.get("/metrics")
async def metrics(request: web.Request) -> web.Response:
    """Answer with all figures in Prometheus' text form; to whoever is not of our networks as if there were none."""
    if not is_inside(request.remote):
        raise web.HTTPNotFound
    text = request.app[PAGE].text(time.monotonic())
    return web.Response(body=text, headers={"Content-Type": "text/plain; version=0.0.4"})


def is_inside(address: str | None) -> bool:
    """Tell whether an address is of this machine or of a private network (RFC 1918, RFC 4193): whoever watches."""
    return address is not None and ip_address(address).is_private


class Figures(Collector):
    """The figures of one probe server, read when they are asked for."""

    def __init__(self, app: web.Application) -> None:
        self._app = app

    def describe(self) -> list[Metric]:
        """Return nothing: the figures have names of their own, and no other collector is beside them."""
        return []

    def collect(self) -> Iterator[Metric]:
        """Yield every figure."""
        yield from self._of_ledger()
        yield from self._of_slots()
        yield from self._of_udp()
        known = self._app[KNOWN]
        yield _gauge("document_version", "of the newest document", known.document.version)
        yield _gauge("document_age_seconds", "since the centre confirmed it", time.monotonic() - known.heard_s)
        yield _gauge("document_devices", "that may ask", len(known.document.devices))
        yield _gauge("loop_lag_seconds", "by which the event loop was late lately", self._app[LIMITS].lag_s)

    def _of_ledger(self) -> Iterator[Metric]:
        figures = self._app[SLOTS].ledger.figures()
        yield _gauge("capacity_bps", "that may be granted at once", figures.capacity_bps)
        for name, text in (
            ("reserved_bps", "that is granted"),
            ("slots", "that run"),
            ("waiting", "devices whose request is held"),
            ("booked", "devices that come again"),
        ):
            family = GaugeMetricFamily(f"diemcau_probe_{name}", text, labels=["part"])
            for part, value in zip(_PARTS, getattr(figures, name), strict=True):
                family.add_metric([part], value)
            yield family
        yield _counter("expired_slots", "whose device fell silent", figures.expired_slots_total)
        yield _counter("expired_bookings", "whose device did not come", figures.expired_bookings_total)
        yield _counter("rebooked", "runs that said nothing of their line", figures.rebooked_total)
        keeping = self._app[KEEPING]
        yield _gauge("ledger_unwritten", "changes of the ledger that are in memory alone", keeping.unwritten)
        yield _counter("ledger_write_failures", "times that the ledger could not be written", keeping.failures)

    def _of_slots(self) -> Iterator[Metric]:
        slots = self._app[SLOTS]
        answers = CounterMetricFamily(
            "diemcau_probe_answers", "to devices that asked", labels=["answer", "purpose", "reason"]
        )
        for labels, number in slots.totals.answers.items():
            answers.add_metric(list(labels), number)
        yield answers
        moved = CounterMetricFamily("diemcau_probe_transferred_bytes", "in slots, by HTTP", labels=["way"])
        running = [*slots]
        moved.add_metric(["sent"], slots.totals.sent_bytes + sum(slot.sent_bytes for slot in running))
        moved.add_metric(["received"], slots.totals.received_bytes + sum(slot.received_bytes for slot in running))
        yield moved
        yield _gauge("active_transfers", "connections that move bytes", sum(len(slot.transports) for slot in running))
        yield _counter("server_limited", "runs that this server limited", slots.totals.server_limited)

    def _of_udp(self) -> Iterator[Metric]:
        reflector = self._app[REFLECTOR]
        counts = reflector.counts
        for unit in ("packets", "bytes"):
            family = CounterMetricFamily(f"diemcau_probe_udp_{unit}", "over UDP", labels=["way"])
            suffix = "" if unit == "packets" else "_bytes"
            family.add_metric(["received"], getattr(counts, f"received{suffix}"))
            family.add_metric(["sent"], getattr(counts, f"sent{suffix}"))
            yield family
        yield _counter("udp_refused", "packets that were answered with nothing", reflector.refused)
        yield _counter("udp_lost", "packets that found no room here", counts.lost_here)
        yield _gauge("udp_streams", "that are open", reflector.streams)


class Page:
    """The figures as text, as they were a moment ago."""

    def __init__(self, figures: Figures) -> None:
        self._registry = CollectorRegistry()
        self._registry.register(figures)
        self._text = b""
        self._made_s = -math.inf

    def text(self, now_s: float) -> bytes:
        """Return them; now_s: of the monotonic clock."""
        if now_s - self._made_s >= FRESH_S:
            self._text, self._made_s = generate_latest(self._registry), now_s
        return self._text


PAGE = web.AppKey("page", Page)


def _gauge(name: str, text: str, value: float) -> Metric:
    return GaugeMetricFamily(f"diemcau_probe_{name}", text, value)


def _counter(name: str, text: str, value: float) -> Metric:
    return CounterMetricFamily(f"diemcau_probe_{name}", text, value)
