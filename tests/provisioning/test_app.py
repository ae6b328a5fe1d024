from __future__ import annotations

import os
import secrets
import signal
import ssl
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import httpx2
import pytest
from starlette.testclient import TestClient

from contract.enrolment import EnrolmentAnswer, EnrolmentRefusal
from provisioning.app import make_app
from provisioning.enrolment import Enrolment
from provisioning.settings import Settings


@pytest.fixture
def server(settings: Settings, registry: object, until: Callable[..., None]) -> Iterator[subprocess.Popen[bytes]]:
    environment = os.environ | {
        "DIEMCAU_HOME": str(settings.home),
        "DIEMCAU_BROKER_PORT": str(settings.broker_port),
        "DIEMCAU_BROKER_MONITOR_PORT": str(settings.broker_monitor_port),
        "DIEMCAU_ENROLMENT_PORT": str(settings.enrolment_port),
    }
    program = "from provisioning import app, settings; app.serve(settings.load())"
    served = subprocess.Popen([sys.executable, "-c", program], env=environment)
    with httpx2.Client(verify=False) as plain:

        def answers() -> bool:
            try:
                return plain.get(f"https://127.0.0.1:{settings.enrolment_port}/healthz").status_code == 200
            except httpx2.TransportError:
                return False

        until(answers)
    yield served
    served.terminate()
    served.wait(20)


@pytest.fixture
def inside(enrolment: Enrolment) -> Iterator[TestClient]:
    """The app without a network around it."""
    with TestClient(make_app(enrolment), raise_server_exceptions=False) as client:
        yield client


@pytest.fixture
def web(settings: Settings, server: object) -> Iterator[httpx2.Client]:
    """A client that trusts nothing but the centre's own authority."""
    trust = ssl.create_default_context(cafile=str(settings.folder("ca") / "ca.pem"))
    with httpx2.Client(verify=trust, base_url=f"https://127.0.0.1:{settings.enrolment_port}", timeout=30) as client:
        yield client


def test_a_code_becomes_a_device_that_can_connect_at_once(
    broker, web: httpx2.Client, new_code: Callable[[], str], connect
):
    password = secrets.token_urlsafe(16)
    answer = web.post("/enrol", json={"code": new_code(), "password": password})
    enrolled = EnrolmentAnswer.model_validate_json(answer.content)
    assert enrolled.state == "admitted"
    assert enrolled.site_name == "Trường THPT Chuyên Hà Giang"
    assert enrolled.ca_pem == web.get("/ca.pem").text
    assert connect(enrolled.device, password).is_connected


def test_a_burst_of_devices_shares_reloads_and_each_can_connect_at_once(
    broker, web: httpx2.Client, new_code: Callable[[], str], connect, settings: Settings
):
    asked = [{"code": new_code(), "password": secrets.token_urlsafe(16)} for _ in range(40)]

    def enrol(request: dict[str, str]) -> str:
        return str(web.post("/enrol", json=request).json()["device"])

    with ThreadPoolExecutor(40) as pool:
        devices = list(pool.map(enrol, asked))
    assert len(set(devices)) == 40
    for device, request in list(zip(devices, asked, strict=True))[::8]:
        assert connect(device, request["password"]).is_connected
    assert (settings.folder("log") / "broker.log").read_text().count("Reloaded server configuration") < 40


@pytest.mark.parametrize(
    ("body", "kind", "status"),
    [
        (b"not JSON", "bad_request", 400),
        (b"[]", "bad_request", 400),
        (b'{"code": "K7QF2MX-ABCDE-FGHJK-4"}', "bad_request", 400),
        (b'{"code": "K7QF2MX", "password": "0123456789012345678901"}', "bad_code", 400),
        (b'{"code": "a\\u0000b", "password": "0123456789012345678901"}', "bad_request", 400),
        (b'{"code": "' + b"x" * 20_000 + b'"}', "bad_request", 413),
    ],
)
def test_what_is_no_request_is_refused_in_both_languages(inside: TestClient, body: bytes, kind: str, status: int):
    answer = inside.post("/enrol", content=body, headers={"Content-Type": "application/json"})
    refusal = EnrolmentRefusal.model_validate_json(answer.content)
    assert (refusal.code, answer.status_code) == (kind, status)
    assert refusal.vi != refusal.en


def test_the_password_is_never_in_an_answer(inside: TestClient):
    answer = inside.post("/enrol", json={"code": "K7QF2MX", "password": "secret word with spaces"})
    assert answer.status_code == 400
    assert "secret word" not in answer.text


def test_an_error_inside_shows_nothing_of_the_inside_and_asks_to_try_again(enrolment: Enrolment, new_code):
    def fail() -> None:
        raise OSError("/secret/path")

    with TestClient(make_app(replace(enrolment, tell_broker=fail)), raise_server_exceptions=False) as client:
        answer = client.post("/enrol", json={"code": new_code(), "password": secrets.token_urlsafe(16)})
    refusal = EnrolmentRefusal.model_validate_json(answer.content)
    assert (refusal.code, answer.status_code, answer.headers["Retry-After"]) == ("busy", 503, "30")
    assert "30 giây" in refusal.vi
    assert "secret" not in answer.text


def test_there_are_no_pages_that_load_things_from_elsewhere(inside: TestClient):
    assert [inside.get(path).status_code for path in ("/docs", "/redoc", "/")] == [404, 404, 404]
    assert inside.get("/openapi.json").json()["paths"].keys() == {"/enrol", "/ca.pem", "/healthz"}


def test_sigterm_ends_the_server_with_exit_code_0(server: subprocess.Popen[bytes]):
    server.send_signal(signal.SIGTERM)
    assert server.wait(20) == 0
