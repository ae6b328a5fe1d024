"""The command line `diemcau-agent`. Each command imports what it needs, so that the light ones stay light.

Exit codes: 0 done and well; 1 something is wrong, the text says what; 2 the command was mistyped; 3 not enrolled yet.
"""

from __future__ import annotations

import os
import subprocess
import sys
import unicodedata
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn, Optional

import click

from agent.schedule import INVENTORY, LIGHT, LINE
from contract.languages import say

if TYPE_CHECKING:
    from agent.enrol import Authority
    from agent.settings import Settings
    from agent.spool import Spool

WRONG, NOT_ENROLLED = 1, 3

if sys.platform == "win32":  # into a file or pipe it writes in the country's code page, which may lack our letters
    for stream in (sys.stdout, sys.stderr):
        if stream is not None:  # as with pythonw
            stream.reconfigure(encoding="utf-8")


@click.group(
    help=say(
        "Phần mềm kiểm tra của điểm cầu: đo máy và đường truyền, gửi kết quả về trung tâm.\n\n"
        "Bắt đầu: diemcau-agent enrol MÃ --server https://… rồi diemcau-agent run",
        "The agent of a site: measures the machine and its line, and reports to the centre.\n\n"
        "To begin: diemcau-agent enrol CODE --server https://… and then diemcau-agent run",
    )
)
def main() -> None:
    """Take the command line."""


@main.command(
    help=say(
        "Đăng ký máy này bằng MÃ in trên phiếu của điểm cầu. Chạy lại với cùng mã không tạo thêm thiết bị.",
        "Enrol this machine with the CODE on the site's sheet. Doing it again with the same code adds no device.",
    )
)
@click.argument("code", metavar=say("MÃ", "CODE"), envvar="DIEMCAU_AGENT_CODE")
@click.option(
    "--server",
    envvar="DIEMCAU_AGENT_SERVER",
    required=True,
    help=say("Địa chỉ máy chủ trên phiếu.", "The server's address on the sheet."),
)
@click.option(
    "--ca",
    envvar="DIEMCAU_AGENT_CA",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help=say("Tệp chứng thư gốc, nếu được phát kèm.", "The authority's certificate, if you were given the file."),
)
@click.option(
    "--fingerprint",
    help=say(
        "Dấu vân tay của máy chủ in trên phiếu, để máy tự so thay cho mắt người.",
        "The server's fingerprint on the sheet, compared for you instead of by you.",
    ),
)
@click.option(
    "--move",
    is_flag=True,
    help=say(
        "Cho phép máy đã đăng ký trở thành thiết bị khác (của điểm cầu khác).",
        "Let a machine that is enrolled become another device (of another site).",
    ),
)
@click.option(
    "--later",
    is_flag=True,
    help=say(
        "Nếu chưa liên lạc được với trung tâm: giữ yêu cầu, để run tự đăng ký sau. Cần --ca.",
        "If the centre cannot be reached now: keep the request, and let run enrol later. Needs --ca.",
    ),
)
def enrol(code: str, server: str, ca: Optional[Path], fingerprint: Optional[str], move: bool, later: bool) -> None:
    """Enrol this machine."""
    from agent import paths, pending
    from agent.asking import EnrolmentError
    from agent.enrol import cannot_write, fetch_authority, read_authority, stay
    from agent.enrol import enrol as ask
    from contract.clock import Clock

    if later and (ca is None or move):
        raise click.UsageError(say("--later cần --ca và không đi cùng --move.", "--later needs --ca, and no --move."))
    try:
        if not move:
            stay(paths.home(), code, Clock())
        authority = read_authority(ca.read_bytes()) if ca else fetch_authority(server)
        _trust(authority, fingerprint, is_given=ca is not None)
        if later:
            pending.keep(paths.home(), pending.Pending(code, server, authority.pem))
        answer = ask(paths.home(), server, code, authority, Clock(), may_move=move)
    except EnrolmentError as error:
        if later and error.kind == "here":
            pending.forget(paths.home())
        if not later or not error.may_pass:
            _fail(str(error))
        click.echo(str(error))
        click.echo(
            say(
                "Yêu cầu đăng ký đã được giữ lại: diemcau-agent run sẽ tự thử cho đến khi đăng ký xong.",
                "The request for enrolment is kept: diemcau-agent run goes on trying until it is done.",
            )
        )
        return
    except OSError as error:
        _fail(cannot_write(paths.home(), error))
    click.echo(say(f"Đã đăng ký cho điểm cầu: {answer.site_name}", f"Enrolled for the site: {answer.site_name}"))
    is_started_for_us = "DIEMCAU_AGENT_SERVER" in os.environ  # by the bundle that sets it
    if answer.state == "waiting":
        click.echo(
            say(
                "Điểm cầu này đã có máy khác dùng mã này, nên máy này phải chờ Sở hoặc VNPT duyệt.\n"
                "Cứ chạy diemcau-agent run: máy tự kết nối khi được duyệt, và giữ kết quả đo cho đến lúc đó.",
                "Another machine of this site has used the code: the department or VNPT must admit this one.\n"
                "Start diemcau-agent run all the same: it connects once admitted, and keeps its reports until then.",
            )
        )
    elif not is_started_for_us:
        click.echo(say("Bước tiếp theo: diemcau-agent run", "Next: diemcau-agent run"))


def _trust(authority: Authority, fingerprint: Optional[str], *, is_given: bool) -> None:
    """Make sure that the authority is the right one: by the fingerprint given, or by the person's own eyes."""
    if fingerprint is not None:
        if not authority.has_fingerprint(fingerprint):
            _fail(
                say("Dấu vân tay không khớp với máy chủ này:", "The fingerprint is not this server's:"),
                authority.fingerprint,
                say(
                    "Hãy hỏi lại nơi phát phiếu. Chưa có gì được gửi đi.", "Ask who issued the sheet. Nothing was sent."
                ),
            )
    elif not is_given:
        click.echo(say("Dấu vân tay của máy chủ:", "The server's fingerprint:"))
        click.echo("  " + authority.fingerprint)
        if not _confirm(say("Có đúng như trên phiếu không?", "Is it the same as on the sheet?")):
            _fail(
                say(
                    "Đã dừng: máy này chưa được đăng ký, chưa có gì được gửi đi.",
                    "Stopped: this machine was not enrolled, and nothing was sent.",
                )
            )


def _confirm(question: str) -> bool:
    """Ask until the answer is yes or no; the end of the input and Ctrl-C are a no."""
    yes = say("c có co y yes", "y yes").split()
    no = say("k không khong n no", "n no").split()
    while True:
        try:
            typed = click.prompt(f"{question} {say('[c = có, k = không]', '[y/n]')}", default="", show_default=False)
        except click.Abort:
            click.echo()
            return False
        answer = unicodedata.normalize("NFC", typed).strip().lower()
        if answer in (*yes, *no):
            return answer in yes
        click.echo(say("Hãy gõ c (có) hoặc k (không).", "Type y (yes) or n (no)."), err=True)


@main.command(
    help=say("Chạy thường trực: đo theo lịch và gửi kết quả.", "Keep running: measure by schedule and report.")
)
def run() -> None:
    """Become the resident agent; one that waits to be enrolled goes on trying that first."""
    from agent import paths, sleep

    sleep.hold_off()
    if not (paths.home() / paths.REQUEST).exists():
        _settings()
    command = [sys.executable, "-I", "-m", "agent.resident", "--settings", str(paths.home() / paths.SETTINGS)]
    if sys.platform == "win32":  # exec there returns to the shell and leaves the new program behind it
        sys.exit(subprocess.call(command))
    os.execv(sys.executable, command)  # noqa: S606 - our own interpreter


@main.command(
    help=say("Dừng phần mềm đang chạy thường trực trên máy này.", "Stop the resident that runs on this machine.")
)
def stop() -> None:
    """End the resident and wait until it is gone; none running is well."""
    from agent import paths, stopping

    try:
        is_gone = stopping.stop(paths.home())
    except OSError as error:
        _fail(say(f"Không dừng được: {error}", f"It cannot be stopped: {error}"))
    if not is_gone:
        _fail(
            say(
                "Phần mềm vẫn chạy. Hãy khởi động lại máy rồi làm lại.",
                "It still runs. Restart this machine and try again.",
            )
        )


@main.command(help=say("Đo một lượt ngay bây giờ và cho xem kết quả.", "Measure once now and show the findings."))
@click.option("--json", "is_json", is_flag=True, help=say("In báo cáo dạng JSON.", "Print the report as JSON."))
def once(is_json: bool) -> None:
    """Run a whole round, show it, and spool it when enrolled."""
    settings = _settings_if_enrolled()
    body = _measure((), settings)
    _show(body, is_json)
    if settings is None:
        _say_not_enrolled()
        return
    from agent.spool import SpoolError

    spool = _spool(settings)
    try:
        spool.append(body)
    except SpoolError as error:
        _fail(say(f"Không lưu được báo cáo để gửi: {error}", f"The report could not be kept for sending: {error}"))
    finally:
        spool.close()
    click.echo(
        say(
            "Báo cáo đã lưu; diemcau-agent run sẽ gửi về trung tâm.",
            "The report is kept; diemcau-agent run sends it to the centre.",
        ),
        err=True,
    )


@main.command(
    help=say("Chạy riêng phép đo TÊN", "Run the probe NAME alone") + f": {', '.join((*LIGHT, *LINE))}.",
)
@click.argument("name", metavar=say("TÊN", "NAME"))
@click.option("--json", "is_json", is_flag=True, help=say("In báo cáo dạng JSON.", "Print the report as JSON."))
def probe(name: str, is_json: bool) -> None:
    """Run one probe and show what it found."""
    names = ", ".join((*LIGHT, *LINE))
    if name not in (*LIGHT, *LINE):
        raise click.BadParameter(say(f"có các phép đo: {names}", f"the probes are: {names}"))
    _show(_measure((name,), _settings_if_enrolled()), is_json)


@main.command(
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
    body = _measure(INVENTORY, _settings_if_enrolled())
    _show(body, is_json)
    if record is None:
        return
    if record.exists():
        _fail(say(f"Đã có {record}: hãy chọn tên khác.", f"{record} exists: choose another name."))
    from agent.recording import recorded

    try:
        record.write_text(recorded(body), encoding="utf-8")
    except OSError as error:
        _fail(say(f"Không ghi được {record}: {error}", f"{record} cannot be written: {error}"))
    click.echo(say(f"Đã ghi {record}. Hãy gửi tệp này.", f"{record} is written. Send this file."), err=True)


@main.command(help=say("Xem những báo cáo còn chờ gửi.", "Show what waits to be sent."))
def spool() -> None:
    """Tell what waits, what was dropped, and the age of the oldest."""
    from agent.describe import waiting
    from agent.spool import SpoolError
    from contract.clock import Clock

    held = _spool(_settings())
    try:
        counters = held.counters()
        oldest = held.after(0, 1)
    except SpoolError as error:
        _fail(str(error), say("Chạy: diemcau-agent doctor", "Run: diemcau-agent doctor"))
    finally:
        held.close()
    click.echo(waiting(counters, oldest[0] if oldest else None, Clock().wall_us(), held.set_aside))


@main.command(
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
    from agent.doctor.bundle import BundleError, write
    from agent.doctor.check import BAD, machine_at
    from agent.doctor.examine import Examination, as_json
    from contract.clock import Clock

    machine = machine_at(paths.home(), Clock())
    click.echo(say("Đang kiểm tra, mất tối đa 20 giây...", "Checking, for at most 20 seconds..."), err=True)
    examination = Examination(machine, CHECKS)
    if not is_json:
        for line in page.lines(GROUPS, examination.results()):
            click.echo(line)
    results = list(examination.results())
    click.echo(as_json(results) if is_json else page.summary(results))
    if bundle is not None:
        try:
            click.echo(write(bundle, machine, results), err=is_json)
        except BundleError as error:
            _fail(str(error))
    if any(result.state == BAD for result in results):
        sys.exit(WRONG)


@main.command(help=say("In phiên bản.", "Print the version."))
def version() -> None:
    """Print the version."""
    import contract

    click.echo(contract.__version__)


def _measure(probes: tuple[str, ...], settings: Optional[Settings]) -> bytes:
    """Run a round, telling its progress, and return its report."""
    import time

    from agent import paths, trust
    from agent.child import Request, Round, Server
    from agent.describe import NOT_ENROLLED, probe_name
    from contract.clock import Clock

    server = Server(*settings.probe_server) if settings else None
    device = settings.device if settings else NOT_ENROLLED
    clock = Clock()
    is_plausible = trust.is_plausible(clock.wall_us())
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
        _fail(say(f"Không đo được: {outcome.problem}", f"Nothing could be measured: {outcome.problem}"))
    return outcome.body


def _show(body: bytes, is_json: bool) -> None:
    if is_json:
        click.echo(body.decode("utf-8").strip())
        return
    from agent.describe import table
    from contract.report import Report

    click.echo(table(Report.model_validate_json(body)))


def _settings_if_enrolled() -> Optional[Settings]:
    from agent import paths
    from agent.settings import SettingsError, load

    try:
        return load(paths.home() / paths.SETTINGS)
    except FileNotFoundError:
        return None
    except (OSError, SettingsError) as error:
        _fail(
            say(f"Không đọc được tệp cài đặt: {error}", f"The settings cannot be read: {error}"),
            say("Hãy đăng ký lại: diemcau-agent enrol MÃ", "Enrol again: diemcau-agent enrol CODE"),
        )


def _settings() -> Settings:
    settings = _settings_if_enrolled()
    if settings is None:
        _say_not_enrolled()
        sys.exit(NOT_ENROLLED)
    return settings


def _spool(settings: Settings) -> Spool:
    from agent import paths
    from agent.spool import Spool
    from contract.clock import Clock

    folder = paths.spool(settings.folder, settings.device)
    return Spool(folder, settings.spool_cap_bytes, Clock(), checkpoints=False)


def _say_not_enrolled() -> None:
    click.echo(
        say(
            "Máy này chưa đăng ký nên chưa gửi gì về trung tâm và chưa đo được đường truyền.\n"
            "Để đăng ký: diemcau-agent enrol MÃ --server https://…  (mã và địa chỉ có trên phiếu của điểm cầu)",
            "This machine is not enrolled: nothing is sent to the centre, and the line cannot be measured.\n"
            "To enrol: diemcau-agent enrol CODE --server https://…  (code and address are on the site's sheet)",
        ),
        err=True,
    )


def _fail(*lines: str) -> NoReturn:
    for line in lines:
        click.echo(line, err=True)
    sys.exit(WRONG)


if __name__ == "__main__":
    main(prog_name="diemcau-agent")
