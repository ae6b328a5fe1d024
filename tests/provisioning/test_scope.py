from __future__ import annotations

import pytest
from sqlalchemy import Connection, Engine, delete, select

from provisioning import people
from provisioning.errors import ProvisioningError
from provisioning.scope import units_of
from provisioning.store.engine import writing
from provisioning.store.tables import person_scope, unit
from provisioning.units.load import find_units, load_units


def units_seen(connection: Connection, duty: str, codes: list[str]) -> frozenset[int] | None:
    """Add an account of a duty with these units, and return what it reaches."""
    units = find_units(connection, codes)
    person_id = people.add_person(connection, "an", "An", "mật khẩu dài", duty, units, "test", 1)
    found = people.find(connection, person_id)
    assert found is not None
    return units_of(connection, found)


def test_a_province_is_seen_with_its_districts_and_a_district_alone(engine: Engine):
    with writing(engine) as connection:
        load_units(connection)
        seen = units_seen(connection, "provincial", ["02", "04"])
        province = connection.scalar(select(unit.c.id).where(unit.c.code == "02", unit.c.level == 1))
        districts = connection.scalars(select(unit.c.id).where(unit.c.parent_id == province)).all()
        assert seen is not None
        assert {province, *districts} < seen
        assert len(districts) > 5
        other = connection.scalar(select(unit.c.id).where(unit.c.code == "01", unit.c.level == 1))
        assert other not in seen


@pytest.mark.parametrize("duty", ["viewer", "noc", "ministry", "admin"])
def test_an_account_of_the_country_without_units_sees_the_country(engine: Engine, duty: str):
    with writing(engine) as connection:
        assert units_seen(connection, duty, []) is None


@pytest.mark.parametrize("duty", people.BOUND_DUTIES)
def test_an_account_of_a_place_names_its_units_and_one_that_lost_them_sees_nothing(engine: Engine, duty: str):
    with writing(engine) as connection:
        with pytest.raises(ProvisioningError):
            units_seen(connection, duty, [])
        load_units(connection)
        assert units_seen(connection, duty, ["04"])
        connection.execute(delete(person_scope))
        found = people.find(connection, 1)
        assert found is not None
        assert units_of(connection, found) == frozenset()
