"""The command `diemcau-collector`: runs the centre, and tells how it stands."""

from __future__ import annotations

import gc
import json
import logging
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from collector.commands.dryrun import dryrun
from collector.commands.leave import leave
from collector.commands.live import live
from collector.commands.statement import statement
from collector.store.kept import HISTORY_DAYS, REPORT_DAYS
from contract.languages import say
from contract.usage import speak
from provisioning.commands.centre import Commands, actor, load_settings, now_us

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from provisioning.settings import Settings


class _Commands(Commands):
    extra = "collector"
    makes_tables = "diemcau-collector migrate"


@click.group(
    cls=_Commands,
    context_settings={"help_option_names": ["-h", "--help"]},
    help=say(
        "Trung tâm của Điểm Cầu: nhận báo cáo, đánh giá, hiển thị.\n\n"
        "Bắt đầu: `diemcau-collector demo` chạy thử một hệ thống mẫu trên máy này; "
        "`diemcau-provision init` rồi `diemcau-collector run` chạy thật. "
        "Cài đặt nằm ở $DIEMCAU_HOME/settings.json hoặc các biến DIEMCAU_<TÊN>.",
        "The centre of Điểm Cầu: takes in reports, judges, shows.\n\n"
        "Start: `diemcau-collector demo` tries a small country on this machine; "
        "`diemcau-provision init` and then `diemcau-collector run` is the real thing. "
        "Settings are in $DIEMCAU_HOME/settings.json or in variables DIEMCAU_<NAME>.",
    ),
)
def main() -> None:
    """Group the commands."""


@main.command(
    help=say(
        "Chạy mọi phần của trung tâm cho đến khi Ctrl-C hoặc SIGTERM; phần nào chết được chạy lại.",
        "Run every part of the centre until Ctrl-C or SIGTERM; a part that dies is started again.",
    )
)
def run() -> None:
    """Run every part of the centre under supervision."""
    from collector import supervisor
    from collector.broker_parts import MosquittoMissingError, is_missing
    from collector.parts import parts
    from collector.store.migrate import migrate as migrate_database
    from provisioning.broker.reload import write_configuration

    settings = load_settings()
    if is_missing(settings):
        raise click.ClickException(str(MosquittoMissingError()))
    with _database(settings) as engine:
        migrate_database(engine)
        if not settings.broker_urls:
            write_configuration(engine, settings)
    try:
        supervisor.run(parts(settings), settings.home, settings.folder("log"), click.echo)
    except supervisor.StartError as error:
        raise click.ClickException(str(error)) from error


@main.command(help=say("Nhận báo cáo từ máy chủ MQTT và đánh giá.", "Take in reports from the brokers and judge."))
def ingest() -> None:
    """Run ingest alone."""
    from collector.app import run_ingest

    _log_to_stderr()
    run_ingest(load_settings())


@main.command(help=say("Phục vụ các trang và API.", "Serve the pages and the API."))
def web() -> None:
    """Run the web alone."""
    import uvicorn

    from collector.dashboard.app import build_app
    from provisioning.store.engine import open_engine

    _log_to_stderr()
    settings = load_settings()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))  # uvicorn raises it again once it has ended
    app = build_app(open_engine(settings.database), settings)
    gc.freeze()  # what stands now stays, and a page leaves thousands of objects and no circles:
    gc.set_threshold(50_000)  # looking them all over every 700 cost a tenth of the processor time
    uvicorn.run(
        app,
        host=settings.host,
        port=settings.web_port,
        access_log=False,
        log_level="warning",
        timeout_graceful_shutdown=3,  # a page that follows the changes never ends its request by itself
    )


@main.command(
    name="probe-server",
    help=say("Phục vụ việc đo đường truyền của các điểm cầu.", "Serve the sites' line measurements."),
)
def probe_server() -> None:
    """Run the probe server alone."""
    from collector.probe_server import app

    _log_to_stderr()
    app.run(load_settings())


@main.command(help=say("Tạo hoặc nâng cấp cơ sở dữ liệu.", "Make the database, or bring it up to date."))
def migrate() -> None:
    """Bring both chains of migrations to their newest revision."""
    from collector.store.migrate import migrate as migrate_database

    with _database(load_settings()) as engine:
        migrate_database(engine)
    click.echo(say("Cơ sở dữ liệu đã ở bản mới nhất.", "The database is up to date."))


@main.command(
    help=say(
        "Xóa báo cáo gốc và số liệu từng giờ đã quá số ngày giữ lại; kết quả đánh giá và sổ đối soát vẫn giữ. "
        "Trung tâm tự làm việc này mỗi đêm; lệnh này để xóa sớm hơn, trung tâm vẫn nhận báo cáo trong lúc chạy.",
        "Delete raw reports and hourly figures older than the days they are kept; verdicts and books stay. "
        "The centre does so itself every night; by this command sooner, and it goes on taking in meanwhile.",
    )
)
@click.option("--report-days", type=click.IntRange(1), default=REPORT_DAYS, show_default=True)
@click.option("--history-days", type=click.IntRange(1), default=HISTORY_DAYS, show_default=True)
def prune(report_days: int, history_days: int) -> None:
    """Delete what is too old to be kept."""
    from collector.store import prune as pruning

    with _database(load_settings()) as engine:
        gone = {}
        for step in pruning.prune(engine, now_us(), report_days, history_days):
            gone[step.table] = step.rows
            if sys.stderr.isatty():
                click.echo(f"\r{step.table}: {step.rows}", nl=False, err=True)
    click.echo(
        say(
            f"Đã xóa {gone['report']} báo cáo gốc và {gone['rollup']} dòng số liệu từng giờ.",
            f"Deleted {gone['report']} raw reports and {gone['rollup']} rows of hourly figures.",
        )
    )


@main.command(
    help=say(
        "Cho biết tình hình của buổi họp hiện tại hoặc sắp tới và những phần đang chạy. "
        "Mã thoát 1: có phần không trả lời.",
        "Tell how the current or next session stands, and which parts run. Exit code 1: a part does not answer.",
    )
)
@click.option("--json", "as_json", is_flag=True, help=say("In JSON cho chương trình.", "Print JSON for programs."))
def status(as_json: bool) -> None:
    """Tell how things stand."""
    from collector.status import in_words, look

    settings = load_settings()
    with _database(settings) as engine:
        found = look(engine, settings)
    click.echo(json.dumps(found, ensure_ascii=False, indent=2) if as_json else in_words(found))
    sys.exit(0 if all(found["parts"].values()) else 1)


@main.command(
    help=say(
        "Kiểm tra cài đặt, cơ sở dữ liệu, máy chủ MQTT, cổng và chứng thư. Mã thoát 1: có mục phải sửa.",
        "Check settings, database, broker, ports and certificates. Exit code 1: something must be mended.",
    )
)
def doctor() -> None:
    """Check what the centre needs."""
    from collector.doctor import examine

    checks = examine(load_settings())
    for check in checks:
        mark = say("tốt ", "ok  ") if check.is_ok else say("SỬA ", "MEND")
        click.echo(f"{mark}  {check.subject}: {check.text}")
    sys.exit(0 if all(check.is_ok for check in checks) else 1)


@main.command(
    help=say(
        "Chạy thử trên máy này: dựng hệ thống mẫu trong $DIEMCAU_HOME, chạy mọi phần, đăng ký chính máy này. "
        "DEMO_SITES: số điểm cầu (2000); DEMO_SHAPE: schools, hoặc venues khi trường ghép cụm; "
        "DEMO_PORT: cổng của trang (8080); DEMO_SECONDS: tự dừng sau chừng ấy giây.",
        "Try it on this machine: set up a small country in $DIEMCAU_HOME, run every part, enrol this very machine. "
        "DEMO_SITES: how many sites (2000); DEMO_SHAPE: schools, or venues where schools share one; "
        "DEMO_PORT: the page's port (8080); DEMO_SECONDS: end by itself after that many seconds.",
    )
)
def demo() -> None:
    """Run the demo."""
    from collector.demo.run import DemoError
    from collector.demo.run import run as run_demo
    from collector.supervisor import StartError

    try:
        run_demo(click.echo)
    except (DemoError, StartError) as error:
        raise click.ClickException(str(error)) from error


@main.command(
    help=say(
        "Cho nhiều thiết bị mô phỏng kết nối thật tới một trung tâm đang chạy: thử tải, hoặc xem cả nước trên một máy. "
        "FOLDER có devices.jsonl do `diemcau-provision devices issue --out` ghi. Ctrl-C để dừng.",
        "Connect many simulated devices to a running centre: a load test, or a country on one machine. "
        "FOLDER holds devices.jsonl as `diemcau-provision devices issue --out` writes it. Ctrl-C ends it.",
    )
)
@click.option("--folder", required=True, type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option(
    "--scenario", "name", help=say("Kịch bản: healthy, country, everything.", "healthy, country, everything.")
)
@click.option("--seed", type=int, help=say("Hạt giống: cùng số, cùng vai.", "The same number plays the same country."))
@click.option("--seconds", type=float, default=float("inf"), help=say("Tự dừng sau chừng ấy giây.", "End after these."))
@click.option("--share", hidden=True)
def simulate(folder: Path, name: str | None, seed: int | None, seconds: float, share: str | None) -> None:
    """Run simulated devices."""
    from collector.simulator import run as simulator
    from collector.simulator.files import Folder, FolderError

    try:
        orders = simulator.read_orders(Folder(folder), name, seed)
        if share is None:
            simulator.run(folder, orders, seconds, click.echo)
        else:
            number, of = map(int, share.split("/"))
            simulator.run_share(folder, orders, simulator.Share(number, of), seconds, None)
    except FolderError as error:
        raise click.ClickException(str(error)) from error


@main.group(name="line-tests", help=say("Dừng hoặc cho phép đo đường truyền.", "Stop or allow line tests."))
def line_tests() -> None:
    """Group the commands about line tests."""


@line_tests.command(
    help=say(
        "Ngắt mọi phép đo đường truyền trong vài giây và không cho đo nữa cho đến `line-tests resume`.",
        "Break off every line test within seconds, and grant none until `line-tests resume`.",
    )
)
def stop() -> None:
    """Stop line tests."""
    _stop_line_tests(is_stopped=True)
    click.echo(
        say(
            "Đã dừng đo đường truyền. Cho đo lại: diemcau-collector line-tests resume",
            "Line tests are stopped. To allow them again: diemcau-collector line-tests resume",
        )
    )


@line_tests.command(help=say("Cho phép đo đường truyền trở lại.", "Grant line tests again."))
def resume() -> None:
    """Allow line tests again."""
    _stop_line_tests(is_stopped=False)
    click.echo(say("Đã cho phép đo đường truyền trở lại.", "Line tests are allowed again."))


main.add_command(dryrun)
main.add_command(leave)
main.add_command(live)
main.add_command(statement)


@main.group(help=say("Xem, kiểm tra hoặc thay chính sách đánh giá.", "Show, check or replace the policy."))
def policy() -> None:
    """Group the policy's commands."""


@policy.command(help=say("In chính sách đang áp dụng.", "Print the live policy."))
def show() -> None:
    """Print the live policy."""
    from collector.store import policies

    with _database(load_settings()) as engine, engine.connect() as connection:
        click.echo(policies.live_text(connection), nl=False)


@policy.command(help=say("Kiểm tra một tệp chính sách mà không áp dụng.", "Check a policy file without using it."))
@click.argument("file", type=click.File(encoding="utf-8"))
def check(file: Any) -> None:
    """Check a policy file."""
    from collector.judge.load import load_policy

    try:
        read = load_policy(file.read())
    except ValueError as error:
        raise click.ClickException(str(error)) from error
    click.echo(say(f"Hợp lệ: {read.sha256}", f"Valid: {read.sha256}"))


@policy.command(
    help=say(
        "Áp dụng một tệp chính sách; mọi điểm cầu được đánh giá lại.",
        "Make a policy file the live one; every site is judged anew.",
    )
)
@click.argument("file", type=click.File(encoding="utf-8"))
def load(file: Any) -> None:
    """Make a policy file the live one."""
    from collector.store import policies
    from provisioning.store.engine import writing

    try:
        with _database(load_settings()) as engine, writing(engine) as connection:
            loaded = policies.load(connection, file.read(), actor(), now_us())
    except ValueError as error:
        raise click.ClickException(str(error)) from error
    click.echo(say(f"Đang áp dụng: {loaded.sha256}", f"Live now: {loaded.sha256}"))


def _stop_line_tests(*, is_stopped: bool) -> None:
    from collector.store import line_tests
    from provisioning.store.engine import writing

    with _database(load_settings()) as engine, writing(engine) as connection:
        line_tests.stop(connection, actor(), now_us(), is_stopped=is_stopped)


@contextmanager
def _database(settings: Settings) -> Iterator[Engine]:
    from provisioning.store.engine import open_engine

    engine = open_engine(settings.database)
    try:
        yield engine
    finally:
        engine.dispose()


def _log_to_stderr() -> None:
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")


speak(main)

if __name__ == "__main__":
    main()
