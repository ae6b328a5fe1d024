"""capacity confirm, withdraw, list: what VNPT has said that it carries into a province for a session."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from contract.languages import say
from provisioning.commands.centre import actor, now_us, registry

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from provisioning.capacity import Subject

_SESSION = click.argument("session_code")
_PROVINCE = click.argument("province")
_MEDIUM = click.argument("medium", type=click.Choice(["mytv", "pc", "room"]))
_DELIVERY = click.argument("delivery", type=click.Choice(["unicast", "multicast"]))


@click.group(
    help=say(
        "Dung lượng mà VNPT xác nhận cho từng tỉnh: lời của người chịu trách nhiệm, không phép đo nào thay được.",
        "Capacity that VNPT confirms for a province: the word of whoever answers for it; no probe can prove it.",
    )
)
def capacity() -> None:
    """Group the commands on capacity."""


@capacity.command("confirm", help=say("Ghi một xác nhận, thay cho lần trước.", "Note one, in place of the one before."))
@_SESSION
@_PROVINCE
@_MEDIUM
@_DELIVERY
@click.argument("mbps", type=float)
@click.option("--by", "by_whom", required=True, help=say("Ai ở VNPT xác nhận.", "Who at VNPT confirms it."))
@click.option("--note", default="", help=say("Số văn bản, ghi chú.", "A document's number, a note."))
def confirm_capacity(
    session_code: str, province: str, medium: str, delivery: str, mbps: float, by_whom: str, note: str
) -> None:
    """Note what somebody at VNPT has confirmed."""
    from provisioning import capacity as rows
    from provisioning.store.engine import writing

    with registry() as (_, engine), writing(engine) as connection:
        subject = _subject(connection, session_code, province, medium, delivery)
        rows.confirm(connection, subject, mbps, by_whom, note, actor(), now_us())
    click.echo(say(f"Đã ghi {mbps:g} Mbit/s do {by_whom} xác nhận.", f"Noted {mbps:g} Mbit/s, confirmed by {by_whom}."))


@capacity.command("withdraw", help=say("Rút một xác nhận.", "Take a confirmation back."))
@_SESSION
@_PROVINCE
@_MEDIUM
@_DELIVERY
def withdraw_capacity(session_code: str, province: str, medium: str, delivery: str) -> None:
    """Take a confirmation back."""
    from provisioning import capacity as rows
    from provisioning.store.engine import writing

    with registry() as (_, engine), writing(engine) as connection:
        subject = _subject(connection, session_code, province, medium, delivery)
        was_there = rows.withdraw(connection, subject, actor(), now_us())
    if not was_there:
        raise click.ClickException(say("Chưa có xác nhận nào như thế.", "There is no such confirmation."))
    click.echo(say("Đã rút.", "Taken back."))


@capacity.command("list", help=say("Liệt kê các xác nhận của một buổi.", "List the confirmations for a session."))
@_SESSION
def list_capacity(session_code: str) -> None:
    """Print province, medium, delivery, Mbit/s, by whom and note, separated by tabs."""
    from provisioning import capacity as rows
    from provisioning import events

    with registry() as (_, engine), engine.connect() as connection:
        for row in rows.list_confirmed(connection, events.find_session(connection, session_code, now_us())):
            told = f"{row.province}\t{row.medium}\t{row.delivery}\t{row.confirmed_mbps:g}"
            click.echo(f"{told}\t{row.confirmed_by}\t{row.note}")


def _subject(connection: Connection, session_code: str, province: str, medium: str, delivery: str) -> Subject:
    from provisioning import events
    from provisioning.capacity import Subject
    from provisioning.deadlines import find_province

    session_id = events.find_session(connection, session_code, now_us())
    return Subject(session_id, find_province(connection, province), medium, delivery)
