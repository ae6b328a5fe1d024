"""The probe server as a program of its own."""

import asyncio
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request

import pytest

from collector.probe_server.app import build_app, serving
from collector.probe_server.keys import SLOTS
from contract import stamp

PROGRAM = "from collector.probe_server import app; from provisioning.settings import load; app.run(load())"


def test_it_answers_on_both_ports_of_its_settings_and_ends_on_sigterm(tmp_path, free_port):
    http_port, udp_port = free_port(), free_port()
    environ = os.environ | {
        "DIEMCAU_HOME": str(tmp_path),
        "DIEMCAU_PROBE_HTTP_PORT": str(http_port),
        "DIEMCAU_PROBE_UDP_PORT": str(udp_port),
    }
    with subprocess.Popen([sys.executable, "-c", PROGRAM], env=environ) as server:
        try:
            assert b"ok" in answer_of(f"http://127.0.0.1:{http_port}/healthz", server)
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
                sender.settimeout(5)
                sender.sendto(stamp.encode(1, 0), ("127.0.0.1", udp_port))
                assert stamp.decode(sender.recv(2048)).sender_seq == 1
            server.send_signal(signal.SIGTERM)
            assert server.wait(timeout=10) == 0
        finally:
            server.kill()


def test_a_task_that_dies_ends_the_server_loudly(permit_master, document, monkeypatch):
    app = build_app(permit_master, document)

    def break_down():
        raise RuntimeError("the ledger is out of order")

    monkeypatch.setattr(app[SLOTS], "look", break_down)

    async def serve():
        async with serving(app, "127.0.0.1", 0, 0):
            await asyncio.sleep(60)

    with pytest.raises(ExceptionGroup) as raised:
        asyncio.run(serve())
    assert "out of order" in str(raised.value.exceptions)


def answer_of(url, server):
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline and server.poll() is None:
        try:
            with urllib.request.urlopen(url, timeout=5) as answer:
                return answer.read()
        except urllib.error.URLError:
            time.sleep(0.05)
    raise AssertionError(f"no answer from {url}, program ended with {server.poll()}")
