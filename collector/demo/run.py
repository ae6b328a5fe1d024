"""A country on one machine: set up afresh, run for real, with this very machine as one of its sites.

The other sites are simulated; nothing but the simulator knows which.
"""

from __future__ import annotations

import itertools
import json
import os
import random
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Mapping
from contextlib import ExitStack, suppress
from pathlib import Path

from collector import child, supervisor
from collector.broker_parts import MosquittoMissingError, broker_for, is_large
from collector.dashboard.labels import DUTIES
from collector.demo import model_event
from collector.demo.country import Country, furnish
from collector.demo.ending import tell_ending
from collector.intake.sweep import has_judged_all
from collector.parts import parts, python
from collector.simulator.files import PROGRESS
from contract.languages import say
from provisioning.settings import Settings, load
from provisioning.store.engine import open_engine

Tell = Callable[[str], None]

_QUIET_PORTS = range(20_000, 30_000)
DEFAULT_PORT = 8080
_SIZES = {model_event.SCHOOLS: 2_000, model_event.VENUES: 10_068}  # DEMO_SITES where it is not told, by DEMO_SHAPE
_EDGES = 4
_TELL_S = 5.0
UP_S = 120.0
ENROL_S = 90.0
_SIMULATOR_STOP_S = 30.0  # it waits for acknowledgements of what it sent
STOP_S = 60.0  # the supervisor gives each part ten seconds
POLL_S = 0.2


class DemoError(RuntimeError):
    """The demo cannot go on; the text says why and where to read more."""


class _Ended(BaseException):
    pass


def run(tell: Tell, environ: Mapping[str, str] = os.environ) -> None:
    """Run the demo until Ctrl-C, SIGTERM or DEMO_SECONDS after the LOGIN line; raises DemoError."""
    home = Path(environ.get("DIEMCAU_HOME") or ".demo").absolute()
    seconds = _number(environ, "DEMO_SECONDS", float("inf"))
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, _end)
    with ExitStack() as children:  # each program that was started is stopped, the latest first
        with suppress(_Ended):
            running, login = _begin(home, children, tell, environ)
            tell(login)
            until = time.monotonic() + seconds
            reporting = _Reporting(home, tell)
            while time.monotonic() < until:
                for name, part in running.items():
                    _must_live(part, home / "log" / f"{name}.log")
                reporting.look(time.monotonic())
                time.sleep(POLL_S)
        _let_no_signal_disturb()
    tell(say("Đã dừng: không còn chương trình nào chạy.", "Ended: nothing is running any more."))


class _Reporting:
    """Tells how many of the simulated sites have reported, until all have."""

    def __init__(self, home: Path, tell: Tell) -> None:
        self._file = home / "simulated" / PROGRESS
        self._tell = tell
        self._next_s = 0.0
        self._is_over = False

    def look(self, now_s: float) -> None:
        """Tell it every few seconds."""
        if self._is_over or now_s < self._next_s or not self._file.exists():
            return
        self._next_s = now_s + _TELL_S
        told = json.loads(self._file.read_text(encoding="utf-8"))
        reported, devices = told["reported"], told["devices"]
        self._is_over = reported >= devices
        self._tell(say(f"   {reported}/{devices} máy đã báo cáo", f"   {reported} of {devices} machines have reported"))


def _begin(
    home: Path, children: ExitStack, tell: Tell, environ: Mapping[str, str]
) -> tuple[dict[str, subprocess.Popen[bytes]], str]:
    settings, made = _set_up(home, tell, environ)
    tell(
        say(
            "2. Chạy máy chủ MQTT, đăng ký, máy chủ đo, thu nhận và trang web",
            "2. Starting broker, enrolment, probe server, ingest and web",
        )
    )
    children_environ = {**environ, "DIEMCAU_HOME": str(home), "DIEMCAU_AGENT_HOME": str(home / "agent")}
    centre = _start("run", ("collector.cli", "run"), settings, children, children_environ, STOP_S)
    _wait_until_up(settings, centre)
    _wait_until_judged(settings, centre)
    tell(
        say(
            f"3. Đăng ký chính máy này bằng mã của {made.here}: {made.code}",
            f"3. Enrolling this very machine with the code of {made.here}: {made.code}",
        )
    )
    _enrol(settings, made.code, children_environ)  # before thousands are connected: then it is dear to the broker
    # When the devices have said their last words, and ingest still runs.
    children.callback(tell_ending, settings, made.simulated, tell)
    simulator = _start(
        "simulate",
        ("collector.cli", "simulate", "--folder", str(made.simulated)),
        settings,
        children,
        children_environ,
        _SIMULATOR_STOP_S,
    )
    tell(
        say(
            "4. Chạy phần mềm kiểm tra thật trên máy này. Máy đang gánh cả hệ thống mẫu, nên điểm cầu của nó có thể "
            "báo “Bộ xử lý bận”: số đo ấy là thật",
            "4. Running the real agent on this machine, which carries the whole country besides: its site may tell of "
            "a busy processor, and that figure is true",
        )
    )
    agent = _start("agent", ("agent.cli", "run"), settings, children, children_environ, child.STOP_S)
    tell(
        say(
            "Mở trang dưới đây, đăng nhập, xem cả nước lên dần. Ctrl-C để dừng.",
            "Open the page below, log in, and see the country come up. Ctrl-C ends it.",
        )
    )
    return {"run": centre, "simulate": simulator, "agent": agent}, _logins(made, settings, tell)


def _set_up(home: Path, tell: Tell, environ: Mapping[str, str]) -> tuple[Settings, Country]:
    shape, size = _size(environ)
    tell(say(f"1. Dựng hệ thống mẫu trong {home}", f"1. Setting up a country afresh in {home}"))
    _clear(home)
    settings = _choose_settings(home, environ, size)
    made = furnish(settings, size, shape, tell, time.time_ns() // 1000)
    tell(
        say(
            f"   {made.sites} điểm cầu (mã: {home / 'codes.csv'}); họp sau 2 giờ và 5 giờ",
            f"   {made.sites} sites (codes: {home / 'codes.csv'}); sessions begin in 2 and in 5 hours",
        )
    )
    tell(
        say(
            f"   Địa chỉ đăng ký (chỉ từ máy này): {settings.enrolment_url}",
            f"   Devices enrol (from this machine alone) at: {settings.enrolment_url}",
        )
    )
    return settings, made


def _logins(made: Country, settings: Settings, tell: Tell) -> str:
    """Tell who may log in besides; return the line of who looks after the country."""
    first, *others = made.accounts
    for one in others:
        place = one.units or say("cả nước", "the country")
        tell(f"   {say(*DUTIES[one.duty])} ({place}): user={one.login} password={one.password}")
    return f"LOGIN user={first.login} password={first.password} url=http://127.0.0.1:{settings.web_port}"


def _size(environ: Mapping[str, str]) -> tuple[str, int]:
    """Return the shape and the number of sites; raises DemoError."""
    shape = environ.get("DEMO_SHAPE") or model_event.SCHOOLS
    if shape not in model_event.SHAPES:
        names = ", ".join(model_event.SHAPES)
        raise DemoError(say(f"DEMO_SHAPE phải là một trong: {names}.", f"DEMO_SHAPE must be one of: {names}."))
    size, least = int(_number(environ, "DEMO_SITES", _SIZES[shape])), model_event.smallest()
    if not least <= size <= model_event.FULL:
        raise DemoError(
            say(
                f"DEMO_SITES phải từ {least} (các điểm cầu tương tác, Ba Vì và máy này) đến {model_event.FULL}.",
                f"DEMO_SITES must be from {least} (the interactive sites, Ba Vì and this one) to {model_event.FULL}.",
            )
        )
    return shape, size


def _end(*_: object) -> None:
    _let_no_signal_disturb()
    raise _Ended


def _let_no_signal_disturb() -> None:
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, signal.SIG_IGN)  # ending has begun: a second wish changes nothing


def _number(environ: Mapping[str, str], name: str, default: float) -> float:
    try:
        return float(environ.get(name) or default)
    except ValueError:
        raise DemoError(say(f"{name} phải là một số.", f"{name} must be a number.")) from None


def _clear(home: Path) -> None:
    """Remove an earlier demo: it starts afresh, so that its sessions lie ahead again."""
    if not home.exists() or not any(home.iterdir()):
        return
    try:
        is_demo = json.loads((home / "settings.json").read_text(encoding="utf-8")).get("is_demo") is True
    except (OSError, ValueError):
        is_demo = False
    if not is_demo:
        raise DemoError(
            say(
                f"{home} không phải thư mục của bản chạy thử nên không xóa. Đặt DIEMCAU_HOME tới một thư mục trống.",
                f"{home} holds no demo, so it is not touched. Set DIEMCAU_HOME to an empty folder.",
            )
        )
    with supervisor.alone(home):
        shutil.rmtree(home)


def _choose_settings(home: Path, environ: Mapping[str, str], sites: int) -> Settings:
    """Write settings.json with ports of its own, so that a demo stands beside whatever else runs; raises DemoError."""
    try:
        broker = broker_for(sites)
    except MosquittoMissingError as error:
        raise DemoError(str(error)) from error
    names = ("enrolment_port", "broker_port", "broker_monitor_port", "probe_http_port", "probe_udp_port")
    web_port, *ports = _free_ports(int(_number(environ, "DEMO_PORT", DEFAULT_PORT)), len(names) + _EDGES)
    home.mkdir(mode=0o700, parents=True, exist_ok=True)
    values = {
        "is_demo": True,
        "web_port": web_port,
        **dict(zip(names, ports[_EDGES:], strict=True)),
        "broker": broker,
        "broker_edge_ports": ports[:_EDGES],
        "is_broker_plain": is_large(sites),  # a country's handshakes by TLS would take two cores some minutes
        "call_vnpt": say("1800 0000 (số của bản chạy thử)", "1800 0000 (a number of the demo)"),
    }
    (home / "settings.json").write_text(json.dumps(values, indent=2), encoding="utf-8")
    return load({"DIEMCAU_HOME": str(home)})


def _free_ports(first: int, more: int) -> list[int]:
    """Return the first port (0: any) and some that are free for TCP and UDP alike.

    Those are taken from below what systems give to connections, so that nobody's takes one before its part does.
    """
    with ExitStack() as held:
        candidates = iter(random.sample(_QUIET_PORTS, 1000))
        if first and not _hold(held, first):
            raise DemoError(
                say(
                    f"Cổng {first} đang bị chương trình khác dùng. Chạy: make demo DEMO_PORT=8081",
                    f"Port {first} is taken by another program. Run: make demo DEMO_PORT=8081",
                )
            )
        wanted = more if first else more + 1
        found = list(itertools.islice((port for port in candidates if _hold(held, port)), wanted))
        return [first, *found] if first else found


def _hold(held: ExitStack, port: int) -> bool:
    """Tell whether a port is free, and keep it from other candidates until `held` ends."""
    for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM):
        one = held.enter_context(socket.socket(socket.AF_INET, kind))
        one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, int(kind == socket.SOCK_STREAM))
        try:
            one.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def _start(
    name: str,
    module: tuple[str, ...],
    settings: Settings,
    children: ExitStack,
    environ: Mapping[str, str],
    stop_s: float,
) -> subprocess.Popen[bytes]:
    started = child.start(python(*module), settings.folder("log") / f"{name}.log", environ)
    children.callback(child.stop, started, stop_s)
    return started


def _wait_until_up(settings: Settings, centre: subprocess.Popen[bytes]) -> None:
    log = settings.folder("log") / "run.log"
    waiting = list(parts(settings))
    deadline = time.monotonic() + UP_S
    while waiting:
        _must_live(centre, log)
        if waiting[0].is_up is None or waiting[0].is_up():
            waiting.pop(0)
        elif time.monotonic() > deadline:
            name = waiting[0].name
            raise DemoError(
                say(f"{name} không trả lời: xem {log}", f"{name} does not answer: see {log}")
                + "\n"
                + child.last_lines(log)
            )
        else:
            time.sleep(POLL_S)


def _wait_until_judged(settings: Settings, centre: subprocess.Popen[bytes]) -> None:
    """Wait until every site has been judged once, which keeps ingest busy, before the devices come."""
    engine, deadline = open_engine(settings.database), time.monotonic() + UP_S
    with ExitStack() as opened:
        opened.callback(engine.dispose)
        while time.monotonic() < deadline:
            _must_live(centre, settings.folder("log") / "run.log")
            with engine.connect() as connection:
                if has_judged_all(connection, time.time_ns() // 1000):
                    return
            time.sleep(POLL_S)


def _enrol(settings: Settings, code: str, environ: Mapping[str, str]) -> None:
    server = f"https://127.0.0.1:{settings.enrolment_port}"
    ca = str(settings.folder("ca") / "ca.pem")
    log = settings.folder("log") / "enrol.log"
    enrolling = child.start(python("agent.cli", "enrol", "--server", server, "--ca", ca, code), log, environ)
    try:
        failed = enrolling.wait(ENROL_S) != 0
    except subprocess.TimeoutExpired:
        failed = True
    finally:
        child.stop(enrolling)
    if failed:
        raise DemoError(say("Đăng ký không được:", "Enrolment failed:") + "\n" + child.last_lines(log))


def _must_live(started: subprocess.Popen[bytes], log: Path) -> None:
    code = started.poll()
    if code is not None:
        raise DemoError(
            say(f"Một phần đã dừng với mã {code}: xem {log}", f"A part ended with code {code}: see {log}")
            + "\n"
            + child.last_lines(log)
        )
