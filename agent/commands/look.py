"""spool, doctor, version: how things stand here."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Optional

import click

from agent.commands.here import WRONG, fail, settings, spool_of
from contract.languages import say


@click.command(help=say("Xem những báo cáo còn chờ gửi.", "Show what waits to be sent."))
def spool() -> None:
    """Tell what waits, what was dropped, and the age of the oldest."""
    from agent.describe import waiting
    from agent.spool import SpoolError
    from contract.clock import Clock

    held = spool_of(settings())
    try:
        counters = held.counters()
        oldest = held.after(0, 1)
    except SpoolError as error:
        fail(str(error), say("Chạy: diemcau-agent doctor", "Run: diemcau-agent doctor"))
    finally:
        held.close()
    click.echo(waiting(counters, oldest[0] if oldest else None, Clock().wall_us(), held.set_aside))


@click.command(
    help=say(
        "Kiểm tra từng phần và chỉ cách sửa; mất tối đa 20 giây. Kết thúc bằng 0 khi không có gì hỏng.",
        "Check each part and say how to mend it; takes at most 20 seconds. Ends with 0 when nothing is bad.",
    )
)
@click.option("--json", "is_json", is_flag=True, help=say("In dạng JSON.", "Print as JSON."))
@click.option(
    "--bundle",
    type=click.Path(path_type=Path),
    help=say(
        "Ghi thêm tệp zip để gửi VNPT: kết quả, nhật ký, cài đặt; không có bí mật hay thông tin cá nhân.",
        "Also write a zip for VNPT: results, log, settings; no secrets, nothing personal.",
    ),
)
def doctor(is_json: bool, bundle: Optional[Path]) -> None:
    """Check everything the agent depends on."""
    from agent import paths
    from agent.doctor import CHECKS, GROUPS, page
    from agent.doctor.bundle import BundleError, taken, write
    from agent.doctor.check import BAD, subject_at
    from agent.doctor.examine import Examination, as_json
    from contract.clock import Clock

    if bundle is not None and bundle.exists():
        fail(taken(bundle))
    subject = subject_at(paths.home(), Clock())
    click.echo(say("Đang kiểm tra, mất tối đa 20 giây...", "Checking, for at most 20 seconds..."), err=True)
    examination = Examination(subject, CHECKS)
    if not is_json:
        for line in page.lines(GROUPS, examination.results()):
            click.echo(line)
    results = list(examination.results())
    click.echo(as_json(results) if is_json else page.summary(results))
    if bundle is not None:
        try:
            click.echo(write(bundle, subject, results), err=is_json)
        except BundleError as error:
            fail(str(error))
    if any(result.state == BAD for result in results):
        sys.exit(WRONG)


@click.command(help=say("In phiên bản.", "Print the version."))
def version() -> None:
    """Print the version."""
    import contract

    click.echo(contract.__version__)
