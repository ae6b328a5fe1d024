"""A site's enrolment code: made, replaced, ended, and checked at the pace of a person.

Only an HMAC-SHA256 of the code is stored, under a key in home/secrets. Codes have 50 random bits. A slow hash such
as argon2 (70 ms) would guard them if the database leaked, but making the country's 40,000 codes would then take
47 minutes; the key does it better: it is not in the database, and without it 50 bits cannot even be searched.
"""

from __future__ import annotations

import hmac
from collections.abc import Mapping

from sqlalchemy import Connection, delete, update

from provisioning import identifiers
from provisioning.store.rows import upsert
from provisioning.store.tables import code

QUICK_TRIES = 5
FIRST_DELAY_S = 10
LONGEST_DELAY_S = 15 * 60


def verifier_of(key: bytes, made: identifiers.Code) -> str:
    """Return what is stored of a code."""
    return hmac.new(key, f"code {made.site} {made.secret}".encode(), "sha256").hexdigest()


def is_right(key: bytes, tried: identifiers.Code, verifier: str) -> bool:
    """Tell whether the tried code is the one the verifier was made of."""
    return hmac.compare_digest(verifier_of(key, tried), verifier)


def delay_s(failures: int) -> int:
    """Return how long after this many wrong tries in a row a site's next try is looked at.

    Per site, never per address: a province's schools share a few addresses. Tries that come during the delay are
    not looked at and not counted, so they never make it longer.
    """
    if failures < QUICK_TRIES:
        return 0
    return int(min(FIRST_DELAY_S * 2 ** min(failures - QUICK_TRIES, 16), LONGEST_DELAY_S))


def make_codes(
    connection: Connection, key: bytes, sites: Mapping[int, str], ends_at: int, now_us: int
) -> dict[int, str]:
    """Make a code for each site (id to site code), in place of its old one; returns the codes as printed, only here."""
    made = {site_id: identifiers.new_code(site) for site_id, site in sites.items()}
    rows = [
        {
            "site_id": site_id,
            "verifier": verifier_of(key, new),
            "made_at": now_us,
            "ends_at": ends_at,
            "failures": 0,
            "next_try_at": 0,
        }
        for site_id, new in made.items()
    ]
    upsert(connection, code, rows, ["site_id"])
    return {site_id: new.printed() for site_id, new in made.items()}


def end_code(connection: Connection, site_id: int) -> None:
    """Take a site's code out of use; devices that enrolled by it stay."""
    connection.execute(delete(code).where(code.c.site_id == site_id))


def count_failure(connection: Connection, site_id: int, failures_before: int, now_us: int) -> int:
    """Count a wrong try; returns the seconds until the site's next try is looked at."""
    failures = failures_before + 1
    wait_s = delay_s(failures)
    _set(connection, site_id, failures, now_us + wait_s * 1_000_000)
    return wait_s


def forget_failures(connection: Connection, site_id: int) -> None:
    """Start counting anew after a right try."""
    _set(connection, site_id, 0, 0)


def _set(connection: Connection, site_id: int, failures: int, next_try_at: int) -> None:
    connection.execute(update(code).where(code.c.site_id == site_id).values(failures=failures, next_try_at=next_try_at))
