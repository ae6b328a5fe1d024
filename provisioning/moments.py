"""Moments as people write them, in Vietnamese time: read and written. Pure."""

from __future__ import annotations

import re
from datetime import datetime, timedelta, timezone

from contract.clock import HOUR_US
from provisioning.errors import ProvisioningError

VIETNAM = timezone(timedelta(hours=7))  # all the year
_TODAY = re.compile(r"\d{1,2}:\d{2}")
_AHEAD = re.compile(r"\+(\d{1,4})h")
_BEFORE = re.compile(r"(\d{1,3}(?:[.,]\d)?)\s*([dhn]|ngày|giờ|g)")
_HOURS_OF = {"d": 24, "n": 24, "ngày": 24, "h": 1, "g": 1, "giờ": 1}


def read(text: str, now_us: int) -> int:
    """Read ISO (Vietnamese time unless it says otherwise), 17:30 today or +24h from now; raises ProvisioningError."""
    text = text.strip()
    ahead = _AHEAD.fullmatch(text)
    if ahead:
        return now_us + int(ahead[1]) * HOUR_US
    try:
        at = datetime.fromisoformat(f"{write(now_us)[:11]}{text:0>5}" if _TODAY.fullmatch(text) else text)
        return int((at if at.tzinfo else at.replace(tzinfo=VIETNAM)).timestamp()) * 1_000_000
    except (ValueError, OverflowError) as error:
        raise ProvisioningError(
            f"{text[:40]} không phải thời điểm; hãy viết như 2026-08-15T07:30 hoặc +24h.",
            f"{text[:40]} is no moment; write it like 2026-08-15T07:30 or +24h.",
        ) from error


def write(at_us: int) -> str:
    """Write a moment so that `read` gives the same minute: 2026-08-15T07:30."""
    return datetime.fromtimestamp(at_us / 1e6, VIETNAM).strftime("%Y-%m-%dT%H:%M")


def tell(at_us: int) -> str:
    """Write a moment as people read it: 07:30 15/08/2026."""
    return datetime.fromtimestamp(at_us / 1e6, VIETNAM).strftime("%H:%M %d/%m/%Y")


def read_before(text: str) -> int:
    """Read how long before a start: 10d (10 ngày) or 36h (36 giờ), as microseconds; raises ProvisioningError."""
    match = _BEFORE.fullmatch(text.strip().casefold())
    if match is None:
        raise ProvisioningError(
            f"{text[:40]} không phải khoảng thời gian; hãy viết như 10 ngày hoặc 36 giờ.",
            f"{text[:40]} is no length of time; write it like 10d or 36h.",
        )
    return round(float(match[1].replace(",", ".")) * _HOURS_OF[match[2]] * HOUR_US)
