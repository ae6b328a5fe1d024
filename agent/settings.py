"""Reads the settings file without pydantic; a test holds it equal to `contract.settings.AgentSettings`."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, Dict, NamedTuple, Tuple

from contract import wire

_MOST_BYTES = 16 * 1024
_BROKER = re.compile(r"mqtts?://[A-Za-z0-9.-]{1,253}:[0-9]{1,5}\Z")
_HOST = re.compile(r"[A-Za-z0-9.:-]{1,253}\Z")
_NUMBERS = {  # name: default, least, most
    "tick_s": (60, 1, 3600),
    "keepalive_s": (45, 5, 3600),
    "light_round_s": (3600, 10, 86_400),
    "line_round_s": (43_200, 10, 604_800),
    "spool_cap_bytes": (16 * 1024 * 1024, 65_536, None),
}


class SettingsError(ValueError):
    """A settings file that cannot be used; the text says where and why."""


class ProbeServerAddress(NamedTuple):
    """Where to measure against until a plan says otherwise."""

    host: str
    http_port: int
    udp_port: int


class Settings(NamedTuple):
    """What the resident agent needs to know."""

    folder: Path  # where the file lies; the file names below are relative to it
    device: str
    brokers: Tuple[str, ...]
    ca_file: str
    password_file: str
    probe_server: ProbeServerAddress
    tick_s: int
    keepalive_s: int
    light_round_s: int
    line_round_s: int
    spool_cap_bytes: int


def load(file: Path) -> Settings:
    """Read the settings; raises SettingsError, or OSError when the file cannot be read."""
    try:
        return parse(file.read_bytes(), file.parent)
    except ValueError as error:
        raise SettingsError(f"{file}: {error}") from error


def parse(content: bytes, folder: Path) -> Settings:
    """Read the content of a settings file that lies in `folder`; raises SettingsError or wire.WireError."""
    value = wire.load_json(content, _MOST_BYTES)
    return Settings(
        folder,
        _device(_required(value, "device")),
        _brokers(_required(value, "brokers")),
        _text(value, "ca_file", "ca.pem"),
        _text(value, "password_file", "password"),
        _probe_server(_required(value, "probe_server")),
        *(_integer(value.get(name, default), name, low, high) for name, (default, low, high) in _NUMBERS.items()),
    )


def _required(value: Dict[str, Any], name: str) -> Any:
    if name not in value:
        raise SettingsError(f"{name}: is missing")
    return value[name]


def _device(value: Any) -> str:
    if not isinstance(value, str) or not wire.is_device(value):
        raise SettingsError("device: is not a device id")
    return value


def _brokers(value: Any) -> Tuple[str, ...]:
    if not isinstance(value, list) or not 1 <= len(value) <= 8:
        raise SettingsError("brokers: must be a list of 1 to 8 addresses")
    if not all(isinstance(url, str) and _BROKER.match(url) for url in value):
        raise SettingsError("brokers: each must look like mqtts://name:8883")
    return tuple(value)


def _probe_server(value: Any) -> ProbeServerAddress:
    if not isinstance(value, dict):
        raise SettingsError("probe_server: must be an object")
    host = _required(value, "host")
    if not isinstance(host, str) or not _HOST.match(host):
        raise SettingsError("probe_server.host: is not a name or address")
    ports = (_integer(_required(value, name), name, 1, 65_535) for name in ("http_port", "udp_port"))
    return ProbeServerAddress(host, *ports)


def _text(value: Dict[str, Any], name: str, default: str) -> str:
    text = value.get(name, default)
    if not isinstance(text, str):
        raise SettingsError(f"{name}: must be a text")
    return text


def _integer(value: Any, name: str, low: int, high: Any) -> int:
    if type(value) is not int or value < low or (high is not None and value > high):
        raise SettingsError(f"{name}: must be an integer from {low}" + (f" to {high}" if high else ""))
    return value
