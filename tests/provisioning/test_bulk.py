from __future__ import annotations

import base64
import json
import stat

import pytest
from sqlalchemy import select

from provisioning import audit, bulk, credentials, secret_files
from provisioning.errors import ProvisioningError
from provisioning.store.engine import writing
from provisioning.store.tables import change, device

NOW_US = 1_700_000_000_000_000


@pytest.fixture
def sites(registry, add_site):
    with writing(registry) as connection:
        return [add_site(connection, f"S00000{n}") for n in range(3)]


def test_each_site_gets_a_device_that_the_broker_lets_in_like_an_enrolled_one(
    settings, registry, sites, connect, request
):
    with writing(registry) as connection:
        issued = bulk.issue(connection, settings, sites, "test", NOW_US)
    assert [one.site_id for one in issued] == sites
    with registry.connect() as connection:
        rows = {row.name: row for row in connection.execute(select(device))}
        assert connection.scalars(select(change.c.kind)).all() == ["device"] * 3
        assert audit.verify(connection).rows == 1
    for one in issued:
        row = rows[one.device]
        assert (row.site_id, row.state, row.is_spare, row.generation) == (one.site_id, "active", False, 1)
        assert credentials.is_password(one.password, row.bcrypt)
        salt = row.pbkdf2.split("$")[3]
        assert row.pbkdf2 == credentials.pbkdf2_of(one.password, base64.b64decode(salt))
        master = secret_files.key(settings.folder("secrets"), "permit-key")
        assert one.permit_key == credentials.permit_key(master, one.device, 1)
    request.getfixturevalue("broker")
    assert connect(issued[0].device, issued[0].password).is_connected
    assert connect(issued[0].device, issued[1].password).refusal


def test_only_sites_without_a_device_are_issued_one_and_a_second_time_there_is_none(settings, registry, sites):
    with writing(registry) as connection:
        bulk.issue(connection, settings, sites[:1], "test", NOW_US)
        assert bulk.sites_without_device(connection) == sites[1:]
        bulk.issue(connection, settings, bulk.sites_without_device(connection), "test", NOW_US + 1)
        assert bulk.sites_without_device(connection) == []
        assert bulk.issue(connection, settings, [], "test", NOW_US + 2) == []


def test_the_file_holds_what_an_agent_must_know_and_is_its_owners_alone(settings, registry, sites, tmp_path):
    with writing(registry) as connection:
        issued = bulk.issue(connection, settings, sites, "test", NOW_US)
    file = tmp_path / "devices.jsonl"
    bulk.write_jsonl(file, issued, settings)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    with pytest.raises(ProvisioningError):
        bulk.write_jsonl(file, issued, settings)
    first = json.loads(file.read_text().splitlines()[0])
    assert first == {
        "device": issued[0].device,
        "password": issued[0].password,
        "permit_key": issued[0].permit_key,
        "brokers": list(settings.brokers),
        "ca_file": str(settings.folder("ca") / "ca.pem"),
    }
