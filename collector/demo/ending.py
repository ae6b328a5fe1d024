"""What the demo tells at its end: the balance of the whole country, and whose the reports in quarantine are."""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

from sqlalchemy import Connection, func, select

from collector.simulator.files import LABELS
from collector.store.queries.books import Balance, balance
from collector.store.scope import country
from collector.store.tables import quarantine
from contract.languages import say
from provisioning import identifiers
from provisioning.settings import Settings
from provisioning.store.engine import open_engine
from provisioning.store.tables import device, site

Tell = Callable[[str], None]

_SETTLED_S = 5.0  # what ingest has taken in is in the books well before
_POLL_S = 0.2
_MOST_NAMED = 5


def tell_ending(settings: Settings, simulated: Path, tell: Tell) -> None:
    """Tell of every report that was made where it is; `simulated`: the simulator's folder, with its labels."""
    engine, deadline = open_engine(settings.database), time.monotonic() + _SETTLED_S
    while True:
        with engine.connect() as connection:
            books = balance(country(connection))
            aside, hostile = quarantined(connection), hostile_devices(connection, simulated)
        if books.difference == 0 or time.monotonic() > deadline:
            break
        time.sleep(_POLL_S)
    engine.dispose()
    tell(books_in_words(books))
    if aside:
        tell(quarantine_in_words(aside, hostile))


def quarantined(connection: Connection) -> Counter[str]:
    """Return how many reports of each device are in quarantine."""
    rows = connection.execute(select(quarantine.c.device, func.count()).group_by(quarantine.c.device))
    return Counter({name: count for name, count in rows})


def hostile_devices(connection: Connection, simulated: Path) -> set[str]:
    """Return the devices that play hostile by the simulator's labels, which name those that enrol by their code."""
    path = simulated / LABELS
    lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else ()
    playing = {label["device"] for label in map(json.loads, lines) if label["play"] == "hostile"}
    sites = {identifiers.parse_code(name).site for name in playing if not name.startswith("d-")}
    enrolled = select(device.c.name).join(site, site.c.id == device.c.site_id).where(site.c.code.in_(sites))
    return playing | set(connection.scalars(enrolled))


def books_in_words(books: Balance) -> str:
    """Return the balance as one line for a person."""
    parts = f"{books.committed} + {books.spooled} + {books.dropped} + {books.quarantined}"
    equals = "≠" if books.difference else "="
    return say(
        f"Đối soát cả nước: {books.accepted} báo cáo {equals} {parts} (đã ghi + chờ gửi + đã bỏ + cách ly)",
        f"Books of the country: {books.accepted} reports {equals} {parts} "
        "(committed + spooled + dropped + quarantined)",
    )


def quarantine_in_words(aside: Counter[str], hostile: set[str]) -> str:
    """Return whose the reports in quarantine are, by the labels, as one line for a person."""
    total, others = aside.total(), sorted(aside.keys() - hostile)
    if not others:
        return say(
            f"Cách ly {total} báo cáo: tất cả của {len(aside)} thiết bị mô phỏng cố ý gửi sai.",
            f"Quarantined {total} reports: all of {len(aside)} simulated device(s) that send bad ones on purpose.",
        )
    count, named = sum(aside[name] for name in others), ", ".join(others[:_MOST_NAMED])
    return say(
        f"Cách ly {total} báo cáo, trong đó {count} KHÔNG phải của thiết bị cố ý gửi sai: {named}. Xem trang Cách ly.",
        f"Quarantined {total} reports, {count} of them NOT of devices that send bad ones on purpose: {named}. "
        "See the page Quarantine.",
    )
