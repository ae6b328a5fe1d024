"""Local accounts: a login, an argon2 password, a duty, and the units it reaches."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from functools import lru_cache
from typing import NamedTuple

from pwdlib import PasswordHash
from pwdlib.hashers.argon2 import Argon2Hasher
from sqlalchemy import Connection, select, update

from provisioning import audit
from provisioning.errors import ProvisioningError
from provisioning.store.tables import person, person_scope

DUTIES = ("viewer", "unit_officer", "provincial", "vnpt_branch", "noc", "ministry", "admin")
BOUND_DUTIES = ("unit_officer", "provincial", "vnpt_branch")  # whose account names units, and without any sees none
_ONLY_LOOKS = ("viewer",)
_OPERATES = ("noc", "ministry", "admin")
_CONDUCTS = ("noc", "admin")
_CONFIRMS = ("vnpt_branch", "noc", "ministry", "admin")
_MAKES_STATEMENTS = ("provincial", "noc", "ministry", "admin")
_PROPOSES = ("provincial", "noc")
_APPROVES = ("ministry", "admin")
LEAST_LETTERS = 8
_ARGON2 = PasswordHash((Argon2Hasher(),))


class Person(NamedTuple):
    """Who has logged in."""

    id: int
    login: str
    name: str
    duty: str

    @property
    def acts(self) -> bool:
        """Whether they may ask something of a site and call it, and not only look."""
        return self.duty not in _ONLY_LOOKS

    @property
    def operates(self) -> bool:
        """Whether they look after the centre itself."""
        return self.duty in _OPERATES

    @property
    def conducts(self) -> bool:
        """Whether they start and stop dry runs."""
        return self.duty in _CONDUCTS

    @property
    def confirms(self) -> bool:
        """Whether they may note what VNPT has confirmed of its capacity."""
        return self.duty in _CONFIRMS

    @property
    def makes_statements(self) -> bool:
        """Whether they make statements of readiness."""
        return self.duty in _MAKES_STATEMENTS

    @property
    def proposes(self) -> bool:
        """Whether they propose a statement in their name."""
        return self.duty in _PROPOSES

    @property
    def approves(self) -> bool:
        """Whether they approve what another has proposed."""
        return self.duty in _APPROVES


def add_person(
    connection: Connection,
    login: str,
    name: str,
    password: str,
    duty: str,
    unit_ids: Iterable[int],
    actor: str,
    now_us: int,
) -> int:
    """Make an account; without units it sees all, if its duty is of the country. Raises ProvisioningError."""
    if duty not in DUTIES:
        raise ProvisioningError(
            f"Nhiệm vụ phải là một trong: {', '.join(DUTIES)}.", f"The duty must be one of: {', '.join(DUTIES)}."
        )
    scope = list(dict.fromkeys(unit_ids))
    if duty in BOUND_DUTIES and not scope:
        raise ProvisioningError(
            f"Nhiệm vụ {duty} cần ít nhất một đơn vị: --unit MÃ.", f"The duty {duty} needs a unit: --unit CODE."
        )
    if connection.scalar(select(person.c.id).where(person.c.login == login)) is not None:
        raise ProvisioningError(f"Đã có tài khoản {login}.", f"The account {login} exists.")
    values = {"login": login, "name": name, "password": _hashed(password), "duty": duty}
    person_id: int = connection.execute(person.insert().values(values).returning(person.c.id)).scalar_one()
    _give_units(connection, person_id, scope)
    audit.append(connection, actor, "person added", login, {"duty": duty, "units": scope}, now_us)
    return person_id


def set_password(connection: Connection, login: str, password: str, actor: str, now_us: int) -> None:
    """Give an open account another password. Raises ProvisioningError."""
    open_account = (person.c.login == login, person.c.disabled_at.is_(None))
    if connection.execute(update(person).where(*open_account).values(password=_hashed(password))).rowcount == 0:
        raise ProvisioningError(f"Không có tài khoản đang mở {login}.", f"There is no open account {login}.")
    audit.append(connection, actor, "password set", login, {}, now_us)


def check_login(connection: Connection, login: str, password: str) -> Person | None:
    """Return who this is, or None; an unknown or disabled login costs the same work as a wrong password."""
    row = connection.execute(select(person).where(person.c.login == login)).one_or_none()
    is_right = _ARGON2.verify(_same(password), row.password if row is not None else _nobody())
    if row is None or not is_right or row.disabled_at is not None:
        return None
    return Person(row.id, row.login, row.name, row.duty)


def find(connection: Connection, person_id: int) -> Person | None:
    """Return the person of an open account by id."""
    open_account = (person.c.id == person_id, person.c.disabled_at.is_(None))
    columns = (person.c.id, person.c.login, person.c.name, person.c.duty)
    row = connection.execute(select(*columns).where(*open_account)).one_or_none()
    return None if row is None else Person(*row)


def names(connection: Connection) -> dict[str, str]:
    """Return the names of all people by their logins."""
    return {login: name for login, name in connection.execute(select(person.c.login, person.c.name))}


def disable(connection: Connection, login: str, actor: str, now_us: int) -> None:
    """Close an account; its row stays for the audit. Raises ProvisioningError."""
    open_account = (person.c.login == login, person.c.disabled_at.is_(None))
    if connection.execute(update(person).where(*open_account).values(disabled_at=now_us)).rowcount == 0:
        raise ProvisioningError(f"Không có tài khoản đang mở {login}.", f"There is no open account {login}.")
    audit.append(connection, actor, "person disabled", login, {}, now_us)


def _give_units(connection: Connection, person_id: int, unit_ids: list[int]) -> None:
    if unit_ids:
        rows = [{"person_id": person_id, "unit_id": unit_id} for unit_id in unit_ids]
        connection.execute(person_scope.insert(), rows)


def _hashed(password: str) -> str:
    if len(password) < LEAST_LETTERS:
        raise ProvisioningError(
            f"Mật khẩu phải có ít nhất {LEAST_LETTERS} ký tự.",
            f"A password needs at least {LEAST_LETTERS} characters.",
        )
    return _ARGON2.hash(_same(password))


@lru_cache(maxsize=1)
def _nobody() -> str:
    return _ARGON2.hash("nobody's password")


def _same(password: str) -> str:
    """NFKC: keyboards send Vietnamese letters whole or in parts."""
    return unicodedata.normalize("NFKC", password)
