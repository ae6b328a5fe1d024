"""A stand-in for Network UPS Tools: what upsd says to each question."""

from __future__ import annotations

import socketserver
import threading
from collections.abc import Callable, Iterator

import pytest

from agent.platforms import nut


@pytest.fixture
def ups_tools(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., None]]:
    """A function that starts a server with these answers, and one more to any other question."""
    servers: list[socketserver.TCPServer] = []

    def start(answers: dict[str, list[str]], otherwise: str) -> None:
        class Upsd(socketserver.StreamRequestHandler):
            def handle(self) -> None:
                for line in self.rfile:
                    question = line.decode().strip()
                    said = ["OK Goodbye"] if question == "LOGOUT" else answers.get(question, [otherwise])
                    self.wfile.write("".join(f"{text}\n" for text in said).encode())
                    if question == "LOGOUT":
                        return

        servers.append(socketserver.TCPServer(("127.0.0.1", 0), Upsd))
        threading.Thread(target=servers[-1].serve_forever, daemon=True).start()
        monkeypatch.setattr(nut, "_PLACE", servers[-1].server_address)

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()
