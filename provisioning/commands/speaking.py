"""speakers, backups: who speaks in which order, and what interactive sites fall back on."""

from __future__ import annotations

from pathlib import Path

import click

from contract.languages import say
from provisioning.commands.centre import actor, now_us, registry

_SESSION = click.argument("session_code")
_SITE = click.argument("site_code")
_NOTE = click.option("--note", default="", help=say("Ghi chú.", "A note."))


@click.group(help=say("Thứ tự phát biểu của các điểm cầu tương tác.", "The order in which interactive sites speak."))
def speakers() -> None:
    """Group the commands on the speakers' order."""


@speakers.command(
    "set",
    help=say(
        "Đặt thứ tự: mã các điểm cầu, hoặc --file có mỗi dòng một mã. Thay toàn bộ thứ tự cũ.",
        "Set the order: the sites' codes, or --file with one a line. It takes the place of the whole order before.",
    ),
)
@_SESSION
@click.argument("site_codes", nargs=-1)
@click.option("--file", type=click.Path(path_type=Path, exists=True, dir_okay=False), help=say("Tệp mã.", "The file."))
def set_speakers(session_code: str, site_codes: tuple[str, ...], file: Path | None) -> None:
    """Put an order in the place of the one before."""
    from provisioning import speakers as order
    from provisioning.store.engine import writing

    codes = [*site_codes, *(file.read_text(encoding="utf-8").split() if file else ())]
    with registry() as (_, engine), writing(engine) as connection:
        order.set_order(connection, session_code, codes, actor(), now_us())
    click.echo(say(f"{len(codes)} điểm cầu phát biểu.", f"{len(codes)} sites speak."))


@speakers.command("list", help=say("Liệt kê thứ tự phát biểu.", "List the order."))
@_SESSION
def list_speakers(session_code: str) -> None:
    """Print place, code and name, separated by tabs."""
    from provisioning import events
    from provisioning import speakers as order

    with registry() as (_, engine), engine.connect() as connection:
        for place, code, name in order.list_order(connection, events.find_session(connection, session_code, now_us())):
            click.echo(f"{place}\t{code}\t{name}")


@click.group(
    help=say(
        "Phương án dự phòng của điểm cầu tương tác: máy dự phòng tại chỗ, hoặc chuyển sang điểm cầu khác.",
        "What interactive sites fall back on: a spare device there, or another venue.",
    )
)
def backups() -> None:
    """Group the commands on backups."""


@backups.command(
    "set", help=say("Đặt dự phòng; không có --venue thì là máy dự phòng.", "Set one: a spare, or --venue.")
)
@_SESSION
@_SITE
@click.option("--venue", help=say("Mã điểm cầu chuyển sang.", "Code of the site to move to."))
@click.option("--device", help=say("Tên máy dự phòng; mặc định máy nào cũng được.", "The spare's name; default: any."))
@click.option("--line", help=say("Mã đường truyền của máy dự phòng: vnpt/MÃ.", "The spare's line: vnpt/CODE."))
@_NOTE
def set_backup(
    session_code: str, site_code: str, venue: str | None, device: str | None, line: str | None, note: str
) -> None:
    """Let a site fall back on something."""
    from provisioning import backups as rows
    from provisioning.store.engine import writing

    if venue and (device or line):
        raise click.UsageError(say("--venue không đi cùng --device, --line.", "--venue excludes --device and --line."))
    with registry() as (_, engine), writing(engine) as connection:
        if venue:
            rows.set_venue(connection, session_code, site_code, venue, note, actor(), now_us())
        else:
            rows.set_spare(connection, session_code, site_code, device, line, note, actor(), now_us())
    click.echo(say(f"Đã ghi dự phòng của {site_code}.", f"The backup of {site_code} is set."))


@backups.command("remove", help=say("Bỏ phương án dự phòng của một điểm cầu.", "Take a site's backup back."))
@_SESSION
@_SITE
def remove_backup(session_code: str, site_code: str) -> None:
    """Take a site's backup back."""
    from provisioning import backups as rows
    from provisioning.store.engine import writing

    with registry() as (_, engine), writing(engine) as connection:
        rows.remove(connection, session_code, site_code, actor(), now_us())
    click.echo(say(f"Đã bỏ dự phòng của {site_code}.", f"The backup of {site_code} is gone."))


@backups.command("list", help=say("Liệt kê phương án dự phòng của một buổi.", "List the backups of a session."))
@_SESSION
def list_backups(session_code: str) -> None:
    """Print site, what it falls back on, line and note, separated by tabs."""
    from provisioning import backups as rows
    from provisioning import events

    with registry() as (_, engine), engine.connect() as connection:
        for one in rows.list_backups(connection, events.find_session(connection, session_code, now_us())):
            spare = one.device or say("máy dự phòng", "a spare device")
            what = spare if one.kind == rows.DEVICE else f"{one.venue_code} {one.venue}"
            click.echo(f"{one.site_code}\t{one.site}\t{what}\t{one.line or ''}\t{one.note}")
