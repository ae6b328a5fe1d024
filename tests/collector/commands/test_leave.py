"""Sites leave a session from the terminal, and a roster brings them back."""

from __future__ import annotations

from sqlalchemy import Engine, func, select, update

from provisioning.store.engine import writing
from provisioning.store.tables import audit, participation, site
from tests.collector.commands.conftest import Cli


def test_a_site_leaves_by_its_key_and_whoever_takes_no_part_is_named(cli: Cli, home: Engine) -> None:
    with writing(home) as connection:
        connection.execute(update(site).values(roster_key="HG-01"))
    for wrong in (("HG-01", "HG-99"), ("--session", "x", "HG-01")):
        assert cli("leave", *wrong).exit_code == 1
    assert "Not in the session: HG-99" in cli("leave", "HG-01", "HG-99").stderr
    left = cli("leave", "--session", "s", "HG-01")
    assert (left.exit_code, left.stdout) == (0, "Taken out of the session: 1.\n")
    assert cli("leave", "HG-01").exit_code == 1
    with home.connect() as connection:
        assert connection.scalar(select(func.count()).select_from(participation)) == 0
        assert connection.scalars(select(audit.c.action)).all() == ["left session"]
