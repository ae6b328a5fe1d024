"""Ingest at work, without a broker: so many reports a second of devices of a filled country, taken in as they are.

python -m laboratory.busy_ingest REPORTS_PER_S      with DIEMCAU_HOME; says `going`, and works until it is ended

One report in twenty plays another part than the country's healthy majority, so flags come and go; every second a
device leaves and another comes back.
"""

from __future__ import annotations

import os
import random
import sys
import time

from sqlalchemy import select

from collector.intake.hourly import Hourly
from collector.intake.ingest import ingest
from collector.store import policies
from collector.store.tables import presence, spool
from laboratory.country_devices import Speaker, known
from provisioning.settings import load
from provisioning.store.engine import open_engine, writing

_EVERY_S = 0.1
_PLAYS = ("weak_line", "bad_equipment", "wrong_line", "other_provider")
_CHANGED = 0.05


def main() -> None:
    per_s = float(sys.argv[1])
    engine = open_engine(load(dict(os.environ)).database, checkpoints=True)
    chance, hourly = random.Random(), Hourly()
    with engine.connect() as connection:
        policy = policies.live(connection)
        books = {row.device: [row.spool_id, row.watermark] for row in connection.execute(select(spool))}
        states = {id_: state for id_, state in connection.execute(select(presence.c.device_id, presence.c.state))}
        devices = [one for one in known(connection) if states.get(one.id) == "connected" and one.name in books]
    print("going", flush=True)
    began_s, sent, gone = time.monotonic(), 0, None
    for tick in range(1, 1 << 62):
        time.sleep(max(0.0, began_s + tick * _EVERY_S - time.monotonic()))
        due, now = int(tick * _EVERY_S * per_s) - sent, time.time_ns() // 1000
        arrivals = []
        for one in chance.sample(devices, due):
            play = chance.choice(_PLAYS) if chance.random() < _CHANGED else "healthy"
            held = books[one.name]
            said = list(Speaker(one, play, policy, now, chance).reports(held[0], held[1] + 1, 0.0))
            held[1] += len(said)
            arrivals += said
        if tick % 10 == 0:
            if gone is not None:
                arrivals.append(Speaker(gone, "healthy", policy, now, chance).presence("connected", 0.0))
            gone = chance.choice(devices)
            arrivals.append(Speaker(gone, "healthy", policy, now, chance).presence("stopped", 0.0))
        ingest(engine, arrivals, policy, now, hourly)
        sent += due
        if tick % 10 == 0:
            with writing(engine) as connection:
                hourly.write(connection, now)


if __name__ == "__main__":
    main()
