from __future__ import annotations

import datetime
import http.server
import ssl
import threading

import pytest
import trustme

from agent.doctor import servers
from agent.doctor.check import OK, SKIPPED, WARNING

YEAR_2020 = datetime.datetime(2020, 1, 1, tzinfo=datetime.UTC)


@pytest.fixture
def https(enrolled, ca):
    """Return a function that answers over HTTPS with a status and a body, and returns the machine enrolled there."""
    running = []

    def https(status=200, body=b'{"status":"ok"}', authority=ca, **life):
        class Answering(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                self.send_response(status if self.path == "/healthz" else 200)
                self.send_header("Location", "/elsewhere")  # where all is well, for whoever follows
                self.end_headers()
                self.wfile.write(body if self.path == "/healthz" else b'{"status":"ok"}')

            def log_message(self, *_):
                pass

        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Answering)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        authority.issue_cert("localhost", **life).configure_cert(context)
        server.socket = context.wrap_socket(server.socket, server_side=True)
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        running.append((server, thread))
        machine = enrolled()
        (machine.home / "server").write_text(f"https://localhost:{server.server_port}")
        return machine

    yield https
    for server, thread in running:
        server.shutdown()
        thread.join()
        server.server_close()


def test_one_that_answers_as_ours_is_well(https):
    assert servers.enrolment(https()).state == OK


@pytest.mark.parametrize(
    ("status", "body", "words"),
    [
        (503, b"", "HTTP 503"),
        (302, b"", "HTTP 302"),
        (200, b"<html>Wi-Fi</html>", "câu trả lời lạ"),
        (200, b'{"a":1}', "câu trả lời lạ"),
    ],
)
def test_one_that_is_sick_or_another_is_told_and_does_not_stop_an_enrolled_machine(https, status, body, words):
    answer = servers.enrolment(https(status, body))
    assert answer.state == WARNING
    assert words in answer.text
    assert answer.next_step


def test_one_of_another_authority_is_not_trusted(https):
    answer = servers.enrolment(https(authority=trustme.CA()))
    assert answer.state == WARNING
    assert "chứng thư của máy chủ không khớp" in answer.text


@pytest.mark.parametrize(("offset_ms", "state"), [(400 * 86_400_000.0, OK), (0.0, WARNING), (None, WARNING)])
def test_dates_are_forgiven_only_when_the_probe_server_shows_that_our_clock_is_wrong(
    https, monkeypatch, offset_ms, state
):
    monkeypatch.setattr("agent.packets.offset_ms", lambda _: offset_ms)
    answer = servers.enrolment(https(not_before=YEAR_2020, not_after=YEAR_2020 + datetime.timedelta(days=30)))
    assert answer.state == state
    assert ("theo đồng hồ của máy này" in answer.text) == (state == WARNING)


def test_one_that_is_off_is_told(enrolled, free_port):
    machine = enrolled()
    (machine.home / "server").write_text(f"https://127.0.0.1:{free_port()}")
    assert "máy chủ đang tắt" in servers.enrolment(machine).text


def test_one_that_was_never_kept_is_skipped(enrolled):
    assert servers.enrolment(enrolled()).state == SKIPPED
