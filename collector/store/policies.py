"""The live policy and its earlier versions."""

from __future__ import annotations

from sqlalchemy import Connection, select

from collector.judge.load import load_policy
from collector.judge.policy import SEED, Policy
from collector.store.tables import policy
from provisioning.store.engine import record_changes
from provisioning.store.rows import upsert


def live(connection: Connection) -> Policy:
    """Return the policy that was loaded last; before any was, the seed."""
    return load_policy(live_text(connection))


def live_text(connection: Connection) -> str:
    """Return the live policy as it was written."""
    row = connection.execute(select(policy.c.text).order_by(policy.c.loaded_at.desc()).limit(1)).first()
    return SEED.read_text(encoding="utf-8") if row is None else str(row.text)


def load(connection: Connection, text: str, by: str, now: int) -> Policy:
    """Make a text the live policy; raises ValueError when it is none. Every site will be judged anew."""
    loaded = load_policy(text)
    row = {"sha256": loaded.sha256, "text": text, "loaded_at": now, "loaded_by": by}
    upsert(connection, policy, [row], ["sha256"])
    record_changes(connection, [("policy", 0)])
    return loaded
