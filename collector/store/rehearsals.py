"""What the centre marks in a two-way rehearsal: whether a site was seen and heard. Evidence like any other."""

from __future__ import annotations

import json

from sqlalchemy import Connection, and_, insert, select, update

from collector.dryrun.campaign import CampaignError
from collector.store.intake import campaigns
from collector.store.tables import evidence
from provisioning import audit
from provisioning.store.engine import record_changes
from provisioning.store.tables import site

REHEARSAL = "rehearsal"  # the fact, and its source


def mark(connection: Connection, site_code: str, *, is_seen: bool, is_heard: bool, by: str, now: int) -> None:
    """Mark a site, in place of an earlier mark; raises CampaignError where there is no such site.

    The mark is of the site, not of a machine: a room system may have none that is enrolled. What was not seen or not
    heard is a failure, which no requirement takes for a proof.
    """
    found = connection.execute(select(site.c.id, site.c.line_id).where(site.c.code == site_code)).first()
    if found is None:
        raise CampaignError(f"Không có điểm cầu {site_code}.", f"There is no site {site_code}.")
    lacks = "" if is_seen and is_heard else "not_heard" if is_seen else "not_seen"
    told = {"kind": REHEARSAL, "is_seen": is_seen, "is_heard": is_heard}
    row = {
        "findings": None if lacks else json.dumps(told),
        "failure": json.dumps({"code": "error", "text": lacks}) if lacks else None,
        "measured_at": now,
        "is_time_uncertain": False,
        "line_id": found.line_id,
        "report_id": 0,
        "earlier": None,
    }
    key = {"site_id": found.id, "device_id": None, "fact": REHEARSAL, "source": REHEARSAL}
    is_marked = and_(*(evidence.c[name] == value for name, value in key.items()))
    if not connection.execute(update(evidence).where(is_marked).values(row)).rowcount:
        connection.execute(insert(evidence).values({**key, **row}))
    changes = campaigns.settle(connection, [found.id], now)
    audit.append(connection, by, REHEARSAL, site_code, {"is_seen": is_seen, "is_heard": is_heard}, now)
    record_changes(connection, [("site", found.id), *changes])
