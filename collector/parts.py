"""The parts that `diemcau-collector run` runs: their commands, their ports, and whether each answers."""

from __future__ import annotations

import socket
import ssl
import sys
import urllib.request
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import NamedTuple

from collector.broker_parts import (
    ANSWER_S,
    edge_answers,
    edge_command,
    is_broker_user_connected,
    nats_command,
)
from contract.languages import say
from provisioning.broker.reload import COLLECTOR, edges
from provisioning.settings import Settings, reachable


class Port(NamedTuple):
    """A port that a part listens on, and the setting that chooses it."""

    setting: str
    host: str
    number: int
    is_udp: bool = False

    def is_free(self) -> bool:
        """Tell whether we could listen on it."""
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM if self.is_udp else socket.SOCK_STREAM) as probe:
            if not self.is_udp:
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # as servers do after a restart
            try:
                probe.bind((self.host, self.number))
            except OSError:
                return False
        return True

    def taken_text(self) -> str:
        """Return what to do when it is not free."""
        variable = f"DIEMCAU_{self.setting.upper()}"
        return say(
            f"Cổng {self.number} ({self.host}) đang bị chương trình khác dùng. Đặt cổng khác bằng {variable}.",
            f"Port {self.number} ({self.host}) is taken by another program. Choose another with {variable}.",
        )


class Part(NamedTuple):
    """One child process: how to start it, whether it answers, and where it listens.

    `is_up` is None for a part that nobody can ask; then it counts as up once it is started.
    """

    name: str
    command: tuple[str, ...]
    is_up: Callable[[], bool] | None
    ports: tuple[Port, ...] = ()


def parts(settings: Settings) -> tuple[Part, ...]:
    """Return the parts of the centre in the order they start; brokers only where they are not elsewhere."""
    reach = reachable(settings.host)
    ca = settings.folder("ca") / "ca.pem"

    def ingest_is_connected() -> bool:
        return is_broker_user_connected(settings.broker_monitor_port, COLLECTOR)

    can_be_asked = settings.broker == "nats" and not settings.broker_urls
    centre = (
        Part(
            "enrolment",
            python("provisioning.cli", "enrolment"),
            lambda: answers(f"https://{reach}:{settings.enrolment_port}/healthz", ca),
            (Port("enrolment_port", settings.host, settings.enrolment_port),),
        ),
        Part(
            "probe-server",
            python("collector.cli", "probe-server"),
            lambda: answers(f"http://{reach}:{settings.probe_http_port}/healthz"),
            (
                Port("probe_http_port", settings.host, settings.probe_http_port),
                Port("probe_udp_port", settings.host, settings.probe_udp_port, is_udp=True),
            ),
        ),
        Part("ingest", python("collector.cli", "ingest"), ingest_is_connected if can_be_asked else None),
        Part(
            "web",
            python("collector.cli", "web"),
            lambda: answers(f"http://{reach}:{settings.web_port}/healthz"),
            (Port("web_port", settings.host, settings.web_port),),
        ),
    )
    return centre if settings.broker_urls else (*_brokers(settings), *centre)


def _brokers(settings: Settings) -> tuple[Part, ...]:
    if settings.broker == "mosquitto":
        return tuple(
            Part(
                f"broker-{edge.number}",
                edge_command(edge),
                partial(edge_answers, settings, edge),
                (Port("broker_edge_ports", edge.host, edge.port),),
            )
            for edge in edges(settings)
        )
    nats = Part(
        "broker",
        nats_command(settings),
        lambda: answers(f"http://127.0.0.1:{settings.broker_monitor_port}/healthz"),
        (
            Port("broker_port", settings.broker_host, settings.broker_port),
            Port("broker_monitor_port", "127.0.0.1", settings.broker_monitor_port),
        ),
    )
    return (nats,)


def answers(url: str, ca: Path | None = None) -> bool:
    """Tell whether a part of this machine answers a GET with success, over TLS by the private CA alone."""
    try:
        context = None if ca is None else ssl.create_default_context(cafile=ca)
        if context is not None:
            context.check_hostname = False  # asked by its address; the CA is ours and signs nothing else
        with urllib.request.urlopen(url, timeout=ANSWER_S, context=context):  # noqa: S310 - our own address
            return True
    except OSError:
        return False


def python(module: str, *arguments: str) -> tuple[str, ...]:
    """Return the command line of a program of ours, run by this very Python with nothing from the present folder."""
    return (sys.executable, "-P", "-m", module, *arguments)
