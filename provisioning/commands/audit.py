"""audit: who did what, and whether anybody has changed the record of it."""

from __future__ import annotations

import click

from contract.languages import say
from provisioning.commands.centre import registry


@click.group(help=say("Nhật ký: ai đã làm gì.", "The audit: who did what."))
def audit() -> None:
    """Group the commands on the audit."""


@audit.command(
    help=say(
        "Kiểm tra nhật ký có bị sửa không; mã thoát 1 nếu có. Hãy ghi lại số dòng và mã băm ở nơi khác: lần sau"
        " số dòng chỉ được tăng, và nhờ đó thấy được nếu phần cuối bị xóa.",
        "Check that nobody has changed the audit; exit code 1 if so. Note rows and hash elsewhere: rows only ever grow,"
        " so that you see when the end was cut off.",
    )
)
def verify() -> None:
    """Follow the chain of hashes and print how long it is and its last hash."""
    from provisioning.audit import verify as follow

    with registry() as (_, engine), engine.connect() as connection:
        chain = follow(connection)
    if chain.broken_at is not None:
        raise click.ClickException(
            say(
                f"Nhật ký đã bị sửa: dòng {chain.broken_at} không khớp; {chain.rows} dòng trước đó còn nguyên."
                " Giữ nguyên cơ sở dữ liệu và so với bản sao lưu.",
                f"The audit was changed: row {chain.broken_at} does not fit; the {chain.rows} before it are whole."
                " Leave the database as it is and compare it with a backup.",
            )
        )
    click.echo(say(f"Nhật ký nguyên vẹn: {chain.rows} dòng", f"The audit is whole: {chain.rows} rows"))
    click.echo(chain.head)
