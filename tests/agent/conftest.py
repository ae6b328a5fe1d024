"""What the tests of the agent share: settings, a probe server, a broker, and patience with a deadline."""

from __future__ import annotations

import asyncio
import http.server
import json
import shutil
import socket
import ssl
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

import paho.mqtt.client as paho
import pytest
import trustme
from paho.mqtt.enums import CallbackAPIVersion

from agent import identity, log
from agent.child import Server
from agent.settings import Settings, load
from agent.spool import Spool
from collector.probe_server.document import Document
from contract import wire
from contract.clock import Clock
from contract.enrolment import EnrolmentRequest
from provisioning.credentials import permit_key

DEVICE = "dev-00000001"
PATIENCE_S = 30.0


class SetClock(Clock):
    """A clock that a test sets."""

    def __init__(self, mono_s: float = 1000.0, wall_us: int = 1_800_000_000_000_000) -> None:
        self.boot_id = "b0070000-0000-4000-8000-000000000001"
        self.mono = mono_s
        self.wall = wall_us

    def mono_s(self) -> float:
        return self.mono

    def wall_us(self) -> int:
        return self.wall

    def advance(self, seconds: float) -> None:
        self.mono += seconds
        self.wall += int(seconds * 1e6)


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What the agent says in its log."""
    lines: list[str] = []
    monkeypatch.setattr(log, "tell", lines.append)
    return lines


@pytest.fixture
def clock() -> SetClock:
    return SetClock()


@pytest.fixture
def spool(tmp_path: Path, clock: SetClock) -> Iterator[Spool]:
    spool = Spool(tmp_path / "spool", 1 << 20, clock)
    yield spool
    spool.close()


@pytest.fixture(scope="session")
def eventually() -> Callable[[Callable[[], object], str], object]:
    """Return a function that waits until a condition holds, and fails with `what` when it does not in time."""

    def wait(condition: Callable[[], object], what: str, patience_s: float = PATIENCE_S) -> object:
        end_s = time.monotonic() + patience_s
        while time.monotonic() < end_s:
            value = condition()
            if value:
                return value
            time.sleep(0.02)
        pytest.fail(f"not within {patience_s} s: {what}")

    return wait


@pytest.fixture(scope="session")
def probe_server(permit_master: bytes, document: Document) -> Iterator[Server]:
    """A real probe server on free ports of loopback."""
    from collector.probe_server.app import build_app, serving

    loop = asyncio.new_event_loop()
    ready: list[Server] = []
    stop = asyncio.Event()

    async def serve() -> None:
        async with serving(build_app(permit_master, document), "127.0.0.1", 0, 0) as ports:
            ready.append(Server("127.0.0.1", ports.http, ports.udp))
            await stop.wait()

    thread = threading.Thread(target=loop.run_until_complete, args=(serve(),))
    thread.start()
    end_s = time.monotonic() + PATIENCE_S
    while not ready and time.monotonic() < end_s:
        time.sleep(0.01)
    yield ready[0]
    loop.call_soon_threadsafe(stop.set)
    thread.join(PATIENCE_S)
    loop.close()


class Broker(NamedTuple):
    """A broker on loopback."""

    port: int
    start: Callable[[], None]
    kill: Callable[[], None]

    @property
    def url(self) -> str:
        return f"mqtt://127.0.0.1:{self.port}"


@pytest.fixture
def start_broker(tmp_path: Path, free_port: Callable[[], int]) -> Iterator[Callable[..., Broker]]:
    """Return a function that starts a real NATS server speaking MQTT on loopback; a test may kill and restart it."""
    program = shutil.which("nats-server") or str(Path(sys.executable).with_name("nats-server"))
    running: dict[int, subprocess.Popen[bytes]] = {}

    def start_broker(mqtt: str = "", others: str = "", host: str = "127.0.0.1") -> Broker:
        port = free_port()
        folder = tmp_path / f"broker-{port}"
        folder.mkdir()
        (folder / "nats.conf").write_text(
            f'server_name: test\nlisten: "127.0.0.1:{free_port()}"\njetstream {{ store_dir: "{folder}" }}\n'
            f'mqtt {{ listen: "{host}:{port}"\n{mqtt} }}\n{others}\n'
        )

        def start() -> None:
            with (folder / "log").open("ab") as log:
                running[port] = subprocess.Popen([program, "-c", str(folder / "nats.conf")], stdout=log, stderr=log)
            end_s = time.monotonic() + PATIENCE_S
            while time.monotonic() < end_s:
                with socket.socket() as probe:
                    if probe.connect_ex((host, port)) == 0:
                        return
                time.sleep(0.02)
            pytest.fail(f"the broker does not answer: {(folder / 'log').read_text()}")

        def kill() -> None:
            server = running.pop(port)
            server.kill()
            server.wait()

        start()
        return Broker(port, start, kill)

    yield start_broker
    for server in running.values():
        server.kill()
        server.wait()


@pytest.fixture
def secure(start_broker: Callable[..., Broker], tmp_path: Path) -> str:
    """The address of a broker behind TLS, with the authority it is to be trusted by already beside the settings."""
    authority = trustme.CA()
    certificate = authority.issue_cert("localhost")
    certificate.private_key_pem.write_to_path(str(tmp_path / "key.pem"))
    certificate.cert_chain_pems[0].write_to_path(str(tmp_path / "cert.pem"))
    authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    broker = start_broker(f'tls {{ cert_file: "{tmp_path}/cert.pem", key_file: "{tmp_path}/key.pem" }}')
    return f"mqtts://localhost:{broker.port}"


@pytest.fixture
def broker(start_broker: Callable[..., Broker]) -> Broker:
    """A broker that lets anybody in."""
    return start_broker()


class Centre:
    """A stand-in for the centre: hears everything devices say, and says what a test tells it to."""

    def __init__(self, port: int, tls: ssl.SSLContext | None = None, host: str = "127.0.0.1") -> None:
        self.heard: list[tuple[str, bytes, bool]] = []
        self._is_subscribed = threading.Event()
        self._client = paho.Client(CallbackAPIVersion.VERSION2, "centre")
        self._client.on_connect = lambda client, *_: client.subscribe("dc/v1/#", 1)
        self._client.on_subscribe = lambda *_: self._is_subscribed.set()
        self._client.on_message = lambda _, __, m: self.heard.append((m.topic, bytes(m.payload), m.retain))
        if tls is not None:
            self._client.tls_set_context(tls)
        self._client.connect(host, port)
        self._client.loop_start()
        self.wait_for_subscription()

    def forget_subscription(self) -> None:
        self._is_subscribed.clear()

    def wait_for_subscription(self) -> None:
        assert self._is_subscribed.wait(PATIENCE_S)

    def reports(self) -> list[tuple[wire.Frame, bytes]]:
        return [wire.decode_report(payload) for payload in self._of("report")]

    def snapshots(self) -> list[wire.Snapshot]:
        return [wire.decode_snapshot(payload) for payload in self._of("snapshot")]

    def presences(self) -> list[wire.Presence]:
        return [wire.decode_presence(payload) for payload in self._of("presence")]

    def say(self, device: str, kind: str, message: object) -> None:
        self._client.publish(wire.topic_for(device, kind), wire.encode(message), 0)

    def plan(self, plan: wire.Plan) -> None:
        self._client.publish(wire.PLAN_TOPIC, wire.encode(plan), 1, retain=True)

    def close(self) -> None:
        self._client.disconnect()
        self._client.loop_stop()

    def _of(self, kind: str) -> list[bytes]:
        return [payload for topic, payload, _ in list(self.heard) if topic.endswith(f"/up/{kind}")]


@pytest.fixture
def centre(broker: Broker) -> Iterator[Centre]:
    centre = Centre(broker.port)
    yield centre
    centre.close()


@pytest.fixture
def connect_centre() -> Iterator[Callable[..., Centre]]:
    """Return a function that listens at a broker behind TLS as the centre does; whose certificate, it does not mind."""
    anybody = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    anybody.check_hostname = False
    anybody.verify_mode = ssl.CERT_NONE
    made: list[Centre] = []

    def connect(port: int, host: str = "127.0.0.1") -> Centre:
        made.append(Centre(port, anybody, host))
        return made[-1]

    yield connect
    for centre in made:
        centre.close()


@pytest.fixture
def keep_permit_key(permit_master: bytes) -> Callable[..., None]:
    """A function that keeps a device's permit key in the agent's folder, as enrolment does."""

    def keep(folder: Path, device: str = "dev-00000001") -> None:
        identity.keep_permit_key(folder, permit_key(permit_master, device, 1))

    return keep


@pytest.fixture
def write_settings(tmp_path: Path, keep_permit_key: Callable[..., None]) -> Callable[..., Settings]:
    """Return a function that writes a settings file like the one of enrolment, and reads it."""

    def write(brokers: tuple[str, ...], server: Server, **others: object) -> Settings:
        folder = tmp_path / "agent"
        folder.mkdir(exist_ok=True)
        (folder / "password").write_text("p" * 32)
        keep_permit_key(folder)
        value = {"device": DEVICE, "brokers": brokers, "probe_server": server._asdict(), **others}
        (folder / "settings.json").write_text(json.dumps(value))
        return load(folder / "settings.json")

    return write


class EnrolmentServer:
    """An enrolment server over HTTPS that gives the answers it is set to, and notes what it was asked."""

    def __init__(self, authority: trustme.CA, host: str = "localhost") -> None:
        self.authority = authority
        self.host = host
        self.pem = authority.cert_pem.bytes().decode()
        self.asked: list[EnrolmentRequest] = []
        self.status = 200
        self.answer: object = self.admit("admitted")
        self.on_ask = lambda: None
        self.page = b""  # what a portal answers to everything
        self.location = ""  # where it sends everybody
        centre = self

        class Answering(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                self._send(200 if self.path == "/ca.pem" else 404, centre.page or centre.pem.encode())

            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                assert (self.path, self.headers["Content-Type"]) == ("/enrol", "application/json")
                centre.asked.append(EnrolmentRequest.model_validate_json(body))
                centre.on_ask()
                content = centre.answer if isinstance(centre.answer, bytes) else json.dumps(centre.answer).encode()
                self._send(centre.status, centre.page or content)

            def _send(self, status, content):
                self.send_response(302 if centre.location else status)
                if centre.location:
                    self.send_header("Location", centre.location)
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            def log_message(self, *_):
                pass

        self._server = http.server.ThreadingHTTPServer((host, 0), Answering)
        self._tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.show_certificate_of(authority)
        self._server.socket = self._tls.wrap_socket(self._server.socket, server_side=True)
        self.url = f"https://{host}:{self._server.server_port}"
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02})
        self._thread.start()

    def show_certificate_of(self, authority: trustme.CA, **dates: datetime) -> None:
        """Let the next connections meet a certificate that this authority has issued."""
        authority.issue_cert(self.host, **dates).configure_cert(self._tls)

    def admit(self, state: str) -> dict[str, object]:
        return {
            "device": "dev-00000001",
            "state": state,
            "site_name": "Trường THPT Số 1",
            "brokers": ["mqtts://localhost:8883"],
            "ca_pem": self.pem,
            "permit_key": "ab" * 32,
            "probe_host": "localhost",
            "probe_http_port": 8090,
            "probe_udp_port": 8862,
        }

    def refuse(self, status: int, code: str, retry_after_s: int | None = None) -> None:
        self.status = status
        self.answer = {"code": code, "vi": "Mã không đúng.", "en": "Wrong.", "retry_after_s": retry_after_s}

    def close(self) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


@pytest.fixture(scope="session")
def authority() -> trustme.CA:
    """The private authority of the enrolment server."""
    return trustme.CA()


@pytest.fixture
def start_enrolment_server(authority: trustme.CA) -> Iterator[Callable[..., EnrolmentServer]]:
    """Return a function that starts an enrolment server at an address of this machine."""
    made: list[EnrolmentServer] = []

    def start(host: str = "localhost") -> EnrolmentServer:
        made.append(EnrolmentServer(authority, host))
        return made[-1]

    yield start
    for server in made:
        server.close()


@pytest.fixture
def enrolment_server(start_enrolment_server: Callable[..., EnrolmentServer]) -> EnrolmentServer:
    return start_enrolment_server()
