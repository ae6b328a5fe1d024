"""The registry: who and where. Times are int64 microseconds since 1970 UTC; dates are ISO text.

Roster changes reach the judge through rows of `change`, written in the same transaction as what they tell of.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Float,
    ForeignKey,
    Integer,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
)

from provisioning.store.folding import fold

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_name)s",
        "uq": "uq_%(table_name)s_%(column_0_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
    }
)


def _name_key(context: Any) -> str:
    return fold(context.get_current_parameters()["name"])


Id = BigInteger().with_variant(Integer, "sqlite")  # SQLite counts up only an INTEGER PRIMARY KEY by itself

unit = Table(
    "unit",
    metadata,
    Column("id", Id, primary_key=True),
    Column("code", Text, nullable=False),  # the General Statistics Office's, with leading zeros
    Column("level", Integer, nullable=False),  # 1 province, 2 district (until 2025-06-30) or commune (since)
    Column("name", Text, nullable=False),
    Column("parent_id", Id, ForeignKey("unit.id"), index=True),
    Column("valid_from", Text, nullable=False),
    Column("valid_to", Text),  # the last day; null: still in force
    UniqueConstraint("code", "level", "valid_from"),
)

provider = Table(
    "provider",
    metadata,
    Column("id", Id, primary_key=True),
    Column("code", Text, nullable=False, unique=True),  # vnpt, viettel, fpt, ...
    Column("name", Text, nullable=False),
)

line = Table(
    "line",
    metadata,
    Column("id", Id, primary_key=True),
    Column("provider_id", Id, ForeignKey("provider.id"), nullable=False),
    Column("code", Text, nullable=False),  # the provider's id of the line, as on the bill
    Column("download_mbps", Float),  # the package's rates
    Column("upload_mbps", Float),
    Column("paid_by", Text, nullable=False),  # ministry, department, site
    Column("kind", Text, nullable=False, server_default=""),  # fibre, cable, mobile, ...; empty: not declared
    Column("consented_mb", Integer),  # what one line test over 4G may move; null: nobody has consented
    UniqueConstraint("provider_id", "code"),
)

prefix = Table(
    "prefix",  # whose public addresses are: by them a probe server sees the provider of whoever measures
    metadata,
    Column("cidr", Text, primary_key=True),  # as ipaddress writes it
    Column("provider_id", Id, ForeignKey("provider.id"), nullable=False),
)

site = Table(
    "site",
    metadata,
    Column("id", Id, primary_key=True),
    Column("code", Text, nullable=False, unique=True),  # 6 Crockford characters and a check
    Column("roster_key", Text, unique=True),  # the roster's own key, by which a second import finds the site
    Column("name", Text, nullable=False),
    Column("unit_id", Id, ForeignKey("unit.id"), nullable=False, index=True),
    Column("address", Text, nullable=False, server_default=""),
    Column("line_id", Id, ForeignKey("line.id")),
    Column("created_at", BigInteger, nullable=False),
    Column("hours", Text, nullable=False, server_default=""),  # as provisioning.hours writes them; empty: the default
    Column("link_generation", Integer, nullable=False, server_default="0"),  # of the link to its own page
    Column("name_key", Text, nullable=False, server_default="", default=_name_key),  # the name, folded
    Column("is_hard_to_reach", Boolean, nullable=False, server_default="0"),  # surveyed and tested before others
)

holiday = Table(
    "holiday",
    metadata,
    Column("id", Id, primary_key=True),
    Column("first_day", Text, nullable=False),
    Column("last_day", Text, nullable=False),  # included
    Column("name", Text, nullable=False),
    Column("unit_id", Id, ForeignKey("unit.id")),  # and all that lies in it; null: the whole country
)

power_cut = Table(
    "power_cut",  # announced by the power company: nobody at these sites can be tested meanwhile
    metadata,
    Column("id", Id, primary_key=True),
    Column("unit_id", Id, ForeignKey("unit.id"), index=True),  # and all that lies in it ...
    Column("site_id", Id, ForeignKey("site.id"), index=True),  # ... or one site
    Column("starts_at", BigInteger, nullable=False),
    Column("ends_at", BigInteger, nullable=False),
    Column("note", Text, nullable=False, server_default=""),  # who announced it, and where to read it
)

school = Table(
    "school",
    metadata,
    Column("id", Id, primary_key=True),
    Column("code", Text, nullable=False, unique=True),  # the roster's own key
    Column("name", Text, nullable=False),
    Column("site_id", Id, ForeignKey("site.id"), nullable=False, index=True),
    Column("staff", Integer),
)

contact = Table(
    "contact",
    metadata,
    Column("id", Id, primary_key=True),
    Column("site_id", Id, ForeignKey("site.id"), nullable=False, index=True),
    Column("name", Text, nullable=False),
    Column("phone", Text, nullable=False, server_default=""),
)

device = Table(
    "device",
    metadata,
    Column("id", Id, primary_key=True),
    Column("name", Text, nullable=False, unique=True),  # the id in topics, and the broker's user name
    Column("site_id", Id, ForeignKey("site.id"), nullable=False, index=True),
    Column("state", Text, nullable=False),  # active, waiting (for approval), revoked
    Column("is_spare", Boolean, nullable=False),  # shown, and never worsens a level
    Column("generation", Integer, nullable=False),  # of the permit key
    Column("bcrypt", Text, nullable=False),  # verifiers of the password, one per kind of broker
    Column("pbkdf2", Text, nullable=False),
    Column("machine", Text),  # a hash of machine facts, to recognise clones
    Column("enrolled_at", BigInteger, nullable=False),
    Column("revoked_at", BigInteger),
)

code = Table(
    "code",
    metadata,
    Column("site_id", Id, ForeignKey("site.id"), primary_key=True),
    Column("verifier", Text, nullable=False),
    Column("made_at", BigInteger, nullable=False),
    Column("ends_at", BigInteger, nullable=False),
    Column("failures", Integer, nullable=False, server_default="0"),  # since the last right try
    Column("next_try_at", BigInteger, nullable=False, server_default="0"),
)

event = Table(
    "event",
    metadata,
    Column("id", Id, primary_key=True),
    Column("code", Text, nullable=False, unique=True),
    Column("name", Text, nullable=False),
    Column("units_as_of", Text, nullable=False),
    Column("bitrate_mbps", Float, nullable=False, server_default="5"),
)

session = Table(
    "session",
    metadata,
    Column("id", Id, primary_key=True),
    Column("event_id", Id, ForeignKey("event.id"), nullable=False),
    Column("code", Text, nullable=False, unique=True),
    Column("name", Text, nullable=False),
    Column("starts_at", BigInteger, nullable=False),
    Column("ends_at", BigInteger, nullable=False),
    Column("moved_at", BigInteger),  # when start or end last changed: what was planned before may not fit any more
    Column("speaking", Integer),  # the place in the speakers' order that has been reached; null: nobody has spoken
    Column("lively_until", BigInteger),  # live mode until then whatever the clock says; null: nobody has asked for it
)

deadline = Table(
    "deadline",  # a unit's own time for what is due at a gate; without a row: the gate's moment
    metadata,
    Column("event_id", Id, ForeignKey("event.id"), primary_key=True),
    Column("unit_id", Id, ForeignKey("unit.id"), primary_key=True),  # a province
    Column("gate", Text, primary_key=True),  # T-14d, T-7d, T-1d, T-1h
    Column("before_start_us", BigInteger, nullable=False),  # so that a date that moves re-dates it too
)

participation = Table(
    "participation",
    metadata,
    Column("id", Id, primary_key=True),
    Column("session_id", Id, ForeignKey("session.id"), nullable=False),
    Column("site_id", Id, ForeignKey("site.id"), nullable=False, index=True),
    Column("role", Text, nullable=False),  # interactive, view
    Column("medium", Text, nullable=False),  # mytv, pc, room
    Column("seats", Integer),
    Column("delivery", Text, nullable=False, server_default=""),  # unicast, multicast; empty: by the medium
    Column("speaking_order", Integer),  # 1 speaks first; null: does not speak
    UniqueConstraint("session_id", "site_id"),
)

backup = Table(
    "backup",  # what an interactive site falls back on, each with a test of its own
    metadata,
    Column("participation_id", Id, ForeignKey("participation.id"), primary_key=True),
    Column("kind", Text, nullable=False),  # device (a spare one, perhaps on another line), venue (another site)
    Column("device_id", Id, ForeignKey("device.id")),  # of kind device; null: any spare device of the site
    Column("venue_id", Id, ForeignKey("site.id")),  # of kind venue
    Column("line_id", Id, ForeignKey("line.id")),  # of kind device: the line it is on; null: the site's own
    Column("note", Text, nullable=False, server_default=""),
)

capacity = Table(
    "capacity",  # what VNPT carries into a province for a session, as its branch confirmed; probes cannot prove it
    metadata,
    Column("session_id", Id, ForeignKey("session.id"), primary_key=True),
    Column("unit_id", Id, ForeignKey("unit.id"), primary_key=True),  # a province
    Column("medium", Text, primary_key=True),  # mytv, pc, room
    Column("delivery", Text, primary_key=True),  # unicast, multicast
    Column("confirmed_mbps", Float, nullable=False),
    Column("confirmed_by", Text, nullable=False),  # a person at VNPT
    Column("confirmed_at", BigInteger, nullable=False),
    Column("note", Text, nullable=False, server_default=""),
)

person = Table(
    "person",
    metadata,
    Column("id", Id, primary_key=True),
    Column("login", Text, nullable=False, unique=True),
    Column("name", Text, nullable=False),
    Column("password", Text, nullable=False),  # argon2
    Column("duty", Text, nullable=False),  # viewer, unit_officer, provincial, vnpt_branch, noc, ministry, admin
    Column("disabled_at", BigInteger),
)

person_scope = Table(
    "person_scope",  # a person without a row sees every unit
    metadata,
    Column("person_id", Id, ForeignKey("person.id"), primary_key=True),
    Column("unit_id", Id, ForeignKey("unit.id"), primary_key=True),
)

audit = Table(
    "audit",
    metadata,
    Column("id", Id, primary_key=True),
    Column("at", BigInteger, nullable=False),
    Column("actor", Text, nullable=False),
    Column("action", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("detail", Text, nullable=False),  # JSON
    Column("hash", Text, nullable=False),  # sha256 over the previous row's hash and this row
)

change = Table(
    "change",
    metadata,
    Column("id", Id, primary_key=True),
    Column(
        "kind", Text, nullable=False
    ),  # the table or subject: site, device, participation, session, holiday, standing, ...
    Column("key", BigInteger, nullable=False),
    sqlite_autoincrement=True,  # ids never come again, so a reader's mark stays right after pruning
)
