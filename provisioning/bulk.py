"""Credentials for many sites at once, by the same steps as enrolment: for an image rolled out, or a load test."""

from __future__ import annotations

import json
import os
import secrets
from collections.abc import Collection
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

from sqlalchemy import Connection, select

from provisioning import audit, credentials, identifiers, secret_files
from provisioning.enrolment import new_row
from provisioning.errors import ProvisioningError
from provisioning.settings import Settings
from provisioning.store.engine import record_changes
from provisioning.store.rows import insert
from provisioning.store.tables import device, site

_PASSWORD_BYTES = 24  # as an agent makes its own


class Issued(NamedTuple):
    """One device as its machine must know it; the password is nowhere else."""

    site_id: int
    site: str  # its code
    device: str
    password: str
    permit_key: str


def sites_without_device(connection: Connection) -> list[int]:
    """Return the ids of the sites that no device has come from yet."""
    query = select(site.c.id).outerjoin(device, device.c.site_id == site.c.id).where(device.c.id.is_(None))
    return list(connection.scalars(query.order_by(site.c.id)))


def issue(connection: Connection, settings: Settings, sites: Collection[int], actor: str, now_us: int) -> list[Issued]:
    """Admit one device for each site, in the order of the sites; the broker must be told after the commit.

    The verifiers of 40,000 passwords take half a minute of two cores: both hashes let other threads work.
    """
    master = secret_files.key(settings.folder("secrets"), "permit-key")
    codes = {row.id: row.code for row in connection.execute(select(site.c.id, site.c.code))}
    names = _new_names(connection, len(sites))
    passwords = [secrets.token_urlsafe(_PASSWORD_BYTES) for _ in names]
    with ThreadPoolExecutor(os.cpu_count()) as threads:
        verifiers = list(threads.map(credentials.make_verifiers, passwords))
    rows = [
        new_row(name, site_id, made, None, now_us, is_first=True)
        for name, site_id, made in zip(names, sites, verifiers, strict=True)
    ]
    insert(connection, device, rows)
    if rows:
        audit.append(connection, actor, "devices issued", "all", {"devices": len(rows)}, now_us)
        at_now = select(device.c.id).where(device.c.enrolled_at == now_us).order_by(device.c.id)
        record_changes(connection, (("device", device_id) for device_id in connection.scalars(at_now)))
    return [
        Issued(site_id, codes[site_id], name, password, credentials.permit_key(master, name, row["generation"]))
        for site_id, name, password, row in zip(sites, names, passwords, rows, strict=True)
    ]


def write_jsonl(file: Path, issued: Collection[Issued], settings: Settings) -> None:
    """Write a line of JSON per device, all that its agent must know, to a new file that only its owner may read.

    Passwords are told only once, so a file that may hold some is never replaced; no devices, no file. Raises
    ProvisioningError.
    """
    if file.exists():
        raise ProvisioningError(
            f"Đã có tệp {file}, có thể chứa mật khẩu chỉ ghi ra một lần, nên không ghi đè. Chọn tên tệp khác.",
            f"{file} exists and may hold passwords that were told only once, so it is kept. Choose another name.",
        )
    if not issued:
        return
    ca_file = str(settings.folder("ca") / "ca.pem")
    lines = (
        json.dumps(
            {
                "device": one.device,
                "password": one.password,
                "permit_key": one.permit_key,
                "brokers": settings.brokers,
                "ca_file": ca_file,
            }
        )
        for one in issued
    )
    secret_files.write(file, "".join(f"{line}\n" for line in lines).encode())


def _new_names(connection: Connection, count: int) -> list[str]:
    """Return so many device ids that nobody has: among 40,000 random ones two are equal once in 1,400 times."""
    taken = set(connection.scalars(select(device.c.name)))
    names: dict[str, None] = {}
    while len(names) < count:
        name = identifiers.new_device()
        if name not in taken:
            names[name] = None
    return list(names)
