"""What this machine trusts: one private authority, by chain and name; dates only while its own clock can be right."""

from __future__ import annotations

import ssl
from pathlib import Path
from typing import Optional

_EARLIEST_US = 1_767_225_600_000_000  # 2026-01-01: no release is older
_LATEST_US = 2_398_377_600_000_000  # 2046-01-01: no certificate of ours lasts longer
_MOST_OFFSET_MS = 3_600_000.0  # beyond this the difference is a wrong clock, not a slow path
_DATE_ERRORS = (9, 10)  # X509_V_ERR_CERT_NOT_YET_VALID, X509_V_ERR_CERT_HAS_EXPIRED
_NO_CHECK_TIME = 0x200000  # X509_V_FLAG_NO_CHECK_TIME; the ssl module has no name for it


def is_plausible(wall_us: int, offset_ms: Optional[float] = None) -> bool:
    """Tell whether the wall clock can be right.

    offset_ms: how far it is ahead of the probe server's, if that is known. A machine with an empty battery believes
    it is years ago; it must not be locked out for that.
    """
    is_near = offset_ms is None or abs(offset_ms) <= _MOST_OFFSET_MS
    return _EARLIEST_US <= wall_us <= _LATEST_US and is_near


def is_about_date(error: ssl.SSLError) -> bool:
    """Tell whether a certificate was refused for its dates alone: what a wrong clock of ours causes too."""
    return getattr(error, "verify_code", None) in _DATE_ERRORS


def context(ca_file: Path, is_clock_plausible: bool) -> ssl.SSLContext:
    """Return a TLS client context that trusts this authority alone, and checks chain and name always.

    Dates are not checked when the clock cannot be right. Raises OSError when the authority cannot be read.
    """
    trusting = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    trusting.minimum_version = ssl.TLSVersion.TLSv1_2
    trusting.load_verify_locations(cafile=str(ca_file))
    if not is_clock_plausible:
        trusting.verify_flags |= _NO_CHECK_TIME
    return trusting
