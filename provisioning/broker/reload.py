"""Writes the brokers' files from the registry and waits until those of this machine run them.

Who is connected stays so through a reload. But nats-server (2.15) refuses a client that is in the middle of
connecting while the users are exchanged, once, as "not authorized": devices try again after any refusal.
"""

from __future__ import annotations

import fcntl
import hashlib
import secrets
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import NamedTuple

from sqlalchemy import Column, Engine, select

from provisioning import authority, credentials, secret_files
from provisioning.authority import ServerCertificate
from provisioning.broker import login, mosquitto, nats, running
from provisioning.errors import ProvisioningError
from provisioning.settings import Settings, reachable
from provisioning.store.tables import device

COLLECTOR = "collector"  # outside the grammar of device ids, which begin with d-
COLLECTOR_PASSWORD = "collector-password"  # noqa: S105 - the file's name


class Configuration(NamedTuple):
    """What the brokers of this machine are to run."""

    version: str
    files: Mapping[Path, str]  # the first is what a person looks at
    servers: tuple[running.Server, ...]


def write_configuration(engine: Engine, settings: Settings) -> Path:
    """Write the brokers' files from the registry and wait until the brokers that run have taken them into use.

    A lock file lets one program at a time do so, and each reads the registry under the lock: so nobody waits for
    a configuration that another has overwritten. Returns the first file. Raises BrokerError.
    """
    with _alone(settings.folder("broker") / "broker.lock"):
        wanted = read(engine, settings)
        for path, text in wanted.files.items():
            secret_files.write(path, text.encode())
        running.take_into_use(wanted.servers, wanted.version)
    return next(iter(wanted.files))


def check_broker(engine: Engine, settings: Settings) -> None:
    """Raise ProvisioningError unless the files hold, and the brokers run, what the registry says."""
    wanted = read(engine, settings)
    for path, text in wanted.files.items():
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            raise ProvisioningError(
                f"{path} đã cũ. Chạy: diemcau-provision broker config",
                f"{path} is out of date. Run: diemcau-provision broker config",
            )
    states = [server.runs(wanted.version) for server in wanted.servers]
    if None in states:
        raise ProvisioningError(
            "Máy chủ MQTT không chạy. Chạy: diemcau-collector run",
            "The broker does not run. Run: diemcau-collector run",
        )
    if False in states:
        raise ProvisioningError(
            "Máy chủ MQTT chạy cấu hình cũ. Chạy: diemcau-provision broker config",
            "The broker runs an older configuration. Run: diemcau-provision broker config",
        )


def collector_password(settings: Settings) -> str:
    """Return the collector's password at the broker, made on first use."""
    return secret_files.read_or_make(
        settings.folder("secrets") / COLLECTOR_PASSWORD, lambda: secrets.token_urlsafe(32).encode()
    ).decode()


def read(engine: Engine, settings: Settings) -> Configuration:
    """Return what the brokers are to run by the registry."""
    return (_of_nats if settings.broker == "nats" else _of_mosquitto)(engine, settings)


def edges(settings: Settings, certificate: ServerCertificate | None = None) -> tuple[mosquitto.Edge, ...]:
    """Return Mosquitto's edges on this machine."""
    folder, host = settings.folder("broker"), settings.broker_host
    return tuple(
        mosquitto.Edge(folder, number, host, port, certificate)
        for number, port in enumerate(settings.broker_edge_ports, 1)
    )


def is_admitted(settings: Settings, port: int, user: str, password: str) -> bool | None:
    """Tell whether the broker at this port of ours admits a user; None when it does not answer."""
    host = reachable(settings.broker_host)
    return login.is_admitted(host, port, user, password, is_plain=settings.is_broker_plain)


def _of_nats(engine: Engine, settings: Settings) -> Configuration:
    certificate, certificate_sha256 = _certificate(settings)
    layout = nats.Layout(
        settings.folder("broker"),
        settings.broker_host,
        settings.broker_port,
        settings.broker_monitor_port,
        certificate,
        certificate_sha256,
    )
    devices = [nats.User(*row) for row in _devices(engine, device.c.bcrypt)]
    text = nats.configuration(devices, nats.User(COLLECTOR, _collector_bcrypt(settings)), layout)

    def runs(version: str) -> bool | None:
        tag = running.nats_version(settings.broker_monitor_port)
        return None if tag is None else tag == version

    server = running.Server("nats-server", layout.pid_file, runs)
    return Configuration(nats.version(text), {layout.folder / nats.CONFIGURATION: text}, (server,))


def _of_mosquitto(engine: Engine, settings: Settings) -> Configuration:
    certificate, certificate_sha256 = _certificate(settings)
    folder, rights = settings.folder("broker"), mosquitto.rights(COLLECTOR)
    files = {edge.file: mosquitto.configuration(edge) for edge in edges(settings, certificate)}
    collector = mosquitto.User(COLLECTOR, mosquitto.verifier(collector_password(settings)))
    users = [collector, *(mosquitto.User(*row) for row in _devices(engine, device.c.pbkdf2))]
    version = mosquitto.version((certificate_sha256, *files.values(), rights, mosquitto.passwords(users)))
    users.append(mosquitto.User(mosquitto.CANARY, mosquitto.verifier(version)))
    files |= {folder / mosquitto.RIGHTS: rights, folder / mosquitto.PASSWORDS: mosquitto.passwords(users)}
    servers = tuple(
        running.Server("mosquitto", edge.pid_file, partial(is_admitted, settings, edge.port, mosquitto.CANARY))
        for edge in edges(settings)
    )
    return Configuration(version, files, servers)


def _devices(engine: Engine, verifier: Column[str]) -> list[tuple[str, str]]:
    active = select(device.c.name, verifier).where(device.c.state == "active").order_by(device.c.id)
    with engine.connect() as connection:
        return [(name, kept) for name, kept in connection.execute(active)]


def _certificate(settings: Settings) -> tuple[ServerCertificate | None, str]:
    """Return the brokers' certificate and its hash; neither where there is no TLS."""
    if settings.is_broker_plain:
        return None, ""
    certificate = authority.server_certificate(settings.folder("ca"), settings.server_names, datetime.now(UTC))
    return certificate, hashlib.sha256(certificate.certificate.read_bytes()).hexdigest()


def _collector_bcrypt(settings: Settings) -> str:
    # Kept in a file: a new salt at each writing would look like a new password and throw the collector off.
    password = collector_password(settings)
    path = settings.folder("secrets") / "collector-bcrypt"
    verifier = secret_files.read_or_make(path, lambda: credentials.bcrypt_of(password).encode()).decode()
    if not credentials.is_password(password, verifier):
        verifier = credentials.bcrypt_of(password)
        secret_files.write(path, verifier.encode())
    return verifier


@contextmanager
def _alone(path: Path) -> Iterator[None]:
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
