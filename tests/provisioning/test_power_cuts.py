"""An announced power cut is of units or sites; adding and removing it is audited and told."""

from __future__ import annotations

import json

import pytest
from sqlalchemy import Engine, insert, select

from provisioning import audit, power_cuts
from provisioning.errors import ProvisioningError
from provisioning.identifiers import new_site
from provisioning.store.engine import writing
from provisioning.store.tables import audit as audit_table
from provisioning.store.tables import change, site, unit
from provisioning.units.load import load_units

DAY = 24 * 3_600_000_000


@pytest.fixture
def code(engine: Engine) -> str:
    """The code of a site in the province 02."""
    made = new_site()
    with writing(engine) as connection:
        load_units(connection)
        unit_id = connection.execute(select(unit.c.id).where(unit.c.code == "024")).scalar_one()
        connection.execute(insert(site).values(id=1, code=made, name="Trường", unit_id=unit_id, created_at=1))
    return made


def test_cuts_of_units_and_sites_are_listed_until_they_are_over_and_can_be_called_off(engine: Engine, code) -> None:
    with writing(engine) as connection:
        power_cuts.add(connection, 2000, 3000, "Điện lực báo", ["02", "024"], [code], "an", 1)
        power_cuts.add(connection, 1000, 1500, "", ["02"], [], "an", 1)
        listed = power_cuts.list_power_cuts(connection)
        assert [(cut.starts_at, cut.unit or cut.site, cut.note) for cut in listed] == [
            (1000, "Tỉnh Hà Giang", ""),
            (2000, "Tỉnh Hà Giang", "Điện lực báo"),
            (2000, "Thành phố Hà Giang", "Điện lực báo"),
            (2000, "Trường", "Điện lực báo"),
        ]
        power_cuts.remove(connection, listed[1].id, "an", 2)
        assert [cut.id for cut in power_cuts.list_power_cuts(connection, 1500)] == [listed[2].id, listed[3].id]
        told = connection.scalars(select(change.c.kind)).all()
        assert audit.verify(connection).broken_at is None
    assert told == ["power_cut"] * 5


def test_a_cut_that_moves_is_corrected_and_what_it_was_is_kept_in_the_audit_log(engine: Engine, code) -> None:
    with writing(engine) as connection:
        power_cuts.add(connection, 2000, 3000, "báo", ["02"], [], "an", 1)
        (cut,) = power_cuts.list_power_cuts(connection)
        power_cuts.change(connection, cut.id, 2000, 3000, "báo", "bình", 2)  # which changes nothing
        power_cuts.change(connection, cut.id, 2500, 4000, "báo lại", "bình", 3)
        assert power_cuts.list_power_cuts(connection) == [cut._replace(starts_at=2500, ends_at=4000, note="báo lại")]
        told = connection.execute(select(audit_table.c.action, audit_table.c.detail).order_by(audit_table.c.id)).all()
        assert [action for action, _ in told] == ["power cut added", "power cut changed"]
        assert json.loads(told[1].detail)["was"]["starts_at"] == 2000
        for starts_at, ends_at in ((4000, 4000), (0, 8 * DAY)):
            with pytest.raises(ProvisioningError):
                power_cuts.change(connection, cut.id, starts_at, ends_at, "", "bình", 4)
        with pytest.raises(ProvisioningError, match="power-cuts list"):
            power_cuts.change(connection, cut.id + 1, 1, 2, "", "bình", 4)


def test_what_cannot_be_a_power_cut_is_refused(engine: Engine, code) -> None:
    for starts_at, ends_at, units, sites, note in (
        (2000, 2000, ["02"], [], ""),
        (0, 8 * DAY, ["02"], [], ""),
        (1, 2, [], [], ""),
        (1, 2, ["99"], [], ""),
        (1, 2, [], ["0000000"], ""),
        (1, 2, ["02"], [], "a\u202eb"),
    ):
        with pytest.raises(ProvisioningError), writing(engine) as connection:
            power_cuts.add(connection, starts_at, ends_at, note, units, sites, "an", 1)
    with pytest.raises(ProvisioningError, match="power-cuts list"), writing(engine) as connection:
        power_cuts.remove(connection, 7, "an", 1)
