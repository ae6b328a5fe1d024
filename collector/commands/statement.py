"""statement make, list, show, propose, approve, export: the document of a gate from the terminal."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

import click

from collector.commands.options import SESSION
from contract.languages import language, say
from provisioning.commands.centre import actor, now_us, registry

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from collector.store.queries.sessions import Session
    from collector.store.statements import Kept
    from provisioning.people import Person

    Step = Callable[[Connection, Kept, Person, int], None]

FORMS = ("pdf", "docx", "xlsx", "json")


@click.group(
    help=say(
        "Biên bản của một mốc: `make` lập, một người `propose`, người khác `approve`, `export` xuất ra tệp.",
        "The statement of a gate: `make` it, one person `propose`s, another `approve`s, `export` writes a file.",
    )
)
def statement() -> None:
    """Group the commands on statements."""


@statement.command(help=say("Lập biên bản từ số liệu lúc này; in số và sha256.", "Make one of the figures of now."))
@SESSION
@click.option("--unit", default="", help=say("Mã tỉnh; không có thì cả nước.", "A province; else the country."))
def make(session_code: str | None, unit: str) -> None:
    """Make a statement."""
    from collector.statement import make as making
    from collector.statement import whose
    from collector.store import statements
    from collector.store.scope import country
    from provisioning.store.engine import writing

    with registry() as (_, engine):
        with engine.connect() as connection:  # a country is read for seconds: ingest is not to wait for that
            session = _session(connection, session_code)
            sight, place = whose.at(country(connection), session.id, unit)
            body = making.make(sight, session, place, now_us())
        with writing(engine) as connection:
            unit_id = place.unit_id if place else None
            number = statements.keep(connection, session.id, unit_id, body, actor(), body.as_of)
    click.echo(f"{number} {body.sha256}")
    step = f"diemcau-collector statement propose {number} --login …"
    click.echo(
        say(
            f"Xem: … statement show {number}; đề xuất: {step}",
            f"Read it: … statement show {number}; propose it: {step}",
        ),
        err=True,
    )


@statement.command(name="list", help=say("Liệt kê các biên bản, mới nhất trước.", "List the statements, newest first."))
def list_all() -> None:
    """List the statements."""
    from collector.dashboard import labels
    from collector.dashboard.words import Words
    from collector.store import statements
    from collector.store.scope import country

    words = Words(language(), now_us())
    with registry() as (_, engine), engine.connect() as connection:
        for one in statements.kept(country(connection)):
            place = one.unit or say("cả nước", "country")
            state = words.name(labels.STATEMENT_STATES, one.state)
            click.echo(f"{one.id}\t{one.gate}\t{place}\t{state}\t{words.date(one.made_at)}\t{one.sha256[:16]}")


@statement.command(help=say("In kết luận, số liệu và chữ ký của một biên bản.", "Print a statement's sentences."))
@click.argument("number", type=int)
def show(number: int) -> None:
    """Print the sentences of a statement and who signed it."""
    from collector.dashboard.labels import SIGNED_NEXT
    from collector.dashboard.words import Words
    from collector.statement import whose
    from collector.statement.draw import draw
    from collector.store import statements

    with registry() as (_, engine), engine.connect() as connection:
        one = _find(connection, number)
        body = statements.body_of(connection, one)
        document = draw(body, whose.signed(connection, one), Words(language(), body.as_of))
    click.echo(f"{document.title} {document.number}\n{document.subject}\n{document.meeting}\n")
    for section in document.sections:
        click.echo("\n".join((f"{section.heading}:", *(f"  {sentence}" for sentence in section.sentences))))
    for signature in document.signatures:
        click.echo(f"{signature.role}: {signature.name} {signature.when}")
    click.echo(say(*SIGNED_NEXT[one.state]))
    click.echo(document.foot)


@statement.command(help=say("Đề xuất một biên bản, ký bằng mật khẩu của người đề xuất.", "Propose one by password."))
@click.argument("number", type=int)
@click.option("--login", required=True, help=say("Tài khoản của người đề xuất.", "Who proposes."))
def propose(number: int, login: str) -> None:
    """Propose a statement in somebody's name, who proves it by the password."""
    from collector.store import statements

    _sign(number, login, statements.propose)
    click.echo(say(f"Biên bản {number}: {login} đã đề xuất.", f"Statement {number}: proposed by {login}."))
    step = f"diemcau-collector statement approve {number} --login …"
    click.echo(
        say(f"Người khác, của Bộ, phê duyệt: {step}", f"Another person, of the ministry, approves: {step}"), err=True
    )


@statement.command(help=say("Phê duyệt biên bản mà người khác đã đề xuất.", "Approve what another has proposed."))
@click.argument("number", type=int)
@click.option("--login", required=True, help=say("Tài khoản của người phê duyệt.", "Who approves."))
def approve(number: int, login: str) -> None:
    """Approve a statement in somebody's name, who proves it by the password."""
    from collector.store import statements

    _sign(number, login, statements.approve)
    click.echo(say(f"Biên bản {number}: {login} đã phê duyệt.", f"Statement {number}: approved by {login}."))


@statement.command(help=say("Xuất một biên bản ra tệp.", "Write a statement to a file."))
@click.argument("number", type=int)
@click.option(
    "--form",
    type=click.Choice(FORMS),
    help=say("Không có thì theo đuôi của tệp, rồi mới đến pdf.", "Else by the file's ending, else pdf."),
)
@click.option(
    "--to",
    "file",
    type=click.File("wb"),
    help=say("Tệp; không có thì bien-ban-SỐ-MỐC ở đây; - là đầu ra chuẩn.", "Else bien-ban-NUMBER-GATE; - is stdout."),
)
def export(number: int, form: str | None, file: BinaryIO | None) -> None:
    """Write a statement in one of its forms."""
    from collector.dashboard.words import Words
    from collector.statement import whose
    from collector.statement.forms import BY_NAME
    from collector.store import statements

    with registry() as (_, engine), engine.connect() as connection:
        one = _find(connection, number)
        body, signed = statements.body_of(connection, one), whose.signed(connection, one)
    ending = Path(file.name).suffix.lower().lstrip(".") if file is not None else ""
    form = form or (ending if ending in FORMS else "pdf")
    written = BY_NAME[form].write(body, signed, Words(language(), body.as_of))
    if file is not None:
        file.write(written)
    else:
        name = Path(f"bien-ban-{one.id}-{one.gate}.{form}")
        name.write_bytes(written)
        click.echo(name)


def _session(connection: Connection, code: str | None) -> Session:
    from collector.store.queries.sessions import all_sessions
    from provisioning.events import find_session

    session_id = find_session(connection, code, now_us())
    return next(one for one in all_sessions(connection) if one.id == session_id)


def _sign(number: int, login: str, step: Step) -> None:
    """Take a step of signing; the password is asked for before anything is locked."""
    from provisioning.store.engine import writing

    with registry() as (_, engine):
        with engine.connect() as connection:
            by = _person(connection, login)
        with writing(engine) as connection:
            step(connection, _find(connection, number, by), by, now_us())


def _person(connection: Connection, login: str) -> Person:
    from provisioning import people
    from provisioning.errors import ProvisioningError

    password = click.prompt(say("Mật khẩu", "Password"), hide_input=True, err=True)
    person = people.check_login(connection, login, password)
    if person is None:
        raise ProvisioningError("Sai tài khoản hoặc mật khẩu.", "Login or password is wrong.")
    return person


def _find(connection: Connection, number: int, by: Person | None = None) -> Kept:
    """Return a statement that somebody sees, or whoever has the machine itself."""
    from collector.store import statements
    from collector.store.scope import Sight
    from provisioning.errors import ProvisioningError
    from provisioning.scope import units_of

    one = statements.find(Sight(connection, units_of(connection, by) if by else None), number)
    if one is None:
        raise ProvisioningError(
            f"Không có biên bản {number}. Xem: diemcau-collector statement list",
            f"There is no statement {number}. See: diemcau-collector statement list",
        )
    return one
