"""speedtest-cli in its round child: in a slot of our probe server, and against a stand-in for the public service."""

from __future__ import annotations

import http.server
import threading
from types import SimpleNamespace

import pytest

from agent.child import Request, Round
from agent.probes import speedtest
from agent.probes.context import Context
from agent.unmeasured import ProbeError
from contract.clock import Clock
from contract.report import read_body

DEVICE = "dev-00000001"
CONFIGURATION = """<?xml version="1.0"?><settings>
<client ip="192.0.2.1" lat="21.0" lon="105.8" isp="ISP"/>
<server-config ignoreids="" threadcount="4"/>
<download testlength="10" threadsperurl="4"/>
<upload ratio="5" maxchunkcount="50" threads="2" testlength="10"/></settings>"""
SERVERS = """<?xml version="1.0"?><settings><servers>
<server url="http://127.0.0.1:{port}/speedtest/upload.php" lat="21.0" lon="105.8" name="Hà Nội" country="VN" cc="VN"
sponsor="S" id="1"/></servers></settings>"""


@pytest.fixture
def measured(tmp_path, eventually):
    """A function that lets the child measure, and returns its measurement."""

    def run(server=None, occasion="once", **others):
        request = Request(DEVICE, occasion, ("speedtest",), str(tmp_path), server)._replace(**others)
        outcome = eventually(Round(request, Clock()).poll, "the end of the round")
        return read_body(outcome.body, DEVICE).measurements

    return run


@pytest.fixture
def public_service():
    """A stand-in for speedtest.net, reached as a proxy; the paths that it was asked."""
    asked = []

    class Answering(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            asked.append(self.path)
            port = self.server.server_port
            pages = {"speedtest-config.php": CONFIGURATION, "speedtest-servers": SERVERS.format(port=port)}
            page = next((text for name, text in pages.items() if name in self.path), "test=test")
            self._send(b"x" * 100_000 if ".jpg" in self.path else page.encode())

        def do_POST(self):
            left = int(self.headers["Content-Length"])
            while left:
                left -= len(self.rfile.read(min(left, 65_536)))
            self._send(b"size=500")

        def _send(self, body):
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Answering) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        yield server.server_port, asked
        server.shutdown()
        thread.join()


def test_it_moves_no_more_than_its_slot_grants(measured, probe_server, tmp_path, keep_permit_key):
    keep_permit_key(tmp_path)
    (measurement,) = measured(probe_server)
    found = measurement.findings
    assert (found.method, found.download, found.upload) == ("speedtest-cli", None, None)
    assert 0 < found.received_bytes <= 15 * 2e6 / 8
    assert 0 < found.sent_bytes <= 15 * 1e6 / 8
    assert found.round_trip_ms.value < 1000


@pytest.mark.parametrize("occasion", ["command", "schedule"])
def test_no_command_and_no_schedule_runs_it(measured, probe_server, tmp_path, keep_permit_key, occasion):
    keep_permit_key(tmp_path)
    assert measured(probe_server, occasion) == ()


def test_a_device_without_leave_moves_not_a_byte(measured, probe_server, tmp_path, keep_permit_key):
    keep_permit_key(tmp_path, "dev-00000002")
    (measurement,) = measured(probe_server)
    assert measurement.failure.code == "refused"


def test_the_public_service_is_asked_only_when_it_is_named_and_needs_no_enrolment(
    measured, public_service, monkeypatch
):
    port, asked = public_service
    monkeypatch.setenv("http_proxy", f"http://127.0.0.1:{port}")
    (measurement,) = measured(is_public=True)
    found = measurement.findings
    assert found.server == "speedtest.net"
    assert found.received_bytes == 6 * 100_000
    assert found.sent_bytes == 24 * 262_144
    assert any("speedtest-config.php" in path for path in asked)


def test_the_public_service_costs_no_metered_bytes_without_consent(tmp_path):
    refused = []
    network = SimpleNamespace(link=SimpleNamespace(value="mobile"))
    reader = SimpleNamespace(network=lambda machine: network)
    context = Context(tmp_path, None, is_public=True, reader=reader, refused=lambda *why: refused.append(why))
    with pytest.raises(ProbeError) as raised:
        speedtest.measure(context)
    assert raised.value.code == "needs_consent"
    assert refused == [("needs_consent", 22_000_000)]
