"""A permit: a device's answer, by its key K, to a probe server's single-use nonce. No clock, nothing to renew."""

from __future__ import annotations

import hmac
from typing import Sequence


def answer(key: str, nonce: str, asked: Sequence[str]) -> str:
    """Return the answer, 64 hex digits: HMAC-SHA256 by K over the nonce and everything that is asked for.

    So that whoever overhears it can neither use it again nor have it mean something else.
    """
    return hmac.new(bytes.fromhex(key), "\n".join(["diemcau permit 1", nonce, *asked]).encode(), "sha256").hexdigest()


def is_right(key: str, nonce: str, asked: Sequence[str], told: str) -> bool:
    """Tell whether this is the answer, in a time that does not depend on it."""
    return hmac.compare_digest(answer(key, nonce, asked), told)
