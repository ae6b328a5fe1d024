"""statement make, list, show, propose, approve, export: the document of a gate from the terminal."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

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

F = TypeVar("F", bound=Callable[..., Any])
FORMS = ("pdf", "docx", "xlsx", "json")
NUMBER = click.argument("number", type=int, metavar=say("SỐ", "NUMBER"))


def _login(vi: str, en: str) -> Callable[[F], F]:
    return click.option("--login", required=True, metavar=say("TÀI_KHOẢN", "LOGIN"), help=say(vi, en))


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
@click.option(
    "--unit",
    default="",
    metavar=say("MÃ", "CODE"),
    help=say(
        "Mã tỉnh (diemcau-provision units list); không có thì cả nước.",
        "A province (diemcau-provision units list); else the country.",
    ),
)
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
    reading = f"diemcau-collector statement show {number}"
    click.echo(
        say(
            f"Xem: {reading}; đề xuất: … propose {number} --login TÀI_KHOẢN",
            f"Read it: {reading}; propose it: … propose {number} --login LOGIN",
        ),
        err=True,
    )


@statement.command(name="list", help=say("Liệt kê các biên bản, mới nhất trước.", "List the statements, newest first."))
def list_all() -> None:
    """List the statements."""
    from collector.dashboard import labels
    from collector.dashboard.words import Words
    from collector.store import statements
    from collector.store.queries.sessions import all_sessions
    from collector.store.scope import country

    words = Words(language(), now_us())
    with registry() as (_, engine), engine.connect() as connection:
        every = statements.kept(country(connection))
        names = {session.id: session.name for session in all_sessions(connection)}
    for one in every:
        place, state = one.unit or say("cả nước", "country"), words.name(labels.STATEMENT_STATES, one.state)
        told = (one.id, one.gate, place, state, words.date(one.made_at), names[one.session_id], one.sha256[:16])
        click.echo("\t".join(map(str, told)))
    if not every:
        first = "diemcau-collector statement make"
        click.echo(
            say(f"Chưa có biên bản nào. Lập bản đầu tiên: {first}", f"There is none yet. Make one: {first}"), err=True
        )


@statement.command(help=say("In kết luận, số liệu và chữ ký của một biên bản.", "Print a statement's sentences."))
@NUMBER
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
    step = f"diemcau-collector statement export {number}"
    click.echo(say(f"Bảng và phụ lục nằm trong tệp: {step}", f"Tables and annexes are in the file: {step}"), err=True)


@statement.command(help=say("Đề xuất một biên bản, ký bằng mật khẩu của người đề xuất.", "Propose one by password."))
@NUMBER
@_login("Tài khoản của người đề xuất.", "Who proposes.")
def propose(number: int, login: str) -> None:
    """Propose a statement in somebody's name, who proves it by the password."""
    from collector.store import statements

    _sign(number, login, statements.propose)
    click.echo(say(f"Biên bản {number}: {login} đã đề xuất.", f"Statement {number}: proposed by {login}."))
    step = f"diemcau-collector statement approve {number} --login"
    click.echo(
        say(
            f"Người khác, của Bộ, phê duyệt: {step} TÀI_KHOẢN",
            f"Another person, of the ministry, approves: {step} LOGIN",
        ),
        err=True,
    )


@statement.command(help=say("Phê duyệt biên bản mà người khác đã đề xuất.", "Approve what another has proposed."))
@NUMBER
@_login("Tài khoản của người phê duyệt.", "Who approves.")
def approve(number: int, login: str) -> None:
    """Approve a statement in somebody's name, who proves it by the password."""
    from collector.store import statements

    _sign(number, login, statements.approve)
    click.echo(say(f"Biên bản {number}: {login} đã phê duyệt.", f"Statement {number}: approved by {login}."))


@statement.command(help=say("Xuất một biên bản ra tệp.", "Write a statement to a file."))
@NUMBER
@click.option(
    "--form",
    type=click.Choice(FORMS),
    help=say("Không có thì theo đuôi của tệp, rồi mới đến pdf.", "Else by the file's ending, else pdf."),
)
@click.option(
    "--to",
    "file",
    type=click.Path(dir_okay=False, allow_dash=True, path_type=Path),
    metavar=say("TỆP", "FILE"),
    help=say("Tệp; không có thì bien-ban-SỐ-MỐC ở đây; - là đầu ra chuẩn.", "Else bien-ban-NUMBER-GATE; - is stdout."),
)
def export(number: int, form: str | None, file: Path | None) -> None:
    """Write a statement in one of its forms."""
    from collector.dashboard.words import Words
    from collector.statement import whose
    from collector.statement.forms import BY_NAME
    from collector.store import statements

    with registry() as (_, engine), engine.connect() as connection:
        one = _find(connection, number)
        body, signed = statements.body_of(connection, one), whose.signed(connection, one)
    form = form or _form_of(file)
    written = BY_NAME[form].write(body, signed, Words(language(), body.as_of))
    if file == Path("-"):
        click.echo(written, nl=False)
        return
    file = file or Path(f"bien-ban-{one.id}-{one.gate}.{form}")
    _write(file, written)
    click.echo(file)


def _form_of(file: Path | None) -> str:
    ending = file.suffix.lower().lstrip(".") if file is not None else ""
    if ending and ending not in FORMS:
        known = ", ".join(FORMS)
        raise click.ClickException(
            say(
                f"Không xuất được tệp .{ending}. Đuôi của tệp là một trong {known}; đuôi khác thì thêm --form.",
                f"There is no form for .{ending}. End the file's name in one of {known}, or add --form.",
            )
        )
    return ending or "pdf"


def _write(file: Path, written: bytes) -> None:
    folder = file.parent
    if not folder.is_dir():
        raise click.ClickException(
            say(
                f"Chưa có thư mục {folder}. Tạo trước: mkdir -p {folder}",
                f"There is no folder {folder}. Make it first: mkdir -p {folder}",
            )
        )
    try:
        file.write_bytes(written)
    except OSError as error:
        raise click.FileError(str(file), error.strerror) from error


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
        step = f"diemcau-provision people password {login}"
        raise ProvisioningError(
            f"Sai tài khoản hoặc mật khẩu: hãy gõ lại. Quên mật khẩu: {step}",
            f"Login or password is wrong: type it again. Forgotten: {step}",
        )
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
