"""A stand-in for a probe server, that says what a test tells it to."""

from __future__ import annotations

import http.server
import json
import threading
from collections.abc import Callable, Iterator

import pytest

from agent.child import Server
from contract.probing import HEADER


@pytest.fixture
def saying() -> Iterator[Callable[..., Server]]:
    """A function that starts a probe server with these answers to those who ask for a slot; the last one stays."""
    running: list[http.server.ThreadingHTTPServer] = []

    def start(*answers: dict[str, object]) -> Server:
        left = list(answers)

        class Answering(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                self._send({"nonce": "n" * 32, "ends_in_s": 30.0})

            def do_POST(self):
                start.asked.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
                self._send(left.pop(0) if len(left) > 1 else left[0])

            def _send(self, value):
                body = json.dumps(value).encode()
                self.send_response(200)
                self.send_header(HEADER, "1")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_):
                pass

        running.append(http.server.ThreadingHTTPServer(("127.0.0.1", 0), Answering))
        threading.Thread(target=running[-1].serve_forever, kwargs={"poll_interval": 0.02}).start()
        return Server("127.0.0.1", running[-1].server_port, 9)

    start.asked = []
    yield start
    for server in running:
        server.shutdown()
        server.server_close()
