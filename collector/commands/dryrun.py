"""dryrun predict, create, start, pause, resume, stop, remove, status, watch, list: campaigns from the terminal."""

from __future__ import annotations

import shutil
import sys
import time
from typing import TYPE_CHECKING, Any

import click

from collector.commands.choosing import choosing, wish
from contract.clock import SECOND_US
from contract.languages import language, say
from provisioning.commands.centre import actor, now_us, registry

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from collector.dashboard.words import Words
    from collector.dryrun.campaign import Campaign
    from collector.dryrun.checks import Counts

_LOOKS_S = 1.0
_TELLS_S = 10.0  # where nobody looks on: a line so often, and not for each site
_SILENT_US = 60 * SECOND_US  # ingest beats every second
_SILENT = (
    "Trung tâm không chạy, nên chưa máy nào được báo. Chạy: diemcau-collector run",
    "The centre does not run, so that nobody is told yet. Run: diemcau-collector run",
)
_CTRL_C = 130  # as shells have it


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


@dryrun.command(
    help=say(
        "Cho biết một đợt sẽ tốn bao lâu, bao nhiêu dữ liệu, còn sót gì. Không tạo gì cả.",
        "Tell how long a dry run would take, what it would move and what would be left. Makes nothing.",
    )
)
@choosing
def predict(**chosen: Any) -> None:
    """Print the prediction of a campaign."""
    from collector.dryrun import conduct
    from collector.dryrun.telling import in_words
    from collector.store.queries.units import names_of

    with registry() as (settings, engine), engine.connect() as connection:
        now = now_us()
        wished = wish(connection, "", chosen, now)
        foreseen = conduct.foresee(connection, settings, wished, now)
        places = names_of(connection, wished.session_id)
    click.echo(in_words(foreseen.prediction, _words(), places))


@dryrun.command(
    help=say(
        "Tạo một đợt, chưa chạy; in ra số của nó. Chạy bằng `start`.",
        "Make a dry run, which does not run yet; prints its number. Begin it with `start`.",
    )
)
@click.option(
    "--name", required=True, metavar=say("TÊN", "NAME"), help=say("Tên đợt, để nhận ra.", "To know it again.")
)
@choosing
def create(name: str, **chosen: Any) -> None:
    """Make a campaign."""
    from collector.dryrun import conduct
    from collector.dryrun.telling import in_words, next_step
    from collector.store import campaigns
    from collector.store.queries.units import names_of

    with registry() as (settings, engine):
        now = now_us()
        with engine.connect() as connection:
            wished = wish(connection, name, chosen, now)
        made = conduct.make(engine, settings, wished, actor(), now)
        with engine.connect() as connection:
            found = campaigns.get(connection, made)
            places = names_of(connection, found.session_id)
    click.echo(made)
    click.echo(in_words(found.prediction, _words(), places), err=True)
    click.echo(next_step(found, {}, _words()), err=True)


def _acting(name: str, vi: str, en: str) -> None:
    @dryrun.command(name, help=say(vi, en))
    @click.argument("campaign", type=int, metavar=say("SỐ", "NUMBER"))
    def command(campaign: int) -> None:
        from collector.dryrun import conduct
        from collector.dryrun.telling import headline, next_step

        with registry() as (settings, engine):
            found = conduct.act(engine, settings, campaign, name, actor(), now_us())
            with engine.connect() as connection:
                counts = _counts(connection, campaign)
                is_silent = _is_silent(connection)
        click.echo(headline(found, _words()))
        if is_silent:
            click.echo(say(*_SILENT), err=True)
        click.echo(next_step(found, counts, _words()), err=True)


_acting(
    "start",
    "Bắt đầu ngay: máy ở các điểm cầu tự hỏi máy chủ đo.",
    "Begin now: the sites' machines ask their probe server by themselves.",
)
_acting(
    "pause",
    "Tạm dừng: ai đang đo thì đo nốt, ai chưa thì chờ.",
    "Pause: who tests goes on to the end, the others wait.",
)
_acting(
    "resume",
    "Chạy tiếp: các máy quay lại dần trong vài phút.",
    "Go on: the machines come back within some minutes.",
)
_acting(
    "stop",
    "Dừng hẳn: ngắt những lượt đang đo trong 10 giây; nơi chưa đo có lý do.",
    "Stop for good: what runs is broken off within 10 s; the other sites get a reason.",
)


@dryrun.command(help=say("Bỏ một đợt tạo nhầm, chưa bắt đầu.", "Remove one made by mistake that has not begun."))
@click.argument("campaign", type=int, metavar=say("SỐ", "NUMBER"))
def remove(campaign: int) -> None:
    """Remove a campaign that has not begun."""
    from collector.dryrun import conduct

    with registry() as (_, engine):
        conduct.remove(engine, campaign, actor(), now_us())
    click.echo(say(f"Đã bỏ đợt {campaign}.", f"Removed dry run {campaign}."))


@dryrun.command(help=say("Một đợt đã đến đâu: theo kết quả và lý do.", "How far a dry run has come, and why."))
@click.argument("campaign", type=int, metavar=say("SỐ", "NUMBER"))
def status(campaign: int) -> None:
    """Print how a campaign stands."""
    from collector.dryrun.telling import standing

    with registry() as (_, engine), engine.connect() as connection:
        found, counts = _look(connection, campaign)
        still_open = _still_open(connection, found)
    click.echo(standing(found, counts, _words(), still_open))


@dryrun.command(
    help=say(
        "Theo dõi một đợt cho đến khi nó kết thúc; Ctrl-C thôi theo dõi, đợt vẫn chạy.",
        "Follow a dry run to its end; Ctrl-C ends following, the dry run goes on.",
    )
)
@click.argument("campaign", type=int, metavar=say("SỐ", "NUMBER"))
def watch(campaign: int) -> None:
    """Print how far a campaign has come whenever that changes, and at last how it stands."""
    from collector.dryrun.telling import left, standing

    with registry() as (_, engine):
        line, is_said = _Line(), False
        try:
            while True:
                with engine.connect() as connection:
                    found, counts = _look(connection, campaign)
                if found.state in ("stopped", "ended"):
                    break
                line.tell(found, counts)
                if not is_said and found.should_be_over(now_us()):
                    with engine.connect() as connection:
                        said = left(found, _still_open(connection, found), _words())
                    line.say(said)
                    is_said = True
                time.sleep(_LOOKS_S)
        except KeyboardInterrupt:
            line.end()
            click.echo(say(f"Đợt {campaign} vẫn chạy tiếp.", f"Dry run {campaign} goes on."), err=True)
            raise SystemExit(_CTRL_C) from None
        line.end()
    click.echo(standing(found, counts, _words()))


class _Line:
    """How far a campaign has come: one line that is drawn over on a terminal, a line now and then elsewhere."""

    def __init__(self) -> None:
        self._is_drawn = sys.stdout.isatty()
        self._counts: Counts | None = None
        self._state = ""
        self._next_s = 0.0

    def tell(self, found: Campaign, counts: Counts) -> None:
        from collector.dryrun.telling import headline, next_step, progress

        if found.state != self._state:
            self.end()
            click.echo(f"{headline(found, _words())}\n  {next_step(found, counts, _words())}")
            self._state, self._next_s = found.state, 0.0
        if self._is_drawn:
            fitting = progress(found, counts, _words())[: shutil.get_terminal_size().columns - 3]
            click.echo(f"\r\x1b[K  {fitting}", nl=False)
        elif counts != self._counts and time.monotonic() >= self._next_s:
            click.echo(f"  {progress(found, counts, _words())}")
            self._counts, self._next_s = counts, time.monotonic() + _TELLS_S

    def say(self, text: str) -> None:
        """Say something below it; it is drawn anew below that."""
        self.end()
        click.echo(f"  {text}")

    def end(self) -> None:
        if self._is_drawn and self._state:
            click.echo()


@dryrun.command("list", help=say("Liệt kê các đợt, mới nhất trước.", "List the dry runs, the newest first."))
def list_campaigns() -> None:
    """Print the campaigns."""
    from collector.dryrun.telling import headline
    from collector.store import campaigns

    with registry() as (_, engine), engine.connect() as connection:
        every = campaigns.every(connection)
    for found in every:
        click.echo(headline(found, _words()))
    if not every:
        first = "diemcau-collector dryrun create --help"
        click.echo(
            say(f"Chưa có đợt nào. Tạo đợt đầu tiên: {first}", f"There is none yet. Make one: {first}"), err=True
        )


def _look(connection: Connection, campaign: int) -> tuple[Campaign, Counts]:
    from collector.store import campaigns

    return campaigns.get(connection, campaign), _counts(connection, campaign)


def _counts(connection: Connection, campaign: int) -> Counts:
    from collector.store.queries.campaigns import count_outcomes
    from collector.store.scope import country

    return count_outcomes(country(connection), campaign)


def _still_open(connection: Connection, found: Campaign) -> dict[str, int]:
    from collector.store.queries.campaigns import count_open
    from collector.store.scope import country

    return count_open(country(connection), found) if found.goes_on else {}


def _is_silent(connection: Connection) -> bool:
    """Tell whether the centre does not run: then no device and no probe server hears of anything."""
    from collector.store import pulse

    ingest = pulse.last(connection, pulse.INGEST)
    return ingest is None or now_us() - ingest.at > _SILENT_US


def _words() -> Words:
    from collector.dashboard.words import Words

    return Words(language(), now_us())
