"""The collector's real ingest, which dies at a given step between receiving and having committed.

python ingest_process.py HOME DIE_AT
DIE_AT: the number of database steps after which to die; 0: never; committed: between a COMMIT and its receipts
"""

from __future__ import annotations

import itertools
import os
import signal
import sys
import threading
from typing import Any

from sqlalchemy import event

from collector.app import Ingest
from provisioning import settings
from provisioning.store.engine import open_engine


def main(home: str, die_at: str) -> None:
    loaded = settings.load({"DIEMCAU_HOME": home})
    engine = open_engine(loaded.database, checkpoints=True)
    ingest = Ingest(engine, loaded)
    steps = itertools.count(1)

    def die() -> None:
        os.kill(os.getpid(), signal.SIGKILL)

    def step(*_: Any) -> None:
        if str(next(steps)) == die_at:
            die()

    acknowledge = ingest._outbox.acknowledge

    def told(receipts: Any) -> None:
        if receipts and die_at == "committed":
            die()
        acknowledge(receipts)

    ingest._outbox.acknowledge = told  # type: ignore[method-assign]
    event.listen(engine, "before_cursor_execute", step)
    event.listen(engine, "commit", step)
    ingest.run(threading.Event())


if __name__ == "__main__":
    main(*sys.argv[1:])
