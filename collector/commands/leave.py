"""leave: sites that take no part in a session any more."""

from __future__ import annotations

import click

from collector.commands.options import SESSION
from contract.languages import say
from provisioning.commands.centre import actor, now_us, registry


@click.command(
    help=say(
        "Đưa điểm cầu ra khỏi một buổi: đã gộp vào nơi khác, không họp nữa, hoặc ghi nhầm. Kết quả đo vẫn giữ; nhập "
        "lại danh sách có điểm cầu ấy thì nó trở lại.",
        "Take sites out of a session: merged into others, called off, or listed by mistake. What was measured stays; "
        "a roster that has them brings them back.",
    )
)
@SESSION
@click.argument("sites", nargs=-1, required=True, metavar=say("ĐIỂM_CẦU...", "SITE..."))
def leave(session_code: str | None, sites: tuple[str, ...]) -> None:
    """Take sites out of a session."""
    from collector.store import leaving
    from provisioning import events
    from provisioning.store.engine import writing

    with registry() as (_, engine), writing(engine) as connection:
        session_id = events.find_session(connection, session_code, now_us())
        number = leaving.leave(connection, session_id, sites, actor(), now_us())
    click.echo(say(f"Đã đưa {number} điểm cầu ra khỏi buổi.", f"Taken out of the session: {number}."))
