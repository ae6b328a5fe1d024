from __future__ import annotations

import pytest
from sqlalchemy import Engine, select

from provisioning import audit, people
from provisioning.errors import ProvisioningError
from provisioning.store.engine import writing
from provisioning.store.tables import person, person_scope
from provisioning.units.load import find_units, load_units


@pytest.fixture
def staffed(engine: Engine) -> Engine:
    with writing(engine) as connection:
        load_units(connection)
        units = find_units(connection, ["02", "04"])
        people.add_person(connection, "an", "Nguyễn Văn An", "mật khẩu dài", "provincial", units, "test", 1)
    return engine


def test_the_right_password_logs_in_however_its_letters_were_typed(staffed: Engine):
    with staffed.connect() as connection:
        found = people.check_login(connection, "an", "ma\u0323\u0302t kh\u00e2\u0309u da\u0300i")
        assert found is not None
        assert (found.login, found.duty) == ("an", "provincial")
        assert connection.scalar(select(person.c.password)).startswith("$argon2id$")
        assert len(connection.scalars(select(person_scope.c.unit_id)).all()) == 2


@pytest.mark.parametrize(("login", "password"), [("an", "wrong word"), ("nobody", "mật khẩu dài"), ("an", "")])
def test_a_wrong_password_or_login_does_not(staffed: Engine, login: str, password: str):
    with staffed.connect() as connection:
        assert people.check_login(connection, login, password) is None


def test_an_unknown_login_costs_a_verification_too(staffed: Engine, monkeypatch: pytest.MonkeyPatch):
    verified = []
    true_verify = people._ARGON2.verify
    monkeypatch.setattr(people._ARGON2, "verify", lambda *given: verified.append(1) or true_verify(*given))
    with staffed.connect() as connection:
        people.check_login(connection, "nobody", "x")
    assert verified == [1]


def test_a_disabled_account_is_closed_and_its_row_stays(staffed: Engine):
    with writing(staffed) as connection:
        people.disable(connection, "an", "test", 2)
        assert people.check_login(connection, "an", "mật khẩu dài") is None
        assert audit.verify(connection).rows == 2
        with pytest.raises(ProvisioningError):
            people.disable(connection, "an", "test", 3)


@pytest.mark.parametrize(
    ("login", "password", "duty"), [("an", "long enough", "noc"), ("b", "short", "noc"), ("b", "long enough", "king")]
)
def test_a_taken_login_a_short_password_or_an_unknown_duty_is_refused(staffed: Engine, login, password, duty):
    with writing(staffed) as connection, pytest.raises(ProvisioningError):
        people.add_person(connection, login, "B", password, duty, [], "test", 2)
