"""What the centre tells whoever watches it: /metrics for Prometheus."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector
from sqlalchemy import Connection
from starlette.requests import Request
from starlette.responses import Response

from collector.dashboard.render import Reading, now
from collector.store import pulse, scope
from collector.store.queries import books, centre
from collector.store.queries.sessions import Session, all_sessions
from collector.store.queries.standings import count_levels
from contract.clock import DAY_US

_CONTENT = "text/plain; version=0.0.4; charset=utf-8"


def show(request: Request, connection: Reading) -> Response:
    """Answer with all figures of the country in Prometheus' text form."""
    registry = CollectorRegistry()
    registry.register(_Figures(connection, now(request)))
    return Response(generate_latest(registry), media_type=_CONTENT)


class _Figures(Collector):
    def __init__(self, connection: Connection, now_us: int) -> None:
        self._connection = connection
        self._now_us = now_us

    def describe(self) -> list[Metric]:
        """Return nothing: names need no check against other collectors, there are none."""
        return []

    def collect(self) -> Iterator[Metric]:
        """Yield every figure."""
        yield from self._of_devices()
        yield from self._of_books()
        yield self._of_levels()
        yield from self._of_ingest()

    def _of_devices(self) -> Iterator[Metric]:
        yield _by("devices", "in the registry", "state", centre.count_devices(self._connection))
        yield _by("devices_presence", "that have spoken", "presence", centre.count_presences(self._connection))

    def _of_books(self) -> Iterator[Metric]:
        sight = scope.country(self._connection)
        balance = books.balance(sight)
        for name, told in balance._asdict().items():
            if name == "spooled":
                yield _gauge("reports_spooled", "reports that wait at devices, as last told", told)
            else:
                yield _counter(f"reports_{name}", f"reports {name}, as last told", told)
        yield _gauge("reports_unaccounted", "reports out of balance; 0 once spools are empty", balance.difference)
        yield _counter("messages_unattributed", "on no device's account", books.count_unattributed(sight) or 0)
        yield _counter("messages_discarded", "that came to a full queue", books.count_discarded(sight) or 0)

    def _of_levels(self) -> Metric:
        sites = GaugeMetricFamily(
            "diemcau_sites", "sites of a session that is not over for a day, at a level", labels=("session", "level")
        )
        for session in _that_matter(all_sessions(self._connection), self._now_us):
            for level, count in count_levels(scope.country(self._connection), session.id).items():
                sites.add_metric((str(session.id), level), count)
        return sites

    def _of_ingest(self) -> Iterator[Metric]:
        found = pulse.last(self._connection, pulse.INGEST)
        if found is None:
            return
        yield _gauge("ingest_silent_seconds", "since ingest told of itself", (self._now_us - found.at) / 1e6)
        yield _gauge("ingest_queue", "messages that wait for ingest", found.told["waiting"])
        yield _gauge("ingest_lag_seconds", "longest from arrival to commit lately", found.told["lag_ms"] / 1e3)
        edges = GaugeMetricFamily("diemcau_broker_connected", "whether ingest reaches a broker", labels=("broker",))
        for edge in found.told["edges"]:
            edges.add_metric((edge["url"],), float(edge["is_connected"]))
        yield edges


def _that_matter(sessions: list[Session], now_us: int) -> list[Session]:
    """Return the sessions that are not over, and those that were within the last day."""
    return [session for session in sessions if session.ends_at > now_us - DAY_US]


def _gauge(name: str, told: str, value: float) -> GaugeMetricFamily:
    return GaugeMetricFamily(f"diemcau_{name}", told, value=value)


def _counter(name: str, told: str, value: float) -> CounterMetricFamily:
    return CounterMetricFamily(f"diemcau_{name}", told, value=value)


def _by(name: str, told: str, label: str, counts: Mapping[str, int]) -> GaugeMetricFamily:
    found = GaugeMetricFamily(f"diemcau_{name}", told, labels=(label,))
    for value, count in counts.items():
        found.add_metric((value,), count)
    return found
