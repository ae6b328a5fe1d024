"""The folder by which the demo's simulator plays the country: devices, codes, traits and the scenario."""

from __future__ import annotations

import json
import random
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, select, update

from collector.demo.model_event import HERE, UNITS_AS_OF, ModelEvent
from collector.simulator.files import CODES, DEVICES, SCENARIO, TRAITS
from provisioning import bulk, secret_files
from provisioning.roster.registry import read_places
from provisioning.roster.sites import Site
from provisioning.settings import Settings
from provisioning.sheets import Sheet
from provisioning.store.tables import device, site
from provisioning.units.load import units_as_of

BY_CODE = 20  # sites that enrol by their code, like anybody
_QUIET_S, _SMALL, _QUIET_PER_SITE_S = 65.0, 2_000, 0.008  # the faults begin when all have reported


def prepare(
    connection: Connection, settings: Settings, event: ModelEvent, sheets: Iterable[Sheet], seed: int, now_us: int
) -> Path:
    """Write the folder $DIEMCAU_HOME/simulated, and admit the devices that do not enrol by code; return the folder."""
    folder = settings.home / "simulated"
    folder.mkdir(mode=0o700)
    sites = {one.key: one for one in (*event.afternoon, *event.morning) if one.key != HERE}  # the morning's part counts
    watching = sorted(key for key, one in sites.items() if one.role == "view")
    by_code = set(random.Random(f"{seed} by code").sample(watching, min(BY_CODE, len(watching))))  # noqa: S311 - a demo's
    ids = {key: id_ for id_, key in connection.execute(select(site.c.id, site.c.roster_key)) if key in sites}
    issuing = [key for key in sites if key not in by_code]
    issued = bulk.issue(connection, settings, [ids[key] for key in issuing], "demo", now_us)
    spares = [key for key, one in sites.items() if one.backup is not None and not one.backup.venue]
    issued_spares = bulk.issue(connection, settings, [ids[key] for key in spares], "demo", now_us + 1)
    names = [one.device for one in issued_spares]
    connection.execute(update(device).where(device.c.name.in_(names)).values(is_spare=True))
    bulk.write_jsonl(folder / DEVICES, [*issued, *issued_spares], settings)
    ca_file = str(settings.folder("ca") / "ca.pem")
    codes = {sheet.site: sheet for sheet in sheets if sheet.site in by_code}
    told = [{"code": one.code, "server": one.server, "ca_file": ca_file} for one in codes.values()]
    secret_files.write(folder / CODES, _lines(told))
    places, provinces = read_places(connection), _provinces(connection)
    named = [({"device": one.device}, key) for key, one in zip(issuing, issued, strict=True)]
    named += [({"device": one.device}, key) for key, one in zip(spares, issued_spares, strict=True)]
    named += [({"code": one.code}, key) for key, one in codes.items()]
    traits = [name | _traits(sites[key], places, provinces) for name, key in named]
    (folder / TRAITS).write_bytes(_lines(traits))
    quiet_s = _QUIET_S + _QUIET_PER_SITE_S * max(0, len(sites) - _SMALL)
    scenario = {"name": "country", "seed": seed, "faults_after_s": quiet_s}
    (folder / SCENARIO).write_text(json.dumps(scenario), encoding="utf-8")
    return folder


def _provinces(connection: Connection) -> dict[int, str]:
    """Return the code of each unit's province."""
    units = {row.id: row for row in units_as_of(connection, UNITS_AS_OF)}
    return {id_: units[row.parent_id].code if row.parent_id else row.code for id_, row in units.items()}


def _traits(one: Site, places: Mapping[int, tuple[str, str]], provinces: Mapping[int, str]) -> dict[str, Any]:
    district = places[one.unit_id][1]
    known: dict[str, Any] = {"role": one.role, "medium": one.medium}
    known |= {"province": provinces[one.unit_id], "district": district}
    if one.line is not None:
        known |= {"provider": one.line.provider_code}
        known |= {"download_mbps": one.line.download_mbps, "upload_mbps": one.line.upload_mbps}
    return known


def _lines(rows: Iterable[Mapping[str, Any]]) -> bytes:
    return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows).encode()
