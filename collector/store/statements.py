"""Statements as they are kept: made once, proposed by one person, approved by another, and never changed."""

from __future__ import annotations

from typing import Any, NamedTuple

from sqlalchemy import Connection, Select, select, update

from collector.statement.body import Body, sha256
from collector.store.scope import Sight
from collector.store.tables import statement
from provisioning import audit
from provisioning.errors import ProvisioningError
from provisioning.people import Person
from provisioning.store.engine import record_changes
from provisioning.store.tables import unit

KIND = "statement"  # of the change rows


class Kept(NamedTuple):
    """A statement without its body; times in microseconds UTC, people by their login."""

    id: int
    session_id: int
    gate: str
    unit_id: int | None
    unit: str | None  # the province's name; None: the country
    sha256: str
    made_at: int
    made_by: str
    proposed_at: int | None
    proposed_by: str | None
    approved_at: int | None
    approved_by: str | None

    @property
    def state(self) -> str:
        """How far it is: made, proposed, approved."""
        if self.approved_at is not None:
            return "approved"
        return "made" if self.proposed_at is None else "proposed"


def keep(connection: Connection, session_id: int, unit_id: int | None, body: Body, actor: str, now_us: int) -> int:
    """Keep a body, and return the statement's id."""
    values = {
        "session_id": session_id,
        "gate": body.gate,
        "unit_id": unit_id,
        "body": body.canonical(),
        "sha256": body.sha256,
        "made_at": now_us,
        "made_by": actor,
    }
    number: int = connection.execute(statement.insert().values(values).returning(statement.c.id)).scalar_one()
    audit.append(connection, actor, "statement made", str(number), {"sha256": values["sha256"]}, now_us)
    record_changes(connection, [(KIND, number)])
    return number


def kept(sight: Sight, session_id: int | None = None) -> list[Kept]:
    """Return the statements that may be seen, newest first."""
    query = _seen(sight)
    if session_id is not None:
        query = query.where(statement.c.session_id == session_id)
    return [Kept(*row) for row in sight.connection.execute(query.order_by(statement.c.id.desc()))]


def find(sight: Sight, number: int) -> Kept | None:
    """Return a statement that may be seen; None: there is none of this number."""
    row = sight.connection.execute(_seen(sight).where(statement.c.id == number)).one_or_none()
    return None if row is None else Kept(*row)


def body_of(connection: Connection, one: Kept) -> Body:
    """Return the body of a statement; raises ProvisioningError when it is not what was signed."""
    written = connection.execute(select(statement.c.body).where(statement.c.id == one.id)).scalar_one()
    if sha256(written) != one.sha256:
        raise ProvisioningError(
            f"Biên bản {one.id} đã bị sửa trong cơ sở dữ liệu: sha256 không khớp. Đừng dùng; lập biên bản mới.",
            f"Statement {one.id} was changed in the database: its sha256 differs. Do not use it; make a new one.",
        )
    return Body.model_validate_json(written)


def propose(connection: Connection, one: Kept, by: Person, now_us: int) -> None:
    """Propose a statement in somebody's name; raises ProvisioningError when it cannot be."""
    if not by.proposes:
        raise ProvisioningError(
            f"Tài khoản {by.login} không đề xuất biên bản: việc này của ca trực VNPT (noc) hoặc Sở (provincial).",
            f"{by.login} does not propose statements: VNPT's shift (noc) or a department (provincial) does.",
        )
    if one.state != "made":
        raise ProvisioningError(
            f"Biên bản {one.id} đã được đề xuất, bởi {one.proposed_by}.",
            f"Statement {one.id} has been proposed already, by {one.proposed_by}.",
        )
    _sign(connection, one, {"proposed_at": now_us, "proposed_by": by.login}, by, now_us)


def approve(connection: Connection, one: Kept, by: Person, now_us: int) -> None:
    """Approve a statement that another person has proposed; raises ProvisioningError when it cannot be."""
    if not by.approves:
        raise ProvisioningError(
            f"Nhiệm vụ {by.duty} của {by.login} không phê duyệt biên bản: Bộ (ministry) hoặc quản trị (admin) làm.",
            f"The duty {by.duty} of {by.login} approves no statement: the ministry or an administrator (admin) does.",
        )
    if one.state == "made":
        raise ProvisioningError(
            f"Biên bản {one.id} chưa được đề xuất. Đề xuất trước: diemcau-collector statement propose {one.id}",
            f"Statement {one.id} is not proposed yet. First: diemcau-collector statement propose {one.id}",
        )
    if one.state == "approved":
        raise ProvisioningError(
            f"Biên bản {one.id} đã được phê duyệt, bởi {one.approved_by}.",
            f"Statement {one.id} has been approved already, by {one.approved_by}.",
        )
    if one.proposed_by == by.login:
        raise ProvisioningError(
            "Người đề xuất không tự phê duyệt được; một người khác phải phê duyệt.",
            "Whoever proposed it cannot approve it; another person has to.",
        )
    _sign(connection, one, {"approved_at": now_us, "approved_by": by.login}, by, now_us)


def _seen(sight: Sight) -> Select[Any]:
    c = statement.c
    query = select(
        *(c.id, c.session_id, c.gate, c.unit_id, unit.c.name, c.sha256),
        *(c.made_at, c.made_by, c.proposed_at, c.proposed_by, c.approved_at, c.approved_by),
    ).outerjoin(unit, unit.c.id == c.unit_id)
    return query if sight.units is None else query.where(c.unit_id.in_(sight.units))


def _sign(connection: Connection, one: Kept, values: dict[str, Any], by: Person, now_us: int) -> None:
    """Write a signature, once: whoever is second finds it there; nobody signs what was changed meanwhile."""
    body_of(connection, one)
    name = next(name for name in values if name.endswith("_by"))
    unsigned = statement.c.id == one.id, statement.c[name].is_(None)
    if connection.execute(update(statement).where(*unsigned).values(values)).rowcount != 1:
        raise ProvisioningError(
            f"Biên bản {one.id} vừa được người khác ký; hãy xem lại.",
            f"Somebody else has just signed statement {one.id}; look again.",
        )
    action = f"statement {name.removesuffix('_by')}"
    audit.append(connection, by.login, action, str(one.id), {"sha256": one.sha256}, now_us)
    record_changes(connection, [(KIND, one.id)])
