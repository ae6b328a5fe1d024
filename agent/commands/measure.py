"""once, probe, inventory: measure now and show it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Optional

import click

from agent.commands.here import fail, say_not_enrolled, settings_if_enrolled, spool_of
from agent.schedule import INVENTORY, LIGHT, LINE
from contract.languages import say

if TYPE_CHECKING:
    from agent.settings import Settings


@click.command(help=say("Đo một lượt ngay bây giờ và cho xem kết quả.", "Measure once now and show the findings."))
@click.option("--json", "is_json", is_flag=True, help=say("In báo cáo dạng JSON.", "Print the report as JSON."))
def once(is_json: bool) -> None:
    """Run a whole round, show it, and spool it when enrolled."""
    settings = settings_if_enrolled()
    body = _measure((), settings)
    _show(body, is_json)
    if settings is None:
        say_not_enrolled()
        return
    from agent.spool import SpoolError

    spool = spool_of(settings)
    try:
        spool.append(body)
    except SpoolError as error:
        fail(say(f"Không lưu được báo cáo để gửi: {error}", f"The report could not be kept for sending: {error}"))
    finally:
        spool.close()
    click.echo(
        say(
            "Báo cáo đã lưu; diemcau-agent run sẽ gửi về trung tâm.",
            "The report is kept; diemcau-agent run sends it to the centre.",
        ),
        err=True,
    )


@click.command(
    help=say("Chạy riêng phép đo TÊN", "Run the probe NAME alone") + f": {', '.join((*LIGHT, *LINE))}.",
)
@click.argument("name", metavar=say("TÊN", "NAME"))
@click.option("--json", "is_json", is_flag=True, help=say("In báo cáo dạng JSON.", "Print the report as JSON."))
def probe(name: str, is_json: bool) -> None:
    """Run one probe and show what it found."""
    names = ", ".join((*LIGHT, *LINE))
    if name not in (*LIGHT, *LINE):
        raise click.BadParameter(say(f"có các phép đo: {names}", f"the probes are: {names}"))
    _show(_measure((name,), settings_if_enrolled()), is_json)


@click.command(
    help=say(
        "Xem máy này có những thiết bị gì: camera, micrô, loa, màn hình, nguồn điện, mạng.\n\n"
        "Nếu kết quả không đúng: ghi một bản bằng --record rồi gửi cho đội phát triển.",
        "Show what equipment this machine has: camera, microphone, speakers, screen, power, network.\n\n"
        "If that is not right: write a recording by --record and send it to the developers.",
    )
)
@click.option("--json", "is_json", is_flag=True, help=say("In báo cáo dạng JSON.", "Print the report as JSON."))
@click.option(
    "--record",
    type=click.Path(dir_okay=False, path_type=Path),
    help=say(
        "Ghi vào TỆP những gì hệ điều hành cho biết về thiết bị, đã bỏ tên, số sê-ri và địa chỉ.",
        "Write into FILE what the system tells of the equipment, without names, serial numbers and addresses.",
    ),
    metavar=say("TỆP", "FILE"),
)
def inventory(is_json: bool, record: Optional[Path]) -> None:
    """Show the equipment, and record how it was read."""
    body = _measure(INVENTORY, settings_if_enrolled())
    _show(body, is_json)
    if record is None:
        return
    if record.exists():
        fail(say(f"Đã có {record}: hãy chọn tên khác.", f"{record} exists: choose another name."))
    from agent.recording import recorded

    try:
        record.write_text(recorded(body), encoding="utf-8")
    except OSError as error:
        fail(say(f"Không ghi được {record}: {error}", f"{record} cannot be written: {error}"))
    click.echo(say(f"Đã ghi {record}. Hãy gửi tệp này.", f"{record} is written. Send this file."), err=True)


def _measure(probes: tuple[str, ...], settings: Optional[Settings]) -> bytes:
    """Run a round, telling its progress, and return its report."""
    import time

    from agent import packets, paths, trust
    from agent.child import Request, Round, Server
    from agent.describe import NOT_ENROLLED, probe_name
    from contract.clock import Clock

    server = Server(*settings.probe_server) if settings else None
    device = settings.device if settings else NOT_ENROLLED
    clock = Clock()
    offset_ms = packets.ask_offset_ms(server.host, server.udp_port) if server else None
    is_plausible = trust.is_plausible(clock.wall_us(), offset_ms)
    request = Request(device, "once", probes, str(paths.home()), server, is_clock_plausible=is_plausible)
    measuring = Round(request, clock)
    told = ""
    try:
        outcome = measuring.poll()
        while outcome is None:
            if measuring.current not in ("", told):
                told = measuring.current
                click.echo(say("Đang đo: ", "Measuring: ") + probe_name(told), err=True)
            time.sleep(0.05)
            outcome = measuring.poll()
    finally:
        measuring.stop()
    if outcome.body is None:
        fail(say(f"Không đo được: {outcome.problem}", f"Nothing could be measured: {outcome.problem}"))
    return outcome.body


def _show(body: bytes, is_json: bool) -> None:
    if is_json:
        click.echo(body.decode("utf-8").strip())
        return
    from agent.describe import table
    from contract.report import Report

    click.echo(table(Report.model_validate_json(body)))
