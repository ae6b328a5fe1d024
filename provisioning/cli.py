"""diemcau-provision: who and where: units, sites, people, devices."""

from __future__ import annotations

import click

from contract import __version__
from contract.languages import say
from contract.usage import speak
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
    context_settings={"help_option_names": ["-h", "--help"]},
    help=say(
        "Danh bạ của trung tâm: đơn vị, điểm cầu, con người, thiết bị. Bắt đầu: diemcau-provision init",
        "The centre's registry: units, sites, people, devices. Begin with: diemcau-provision init",
    ),
)
@click.version_option(
    __version__,
    message=say("%(prog)s, phiên bản %(version)s", "%(prog)s, version %(version)s"),
    help=say("In phiên bản.", "Print the version."),
)
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
speak(main)


if __name__ == "__main__":
    main(prog_name="diemcau-provision")
