"""holidays add, list, remove: the days on which sites are not open."""

from __future__ import annotations

import click

from contract.languages import say
from provisioning.commands.centre import actor, now_us, registry

_UNITS = click.option(
    "--unit",
    "units",
    multiple=True,
    help=say("Mã đơn vị; không có thì cả nước.", "Code of a unit; without it the whole country."),
)


@click.group(
    help=say(
        "Ngày nghỉ của cả nước hoặc của một tỉnh, huyện: khi ấy máy tắt là chuyện thường. Ngày dương lịch luật định"
        " của 2026 và 2027 có sẵn; Tết, Giỗ Tổ và ngày nghỉ bù thì thêm khi có thông báo.",
        "Holidays of the country, a province or a district: machines are off then, and rightly so. Those of 2026 and"
        " 2027 that the law itself dates are there; add Tết, Hùng Kings' Day and days in exchange once announced.",
    )
)
def holidays() -> None:
    """Group the commands on holidays."""


@holidays.command("add", help=say("Thêm: 2027-02-05 hoặc 2027-02-05..2027-02-11.", "Add one: 2027-02-05 or A..B."))
@click.argument("days")
@click.option("--name", required=True, help=say("Tên ngày nghỉ.", "What the holiday is."))
@_UNITS
def add_holiday(days: str, name: str, units: tuple[str, ...]) -> None:
    """Add a holiday."""
    from provisioning import holidays as rows
    from provisioning.store.engine import writing

    with registry() as (_, engine), writing(engine) as connection:
        rows.add(connection, rows.read_days(days), name, units, actor(), now_us())
    click.echo(say(f"Đã thêm ngày nghỉ {days}.", f"Added the holiday {days}."))


@holidays.command("list", help=say("Liệt kê các ngày nghỉ.", "List the holidays."))
def list_holidays() -> None:
    """Print first day, last day, where and name, separated by tabs."""
    from provisioning import holidays as rows

    with registry() as (_, engine), engine.connect() as connection:
        for day in rows.list_holidays(connection):
            click.echo(f"{day.first_day}\t{day.last_day}\t{day.unit or say('cả nước', 'the country')}\t{day.name}")


@holidays.command("remove", help=say("Bỏ ngày nghỉ bắt đầu vào ngày này.", "Remove the holiday that begins then."))
@click.argument("first_day")
@_UNITS
def remove_holiday(first_day: str, units: tuple[str, ...]) -> None:
    """Remove a holiday."""
    from provisioning import holidays as rows
    from provisioning.store.engine import writing

    with registry() as (_, engine), writing(engine) as connection:
        rows.remove(connection, first_day, units, actor(), now_us())
    click.echo(say(f"Đã bỏ ngày nghỉ {first_day}.", f"Removed the holiday of {first_day}."))
