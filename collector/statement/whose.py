"""Of which place a statement is made, and in whose names it stands."""

from __future__ import annotations

from sqlalchemy import Connection, select

from collector.statement.document import Signed
from collector.statement.make import Place
from collector.store.queries import units
from collector.store.scope import Sight
from collector.store.statements import Kept
from provisioning.errors import ProvisioningError
from provisioning.store.tables import person


def at(sight: Sight, session_id: int, code: str) -> tuple[Sight, Place | None]:
    """Return what is seen of a province and its place; without a code: all of the country.

    Raises ProvisioningError when there is no such province, or not all of it is seen.
    """
    if not code and sight.is_whole:
        return sight, None
    in_force = units.on_day(sight.connection, units.day_of(sight.connection, session_id))
    found = next((one for one in in_force.values() if one.code == code and one.parent_id is None), None)
    if found is None or (sight.units is not None and found.id not in sight.units):
        raise ProvisioningError(
            f"Không có tỉnh mã {code} trong phạm vi của bạn. Mã tỉnh: diemcau-provision units list"
            if code
            else "Hãy chọn một tỉnh trong phạm vi của bạn.",
            f"There is no province {code} among what you see. Codes of provinces: diemcau-provision units list"
            if code
            else "Choose a province among what you see.",
        )
    inside = frozenset(one.id for one in in_force.values() if found.id in (one.id, one.parent_id))
    return sight._replace(units=inside), Place(found.id, found.code, found.name)


def signed(connection: Connection, one: Kept) -> Signed:
    """Return the names and moments that a statement is signed with."""
    logins = [login for login in (one.proposed_by, one.approved_by) if login]
    query = select(person.c.login, person.c.name).where(person.c.login.in_(logins))
    names = {login: name for login, name in connection.execute(query)}

    def who(login: str | None, when: int | None) -> tuple[str, int] | None:
        return None if login is None or when is None else (names.get(login, login), when)

    return Signed(one.id, one.sha256, who(one.proposed_by, one.proposed_at), who(one.approved_by, one.approved_at))
