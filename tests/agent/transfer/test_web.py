"""Who answers in place of the probe server, and what holds its answers back."""

from __future__ import annotations

import http.client
import http.server
import threading
from contextlib import closing

import pytest

from agent.formulas.sequential import Need, SequentialTest
from agent.proxy import Proxy, ProxyError
from agent.transfer import slot, upload, web
from agent.transfer.download import download
from agent.transfer.web import Web
from agent.unmeasured import ProbeError
from provisioning.credentials import permit_key

DEVICE = "dev-00000001"
PAGE = b"<!doctype html><title>Wi-Fi</title>"


class Quiet(http.server.BaseHTTPRequestHandler):
    def log_message(self, *_):
        pass


@pytest.fixture
def serve():
    """A function that starts a server of this kind, and returns its port."""
    running = []

    def start(kind):
        running.append(http.server.ThreadingHTTPServer(("127.0.0.1", 0), kind))
        threading.Thread(target=running[-1].serve_forever, kwargs={"poll_interval": 0.02}).start()
        return running[-1].server_port

    yield start
    for server in running:
        server.shutdown()
        server.server_close()


@pytest.fixture
def answering(serve):
    """A function that starts a server which gives everybody one answer, and returns its port."""

    def start(status, headers=(), body=PAGE):
        class Answering(Quiet):
            def do_GET(self):
                self.send_response(status)
                for name, value in headers:
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

        return serve(Answering)

    return start


def failure_of(reached):
    with pytest.raises(ProbeError) as raised:
        reached.fetch("GET", "/v1/nonce")
    return raised.value.code


def test_a_login_page_of_the_network_is_named(answering):
    assert failure_of(Web("127.0.0.1", answering(200), None)) == "portal"
    redirect = answering(302, [("Location", "http://login.example.vn/")])
    assert failure_of(Web("127.0.0.1", redirect, None)) == "portal"
    assert failure_of(Web("127.0.0.1", answering(511), None)) == "portal"
    assert failure_of(Web("centre.example.vn", 8090, Proxy("127.0.0.1", answering(200)))) == "portal"


@pytest.mark.parametrize("status", [407, 502, 503, 504])
def test_trouble_of_a_proxy_is_told_from_a_login_page_even_of_one_that_nobody_has_set(answering, status):
    assert failure_of(Web("127.0.0.1", answering(status), None)) == "proxy"


def test_a_proxy_that_forbids_us_is_the_proxys_trouble(answering):
    assert failure_of(Web("centre.example.vn", 8090, Proxy("127.0.0.1", answering(403)))) == "proxy"


def test_a_proxy_that_is_off_is_named(free_port):
    with pytest.raises(ProxyError, match="refused"):
        Web("centre.example.vn", 8090, Proxy("127.0.0.1", free_port())).fetch("GET", "/v1/nonce")


def test_what_the_probe_server_itself_refuses_is_neither(probe_server):
    with pytest.raises(ProbeError, match="404") as raised:
        Web("127.0.0.1", probe_server.http_port, None).fetch("GET", "/v1/slots/none/download")
    assert raised.value.code == "refused"


def holding(to_port, *, is_answer_held):
    """Return a proxy that passes a request on when it is whole, and an answer too or as it comes."""

    class Holding(Quiet):
        def do_GET(self):
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            with closing(http.client.HTTPConnection("127.0.0.1", to_port, timeout=30)) as upstream:
                upstream.request(self.command, "/v1/" + self.path.partition("/v1/")[2], body)
                with upstream.getresponse() as answer:
                    self._pass_on(answer)

        def _pass_on(self, answer):
            whole = answer.read() if is_answer_held else b""
            self.send_response(answer.status)
            for name, value in answer.getheaders():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(whole)
            while not is_answer_held and (block := answer.read1(4096)):
                self.wfile.write(block)

        do_POST = do_GET  # noqa: N815 - as http.server calls it

        def handle(self):
            try:
                super().handle()
            except (OSError, http.client.HTTPException):  # the device has broken off
                self.close_connection = True

    return Holding


@pytest.fixture
def granted(permit_master, probe_server):
    """A function that asks for a slot, and returns it; each slot is given back in the end."""
    taken = []

    def ask(reached):
        taken.append(slot.ask(reached, DEVICE, permit_key(permit_master, DEVICE, 1), "person", "line", None))
        return taken[-1]

    yield ask
    for one in taken:
        slot.end(Web("127.0.0.1", probe_server.http_port, None), one)


def test_a_proxy_that_holds_an_answer_back_until_it_is_whole_is_named_and_its_burst_not_taken_for_the_line(
    serve, probe_server, granted, monkeypatch
):
    monkeypatch.setattr(web, "_HEAD_S", 0.5)
    through = Proxy("127.0.0.1", serve(holding(probe_server.http_port, is_answer_held=True)))
    reached = Web("127.0.0.1", probe_server.http_port, through)
    with pytest.raises(ProbeError, match="wait until it is whole") as raised:
        download(reached, granted(reached).token, SequentialTest(Need(2e6, 1e6), 0.01))
    assert raised.value.code == "proxy"


def test_an_upload_that_a_proxy_keeps_to_itself_is_no_failure_of_the_line(serve, probe_server, granted, monkeypatch):
    monkeypatch.setattr(upload, "_SILENCE_S", 1.0)
    through = Proxy("127.0.0.1", serve(holding(probe_server.http_port, is_answer_held=False)))
    reached = Web("127.0.0.1", probe_server.http_port, through)
    result = upload.upload(reached, granted(reached).token, SequentialTest(Need(1e6, 0.5e6), 0.01))
    assert result.outcome == "unsure"
