"""prefixes check, import, list: whose public addresses are, as a CSV file."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from contract.languages import say
from provisioning.commands.centre import actor, now_us, registry

if TYPE_CHECKING:
    from provisioning.prefix_file import Checked

_FILE = click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))


@click.group(
    help=say(
        "Dải địa chỉ IP của các nhà mạng: tệp CSV UTF-8 có cột “Dải địa chỉ” và “Nhà mạng”, là toàn bộ bảng. Nhờ đó máy"
        " chủ đo biết điểm cầu đang đo qua nhà mạng nào.",
        "The providers' IP prefixes: CSV in UTF-8 with the columns “Prefix” and “Provider”, the whole table. By it the"
        " probe server sees by which provider a site measures.",
    )
)
def prefixes() -> None:
    """Group the commands on prefixes."""


@prefixes.command(
    help=say(
        "Kiểm tra tệp, không ghi gì; mã thoát 1 nếu có lỗi.",
        "Check a file, writing nothing; exit code 1 when there are problems.",
    )
)
@_FILE
def check(file: Path) -> None:
    """Print all problems, or what an import would do."""
    from provisioning.prefix_file import check as check_prefixes

    with registry() as (_, engine), engine.connect() as connection:
        _tell(check_prefixes(connection, file.read_bytes()))


@prefixes.command(
    "import",
    help=say(
        "Kiểm tra rồi thay cả bảng bằng tệp, tất cả hoặc không gì.",
        "Check, then put the file in the place of the whole table, all or nothing.",
    ),
)
@_FILE
def import_(file: Path) -> None:
    """Import a file without problems in one transaction."""
    from provisioning.prefix_file import apply
    from provisioning.prefix_file import check as check_prefixes
    from provisioning.store.engine import writing

    with registry() as (_, engine), writing(engine) as connection:
        checked = check_prefixes(connection, file.read_bytes())
        _tell(checked)
        apply(connection, checked, actor(), now_us())
    click.echo(say("Không đổi.", "No change.") if checked.is_empty else say("Đã nhập.", "Imported."))


@prefixes.command("list", help=say("Liệt kê các dải và mã nhà mạng.", "List the prefixes and their providers' codes."))
def list_prefixes() -> None:
    """Print each prefix and its provider's code, separated by a tab."""
    from provisioning import prefix_file

    with registry() as (_, engine), engine.connect() as connection:
        for network, provider in prefix_file.list_prefixes(connection):
            click.echo(f"{network}\t{provider}")


def _tell(checked: Checked) -> None:
    """Print what was found; ends the command with exit code 1 when there are problems."""
    for problem in (*checked.problems, *checked.overlaps):
        where = f"{problem.column}: " if problem.column else ""
        click.echo(say(f"Dòng {problem.row}: {where}{problem.vi}", f"Row {problem.row}: {where}{problem.en}"))
    if checked.problems:
        count = len(checked.problems)
        raise click.ClickException(say(f"{count} lỗi. Sửa rồi thử lại.", f"{count} problems. Mend them and try again."))
    click.echo(
        say(
            f"{len(checked.listed)} dải: thêm {checked.added}, đổi nhà mạng {checked.changed}, bỏ {checked.removed}.",
            f"{len(checked.listed)} prefixes: {checked.added} to add, {checked.changed} to another provider,"
            f" {checked.removed} to remove.",
        )
    )
