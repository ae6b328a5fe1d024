"""Campaigns as they stand in the database: made, changed with an audit row and a change row, found."""

from __future__ import annotations

import json
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, delete, exists, or_, select, text, update

from collector.dryrun.campaign import GOES_ON, LINGERS_US, Campaign, CampaignError
from collector.dryrun.prediction import Prediction
from collector.dryrun.selection import Selection
from collector.store.tables import campaign, campaign_site
from provisioning import audit
from provisioning.store.engine import record_changes
from provisioning.store.rows import insert
from provisioning.store.tables import participation

KIND = "campaign"  # of the change row of what is told to devices and probe servers ...
PROGRESS = "dry_run"  # ... and of what comes of it


def add(connection: Connection, values: dict[str, Any], by: str, now: int) -> int:
    """Add a planned campaign by its columns; selection and prediction as models, checks as a tuple. Return its id."""
    row = {**values, **_written(values), "state": "planned", "made_by": by, "made_at": now}
    made = int(connection.execute(campaign.insert().values(row).returning(campaign.c.id)).scalar_one())
    told = {name: row[name] for name in ("name", "session_id", "checks", "selection", "opens_at", "closes_at")}
    audit.append(connection, by, "campaign made", str(made), told, now)
    record_changes(connection, [(KIND, made)])
    return made


def change(connection: Connection, campaign_id: int, act: str, values: dict[str, Any], by: str, now: int) -> None:
    """Change columns of a campaign, because somebody did this with it."""
    row = {**values, **_written(values)}
    connection.execute(update(campaign).where(campaign.c.id == campaign_id).values(row))
    audit.append(connection, by, f"campaign {act}", str(campaign_id), {}, now)
    record_changes(connection, [(KIND, campaign_id)])


def remove(connection: Connection, found: Campaign, by: str, now: int) -> None:
    """Remove a campaign that has not begun."""
    connection.execute(delete(campaign).where(campaign.c.id == found.id))
    audit.append(connection, by, "campaign remove", str(found.id), {"name": found.name}, now)
    record_changes(connection, [(KIND, found.id)])


def put_sites(connection: Connection, campaign_id: int, waves: dict[int, int]) -> None:
    """Have a campaign take these sites, each with the number of its wave."""
    rows = [{"campaign_id": campaign_id, "site_id": site_id, "wave": wave} for site_id, wave in waves.items()]
    insert(connection, campaign_site, rows)


def hold(connection: Connection) -> None:
    """Let nobody else change a campaign until this transaction ends; before its audit and change rows."""
    if connection.dialect.name == "postgresql":  # SQLite has one writer at a time
        connection.execute(text("LOCK TABLE campaign IN SHARE ROW EXCLUSIVE MODE"))


def get(connection: Connection, campaign_id: int) -> Campaign:
    """Return a campaign; raises CampaignError when there is none of this number."""
    found = find(connection, campaign_id)
    if found is None:
        raise CampaignError(
            f"Không có đợt tổng duyệt {campaign_id}. Xem các đợt: diemcau-collector dryrun list",
            f"There is no dry run {campaign_id}. See which there are: diemcau-collector dryrun list",
        )
    return found


def find(connection: Connection, campaign_id: int) -> Campaign | None:
    """Return a campaign."""
    row = connection.execute(select(campaign).where(campaign.c.id == campaign_id)).first()
    return None if row is None else _read(row)


def every(connection: Connection) -> list[Campaign]:
    """Return all campaigns, the newest first."""
    return [_read(row) for row in connection.execute(select(campaign).order_by(campaign.c.id.desc()))]


def begun(connection: Connection, since: int) -> list[Campaign]:
    """Return the campaigns that have begun and had not ended by then."""
    had_not_ended = or_(campaign.c.ended_at.is_(None), campaign.c.ended_at > since)
    rows = connection.execute(select(campaign).where(campaign.c.started_at.is_not(None), had_not_ended))
    return [_read(row) for row in rows]


def going_on(connection: Connection) -> Campaign | None:
    """Return the one campaign that runs or is paused."""
    row = connection.execute(select(campaign).where(campaign.c.state.in_(GOES_ON))).first()
    return None if row is None else _read(row)


def in_force(connection: Connection, now: int) -> Campaign | None:
    """Return the campaign that probe servers must know of: the last one, if it goes on or was stopped lately."""
    begun = select(campaign).where(campaign.c.started_at.is_not(None))
    row = connection.execute(begun.order_by(campaign.c.started_at.desc(), campaign.c.id.desc()).limit(1)).first()
    if row is None:
        return None
    lingers = row.state == "stopped" and row.ended_at > now - LINGERS_US
    return _read(row) if lingers or row.state in GOES_ON else None


def takes_part(found: Campaign) -> ColumnElement[bool]:
    """Tell of a row of campaign_site whether its site still takes part in the campaign's session."""
    of_session = participation.c.session_id == found.session_id
    return exists().where(of_session, participation.c.site_id == campaign_site.c.site_id)


def _read(row: Row[Any]) -> Campaign:
    values = {name: getattr(row, name) for name in Campaign._fields}
    values["checks"] = tuple(json.loads(row.checks))
    values["selection"] = Selection.model_validate_json(row.selection)
    values["prediction"] = Prediction.model_validate_json(row.prediction)
    return Campaign(**values)


def _written(values: dict[str, Any]) -> dict[str, str]:
    written = {"checks": json.dumps(values["checks"])} if "checks" in values else {}
    return written | {name: values[name].model_dump_json() for name in ("selection", "prediction") if name in values}
