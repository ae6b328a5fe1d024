"""dryrun predict, create, start, pause, resume, stop, status, watch, list: campaigns from the terminal."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import click

from contract.languages import say
from provisioning.commands.centre import actor, now_us, registry

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from collector.dryrun.conduct import Wish

_S_US = 1_000_000
_EVERY_S = 1.0
_HOUR_LETTERS = len("14:00")


@click.group(
    help=say(
        "Tổng duyệt: kiểm tra nhiều điểm cầu trong một khung giờ mà không làm nghẽn mạng. Xem dự báo bằng `predict`, "
        "tạo bằng `create`, rồi `start`; theo dõi bằng `watch`.",
        "Dry runs: check many sites in a window without drowning the network. See what it takes with `predict`, make "
        "one with `create`, then `start`; follow it with `watch`.",
    )
)
def dryrun() -> None:
    """Group the commands on campaigns."""


def _choosing(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command the options that say which sites are checked for what, and when."""
    several: dict[str, Any] = {"multiple": True}
    for option in reversed(
        (
            click.option("--session", help=say("Mã buổi; không có thì buổi sắp tới.", "Code; else the next one.")),
            click.option(
                "--check",
                "checks",
                default=("equipment", "line"),
                show_default=True,
                help=say("equipment, line, rehearsal; ghi nhiều lần được.", "May be given several times."),
                **several,
            ),
            click.option("--unit", "units", help=say("Mã tỉnh hoặc huyện.", "Code of a unit."), **several),
            click.option("--role", "roles", type=click.Choice(("interactive", "view")), **several),
            click.option("--medium", "media", type=click.Choice(("mytv", "pc", "room")), **several),
            click.option("--site", "sites", help=say("Mã điểm cầu.", "Code of a site."), **several),
            click.option(
                "--retest", type=int, help=say("Chỉ nơi chưa đạt trong đợt này.", "Those that fell short in that one.")
            ),
            click.option(
                "--elsewhere",
                is_flag=True,
                help=say("Đo đối chứng với máy chủ đo khác.", "A second opinion: against another probe server."),
            ),
            click.option(
                "--any-hour",
                is_flag=True,
                help=say("Cả ngoài giờ mở cửa, ngày nghỉ, lúc cắt điện.", "Outside their hours too."),
            ),
            click.option(
                "--during-sessions",
                is_flag=True,
                help=say("Cả khi đang có buổi họp.", "While a session runs too."),
            ),
            click.option("--from", "opens", help=say("Từ lúc: 14:00 hoặc 2026-11-27T14:00.", "From when.")),
            click.option("--until", "closes", help=say("Đến lúc; không có thì sau 2 giờ.", "Until when; else 2 h on.")),
        )
    ):
        command = option(command)
    return command


@dryrun.command(
    help=say("Cho biết một đợt sẽ tốn bao lâu, bao nhiêu dữ liệu, còn sót gì.", "Tell what a dry run would take.")
)
@_choosing
def predict(**chosen: Any) -> None:
    """Print the prediction of a campaign."""
    from collector.dryrun import conduct
    from collector.dryrun.telling import in_words

    with registry() as (settings, engine), engine.connect() as connection:
        now = now_us()
        click.echo(in_words(conduct.foresee(connection, settings, _wish(connection, "-", chosen, now), now)))


@dryrun.command(
    help=say("Tạo một đợt, chưa chạy; in ra số của nó.", "Make a campaign, not started yet; prints its id.")
)
@click.option("--name", required=True, help=say("Tên đợt.", "What it is called."))
@_choosing
def create(name: str, **chosen: Any) -> None:
    """Make a campaign."""
    from collector.dryrun import conduct
    from collector.dryrun.telling import in_words
    from collector.store import campaigns
    from provisioning.store.engine import writing

    with registry() as (settings, engine), writing(engine) as connection:
        now = now_us()
        made = conduct.make(connection, settings, _wish(connection, name, chosen, now), actor(), now)
        found = campaigns.find(connection, made)
    click.echo(made)
    if found is not None:
        click.echo(in_words(found.prediction), err=True)
    click.echo(say(f"Bắt đầu: diemcau-collector dryrun start {made}", f"Begin: dryrun start {made}"), err=True)


def _acting(name: str, vi: str, en: str) -> None:
    @dryrun.command(name, help=say(vi, en))
    @click.argument("campaign", type=int)
    def command(campaign: int) -> None:
        from collector.dryrun import conduct
        from collector.dryrun.telling import headline
        from provisioning.store.engine import writing

        with registry() as (settings, engine), writing(engine) as connection:
            found = conduct.act(connection, settings, campaign, name, actor(), now_us())
        click.echo(headline(found))


_acting("start", "Bắt đầu ngay: máy ở các điểm cầu tự hỏi máy chủ đo.", "Begin now: the sites ask their probe server.")
_acting("pause", "Tạm dừng: ai đang đo thì đo nốt, ai chưa thì chờ.", "Pause: who tests goes on, the others wait.")
_acting("resume", "Chạy tiếp.", "Go on.")
_acting("stop", "Dừng hẳn: ngắt những lượt đang đo trong 10 giây.", "Stop: what runs is broken off within 10 s.")


@dryrun.command(help=say("Một đợt đã đến đâu: theo kết quả và lý do.", "How far a campaign has come."))
@click.argument("campaign", type=int)
def status(campaign: int) -> None:
    """Print how far a campaign has come."""
    with registry() as (_, engine), engine.connect() as connection:
        click.echo(_status(connection, campaign)[1])


@dryrun.command(help=say("Theo dõi một đợt cho đến khi nó kết thúc.", "Follow a campaign to its end."))
@click.argument("campaign", type=int)
def watch(campaign: int) -> None:
    """Print how far a campaign has come whenever that changes."""
    told = ""
    with registry() as (_, engine):
        while True:
            with engine.connect() as connection:
                is_over, text = _status(connection, campaign)
            if text != told:
                click.echo(text)
                told = text
            if is_over:
                return
            time.sleep(_EVERY_S)


@dryrun.command("list", help=say("Liệt kê các đợt, mới nhất trước.", "List the campaigns, the newest first."))
def list_campaigns() -> None:
    """Print the campaigns."""
    from collector.dryrun.telling import headline
    from collector.store import campaigns

    with registry() as (_, engine), engine.connect() as connection:
        for found in campaigns.every(connection):
            click.echo(headline(found))


def _status(connection: Connection, campaign: int) -> tuple[bool, str]:
    from collector.dryrun.telling import progress_in_words
    from collector.store import campaigns
    from collector.store.queries.campaigns import count_outcomes
    from collector.store.scope import country

    found = campaigns.find(connection, campaign)
    if found is None:
        raise click.ClickException(say(f"Không có đợt tổng duyệt {campaign}.", f"There is no dry run {campaign}."))
    text = progress_in_words(found, count_outcomes(country(connection), campaign))
    return found.state in ("stopped", "ended"), text


def _wish(connection: Connection, name: str, chosen: dict[str, Any], now: int) -> Wish:
    from collector.dryrun.conduct import Wish
    from collector.dryrun.selection import Selection

    opens_at = now if chosen["opens"] is None else _moment(chosen["opens"], now)
    closes_at = opens_at + 2 * 3600 * _S_US if chosen["closes"] is None else _moment(chosen["closes"], now)
    selection = Selection(
        units=chosen["units"],
        roles=chosen["roles"],
        media=chosen["media"],
        sites=tuple(code.upper() for code in chosen["sites"]),
        not_carried_in=chosen["retest"],
    )
    session_id = _session(connection, chosen["session"], now)
    how = chosen["elsewhere"], chosen["any_hour"], chosen["during_sessions"]
    return Wish(name, session_id, tuple(chosen["checks"]), selection, opens_at, closes_at, *how)


def _session(connection: Connection, code: str | None, now: int) -> int:
    from sqlalchemy import select

    from collector.store.queries.sessions import all_sessions, choose
    from provisioning.store.tables import session

    if code is not None:
        found = connection.scalar(select(session.c.id).where(session.c.code == code))
    else:
        chosen = choose(all_sessions(connection), now)
        found = None if chosen is None else chosen.id
    if found is None:
        raise click.ClickException(say("Không có buổi họp nào như vậy.", "There is no such session."))
    return int(found)


def _moment(text: str, now: int) -> int:
    """Return a moment in Vietnam's time, of today where only the hour is given; raises ProvisioningError."""
    from provisioning import moments

    today = moments.write(now).partition("T")[0]
    return moments.read(f"{today}T{text}" if len(text) <= _HOUR_LETTERS and ":" in text else text, now)
