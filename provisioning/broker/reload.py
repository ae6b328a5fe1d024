"""Writes the embedded broker's configuration from the registry and waits until the broker runs it.

Who is connected stays so through a reload. But nats-server (2.15) refuses a client that is in the middle of
connecting while the users are exchanged, once, as "not authorized": devices try again after any refusal.
"""

from __future__ import annotations

import fcntl
import hashlib
import http.client
import json
import os
import secrets
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import psutil
from sqlalchemy import Engine, select

from provisioning import authority, credentials, secret_files
from provisioning.broker import nats
from provisioning.errors import ProvisioningError
from provisioning.settings import Settings
from provisioning.store.tables import device

CONFIGURATION = "nats.conf"
COLLECTOR = "collector"  # outside the grammar of device ids, which begin with d-
COLLECTOR_PASSWORD = "collector-password"  # noqa: S105 - the file's name
_DEADLINE_S = 60
_POLL_S = 0.02


class BrokerError(RuntimeError):
    """The broker did not take the configuration into use."""


def write_configuration(engine: Engine, settings: Settings) -> Path:
    """Write home/broker/nats.conf from the registry and, where the broker runs, wait until it runs this one.

    A lock file lets one program at a time do so, and each reads the registry under the lock: so nobody waits for
    a configuration that another has overwritten. Raises BrokerError.
    """
    folder = settings.folder("broker")
    path = folder / CONFIGURATION
    with _alone(folder / "nats.lock"):
        text = _text(engine, settings)
        version = nats.version(text)
        secret_files.write(path, text.encode())
        pid = running_broker(folder / "nats.pid")
        if pid is not None and running_version(settings.broker_monitor_port) != version:
            _reload(pid, settings.broker_monitor_port, version)
    return path


def check_broker(engine: Engine, settings: Settings) -> None:
    """Raise ProvisioningError unless the file holds, and the broker runs, what the registry says."""
    path = settings.folder("broker") / CONFIGURATION
    wanted = nats.version(_text(engine, settings))
    running = running_version(settings.broker_monitor_port)
    if not path.exists() or nats.version(path.read_text(encoding="utf-8")) != wanted:
        raise ProvisioningError(
            f"{path} đã cũ. Chạy: diemcau-provision broker config",
            f"{path} is out of date. Run: diemcau-provision broker config",
        )
    if running is None:
        raise ProvisioningError(
            "Máy chủ MQTT không chạy. Chạy: diemcau-collector run",
            "The broker does not run. Run: diemcau-collector run",
        )
    if running != wanted:
        raise ProvisioningError(
            "Máy chủ MQTT chạy cấu hình cũ. Chạy: diemcau-provision broker config",
            "The broker runs an older configuration. Run: diemcau-provision broker config",
        )


def collector_password(settings: Settings) -> str:
    """Return the collector's password at the broker, made on first use."""
    return secret_files.read_or_make(
        settings.folder("secrets") / COLLECTOR_PASSWORD, lambda: secrets.token_urlsafe(32).encode()
    ).decode()


def running_broker(pid_file: Path) -> int | None:
    """Return the process id of the running nats-server, or None; a stale file that names another program is no sign."""
    try:
        pid = int(pid_file.read_text(encoding="ascii"))
        return pid if psutil.Process(pid).name() == "nats-server" else None
    except (OSError, ValueError, psutil.Error):
        return None


def running_version(monitor_port: int) -> str | None:
    """Return the version of the configuration that the broker runs, or None when it does not answer."""
    monitor = http.client.HTTPConnection("127.0.0.1", monitor_port, timeout=5)
    try:
        monitor.request("GET", "/varz")
        tags = json.load(monitor.getresponse()).get("tags") or [""]
        return str(tags[0])
    except (OSError, ValueError, http.client.HTTPException):
        return None
    finally:
        monitor.close()


def _text(engine: Engine, settings: Settings) -> str:
    certificate = authority.server_certificate(settings.folder("ca"), settings.server_names, datetime.now(UTC))
    layout = nats.Layout(
        settings.folder("broker"),
        settings.host,
        settings.broker_port,
        settings.broker_monitor_port,
        certificate.certificate,
        hashlib.sha256(certificate.certificate.read_bytes()).hexdigest(),
        certificate.key,
    )
    active = select(device.c.name, device.c.bcrypt).where(device.c.state == "active").order_by(device.c.id)
    with engine.connect() as connection:
        devices = [nats.User(*row) for row in connection.execute(active)]
    return nats.configuration(devices, nats.User(COLLECTOR, _collector_bcrypt(settings)), layout)


def _collector_bcrypt(settings: Settings) -> str:
    # Kept in a file: a new salt at each writing would look like a new password and throw the collector off.
    password = collector_password(settings)
    path = settings.folder("secrets") / "collector-bcrypt"
    verifier = secret_files.read_or_make(path, lambda: credentials.bcrypt_of(password).encode()).decode()
    if not credentials.is_password(password, verifier):
        verifier = credentials.bcrypt_of(password)
        secret_files.write(path, verifier.encode())
    return verifier


def _reload(pid: int, monitor_port: int, version: str) -> None:
    deadline = time.monotonic() + _DEADLINE_S
    os.kill(pid, signal.SIGHUP)
    while running_version(monitor_port) != version:
        if not psutil.pid_exists(pid):
            return  # it has ended; the next one reads the file when it starts
        if time.monotonic() > deadline:
            raise BrokerError(f"nats-server (pid {pid}) did not take its new configuration within {_DEADLINE_S} s")
        time.sleep(_POLL_S)


@contextmanager
def _alone(path: Path) -> Iterator[None]:
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
