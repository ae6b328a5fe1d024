"""once, probe, inventory: measure now and show it."""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Optional

import click

from agent.commands.here import NOT_ENROLLED, WRONG, fail, say_not_enrolled, settings_if_enrolled, spool_of
from agent.schedule import INVENTORY, LIGHT, LINE, ON_DEMAND
from contract.languages import language, say

if TYPE_CHECKING:
    from agent.child import Outcome
    from agent.in_short import Short
    from agent.settings import Settings

_NAMES = (*LIGHT, *LINE, *ON_DEMAND)
_YES = say("Đồng ý tốn dữ liệu 4G khi đo đường truyền.", "Agree to spend the bytes of 4G on a line test.")
_WAIT_S = 600.0  # how long a person is let wait for booked times, all together


@click.command(help=say("Đo một lượt ngay bây giờ và cho xem kết quả.", "Measure once now and show the findings."))
@click.option("--json", "is_json", is_flag=True, help=say("In báo cáo dạng JSON.", "Print the report as JSON."))
@click.option("--yes", "is_consented", is_flag=True, help=_YES)
def once(is_json: bool, is_consented: bool) -> None:
    """Run a whole round, show it, and spool it when enrolled."""
    settings = settings_if_enrolled()
    outcome = _measure((), settings, is_consented=is_consented)
    if outcome.refusal == "needs_consent" and _agrees(outcome.most_bytes):
        outcome = _measure((), settings, is_consented=True)
    body = _body(outcome)
    _show(body, is_json)
    if settings is not None:
        _say_in_short(_in_short("line", outcome), is_json)
    else:
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
    help=say(
        "Đo riêng một thứ: line là đường truyền.\n\n"
        f"TÊN là một trong: {', '.join(_NAMES)}.\n\n"
        "Kết thúc bằng 0: đường truyền đủ (hoặc đã đo xong); 4: không đủ; 5: chưa chắc; 6: lúc này chưa đo được (chưa "
        "đến lượt, đang tạm dừng, chưa đồng ý tốn 4G); 1: không đo được hoặc bị từ chối; 3: máy chưa đăng ký.",
        "Measure one thing: line is the line.\n\n"
        f"NAME is one of: {', '.join(_NAMES)}.\n\n"
        "Ends with 0: the line carries (or the probe measured); 4: it does not; 5: not certain; 6: not now (not our "
        "turn, stopped, or nobody agreed to spend 4G); 1: it could not be measured, or was refused; 3: not enrolled.",
    )
)
@click.argument("name", metavar=say("TÊN", "NAME"))
@click.option("--json", "is_json", is_flag=True, help=say("In báo cáo dạng JSON.", "Print the report as JSON."))
@click.option("--yes", "is_consented", is_flag=True, help=_YES)
@click.option(
    "--public",
    "is_public",
    is_flag=True,
    help=say(
        "speedtest: đo với dịch vụ công cộng speedtest.net thay vì máy chủ đo.",
        "speedtest: against the public service speedtest.net instead of our probe server.",
    ),
)
def probe(name: str, is_json: bool, is_consented: bool, is_public: bool) -> None:
    """Run one probe and show what it found, in one sentence and in a table."""
    if name not in _NAMES:
        names = ", ".join(_NAMES)
        raise click.BadParameter(say(f"có các phép đo: {names}", f"the probes are: {names}"))
    if is_public and name not in ON_DEMAND:
        raise click.BadParameter(say("--public chỉ dùng với speedtest", "--public goes with speedtest alone"))
    settings = settings_if_enrolled()
    outcome = _measure((name,), settings, is_consented=is_consented, is_public=is_public)
    if outcome.refusal == "needs_consent" and _agrees(outcome.most_bytes):
        is_consented = True
        outcome = _measure((name,), settings, is_consented=True, is_public=is_public)
    end_s = time.monotonic() + _WAIT_S
    while outcome.is_booked and time.monotonic() + (outcome.line_again_s or 0.0) <= end_s:
        _wait(outcome.line_again_s or 0.0)
        outcome = _measure((name,), settings, is_consented=is_consented, is_public=is_public)
    body = _body(outcome)
    if settings is None and name not in outcome.found:
        _show(body, is_json)
        say_not_enrolled()
        sys.exit(NOT_ENROLLED)
    short = _in_short(name, outcome)
    _say_in_short(short, is_json)
    _show(body, is_json)
    sys.exit(short.code if short else WRONG if name not in outcome.found else 0)


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
    body = _body(_measure(INVENTORY, settings_if_enrolled()))
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


def _measure(
    probes: tuple[str, ...], settings: Optional[Settings], *, is_consented: bool = False, is_public: bool = False
) -> Outcome:
    """Run a round, telling its progress, and return how it ended."""
    from agent import packets, paths, trust
    from agent.child import Request, Round, Server
    from agent.commands.progress import on_stderr
    from agent.describe import NOT_ENROLLED as NOBODY
    from contract.clock import Clock

    server = Server(*settings.probe_server) if settings else None
    device = settings.device if settings else NOBODY
    clock = Clock()
    offset_ms = packets.ask_offset_ms(server.host, server.udp_port) if server else None
    is_plausible = trust.is_plausible(clock.wall_us(), offset_ms)
    request = Request(device, "once", probes, str(paths.home()), server, (), is_plausible, is_consented, is_public)
    measuring, progress = Round(request, clock), on_stderr()
    try:
        outcome = measuring.poll()
        while outcome is None:
            progress.follow(measuring)
            time.sleep(0.05)
            outcome = measuring.poll()
    finally:
        progress.end()
        measuring.stop()
    return outcome


def _body(outcome: Outcome) -> bytes:
    if outcome.body is None:
        fail(say(f"Không đo được: {outcome.problem}", f"Nothing could be measured: {outcome.problem}"))
    return outcome.body


def _agrees(most_bytes: int) -> bool:
    """Ask whether a line test may spend the bytes of 4G; a script is not asked, it says --yes."""
    from contract import reasons

    if not sys.stdin.isatty():
        return False
    size = reasons.show(most_bytes, "byte", language())
    question = say(
        f"Máy này ra mạng bằng 4G. Đo đường truyền có thể tốn đến {size} dữ liệu. Có đo không?",
        f"This machine is on 4G. A line test may cost up to {size}. Measure?",
    )
    return click.confirm(question, err=True)


def _wait(in_s: float) -> None:
    """Let a person wait for the booked time, who may leave by Ctrl-C."""
    from agent.commands.progress import on_stderr
    from agent.describe import duration

    progress, end_s = on_stderr(), time.monotonic() + in_s
    what = say("Máy chủ đo đang bận; đang chờ đến lượt.", "The probe server is busy; waiting for our turn.")
    try:
        while time.monotonic() < end_s:
            left = duration(int(end_s - time.monotonic()) + 1)
            progress.tell(what, say(f"Còn {left} (Ctrl-C để thôi)", f"{left} left (Ctrl-C to leave)"))
            time.sleep(min(0.5, max(0.0, end_s - time.monotonic())))
    finally:
        progress.end()


def _in_short(name: str, outcome: Outcome) -> Optional[Short]:
    from agent import in_short
    from contract.clock import Clock

    return in_short.of(name, outcome, Clock().wall_us())


def _say_in_short(short: Optional[Short], is_json: bool) -> None:
    if short is not None:
        click.echo(short.text, err=is_json)


def _show(body: bytes, is_json: bool) -> None:
    if is_json:
        click.echo(body.decode("utf-8").strip())
        return
    from agent.describe import table
    from contract.report import Report

    shown = table(Report.model_validate_json(body))
    if shown:
        click.echo(shown)
