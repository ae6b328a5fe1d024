"""Mosquitto's files as texts: the configuration of each edge, and the passwords and rights that all of them share.

A reload (SIGHUP) reads passwords, rights and certificates again, and throws off whoever would no longer be admitted.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from contract import wire
from provisioning import credentials
from provisioning.authority import ServerCertificate

PASSWORDS, RIGHTS = "mosquitto.passwords", "mosquitto.rights"
CANARY = "configuration"  # the user whose password is the version: an edge that admits it runs that version
_MAX_PACKET_BYTES = 64 * 1024  # twice the largest report
# What waits for the collector while it is slow: with the defaults (1000, 20 in flight) QoS 1 is lost without a word.
# An edge's retained presences all come at once when the collector connects.
_MAX_QUEUED_MESSAGES = 100_000
_MAX_QUEUED_BYTES = 256 * 1024 * 1024
_MAX_INFLIGHT_MESSAGES = 2000


class User(NamedTuple):
    """Who may connect: name, and the PBKDF2 form of the password."""

    name: str
    pbkdf2: str


class Edge(NamedTuple):
    """One broker of several that know the same users: where it listens, and where its files lie."""

    folder: Path
    number: int  # from 1
    host: str
    port: int
    certificate: ServerCertificate | None  # None: without TLS

    @property
    def file(self) -> Path:
        """The edge's configuration."""
        return self.folder / f"mosquitto-{self.number}.conf"

    @property
    def pid_file(self) -> Path:
        """The file in which the running edge writes its process id."""
        return self.folder / f"mosquitto-{self.number}.pid"


def configuration(edge: Edge) -> str:
    """Return the configuration of an edge."""
    files = edge.certificate
    tls = () if files is None else (f"certfile {files.certificate}", f"keyfile {files.key}")
    lines = (
        "user root",  # started as root, it stays root, whose files alone these are; else this changes nothing
        f"pid_file {edge.pid_file}",
        f"listener {edge.port} {edge.host}",
        *tls,
        "use_username_as_clientid true",  # else whoever knows another's client id throws it off
        "allow_anonymous false",
        f"password_file {edge.folder / PASSWORDS}",
        f"acl_file {edge.folder / RIGHTS}",
        "persistence false",  # it is a lossy wire: the collector leaves the plan again, devices their presence
        f"max_packet_size {_MAX_PACKET_BYTES}",
        f"max_queued_messages {_MAX_QUEUED_MESSAGES}",
        f"max_queued_bytes {_MAX_QUEUED_BYTES}",
        f"max_inflight_messages {_MAX_INFLIGHT_MESSAGES}",
        "set_tcp_nodelay true",  # else acknowledgements wait for one another
        "sys_interval 0",
        "connection_messages false",
        "log_dest stderr",
        "log_type error",
        "log_type notice",
        "log_timestamp_format %Y-%m-%dT%H:%M:%S",
    )
    for line in lines:
        if any(character < " " for character in line):
            raise ValueError(f"no control characters in a broker's configuration: {line!r}")
    return "\n".join(lines) + "\n"


def rights(collector: str) -> str:
    """Return what each may write and read.

    A + stands where a device's shard should, which a pattern cannot compute: the collector refuses a wrong one.
    """
    lines = (
        *(f"pattern write dc/v1/+/%u/up/{kind}" for kind in wire.UP),
        *(f"pattern read dc/v1/+/%u/down/{kind}" for kind in wire.DOWN),
        f"pattern read {wire.PLAN_TOPIC}",
        f"user {collector}",
        "topic read dc/v1/+/+/up/+",
        "topic write dc/v1/+/+/down/+",
        f"topic write {wire.PLAN_TOPIC}",
    )
    return "\n".join(lines) + "\n"


def passwords(users: Iterable[User]) -> str:
    """Return the password file."""
    return "".join(f"{user.name}:{user.pbkdf2}\n" for user in users)


def version(texts: Iterable[str]) -> str:
    """Return a text that is another one whenever any of these is."""
    digests = (hashlib.sha256(text.encode()).hexdigest() for text in texts)
    return hashlib.sha256("\n".join(digests).encode()).hexdigest()


def verifier(secret: str) -> str:
    """Return the verifier of a random secret, always the same one: another salt would be another configuration."""
    return credentials.pbkdf2_of(secret, hashlib.sha256(b"salt " + secret.encode()).digest()[:12])
