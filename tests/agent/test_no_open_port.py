"""Nobody can reach a site through the agent: it listens on no port, whatever it measures."""

from __future__ import annotations

import os
import socket
import subprocess
import sys

import psutil
import pytest

from agent import paths


@pytest.fixture
def resident(write_settings, broker, probe_server):
    """A real resident that does all it does: connects, ticks each second, measures everything in its first round."""
    settings = write_settings((broker.url,), probe_server, tick_s=1)
    command = [sys.executable, "-I", "-m", "agent.resident", "--settings", str(settings.folder / paths.SETTINGS)]
    process = subprocess.Popen(command, stderr=subprocess.DEVNULL)
    yield psutil.Process(process.pid)
    process.terminate()
    process.wait(30)


def sockets(process):
    """The Internet sockets of a process and of all its children, as the kernel lists them."""
    found = []
    for one in (process, *process.children(recursive=True)):
        try:
            found += [(one.pid, each) for each in one.net_connections("inet")]
        except psutil.NoSuchProcess:
            continue  # a child that has just ended
    return found


def is_open(one):
    """Tell whether somebody who was not spoken to first could send something to this socket."""
    return one.status == psutil.CONN_LISTEN or (one.type == socket.SOCK_DGRAM and not one.raddr)


def test_neither_the_resident_nor_a_round_ever_listens(resident, centre, eventually):
    kinds, opened, before = set(), [], set()

    def look():
        nonlocal before
        seen = sockets(resident)
        kinds.update((pid == resident.pid, one.type) for pid, one in seen)
        now = {(pid, one.fd, one.laddr) for pid, one in seen if is_open(one)}
        opened.extend(now & before)  # a UDP socket has no peer for the instant in which it connects
        before = now
        return centre.reports()

    (_, body) = eventually(look, "the first report", 60)[0]
    assert b'"line"' in body
    ticks = len(centre.snapshots())
    eventually(lambda: look() and len(centre.snapshots()) >= ticks + 2, "two more ticks")
    assert opened == []
    assert {(True, socket.SOCK_STREAM), (True, socket.SOCK_DGRAM), (False, socket.SOCK_STREAM)} <= kinds


def test_this_test_would_see_an_open_port(probe_server):
    ours = [one for _, one in sockets(psutil.Process(os.getpid())) if is_open(one)]
    assert {one.laddr.port for one in ours} >= {probe_server.http_port, probe_server.udp_port}
