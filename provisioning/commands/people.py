"""people, event, session: who works at the centre, and what for."""

from __future__ import annotations

import re
from datetime import datetime
from pathlib import Path

import click

from contract.languages import say
from provisioning.commands.centre import VIETNAM, actor, now_us, registry


def read_start(_context: click.Context, _param: click.Parameter, value: str) -> int:
    """Read ISO (Vietnamese time unless it says otherwise) or +24h from now, as microseconds since 1970 UTC."""
    ahead = re.fullmatch(r"\+(\d{1,4})h", value)
    if ahead:
        return now_us() + int(ahead[1]) * 3_600_000_000
    try:
        at = datetime.fromisoformat(value)
    except ValueError as error:
        example = say("ví dụ: 2026-08-15T07:30 hoặc +24h", "for example: 2026-08-15T07:30 or +24h")
        raise click.BadParameter(example) from error
    aware = at if at.tzinfo else at.replace(tzinfo=VIETNAM)
    return int(aware.timestamp()) * 1_000_000


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


@click.group(help=say("Sự kiện.", "Events."))
def event() -> None:
    """Group the commands on events."""


@event.command("add", help=say("Thêm sự kiện.", "Add an event."))
@click.argument("code")
@click.option("--name", required=True, help=say("Tên sự kiện.", "The event's name."))
@click.option(
    "--units-as-of", default="2023-08-15", show_default=True, help=say("Ngày của bản đồ đơn vị.", "The map's day.")
)
@click.option("--bitrate-mbps", default=5.0, show_default=True, help=say("Tốc độ luồng hình.", "The stream's rate."))
def add_event(code: str, name: str, units_as_of: str, bitrate_mbps: float) -> None:
    """Add an event."""
    from provisioning import events
    from provisioning.store.engine import writing

    with registry() as (_, engine), writing(engine) as connection:
        events.add_event(connection, code, name, units_as_of, bitrate_mbps, actor(), now_us())
    click.echo(say(f"Đã thêm sự kiện {code}.", f"Added event {code}."))


@click.group(help=say("Các buổi của sự kiện.", "Sessions of events."))
def session() -> None:
    """Group the commands on sessions."""


@session.command("add", help=say("Thêm buổi vào sự kiện.", "Add a session to an event."))
@click.argument("event_code")
@click.argument("code")
@click.option("--name", required=True, help=say("Tên buổi.", "The session's name."))
@click.option(
    "--starts-at", callback=read_start, default="+24h", show_default=True, help=say("Giờ bắt đầu.", "The start.")
)
@click.option(
    "--hours",
    type=click.FloatRange(0, 100, min_open=True),
    default=4.0,
    show_default=True,
    help=say("Kéo dài (giờ).", "How long (hours)."),
)
def add_session(event_code: str, code: str, name: str, starts_at: int, hours: float) -> None:
    """Add a session."""
    from provisioning import events
    from provisioning.store.engine import writing

    ends_at = starts_at + int(hours * 3_600_000_000)
    with registry() as (_, engine), writing(engine) as connection:
        events.add_session(connection, event_code, code, name, starts_at, ends_at, actor(), now_us())
    click.echo(say(f"Đã thêm buổi {code}.", f"Added session {code}."))


@session.command("list", help=say("Liệt kê các buổi.", "List the sessions."))
def list_sessions() -> None:
    """Print code, start and name, separated by tabs."""
    from provisioning import events

    with registry() as (_, engine), engine.connect() as connection:
        for row in events.list_sessions(connection):
            start = datetime.fromtimestamp(row.starts_at / 1e6, VIETNAM)
            click.echo(f"{row.code}\t{start.isoformat(timespec='minutes')}\t{row.name}")
