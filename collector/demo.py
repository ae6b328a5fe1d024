"""A small country on one machine: set up afresh, run for real, with this very machine as one of its sites."""

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

from collector import child, demo_country, supervisor
from collector.parts import parts, python
from contract.languages import say
from provisioning.settings import Settings, load

Tell = Callable[[str], None]

_QUIET_PORTS = range(20_000, 30_000)
DEFAULT_PORT = 8080
UP_S = 120.0
ENROL_S = 90.0
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
            centre, agent, login = _begin(home, children, tell, environ)
            tell(login)
            until = time.monotonic() + seconds
            while time.monotonic() < until:
                _must_live(centre, home / "log" / "run.log")
                _must_live(agent, home / "log" / "agent.log")
                time.sleep(POLL_S)
        _let_no_signal_disturb()
    tell(say("Đã dừng: không còn chương trình nào chạy.", "Ended: nothing is running any more."))


def _begin(
    home: Path, children: ExitStack, tell: Tell, environ: Mapping[str, str]
) -> tuple[subprocess.Popen[bytes], subprocess.Popen[bytes], str]:
    tell(say(f"1. Dựng hệ thống mẫu trong {home}", f"1. Setting up a small country afresh in {home}"))
    _clear(home)
    settings = _choose_settings(home, environ)
    country = demo_country.furnish(settings)
    tell(
        say(
            f"   {country.sites} điểm cầu (mã của chúng: {home / 'codes.csv'}); buổi họp bắt đầu sau 24 giờ",
            f"   {country.sites} sites (their codes: {home / 'codes.csv'}); the session starts in 24 hours",
        )
    )
    tell(
        say(
            f"   Địa chỉ đăng ký (chỉ từ máy này): {settings.enrolment_url}",
            f"   Devices enrol (from this machine alone) at: {settings.enrolment_url}",
        )
    )
    tell(
        say(
            "2. Chạy máy chủ MQTT, đăng ký, máy chủ đo, thu nhận và trang web",
            "2. Starting broker, enrolment, probe server, ingest and web",
        )
    )
    children_environ = {**environ, "DIEMCAU_HOME": str(home), "DIEMCAU_AGENT_HOME": str(home / "agent")}
    centre = _start("run", ("collector.cli", "run"), settings, children, children_environ, STOP_S)
    _wait_until_up(settings, centre)
    tell(
        say(
            f"3. Đăng ký chính máy này bằng mã của {country.here}: {country.code}",
            f"3. Enrolling this very machine with the code of {country.here}: {country.code}",
        )
    )
    _enrol(settings, country.code, children_environ)
    tell(say("4. Chạy phần mềm kiểm tra thật trên máy này", "4. Running the real agent on this machine"))
    agent = _start("agent", ("agent.cli", "run"), settings, children, children_environ, child.STOP_S)
    tell(
        say(
            "Mở trang dưới đây, đăng nhập, xem điểm cầu này có kết quả. Ctrl-C để dừng.",
            "Open the page below, log in, and see this site get its result. Ctrl-C ends it.",
        )
    )
    login = f"LOGIN user={country.login} password={country.password} url=http://127.0.0.1:{settings.web_port}"
    return centre, agent, login


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
    """Remove an earlier demo: it starts afresh, so that its session lies 24 hours ahead again."""
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


def _choose_settings(home: Path, environ: Mapping[str, str]) -> Settings:
    """Write settings.json with ports of its own, so that a demo stands beside whatever else runs."""
    names = ("enrolment_port", "broker_port", "broker_monitor_port", "probe_http_port", "probe_udp_port")
    web_port, *ports = _free_ports(int(_number(environ, "DEMO_PORT", DEFAULT_PORT)), len(names))
    home.mkdir(mode=0o700, parents=True, exist_ok=True)
    values = {"is_demo": True, "web_port": web_port, **dict(zip(names, ports, strict=True))}
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
    module: tuple[str, str],
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
