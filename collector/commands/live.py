"""live on, off: live mode at an hour that is no session's, as before a rehearsal."""

from __future__ import annotations

import click

from collector.commands.options import SESSION
from contract.languages import say
from provisioning.commands.centre import actor, now_us, registry


@click.group(
    help=say(
        "Chế độ trực tiếp: máy ở điểm cầu tương tác báo tin 3 giây một lần, mất kết nối là thấy ngay. Từ một giờ "
        "trước buổi đến hết buổi nó tự bật; `on` bật vào lúc khác, như khi diễn tập.",
        "Live mode: the machines of interactive sites tick every 3 seconds, so that a cut shows at once. It comes by "
        "itself from an hour before a session to its end; `on` has it at another time, as for a rehearsal.",
    )
)
def live() -> None:
    """Group the commands on live mode."""


@live.command(help=say("Bật cho một buổi, đến một giờ; bật lại để đổi giờ.", "Turn it on for a session, until a time."))
@click.option("--until", required=True, help=say("17:30, +2h hoặc 2026-11-27T17:30.", "As +2h; in at most 12 hours."))
@SESSION
def on(until: str, session_code: str | None) -> None:
    """Turn live mode on until a moment."""
    from collector.store import live_mode
    from provisioning import events, moments
    from provisioning.store.engine import writing

    with registry() as (_, engine), writing(engine) as connection:
        now = now_us()
        ends_at = moments.read(until, now)
        live_mode.turn_on(connection, events.find_session(connection, session_code, now), ends_at, actor(), now)
    told = moments.write(ends_at)
    click.echo(say(f"Chế độ trực tiếp: đến {told}. Tắt sớm: live off", f"Live mode until {told}. To end it: live off"))


@live.command(help=say("Tắt trước giờ đã hẹn.", "Turn it off before its time."))
@SESSION
def off(session_code: str | None) -> None:
    """Turn live mode off."""
    from collector.store import live_mode
    from provisioning import events
    from provisioning.store.engine import writing

    with registry() as (_, engine), writing(engine) as connection:
        now = now_us()
        session_id = events.find_session(connection, session_code, now)
        live_mode.turn_off(connection, session_id, actor(), now)
        by_clock = live_mode.lasts_until(connection, session_id, now)
    if by_clock is None:
        click.echo(say("Chế độ trực tiếp đã tắt.", "Live mode is off."))
    else:
        click.echo(
            say(
                "Từ một giờ trước buổi, chế độ trực tiếp tự bật đến hết buổi.",
                "From an hour before its session to its end it is on by itself.",
            )
        )
