"""What the commands share: the settings and spool of this machine, and how a command ends badly."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, NoReturn, Optional

import click

from contract.languages import say

if TYPE_CHECKING:
    from agent.settings import Settings
    from agent.spool import Spool

WRONG, NOT_ENROLLED = 1, 3  # exit codes


def settings_if_enrolled() -> Optional[Settings]:
    """Return the settings, None of a machine that is not enrolled; a file that cannot be read ends the command."""
    from agent import installed, paths
    from agent.settings import SettingsError, load

    try:
        return load(paths.home() / paths.SETTINGS)
    except FileNotFoundError:
        return None
    except (OSError, SettingsError) as error:
        fail(
            say(f"Không đọc được tệp cài đặt: {error}", f"The settings cannot be read: {error}"),
            say("Hãy đăng ký lại: ", "Enrol again: ") + installed.how_to_enrol(),
        )


def settings() -> Settings:
    """Return the settings; a machine that is not enrolled ends the command."""
    found = settings_if_enrolled()
    if found is None:
        say_not_enrolled()
        sys.exit(NOT_ENROLLED)
    return found


def spool_of(settings: Settings) -> Spool:
    """Return the spool of this device, for use beside the resident."""
    from agent.spool import beside_the_resident
    from contract.clock import Clock

    return beside_the_resident(settings, Clock())


def say_not_enrolled() -> None:
    """Say that this machine is not enrolled, and how to enrol it."""
    from agent import installed

    how = installed.how_to_enrol()
    click.echo(
        say(
            "Máy này chưa đăng ký nên chưa gửi gì về trung tâm và chưa đo được đường truyền.\n"
            f"Lấy phiếu của điểm cầu để đăng ký: {how}",
            "This machine is not enrolled: nothing is sent to the centre, and the line cannot be measured.\n"
            f"Take the site's sheet to enrol: {how}",
        ),
        err=True,
    )


def fail(*lines: str) -> NoReturn:
    """End the command with what is wrong and what to do."""
    for line in lines:
        click.echo(line, err=True)
    sys.exit(WRONG)
