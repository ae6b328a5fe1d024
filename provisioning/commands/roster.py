"""roster check, import, export: the list of sites as a CSV file."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from contract.languages import say
from provisioning.commands.centre import actor, now_us, registry

if TYPE_CHECKING:
    from provisioning.roster.check import Checked

_FILE = click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
_SESSION = click.option(
    "--session",
    "code",
    help=say("Mã buổi; mặc định buổi hiện tại hoặc sắp tới.", "The session; default: the current or next one."),
)


@click.group(
    help=say(
        "Danh sách điểm cầu: tệp CSV UTF-8, mỗi dòng một trường; các dòng cùng mã điểm cầu là một điểm cầu.",
        "The list of sites: CSV in UTF-8, a school in each row; rows with the same site key are one site.",
    )
)
def roster() -> None:
    """Group the commands on rosters."""


@roster.command(
    help=say(
        "Kiểm tra tệp, không ghi gì; mã thoát 1 nếu có lỗi.",
        "Check a file, writing nothing; exit code 1 when there are problems.",
    )
)
@_FILE
@_SESSION
def check(file: Path, code: str | None) -> None:
    """Print all problems, or what an import would do."""
    from provisioning import events
    from provisioning.roster.check import check as check_roster

    with registry() as (_, engine), engine.connect() as connection:
        _announce(file)
        session_id = events.find_session(connection, code, now_us())
        _tell(check_roster(connection, file.read_bytes(), session_id))


@roster.command("import", help=say("Kiểm tra rồi nhập, tất cả hoặc không gì.", "Check and import, all or nothing."))
@_FILE
@_SESSION
def import_(file: Path, code: str | None) -> None:
    """Import a file without problems in one transaction."""
    from provisioning import events
    from provisioning.roster.apply import apply
    from provisioning.roster.check import check as check_roster
    from provisioning.store.engine import writing

    with registry() as (_, engine), writing(engine) as connection:
        _announce(file)
        session_id = events.find_session(connection, code, now_us())
        checked = check_roster(connection, file.read_bytes(), session_id)
        _tell(checked)
        apply(connection, checked.plan, session_id, actor(), now_us())
    click.echo(say("Đã nhập.", "Imported.") if not checked.plan.is_empty else say("Không đổi.", "No change."))


@roster.command(help=say("Xuất danh sách của một buổi ra tệp CSV.", "Write a session's roster to a CSV file."))
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@_SESSION
def export(file: Path, code: str | None) -> None:
    """Write the sites that take part in the session to a file of its owner alone: it holds people's numbers."""
    from provisioning import events, secret_files
    from provisioning.roster.registry import read_places, read_sites
    from provisioning.roster.write import write

    with registry() as (_, engine), engine.connect() as connection:
        held = read_sites(connection, events.find_session(connection, code, now_us()))
        sites = [of_registry.site for of_registry in held.values() if of_registry.site.role]
        secret_files.write(file, write(sites, read_places(connection)))
    click.echo(say(f"{len(sites)} điểm cầu → {file}", f"{len(sites)} sites → {file}"))


def _announce(file: Path) -> None:
    size_kb = file.stat().st_size // 1024
    click.echo(say(f"Đang đọc {file} ({size_kb} KB)…", f"Reading {file} ({size_kb} KB)…"), err=True)


def _tell(checked: Checked) -> None:
    """Print what was found; ends the command with exit code 1 when there are problems."""
    for problem in checked.problems:
        where = f"{problem.column}: " if problem.column else ""
        click.echo(say(f"Dòng {problem.row}: {where}{problem.vi}", f"Row {problem.row}: {where}{problem.en}"))
    if checked.problems:
        rows = len({problem.row for problem in checked.problems})
        raise click.ClickException(
            say(
                f"{len(checked.problems)} lỗi ở {rows} dòng (tệp có {checked.rows_read} dòng). Sửa rồi thử lại.",
                f"{len(checked.problems)} problems in {rows} rows (of {checked.rows_read}). Mend them and try again.",
            )
        )
    plan = checked.plan
    click.echo(
        say(
            f"{checked.rows_read} dòng: thêm {len(plan.additions)}, sửa {len(plan.updates)},"
            f" giữ nguyên {plan.unchanged} điểm cầu.",
            f"{checked.rows_read} rows: {len(plan.additions)} sites to add, {len(plan.updates)} to change,"
            f" {plan.unchanged} unchanged.",
        )
    )
    for key in plan.only_in_registry:
        click.echo(say(f"Không còn trong tệp (không xóa): {key}", f"No longer in the file (not deleted): {key}"))
    if plan.only_in_registry:
        out = "diemcau-collector leave --help"
        click.echo(say(f"Đưa ra khỏi buổi: {out}", f"To take them out of the session: {out}"))
