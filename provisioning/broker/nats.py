"""The configuration of nats-server as a text: listeners, limits, and a user with exactly its rights per device."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from contract import wire
from provisioning.authority import ServerCertificate

CONFIGURATION = "nats.conf"
_MAX_PAYLOAD_BYTES = 64 * 1024  # twice the largest report
_MAX_MEMORY_BYTES = 256 * 1024 * 1024
_MAX_FILE_BYTES = 4 * 1024 * 1024 * 1024  # retained messages and QoS 1 in flight; nothing queues for the absent
_TLS_TIMEOUT_S = 30  # a country that reconnects at once waits for its handshakes; the default is 2 s
_VERSION = "diemcau-configuration:"  # the tag by which a running broker tells which configuration it runs


class User(NamedTuple):
    """Who may connect: name, and the bcrypt form of the password."""

    name: str
    bcrypt: str


class Layout(NamedTuple):
    """Where the broker listens and where its files lie."""

    folder: Path
    host: str
    port: int
    monitor_port: int  # on loopback
    certificate: ServerCertificate | None  # None: without TLS
    certificate_sha256: str  # a renewed certificate lies at the same path: this makes it a new configuration

    @property
    def pid_file(self) -> Path:
        """The file in which the running broker writes its process id."""
        return self.folder / "nats.pid"


def configuration(devices: Iterable[User], collector: User, layout: Layout) -> str:
    """Return the whole configuration; its first line holds the version that the running broker will tell."""
    users = "\n".join([_collector(collector), *(_device(device) for device in devices)])
    text = f"""\
# certificate {layout.certificate_sha256}
server_name: diemcau
listen: "127.0.0.1:-1" # NATS's own protocol: not used, but it cannot be switched off
http: "127.0.0.1:{layout.monitor_port}"
pid_file: {_quoted(layout.pid_file)}
max_payload: {_MAX_PAYLOAD_BYTES}
jetstream {{
  store_dir: {_quoted(layout.folder / "jetstream")}
  max_memory_store: {_MAX_MEMORY_BYTES}
  max_file_store: {_MAX_FILE_BYTES}
}}
mqtt {{
  host: {_quoted(layout.host)}
  port: {layout.port}
{_tls(layout.certificate)}\
}}
authorization {{
  timeout: {_TLS_TIMEOUT_S + 5}
  users: [
{users}
  ]
}}
"""
    return f"server_tags: [{_quoted(_VERSION + hashlib.sha256(text.encode()).hexdigest())}]\n{text}"


def version(text: str) -> str:
    """Return the tag of a configuration made by `configuration`."""
    tags = json.loads(text.partition("\n")[0].removeprefix("server_tags: "))
    return str(tags[0])


def _tls(certificate: ServerCertificate | None) -> str:
    if certificate is None:
        return ""
    cert_file, key_file = map(_quoted, certificate)
    return f"  tls {{ cert_file: {cert_file}, key_file: {key_file}, timeout: {_TLS_TIMEOUT_S} }}\n"


def _device(user: User) -> str:
    own = f"dc.v1.{wire.shard_of(user.name)}.{user.name}"
    return _user(user, publish=[f"{own}.up.>"], subscribe=[f"{own}.down.>", "dc.v1.plan"])


def _collector(user: User) -> str:
    # `up` itself as well: an MQTT subscription to up/# asks for both, and nobody may publish to it.
    return _user(user, publish=["dc.v1.*.*.down.>", "dc.v1.plan"], subscribe=["dc.v1.*.*.up.>", "dc.v1.*.*.up"])


def _user(user: User, publish: list[str], subscribe: list[str]) -> str:
    rights = f"{{publish: {json.dumps(publish)}, subscribe: {json.dumps(subscribe)}}}"
    return f"    {{user: {_quoted(user.name)}, password: {_quoted(user.bcrypt)}, permissions: {rights}}}"


def _quoted(value: str | Path) -> str:
    text = str(value)
    if any(character < " " for character in text):
        raise ValueError(f"no control characters in a broker's configuration: {text!r}")
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
