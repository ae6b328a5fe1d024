"""The link that opens one site's own page without a login.

    K7QF2MX-7H3Q...     the site's code, and 26 letters (130 bits) that only the centre's key can make of it

Nothing is stored of it but the site's generation: when that grows, the links handed out before open nothing any more.
"""

from __future__ import annotations

import hmac

from sqlalchemy import Connection, select, update

from provisioning import audit, identifiers
from provisioning.errors import ProvisioningError
from provisioning.settings import Settings
from provisioning.store.tables import site

KEY = "site-link-key"  # in home/secrets
_LETTERS = 26
_LETTER_BITS = 5


def token(key: bytes, site_code: str, generation: int) -> str:
    """Return what opens the page of a site, in letters that can be read over the telephone."""
    digest = hmac.new(key, f"site link {site_code} {generation}".encode(), "sha256").digest()
    number = int.from_bytes(digest, "big")
    letters = (identifiers.LETTERS[number >> _LETTER_BITS * n & 31] for n in range(_LETTERS))
    return f"{site_code}-{''.join(letters)}"


def site_of(connection: Connection, key: bytes, text: str) -> str | None:
    """Return the code of the site that a token opens; None: it opens nothing."""
    site_code = text.partition("-")[0]
    generation = connection.scalar(select(site.c.link_generation).where(site.c.code == site_code))
    if generation is None:
        return None
    is_right = hmac.compare_digest(token(key, site_code, generation).encode(), text.encode())
    return site_code if is_right else None


def address(settings: Settings, key: bytes, site_code: str, generation: int) -> str:
    """Return the link itself."""
    return f"{settings.page_url}/my/{token(key, site_code, generation)}"


def renew(connection: Connection, site_code: str, actor: str, now_us: int) -> int:
    """Make a site's links of before open nothing; return the new generation. Raises ProvisioningError."""
    raised = site.c.link_generation + 1
    changed = update(site).where(site.c.code == site_code).values(link_generation=raised)
    generation = connection.scalar(changed.returning(site.c.link_generation))
    if generation is None:
        raise ProvisioningError(f"Không có điểm cầu {site_code}.", f"There is no site {site_code}.")
    audit.append(connection, actor, "site link renewed", site_code, {"generation": generation}, now_us)
    return int(generation)
