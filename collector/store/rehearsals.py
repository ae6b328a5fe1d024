"""What the centre marks in a two-way rehearsal: whether a site was seen and heard. Evidence like any other."""

from __future__ import annotations

import json

from sqlalchemy import Connection, func, select

from collector.dryrun.campaign import CampaignError
from collector.store.intake import campaigns
from collector.store.queries.presences import COUNTS
from collector.store.tables import evidence
from provisioning import audit
from provisioning.store.engine import record_changes
from provisioning.store.rows import upsert
from provisioning.store.tables import device, site

REHEARSAL = "rehearsal"  # the fact, and its source


def mark(connection: Connection, site_code: str, *, is_seen: bool, is_heard: bool, by: str, now: int) -> None:
    """Mark a site, in place of an earlier mark; raises CampaignError where there is no such site, or no machine there.

    Evidence hangs on a machine, so a room system is marked on the PC beside it. What was not seen or not heard is a
    failure, which no requirement takes for a proof.
    """
    query = select(site.c.id, site.c.line_id, func.min(device.c.id).label("device_id")).where(site.c.code == site_code)
    found = connection.execute(
        query.join(device, device.c.site_id == site.c.id).where(COUNTS).group_by(site.c.id, site.c.line_id)
    ).first()
    if found is None:
        raise CampaignError(
            f"Điểm cầu {site_code} chưa đăng ký máy nào: đăng ký một máy rồi đánh dấu.",
            f"Site {site_code} has no machine enrolled: enrol one, then mark it.",
        )
    lacks = "" if is_seen and is_heard else "not_heard" if is_seen else "not_seen"
    told = {"kind": REHEARSAL, "is_seen": is_seen, "is_heard": is_heard}
    row = {
        "site_id": found.id,
        "device_id": found.device_id,
        "fact": REHEARSAL,
        "source": REHEARSAL,
        "findings": None if lacks else json.dumps(told),
        "failure": json.dumps({"code": "error", "text": lacks}) if lacks else None,
        "measured_at": now,
        "is_time_uncertain": False,
        "line_id": found.line_id,
        "report_id": 0,
        "earlier": None,
    }
    upsert(connection, evidence, [row], ["device_id", "fact", "source"])
    changes = campaigns.settle(connection, [found.id], now)
    audit.append(connection, by, REHEARSAL, site_code, {"is_seen": is_seen, "is_heard": is_heard}, now)
    record_changes(connection, [("site", found.id), *changes])
