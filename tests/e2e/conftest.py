"""A centre of real processes with a small roster, its pages as a person reads them, and agents as at a site."""

from __future__ import annotations

import csv
import http.cookiejar
import json
import os
import re
import signal
import sqlite3
import subprocess
import sys
import time
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing, contextmanager
from html import unescape
from pathlib import Path
from typing import Any, NamedTuple

import psutil
import pytest
from click.testing import CliRunner

from collector import child
from collector.dashboard.readings import GAP_S
from collector.parts import Part, parts
from provisioning import settings as centre_settings
from provisioning.cli import main as provisioning_cli

WITHIN_S = 180.0  # other tests run meanwhile
LOGIN, PASSWORD = "noc", "correct horse battery staple"
ROSTER = """\
Mã điểm cầu,Tên điểm cầu,Tỉnh/Thành phố,Quận/Huyện,Vai trò,Phương thức,Nhà mạng,Mã đường truyền,Gói tải xuống (Mbit/s)
DONGVAN,Trường THPT Đồng Văn,Tỉnh Hà Giang,Huyện Đồng Văn,chỉ xem,PC,VNPT,HGG-0001,80
MEOVAC,Trường THPT Mèo Vạc,Tỉnh Hà Giang,Huyện Mèo Vạc,chỉ xem,PC,VNPT,HGG-0002,80
QUANBA,Trường THPT Quản Bạ,Tỉnh Hà Giang,Huyện Quản Bạ,chỉ xem,PC,Viettel,HGG-0003,80
"""


class Sheet(NamedTuple):
    """What a site gets on paper."""

    code: str
    server: str
    fingerprint: str


class Requirement(NamedTuple):
    """One row of a site's page."""

    level: str
    measured: str  # with its unit; a dash while nothing is
    measured_at: str
    reports: tuple[str, ...]  # addresses of the reports it links to
    reason: str


class Page(NamedTuple):
    """A page as a browser gets it, in English."""

    html: str

    @property
    def text(self) -> str:
        return words(self.html)

    @property
    def level(self) -> str:
        """The level of the site whose page this is."""
        return self._all(r'<section class="verdict (\w+)">')[0]

    @property
    def requirements(self) -> dict[str, Requirement]:
        """A site's requirements, by fact and metric as in line-download_mbps."""
        rows = self._all(r'<tr[^>]* id="v-([^"]+)">(.*?)</tr>')
        return {name: read_requirement(row) for name, row in rows}

    @property
    def flags(self) -> list[str]:
        """The reasons of the flags that stand because of the report whose page this is."""
        (section,) = self._all(r'<section aria-labelledby="flags">(.*?)</section>')
        return [reason_of(row) for row in re.findall(r"<tr[^>]*>\s*(<td.*?)</tr>", section, re.DOTALL)]

    def presence(self, device: str) -> str:
        """How a device is shown on its site's page: connected, stopped, lost, never."""
        return self._all(rf'<code>{device}</code>.*?<p class="presence (\w+)">')[0]

    def _all(self, pattern: str) -> list[Any]:
        return re.findall(pattern, self.html, re.DOTALL)


def read_requirement(row: str) -> Requirement:
    proof = cell(row, "Evidence")
    return Requirement(
        level=re.findall(r'class="level (\w+)"', row)[0],
        measured=words(cell(row, "Measured")),
        measured_at="".join(re.findall(r'<time datetime="([^"]+)"', proof)[:1]),
        reports=tuple(re.findall(r'href="(/reports/\d+)"', proof)),
        reason=reason_of(row),
    )


def reason_of(row: str) -> str:
    return words(re.sub(r"<small>.*?</small>", "", cell(row, "Reason")))


def cell(row: str, label: str) -> str:
    return re.findall(rf'<td[^>]* data-label="{label}">(.*?)</td>', row, re.DOTALL)[0]


def words(html: str) -> str:
    """The text of a piece of HTML, on one line."""
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", html)).split())


class Centre:
    """The centre in a folder of its own: its command lines, its processes, and its pages to a logged-in person."""

    def __init__(self, folder: Path, free_port: Callable[[], int], **others: object) -> None:
        names = ("web_port", "enrolment_port", "broker_port", "broker_monitor_port", "probe_http_port")
        ports = {name: free_port() for name in (*names, "probe_udp_port")}
        self.home = folder / "centre"
        self.home.mkdir(mode=0o700)
        (self.home / "settings.json").write_text(json.dumps({**ports, **others}))
        self.environ = {**os.environ, "DIEMCAU_HOME": str(self.home), "DIEMCAU_LANG": "en"}
        self.settings = centre_settings.load(self.environ)
        self.sheets: dict[str, Sheet] = {}  # by the roster's key
        self._folder = folder
        self._parts = {part.name: part for part in parts(self.settings)}
        self._running: dict[str, subprocess.Popen[bytes]] = {}
        self._browser = urllib.request.build_opener(
            urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar()), urllib.request.ProxyHandler({})
        )

    # --- command lines

    def provision(self, *arguments: object) -> str:
        """Run diemcau-provision; return what it prints."""
        result = CliRunner().invoke(provisioning_cli, [str(one) for one in arguments], env=self.environ)
        assert result.exit_code == 0, (arguments, result.output, result.exception)
        return result.output

    def set_up(self) -> None:
        """Take the steps by which a person makes a centre: one event, a session in 24 hours, sites, codes, a login."""
        roster, codes, password = (self._folder / name for name in ("roster.csv", "codes.csv", "password"))
        roster.write_text(ROSTER, encoding="utf-8")
        password.write_text(PASSWORD)
        self.provision("init")
        self.provision("event", "add", "gap-mat", "--name", "Gặp gỡ nhà giáo")
        self.provision("session", "add", "gap-mat", "sang", "--name", "Buổi sáng", "--starts-at", "+24h")
        self.provision("people", "add", LOGIN, "--name", "Ca trực", "--duty", "noc", "--password-file", password)
        self.run_collector("migrate")
        self.provision("roster", "import", roster)
        self.provision("codes", "make", "--all", "--csv", codes)
        rows = csv.DictReader(codes.read_text(encoding="utf-8-sig").splitlines())
        columns = ("Mã đăng ký", "Địa chỉ máy chủ", "Dấu vân tay của máy chủ")
        self.sheets = {row["Mã điểm cầu"]: Sheet(*(row[name] for name in columns)) for row in rows}

    def run_collector(self, *arguments: object) -> str:
        """Run diemcau-collector; return what it prints."""
        return told_by("collector.cli", arguments, self.environ)

    # --- processes

    def start(self, *names: str) -> None:
        """Start parts, the brokers first and the others together; return when all answer."""
        wanted = [self._parts[name] for name in names or self._parts]
        for part in wanted:
            self._running[part.name] = child.start(part.command, self._log(part.name), self.environ)
            if part.name.startswith("broker"):
                self._wait_for(part)
        for part in wanted:
            self._wait_for(part)

    def kill(self, name: str) -> None:
        """End a part as a power cut does."""
        self._running[name].kill()
        self._running[name].wait()

    def halt(self, name: str) -> None:
        """Stop a part as an administrator does."""
        child.stop(self._running[name])

    def broker_of(self, agent: Agent) -> str | None:
        """The broker or edge to which an agent's resident is connected now; None while it is to none."""
        ports = {port.number: part.name for part in self._parts.values() for port in part.ports}
        for held in psutil.Process(agent.pid).net_connections("tcp"):
            name = ports.get(held.raddr.port, "") if held.status == psutil.CONN_ESTABLISHED else ""
            if name.startswith("broker"):
                return name
        return None

    @property
    def brokers(self) -> list[str]:
        """The broker, or its edges."""
        return [name for name in self._parts if name.startswith("broker")]

    def freeze(self, name: str) -> None:
        """Stop a part where it stands, but not with the write lock in hand: then nobody else could write."""
        until(lambda: self._stands_still(name))

    def _stands_still(self, name: str) -> bool:
        self._running[name].send_signal(signal.SIGSTOP)
        with closing(sqlite3.connect(self.settings.database.removeprefix("sqlite:///"), timeout=0)) as database:
            try:
                database.execute("BEGIN IMMEDIATE")
            except sqlite3.OperationalError:
                self.thaw(name)
                return False
        return True

    def thaw(self, name: str) -> None:
        self._running[name].send_signal(signal.SIGCONT)

    def stop(self) -> None:
        for name in reversed(self._running):
            self.thaw(name)
            child.stop(self._running[name])

    def _wait_for(self, part: Part) -> None:
        def answers() -> bool:
            assert self._running[part.name].poll() is None, child.last_lines(self._log(part.name), 20)
            return part.is_up is None or part.is_up()

        until(answers)

    def _log(self, name: str) -> Path:
        return self.settings.folder("log") / f"{name}.log"

    # --- what the broker knows, which no device may

    def connections(self, user: str) -> list[dict[str, Any]]:
        """The broker's connections of a user; each has in_msgs and mqtt_client, the secret client id."""
        url = f"http://127.0.0.1:{self.settings.broker_monitor_port}/connz?auth=1&user={user}"
        with self._browser.open(url, timeout=10) as answer:
            return json.load(answer)["connections"]

    # --- what a person sees

    def log_in(self) -> None:
        form = urllib.parse.urlencode({"login": LOGIN, "password": PASSWORD}).encode()
        self._browser.open(f"{self._web}/login", form, timeout=10).close()
        self.page("/?lang=en")

    def page(self, path: str) -> Page:
        return Page(self._get(path).decode())

    def site(self, key: str) -> Page:
        """The page of a site, by the link in the list."""
        return self.page(self._address(key))

    def measure(self, key: str) -> None:
        """Ask a site's devices to measure again, by the button on its page."""
        self._browser.open(f"{self._web}{self._address(key)}/measure", b"", timeout=10).close()

    def summary(self) -> dict[str, Any]:
        """Return the figures of now: those of before may be told for two seconds while things change."""
        time.sleep(GAP_S + 0.2)
        return json.loads(self._get("/api/v1/summary"))

    def _get(self, path: str) -> bytes:
        with self._browser.open(self._web + path, timeout=10) as answer:
            return answer.read()

    def code(self, key: str) -> str:
        """The code that a site has in the registry."""
        return self._address(key).partition("?")[0].rpartition("/")[2]

    def _address(self, key: str) -> str:
        name = next(row.split(",")[1] for row in ROSTER.splitlines() if row.startswith(key))
        link = re.search(rf'href="(/sites/[^"]+)">{name}</a>', self.page("/sites").html)
        assert link, f"the list does not name {name}"
        return unescape(link[1])

    @property
    def _web(self) -> str:
        return f"http://127.0.0.1:{self.settings.web_port}"


class Agent:
    """An agent in a folder of its own, spoken to by its command line."""

    def __init__(self, centre: Centre, home: Path) -> None:
        self.home = home
        self.log = centre.settings.folder("log") / f"{home.name}.log"
        self._environ = {**os.environ, "DIEMCAU_AGENT_HOME": str(home), "DIEMCAU_LANG": "en"}
        self._process: subprocess.Popen[bytes] | None = None

    def enrol(self, sheet: Sheet, **settings: int) -> str:
        """Enrol as the sheet says; return what is printed. Settings, as tick_s=1, are written over enrolment's."""
        told = self.say("enrol", sheet.code, "--server", sheet.server, "--fingerprint", sheet.fingerprint)
        seldom = {"tick_s": 1, "light_round_s": 86_400, "line_round_s": 604_800}
        file = self.home / "settings.json"
        file.write_text(json.dumps({**json.loads(file.read_text()), **seldom, **settings}))
        return told

    @property
    def name(self) -> str:
        """The device's name, given by enrolment."""
        return json.loads((self.home / "settings.json").read_text())["device"]

    @property
    def password(self) -> str:
        return (self.home / "password").read_text()

    @property
    def pid(self) -> int:
        """The resident's."""
        assert self._process is not None
        return self._process.pid

    def say(self, *arguments: object, may_be_unwell: bool = False) -> str:
        """Run one command of diemcau-agent; return what it prints."""
        return told_by("agent.cli", arguments, self._environ, (0, 1) if may_be_unwell else (0,))

    def waiting(self) -> int:
        """How many reports `diemcau-agent spool` says wait to be sent."""
        return int(re.match(r"(\d+) reports? waits? to be sent", self.say("spool"))[1])

    def run(self) -> None:
        command = (sys.executable, "-P", "-m", "agent.cli", "run")
        self._process = child.start(command, self.log, self._environ)

    def stop(self) -> None:
        """Stop it as an operating system does that shuts down."""
        assert child.stop(self._process) == 0, child.last_lines(self.log, 20)

    def tell(self, number: int) -> None:
        """Send the resident a signal."""
        assert self._process is not None
        self._process.send_signal(number)

    def kill(self) -> None:
        """End it as a power cut does."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()


def told_by(module: str, arguments: Iterable[object], environ: dict[str, str], expected: tuple[int, ...] = (0,)) -> str:
    """Run a command line in a process of its own; return what it prints."""
    command = (sys.executable, "-P", "-m", module, *map(str, arguments))
    ended = subprocess.run(command, env=environ, capture_output=True, text=True, timeout=WITHIN_S)
    assert ended.returncode in expected, ended.stdout + ended.stderr
    return ended.stdout


def until(found: Callable[[], Any], within_s: float = WITHIN_S) -> Any:
    """Return the first true thing that is found; fail when there is none in time."""
    deadline = time.monotonic() + within_s
    while not (value := found()):
        assert time.monotonic() < deadline, f"did not come true within {within_s:.0f} s"
        time.sleep(0.1)
    return value


@contextmanager
def running_centre(folder: Path, free_port: Callable[[], int], **others: object) -> Iterator[Centre]:
    made = Centre(folder, free_port, **others)
    made.set_up()
    try:
        made.start()
        made.log_in()
        yield made
    finally:
        made.stop()


@pytest.fixture(scope="module")
def centre(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, free_port: Callable[[], int]
) -> Iterator[Centre]:
    """A running centre that the tests of one module share, with the BROKER that it names, else nats-server."""
    broker = getattr(request.module, "BROKER", "nats")
    edges = (free_port(), free_port())
    with running_centre(tmp_path_factory.mktemp("e2e"), free_port, broker=broker, broker_edge_ports=edges) as made:
        yield made


@pytest.fixture(scope="module")
def new_agent(centre: Centre, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., Agent]]:
    """A function that makes an agent in an empty folder; all are ended with the module."""
    made: list[Agent] = []

    def make(home: Path | None = None) -> Agent:
        made.append(Agent(centre, home or tmp_path_factory.mktemp("agent")))
        return made[-1]

    yield make
    for one in made:
        one.kill()


@pytest.fixture(scope="session", name="until")
def polling() -> Callable[..., Any]:
    """A function that polls until something is found, with a deadline."""
    return until
