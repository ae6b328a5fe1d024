"""people: who works at the centre."""

from __future__ import annotations

from pathlib import Path

import click

from contract.languages import say
from provisioning.commands.centre import actor, now_us, registry

_password_file = click.option(
    "--password-file",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help=say("Đọc mật khẩu từ tệp; không có thì được hỏi.", "Read the password from a file; without it you are asked."),
)


def _read_password(file: Path | None) -> str:
    if file is not None:
        return file.read_text(encoding="utf-8").strip()
    password: str = click.prompt(say("Mật khẩu", "Password"), hide_input=True, confirmation_prompt=True)
    return password


@click.group(help=say("Tài khoản.", "Accounts."))
def people() -> None:
    """Group the commands on people."""


@people.command(
    "add",
    help=say("Thêm tài khoản; không có --unit thì thấy mọi đơn vị.", "Add an account; without --unit it sees all."),
)
@click.argument("login")
@click.option("--name", required=True, help=say("Họ và tên.", "Full name."))
@click.option("--duty", default="viewer", show_default=True, help=say("Nhiệm vụ.", "The duty."))
@click.option("--unit", "units", multiple=True, help=say("Mã đơn vị được xem.", "Code of a unit to see."))
@_password_file
def add_person(login: str, name: str, duty: str, units: tuple[str, ...], password_file: Path | None) -> None:
    """Add an account."""
    from provisioning.people import add_person as add
    from provisioning.store.engine import writing
    from provisioning.units.load import find_units

    with registry() as (_, engine):
        password = _read_password(password_file)
        with writing(engine) as connection:
            unit_ids = find_units(connection, units)
            add(connection, login, name, password, duty, unit_ids, actor(), now_us())
    click.echo(say(f"Đã thêm {login}.", f"Added {login}."))


@people.command("list", help=say("Liệt kê tài khoản.", "List the accounts."))
def list_people() -> None:
    """Print login, duty, whether it is open, and name, separated by tabs."""
    from sqlalchemy import select

    from provisioning.store.tables import person

    with registry() as (_, engine), engine.connect() as connection:
        for row in connection.execute(select(person).order_by(person.c.login)):
            state = say("đang mở", "open") if row.disabled_at is None else say("đã khóa", "closed")
            click.echo(f"{row.login}\t{row.duty}\t{state}\t{row.name}")


@people.command("password", help=say("Đặt lại mật khẩu của một tài khoản.", "Set an account's password anew."))
@click.argument("login")
@_password_file
def reset_password(login: str, password_file: Path | None) -> None:
    """Set a forgotten password anew."""
    from provisioning.people import set_password
    from provisioning.store.engine import writing

    with registry() as (_, engine):
        password = _read_password(password_file)
        with writing(engine) as connection:
            set_password(connection, login, password, actor(), now_us())
    click.echo(say(f"Đã đặt lại mật khẩu của {login}.", f"The password of {login} is set."))


@people.command(
    "disable", help=say("Khóa tài khoản; nhật ký vẫn giữ tên.", "Close an account; the audit keeps its name.")
)
@click.argument("login")
def disable_person(login: str) -> None:
    """Close an account."""
    from provisioning.people import disable
    from provisioning.store.engine import writing

    with registry() as (_, engine), writing(engine) as connection:
        disable(connection, login, actor(), now_us())
    click.echo(say(f"Đã khóa {login}.", f"Closed {login}."))
