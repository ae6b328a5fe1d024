"""The web of a filled country in a process of its own, as `diemcau-collector web` is, and somebody logged in."""

from __future__ import annotations

import http.client
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlencode

from laboratory.filled_country import LOGIN, PASSWORD
from laboratory.ports import free_port

_DEADLINE_S = 60
_TIMEOUT_S = 120


class Web(NamedTuple):
    """Where it answers, as which process, and the cookie of whoever has logged in."""

    port: int
    pid: int
    cookie: str

    def connect(self) -> http.client.HTTPConnection:
        return http.client.HTTPConnection("127.0.0.1", self.port, timeout=_TIMEOUT_S)

    def get(self, path: str) -> Answer:
        connection = self.connect()
        try:
            return ask(connection, path, self.cookie)
        finally:
            connection.close()


class Answer(NamedTuple):
    """A body as it came, packed or not."""

    status: int
    body: bytes
    is_packed: bool


def ask(connection: http.client.HTTPConnection, path: str, cookie: str) -> Answer:
    """Get a page as a browser does."""
    connection.request("GET", path, headers={"Cookie": cookie, "Accept-Encoding": "gzip"})
    response = connection.getresponse()
    return Answer(response.status, response.read(), response.headers.get("content-encoding") == "gzip")


@contextmanager
def running(home: Path) -> Iterator[Web]:
    """Run the web until the context ends."""
    port = free_port()
    environment = {**os.environ, "DIEMCAU_HOME": str(home), "DIEMCAU_WEB_PORT": str(port)}
    with (home / "web.log").open("wb") as log:
        command = (sys.executable, "-m", "collector.cli", "web")
        process = subprocess.Popen(command, env=environment, stdout=log, stderr=log)
    try:
        yield _logged_in(Web(port, process.pid, ""), process)
    finally:
        process.terminate()
        process.wait(_DEADLINE_S)


def _logged_in(web: Web, process: subprocess.Popen[bytes]) -> Web:
    deadline_s = time.monotonic() + _DEADLINE_S
    while process.poll() is None and time.monotonic() < deadline_s:
        connection = web.connect()
        try:
            form = {"Content-Type": "application/x-www-form-urlencoded"}
            connection.request("POST", "/login", urlencode({"login": LOGIN, "password": PASSWORD}), form)
            response = connection.getresponse()
            response.read()
            return web._replace(cookie=response.headers["set-cookie"].partition(";")[0])
        except OSError:
            time.sleep(0.1)
        finally:
            connection.close()
    raise RuntimeError("the web does not start")
