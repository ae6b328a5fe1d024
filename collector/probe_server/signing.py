"""How the centre and a probe server know each other: both sign what they say, by a key made of the permit master.

Whoever asks chooses a nonce, and the answer is signed over it: so neither an old document nor an old "nothing new" can
be played back to a probe server.
"""

from __future__ import annotations

import hmac

NONCE = "Diemcau-Nonce"
SIGNATURE = "Diemcau-Signature"


def of_request(key: bytes, nonce: str, path: str, body: bytes = b"") -> str:
    """Return the signature of what a probe server asks or tells, 64 hex digits."""
    return _signature(key, "ask", nonce, path, body)


def of_answer(key: bytes, nonce: str, tag: str, body: bytes = b"") -> str:
    """Return the signature of the centre's answer; tag: its ETag."""
    return _signature(key, "answer", nonce, tag, body)


def is_same(signature: str, told: str) -> bool:
    """Tell whether these are equal, in a time that does not depend on where they differ."""
    return hmac.compare_digest(signature.encode(), told.encode())


def _signature(key: bytes, kind: str, nonce: str, subject: str, body: bytes) -> str:
    head = f"diemcau probe server 1\n{kind}\n{nonce}\n{subject}\n".encode()
    return hmac.new(key, head + body, "sha256").hexdigest()
