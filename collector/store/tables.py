"""What the centre knows beyond the registry: reports and their settling, evidence, standings, flags.

Foreign keys point from here to the registry only. Times are int64 microseconds since 1970 UTC.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Double,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    Table,
    Text,
    UniqueConstraint,
)

from provisioning.store.tables import Id, device, metadata, participation, session, site, unit

spool = Table(
    "spool",  # one row per spool of a device, known to the registry or not: the books of the central invariant
    metadata,
    Column("id", Id, primary_key=True),
    Column("device", Text, nullable=False),  # as in the topic
    Column("spool_id", Text, nullable=False),
    Column("watermark", BigInteger, nullable=False),  # all seqs up to here are settled
    Column("committed", BigInteger, nullable=False),
    Column("dropped", BigInteger, nullable=False),  # told by the device, or set aside with a closed spool
    Column("quarantined", BigInteger, nullable=False),
    Column("accepted", BigInteger, nullable=False),  # as last told by the device
    Column("spooled", BigInteger, nullable=False),  # as last told, above the watermark
    Column("redelivered", BigInteger, nullable=False),
    Column("opened_at", BigInteger, nullable=False),
    Column("closed_at", BigInteger),  # a newer spool of the device has opened
    UniqueConstraint("device", "spool_id"),
)

report = Table(
    "report",
    metadata,
    Column("id", Id, primary_key=True),
    Column("spool", Id, ForeignKey("spool.id"), nullable=False),
    Column("seq", BigInteger, nullable=False),
    Column("device_id", Id, ForeignKey(device.c.id), nullable=False, index=True),
    Column("received_at", BigInteger, nullable=False, index=True),
    Column("body", LargeBinary, nullable=False),
    UniqueConstraint("spool", "seq"),
    sqlite_autoincrement=True,
)

quarantine = Table(
    "quarantine",  # reports whose frame could be read and whose body could not be used: settled, counted, kept
    metadata,
    Column("id", Id, primary_key=True),
    Column("spool", Id, ForeignKey("spool.id"), nullable=False),
    Column("seq", BigInteger, nullable=False),
    Column("device", Text, nullable=False),
    Column("reason", Text, nullable=False, index=True),
    Column("detail", Text, nullable=False),
    Column("received_at", BigInteger, nullable=False, index=True),
    Column("body", LargeBinary),  # the first 16 KiB; null: given up for newer ones of the device
    UniqueConstraint("spool", "seq"),
    Index("ix_quarantine_device", "device", "id"),
)

unattributed = Table(
    "unattributed",  # the latest messages on nobody's account: kept once each, never acknowledged
    metadata,
    Column("id", Id, primary_key=True),
    Column("topic", Text, nullable=False),
    Column("sha256", Text, nullable=False, unique=True),
    Column("reason", Text, nullable=False),
    Column("times", BigInteger, nullable=False),
    Column("first_at", BigInteger, nullable=False),
    Column("last_at", BigInteger, nullable=False),
    Column("payload", LargeBinary, nullable=False),  # the first 16 KiB
)

presence = Table(
    "presence",  # what is known of each device's connection, and its latest snapshot
    metadata,
    Column("device_id", Id, ForeignKey(device.c.id), primary_key=True),
    Column("connection", BigInteger, nullable=False),
    Column("state", Text, nullable=False),  # connected, stopped, asleep, lost
    Column("since_at", BigInteger, nullable=False),
    Column("heard_at", BigInteger, nullable=False, index=True),
    Column("snapshot", Text),  # JSON
    Column("slept_s", BigInteger, nullable=False, server_default="0"),  # right before this connection
    Index(None, "state", "since_at", "device_id"),  # the lost ones, without reading snapshots
)

rollup = Table(
    "rollup",  # an hour of a device's readings; by the hour first: written side by side, and pruned from one end
    metadata,
    Column("hour_at", BigInteger, primary_key=True),
    Column("device_id", Id, ForeignKey(device.c.id), primary_key=True, autoincrement=False),
    Column("metric", Text, primary_key=True),  # of intake/readings.py
    Column("n", BigInteger, nullable=False),
    Column("least", Double, nullable=False),
    Column("mean", Double, nullable=False),
    Column("most", Double, nullable=False),
    sqlite_with_rowid=False,
)

evidence = Table(
    "evidence",  # the latest fact of each kind by each source about a site
    metadata,
    Column("id", Id, primary_key=True),
    Column("site_id", Id, ForeignKey(site.c.id), nullable=False, index=True),
    Column("device_id", Id, ForeignKey(device.c.id)),  # null: of the site itself, as the mark of a rehearsal
    Column("fact", Text, nullable=False),  # line, path, host, network, software, clock, picture_sound, rehearsal
    Column("source", Text, nullable=False),  # agent, browser, screen_code, technician, rehearsal, declared
    Column("findings", Text),  # JSON; null when the measurement failed
    Column("failure", Text),  # JSON; null when it has findings
    Column("measured_at", BigInteger, nullable=False),
    Column("is_time_uncertain", Boolean, nullable=False),
    Column("line_id", Id),
    Column("report_id", BigInteger, nullable=False),  # outlives the report itself
    Column("earlier", Text),  # JSON list, of lines: the tests before this one, by which a failure counts as repeated
    UniqueConstraint("device_id", "fact", "source"),
)
Index(  # one mark of a kind, as null equals no other null
    "uq_evidence_site_id_fact_source",
    *(evidence.c.site_id, evidence.c.fact, evidence.c.source),
    unique=True,
    sqlite_where=evidence.c.device_id.is_(None),
    postgresql_where=evidence.c.device_id.is_(None),
)

policy = Table(
    "policy",
    metadata,
    Column("sha256", Text, primary_key=True),
    Column("text", Text, nullable=False),
    Column("loaded_at", BigInteger, nullable=False),  # the last one loaded is the live one
    Column("loaded_by", Text, nullable=False),
)

standing = Table(
    "standing",  # a participation's level and all its verdicts
    metadata,
    Column("participation_id", Id, ForeignKey(participation.c.id), primary_key=True),
    Column("level", Text, nullable=False),
    Column("verdicts", Text, nullable=False),  # JSON list
    Column("policy", Text, nullable=False),
    Column("judged_at", BigInteger, nullable=False),
    Column("due_at", BigInteger, index=True),  # when time alone could change it; null: never
    Column("since_at", BigInteger, nullable=False, server_default="0"),  # since when it stands at this level
    Index(None, "participation_id", "level", "since_at"),  # what lists and counts need, without reading verdicts
)

flag = Table(
    "flag",  # verdicts other than ready that stand
    metadata,
    Column("id", Id, primary_key=True),
    Column("participation_id", Id, ForeignKey(participation.c.id), nullable=False),
    Column("fact", Text, nullable=False),
    Column("metric", Text, nullable=False),  # empty: the whole fact
    Column("level", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("params", Text, nullable=False),  # JSON
    Column("owner", Text, nullable=False, index=True),
    Column("report_id", BigInteger, index=True),
    Column("since_at", BigInteger, nullable=False),
    UniqueConstraint("participation_id", "fact", "metric"),
)

flag_change = Table(
    "flag_change",  # each change of a verdict, with what it was judged by
    metadata,
    Column("id", Id, primary_key=True),
    Column("participation_id", Id, ForeignKey(participation.c.id), nullable=False, index=True),
    Column("fact", Text, nullable=False),
    Column("metric", Text, nullable=False),
    Column("old_level", Text),
    Column("new_level", Text),
    Column("reason", Text, nullable=False),
    Column("owner", Text, nullable=False),
    Column("report_id", BigInteger, index=True),
    Column("policy", Text, nullable=False),
    Column("input", Text, nullable=False),  # JSON: the evidence it was judged by
    Column("at", BigInteger, nullable=False),
)

command = Table(
    "command",
    metadata,
    Column("id", Id, primary_key=True),
    Column("device_id", Id, ForeignKey(device.c.id), nullable=False, index=True),
    Column("kind", Text, nullable=False),
    Column("probes", Text, nullable=False),  # JSON list
    Column("asked_by", Text, nullable=False),
    Column("made_at", BigInteger, nullable=False),
    Column("ends_at", BigInteger, nullable=False),
    Column("tries", Integer, nullable=False),
    Column("next_try_at", BigInteger, index=True),  # null: nothing more to do
    Column("done_at", BigInteger),
    sqlite_autoincrement=True,
)

slot = Table(
    "slot",  # a turn of a device to load its line, as its probe server last told; for a week
    metadata,
    Column("id", Text, primary_key=True),  # made by the probe server
    Column("device_id", Id, ForeignKey(device.c.id), nullable=False, index=True),
    Column("purpose", Text, nullable=False),  # schedule, command, person
    Column("state", Text, nullable=False),  # booked, granted, ended
    Column("at", BigInteger, nullable=False, index=True),  # since when
    Column("due_at", BigInteger),  # booked: for when
    Column("ending", Text),  # told, expired, stopped
    Column("sent_bytes", BigInteger, nullable=False),  # by the probe server
    Column("received_bytes", BigInteger, nullable=False),
    Column("is_server_limited", Boolean, nullable=False),
    Column("need_class", Text),  # of a whole line test: of those that cost alike
    Column("held_us", BigInteger, nullable=False, server_default="0"),
    Column("work_bits", BigInteger, nullable=False, server_default="0"),  # the rate that it reserved, times the time
)

campaign = Table(
    "campaign",  # a dry run: which sites are checked in which window, and what that was expected to take
    metadata,
    Column("id", Id, primary_key=True),
    Column("name", Text, nullable=False),
    Column("session_id", Id, ForeignKey(session.c.id), nullable=False, index=True),
    Column("checks", Text, nullable=False),  # JSON list of names of dryrun.CHECKS
    Column("selection", Text, nullable=False),  # JSON, as dryrun.selection writes it
    Column("opens_at", BigInteger, nullable=False),
    Column("closes_at", BigInteger, nullable=False),
    Column("state", Text, nullable=False),  # planned, running, paused, stopped, ended
    Column("prediction", Text, nullable=False),  # JSON, stored before the start and never changed after it
    Column("made_by", Text, nullable=False),
    Column("made_at", BigInteger, nullable=False),
    Column("started_at", BigInteger),
    Column("ended_at", BigInteger),
    Column("paused_at", BigInteger),  # null: it is not paused
    Column("paused_us", BigInteger, nullable=False, server_default="0"),  # how long it was, before
    Column("is_elsewhere", Boolean, nullable=False, server_default="0"),  # the line against another probe server
    Column("is_any_hour", Boolean, nullable=False, server_default="0"),  # hours, holidays and power cuts do not count
    Column("may_load_sessions", Boolean, nullable=False, server_default="0"),  # sites are tested while sessions run
)

campaign_site = Table(
    "campaign_site",  # a site of a campaign: its turn, and how it ended; every one ends with a result or a reason
    metadata,
    Column("campaign_id", Id, ForeignKey("campaign.id"), primary_key=True),
    Column("site_id", Id, ForeignKey(site.c.id), primary_key=True),
    Column("wave", Integer, nullable=False),  # the lower goes first
    Column("outcome", Text),  # null: still open
    Column("reason", Text, nullable=False, server_default=""),
    Column("report_id", BigInteger),  # that brought the result; outlives the report itself
    Column("ended_at", BigInteger),
    Index("ix_campaign_site_site_id", "site_id"),
)

statement = Table(
    "statement",  # the document of a gate, never changed: a correction is a new one
    metadata,
    Column("id", Id, primary_key=True),
    Column("session_id", Id, ForeignKey(session.c.id), nullable=False, index=True),
    Column("gate", Text, nullable=False),
    Column("unit_id", Id, ForeignKey(unit.c.id)),  # a province's own; null: the country's
    Column("body", Text, nullable=False),  # canonical JSON
    Column("sha256", Text, nullable=False),  # of the body
    Column("made_at", BigInteger, nullable=False),
    Column("made_by", Text, nullable=False),
    Column("proposed_at", BigInteger),
    Column("proposed_by", Text),
    Column("approved_at", BigInteger),
    Column("approved_by", Text),  # another person
)

pulse = Table(
    "pulse",  # see store/pulse.py
    metadata,
    Column("part", Text, primary_key=True),
    Column("at", BigInteger, nullable=False),
    Column("told", Text, nullable=False),  # JSON
)

counter = Table(
    "counter",  # see store/counters.py
    metadata,
    Column("name", Text, primary_key=True),
    Column("value", BigInteger, nullable=False),
)
