"""event, session, deadlines: what people gather for, when, and by when provinces must have done what."""

from __future__ import annotations

import click

from contract.clock import HOUR_US
from contract.languages import say
from provisioning.commands.centre import actor, now_us, registry
from provisioning.errors import ProvisioningError
from provisioning.gates import DUE_GATES
from provisioning.units import KNOWN_ON

_HOURS = click.FloatRange(0, 100, min_open=True)


def read_start(_context: click.Context, _param: click.Parameter, value: str | None) -> int | None:
    """Read a start as `provisioning.moments` does."""
    from provisioning import moments

    try:
        return None if value is None else moments.read(value, now_us())
    except ProvisioningError as error:
        raise click.BadParameter(str(error)) from error


@click.group(help=say("Sự kiện.", "Events."))
def event() -> None:
    """Group the commands on events."""


@event.command("add", help=say("Thêm sự kiện.", "Add an event."))
@click.argument("code")
@click.option("--name", required=True, help=say("Tên sự kiện.", "The event's name."))
@click.option(
    "--units-as-of", default=KNOWN_ON, show_default=True, help=say("Ngày của bản đồ đơn vị.", "The map's day.")
)
@click.option("--bitrate-mbps", default=5.0, show_default=True, help=say("Tốc độ luồng hình.", "The stream's rate."))
def add_event(code: str, name: str, units_as_of: str, bitrate_mbps: float) -> None:
    """Add an event."""
    from provisioning import events
    from provisioning.store.engine import writing

    with registry() as (_, engine), writing(engine) as connection:
        events.add_event(connection, code, name, units_as_of, bitrate_mbps, actor(), now_us())
    click.echo(say(f"Đã thêm sự kiện {code}.", f"Added event {code}."))


@event.command(
    "edit", help=say("Sửa sự kiện; không ghi gì thì giữ nguyên.", "Change an event; what is left out stays.")
)
@click.argument("code")
@click.option("--name", help=say("Tên sự kiện.", "The event's name."))
@click.option("--units-as-of", help=say("Ngày của bản đồ đơn vị.", "The map's day."))
@click.option("--bitrate-mbps", type=float, help=say("Tốc độ luồng hình.", "The stream's rate."))
def edit_event(code: str, name: str | None, units_as_of: str | None, bitrate_mbps: float | None) -> None:
    """Change an event."""
    from provisioning import events
    from provisioning.store.engine import writing

    with registry() as (_, engine), writing(engine) as connection:
        held = events.find_event(connection, code)
        described = (name or held.name, units_as_of or held.units_as_of, bitrate_mbps or held.bitrate_mbps)
        events.change_event(connection, code, *described, actor(), now_us())
    click.echo(say(f"Đã sửa sự kiện {code}.", f"Changed event {code}."))


@event.command("remove", help=say("Bỏ một sự kiện chưa có điểm cầu nào.", "Remove an event without any site."))
@click.argument("code")
def remove_event(code: str) -> None:
    """Remove an event made by mistake, with its sessions."""
    from provisioning import events
    from provisioning.store.engine import writing

    with registry() as (_, engine), writing(engine) as connection:
        events.remove_event(connection, code, actor(), now_us())
    click.echo(say(f"Đã bỏ sự kiện {code}.", f"Removed event {code}."))


@event.command("list", help=say("Liệt kê các sự kiện.", "List the events."))
def list_events() -> None:
    """Print code, the map's day, the stream's rate and name, separated by tabs."""
    from provisioning import events

    with registry() as (_, engine), engine.connect() as connection:
        for row in events.list_events(connection):
            click.echo(f"{row.code}\t{row.units_as_of}\t{row.bitrate_mbps:g} Mbit/s\t{row.name}")


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
@click.option("--hours", type=_HOURS, default=4.0, show_default=True, help=say("Kéo dài (giờ).", "How long (hours)."))
def add_session(event_code: str, code: str, name: str, starts_at: int, hours: float) -> None:
    """Add a session."""
    from provisioning import events
    from provisioning.store.engine import writing

    ends_at = starts_at + int(hours * HOUR_US)
    with registry() as (_, engine), writing(engine) as connection:
        events.add_session(connection, event_code, code, name, starts_at, ends_at, actor(), now_us())
    click.echo(say(f"Đã thêm buổi {code}.", f"Added session {code}."))
    _tell_past(code, ends_at)


@session.command(
    "edit",
    help=say(
        "Đổi tên, đổi ngày giờ một buổi: các mốc và hạn của tỉnh theo giờ mới. Không ghi gì thì giữ nguyên.",
        "Rename or move a session: gates and deadlines follow the new start. What is left out stays.",
    ),
)
@click.argument("code")
@click.option("--name", help=say("Tên buổi.", "The session's name."))
@click.option("--starts-at", callback=read_start, help=say("Giờ bắt đầu mới.", "The new start."))
@click.option("--hours", type=_HOURS, help=say("Kéo dài (giờ).", "How long (hours)."))
def edit_session(code: str, name: str | None, starts_at: int | None, hours: float | None) -> None:
    """Rename or move a session."""
    from provisioning import events, moments
    from provisioning.store.engine import writing

    with registry() as (_, engine), writing(engine) as connection:
        session_id = events.find_session(connection, code, now_us())
        held = next(row for row in events.list_sessions(connection) if row.id == session_id)
        start = held.starts_at if starts_at is None else starts_at
        lasts = held.ends_at - held.starts_at if hours is None else int(hours * HOUR_US)
        events.change_session(connection, code, name or held.name, start, start + lasts, actor(), now_us())
    told = moments.write(start)
    click.echo(say(f"Buổi {code} bắt đầu {told}.", f"Session {code} starts at {told}."))
    _tell_past(code, start + lasts)


def _tell_past(code: str, ends_at: int) -> None:
    """Say that a session is over already: a month or a year is mistyped in no time."""
    if ends_at < now_us():
        step = f"diemcau-provision session edit {code} --starts-at"
        click.echo(
            say(f"Buổi này đã qua. Nếu gõ nhầm: {step} LÚC", f"It is over already. If mistyped: {step} MOMENT"),
            err=True,
        )


@session.command("list", help=say("Liệt kê các buổi.", "List the sessions."))
def list_sessions() -> None:
    """Print code, start and name, separated by tabs."""
    from datetime import datetime

    from provisioning import events
    from provisioning.moments import VIETNAM

    with registry() as (_, engine), engine.connect() as connection:
        for row in events.list_sessions(connection):
            start = datetime.fromtimestamp(row.starts_at / 1e6, VIETNAM)
            click.echo(f"{row.code}\t{start.isoformat(timespec='minutes')}\t{row.name}")


@session.command("remove", help=say("Bỏ một buổi chưa có điểm cầu nào.", "Remove a session without any site."))
@click.argument("code")
def remove_session(code: str) -> None:
    """Remove a session made by mistake."""
    from provisioning import events
    from provisioning.store.engine import writing

    with registry() as (_, engine), writing(engine) as connection:
        events.remove_session(connection, code, actor(), now_us())
    click.echo(say(f"Đã bỏ buổi {code}.", f"Removed session {code}."))


@click.group(
    help=say(
        "Hạn riêng của tỉnh cho từng mốc. Không có hạn riêng thì theo mốc: 14 ngày, 7 ngày, 1 ngày, 1 giờ trước buổi.",
        "A province's own deadline for a gate. Without one the gate counts: 14 days, 7 days, 1 day, 1 hour before.",
    )
)
def deadlines() -> None:
    """Group the commands on deadlines."""


_GATE = click.argument("gate", type=click.Choice([gate.name for gate in DUE_GATES]))


@deadlines.command("set", help=say("Đặt hạn, ví dụ: 10d (10 ngày) hoặc 36h trước giờ bắt đầu.", "Set one: 10d, 36h."))
@click.argument("event_code")
@click.argument("province")
@_GATE
@click.argument("before")
def set_deadline(event_code: str, province: str, gate: str, before: str) -> None:
    """Give a province a time of its own before each session's start."""
    from provisioning import deadlines as rows
    from provisioning import moments
    from provisioning.store.engine import writing

    with registry() as (_, engine), writing(engine) as connection:
        before_us = moments.read_before(before)
        rows.set_deadline(connection, event_code, province, gate, before_us, actor(), now_us())
    click.echo(
        say(f"Hạn {gate} của {province}: {before} trước giờ bắt đầu.", f"{province} at {gate}: {before} before.")
    )


@deadlines.command("clear", help=say("Bỏ hạn riêng: lại theo mốc.", "Drop it: the gate's time counts again."))
@click.argument("event_code")
@click.argument("province")
@_GATE
def clear_deadline(event_code: str, province: str, gate: str) -> None:
    """Take a province's own time back."""
    from provisioning import deadlines as rows
    from provisioning.store.engine import writing

    with registry() as (_, engine), writing(engine) as connection:
        rows.clear_deadline(connection, event_code, province, gate, actor(), now_us())
    click.echo(say(f"Đã bỏ hạn riêng {gate} của {province}.", f"Dropped {province}'s own deadline at {gate}."))


@deadlines.command("list", help=say("Liệt kê các hạn riêng của một sự kiện.", "List an event's own deadlines."))
@click.argument("event_code")
def list_deadlines(event_code: str) -> None:
    """Print province, gate and hours before the start, separated by tabs."""
    from provisioning import deadlines as rows
    from provisioning import events

    with registry() as (_, engine), engine.connect() as connection:
        for row in rows.list_deadlines(connection, events.find_event(connection, event_code).id):
            click.echo(f"{row.unit_code}\t{row.gate}\t{row.before_start_us / HOUR_US:g} h\t{row.unit}")
