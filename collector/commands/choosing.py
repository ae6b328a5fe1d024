"""The options that say which sites a dry run checks for what, and when."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import click

from collector.commands.options import SESSION
from contract.languages import say

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from collector.dryrun.conduct import Wish

_OPTIONS = (
    SESSION,
    click.option(
        "--check",
        "checks",
        type=click.Choice(("equipment", "line", "rehearsal")),
        default=("equipment", "line"),
        show_default=True,
        help=say(
            "Kiểm tra gì: thiết bị, đường truyền, diễn tập hai chiều; ghi nhiều lần được.",
            "What is checked; rehearsal is two-way. May be given several times.",
        ),
        multiple=True,
    ),
    click.option(
        "--unit",
        "units",
        metavar=say("MÃ", "CODE"),
        help=say(
            "Chỉ tỉnh, huyện này (diemcau-provision units list); ghi nhiều lần được.",
            "Only this province or district (diemcau-provision units list). May be given several times.",
        ),
        multiple=True,
    ),
    click.option(
        "--role",
        "roles",
        type=click.Choice(("interactive", "view")),
        help=say("Chỉ điểm cầu phát biểu, hay chỉ xem.", "Only sites that speak, or that watch."),
        multiple=True,
    ),
    click.option(
        "--medium",
        "media",
        type=click.Choice(("mytv", "pc", "room")),
        help=say("Chỉ nơi dùng thiết bị này.", "Only sites that use this."),
        multiple=True,
    ),
    click.option(
        "--site",
        "sites",
        metavar=say("MÃ", "CODE"),
        help=say("Chỉ điểm cầu này; ghi nhiều lần được.", "Only this site. May be given several times."),
        multiple=True,
    ),
    click.option(
        "--retest",
        type=int,
        metavar=say("SỐ", "NUMBER"),
        help=say(
            "Chỉ những nơi chưa đạt, hoặc chưa đo được, trong đợt này.",
            "Only sites that fell short, or were not tested, in this dry run.",
        ),
    ),
    click.option(
        "--elsewhere",
        is_flag=True,
        help=say("Đo đối chứng: với máy chủ đo khác mọi khi.", "A second opinion: against another probe server."),
    ),
    click.option(
        "--any-hour",
        is_flag=True,
        help=say("Cả ngoài giờ mở máy, ngày nghỉ, lúc cắt điện.", "Outside hours, on holidays, in power cuts too."),
    ),
    click.option(
        "--during-sessions",
        is_flag=True,
        help=say("Cả khi đang có buổi họp: có thể làm giật hình.", "While a session runs too: it may suffer."),
    ),
    click.option(
        "--from",
        "opens",
        metavar=say("LÚC", "MOMENT"),
        help=say(
            "Không bắt đầu trước lúc này: 14:00 hoặc 2026-11-27T14:00; không có thì bây giờ.",
            "Not to be begun before: 14:00 or 2026-11-27T14:00; else now.",
        ),
    ),
    click.option(
        "--until",
        "closes",
        metavar=say("LÚC", "MOMENT"),
        help=say(
            "Hết khung giờ; không có thì sau 2 giờ, hoặc khi buổi họp kế tiếp bắt đầu.",
            "When its window ends; else 2 hours on, or when the next session starts.",
        ),
    ),
)


def choosing(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command these options."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


def wish(connection: Connection, name: str, chosen: dict[str, Any], now: int) -> Wish:
    """Return what these options ask for; raises ProvisioningError."""
    from collector.dryrun.campaign import default_end
    from collector.dryrun.conduct import Wish
    from collector.dryrun.selection import Selection
    from collector.store.queries.sessions import all_sessions
    from provisioning import moments
    from provisioning.events import find_session

    opens_at = now if chosen["opens"] is None else moments.read(chosen["opens"], now)
    if chosen["closes"] is None:
        closes_at = default_end(opens_at, [one.starts_at for one in all_sessions(connection)])
    else:
        closes_at = moments.read(chosen["closes"], now)
    selection = Selection(
        units=chosen["units"],
        roles=chosen["roles"],
        media=chosen["media"],
        sites=tuple(code.upper() for code in chosen["sites"]),
        not_carried_in=chosen["retest"],
    )
    session_id = find_session(connection, chosen["session_code"], now)
    how = chosen["elsewhere"], chosen["any_hour"], chosen["during_sessions"]
    return Wish(name, session_id, tuple(chosen["checks"]), selection, opens_at, closes_at, *how)
