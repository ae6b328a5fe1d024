"""A device's password as verifiers, one per kind of broker, and its permit key: the password itself is never kept.

Passwords are 128 random bits made by the device, so quick hashes are enough, and slow ones would let a reconnecting
country hold a broker's processor for most of an hour.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
from typing import NamedTuple

import bcrypt

_BCRYPT_COST = 4  # the least there is: 1.2 ms to make
_ROUNDS = 101  # what mosquitto_passwd writes


class Verifiers(NamedTuple):
    """One password's verifiers."""

    bcrypt: str  # NATS
    pbkdf2: str  # Mosquitto


def make_verifiers(password: str) -> Verifiers:
    """Return the verifiers of a password."""
    return Verifiers(bcrypt_of(password), pbkdf2_of(password, secrets.token_bytes(12)))


def bcrypt_of(password: str) -> str:
    """Return the form that nats-server reads."""
    return bcrypt.hashpw(password.encode(), bcrypt.gensalt(_BCRYPT_COST)).decode()


def pbkdf2_of(password: str, salt: bytes) -> str:
    """Return the form that Mosquitto's password file reads: $7$rounds$salt$hash, PBKDF2-SHA512."""
    digest = hashlib.pbkdf2_hmac("sha512", password.encode(), salt, _ROUNDS)
    return f"$7${_ROUNDS}${base64.b64encode(salt).decode()}${base64.b64encode(digest).decode()}"


def is_password(password: str, bcrypt_verifier: str) -> bool:
    """Tell whether this is the password that the verifier was made of."""
    return bcrypt.checkpw(password.encode(), bcrypt_verifier.encode())


def permit_key(master: bytes, device: str, generation: int) -> str:
    """Return K, by which the device answers a probe server's nonce: 64 hex digits."""
    return hmac.new(master, f"permit {device} {generation}".encode(), "sha256").hexdigest()


def probe_server_key(master: bytes) -> bytes:
    """Return the key by which the centre and its probe servers know each other."""
    return hmac.digest(master, b"probe server", "sha256")
