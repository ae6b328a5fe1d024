"""diemcau-provision: who and where: units, sites, people, devices."""

from __future__ import annotations

import click

from contract import __version__
from contract.languages import say
from provisioning.commands import (
    audit,
    bundle,
    capacity,
    devices,
    events,
    holidays,
    people,
    power_cuts,
    prefixes,
    roster,
    setup,
    speaking,
)
from provisioning.commands.centre import Commands


@click.group(
    cls=Commands,
    help=say(
        "Danh bạ của trung tâm: đơn vị, điểm cầu, con người, thiết bị. Bắt đầu: diemcau-provision init",
        "The centre's registry: units, sites, people, devices. Begin with: diemcau-provision init",
    ),
)
@click.version_option(__version__)
def main() -> None:
    """Group all commands."""


for _command in (
    setup.init,
    setup.units,
    people.people,
    events.event,
    events.session,
    events.deadlines,
    roster.roster,
    holidays.holidays,
    power_cuts.power_cuts,
    speaking.speakers,
    speaking.backups,
    capacity.capacity,
    prefixes.prefixes,
    devices.codes,
    devices.devices,
    devices.revoke,
    audit.audit,
    bundle.bundle,
    setup.broker,
    setup.enrolment,
):
    main.add_command(_command)


if __name__ == "__main__":
    main(prog_name="diemcau-provision")
