from __future__ import annotations

import pytest
from sqlalchemy import Engine, select

from provisioning import audit, revocation
from provisioning.broker import reload
from provisioning.errors import ProvisioningError
from provisioning.settings import Settings
from provisioning.store.tables import change, device


def test_a_revoked_device_is_off_the_broker_and_cannot_come_back(
    broker, settings: Settings, registry: Engine, new_code, enrol, connect, until
):
    enrolled = enrol(new_code())
    client = connect(*enrolled)
    assert client.is_connected
    tell = lambda: reload.write_configuration(registry, settings)  # noqa: E731
    revocation.revoke(registry, enrolled.name, "test", 7, tell)
    revocation.revoke(registry, enrolled.name, "test", 8, tell)
    until(lambda: not client.is_connected)
    assert not connect(*enrolled).is_connected
    with registry.connect() as connection:
        row = connection.execute(select(device)).one()
        assert (row.state, row.revoked_at) == ("revoked", 7)
        assert audit.verify(connection)[0::2] == (2, None)
        assert connection.scalars(select(change.c.kind)).all() == ["device", "device"]
    with pytest.raises(ProvisioningError):
        revocation.approve(registry, enrolled.name, "test", 9, tell)


def test_a_waiting_device_connects_only_after_it_is_approved(
    broker, settings: Settings, registry: Engine, new_code, enrol, connect
):
    code = new_code()
    enrol(code)
    second = enrol(code)
    assert not connect(*second).is_connected
    revocation.approve(registry, second.name, "test", 7, lambda: reload.write_configuration(registry, settings))
    assert connect(*second).is_connected


def test_an_unknown_device_is_told_with_where_to_look(registry: Engine):
    with pytest.raises(ProvisioningError, match="devices list"):
        revocation.revoke(registry, "d-00000000", "test", 7, lambda: None)
