"""What the doctor's tests share: machines to examine, and networks of their own."""

from __future__ import annotations

import ctypes
import os
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import trustme

from agent.child import Server
from agent.doctor import CHECKS
from agent.doctor.check import Subject, subject_at
from agent.doctor.examine import Examination, Result
from contract.clock import Clock

CLONE_NEWNET = 0x40000000


@pytest.fixture(autouse=True)
def plain_surroundings(monkeypatch: pytest.MonkeyPatch) -> None:
    """Speak Vietnamese, on a machine with no proxy set and no agent of the .deb."""
    monkeypatch.setattr("agent.paths.SYSTEM_HOME", Path("/nowhere"))
    monkeypatch.setenv("DIEMCAU_LANG", "vi")
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)


@pytest.fixture(scope="session")
def ca() -> trustme.CA:
    return trustme.CA()


@pytest.fixture
def enrolled(
    write_settings: Callable[..., object], probe_server: Server, ca: trustme.CA, tmp_path: Path
) -> Callable[..., Subject]:
    """Return a function that returns a machine with everything that enrolment writes."""

    def enrolled(*brokers: str, server: Server = probe_server, clock: Clock | None = None) -> Subject:
        write_settings(brokers or ("mqtt://127.0.0.1:1",), server)
        home = tmp_path / "agent"
        (home / "password").write_text("password-" + "p" * 32)
        (home / "password").chmod(0o600)
        ca.cert_pem.write_to_path(str(home / "ca.pem"))
        return subject_at(home, clock or Clock())

    return enrolled


@pytest.fixture
def stranger(tmp_path: Path) -> Subject:
    """A machine that was never enrolled."""
    (tmp_path / "agent").mkdir()
    return subject_at(tmp_path / "agent", Clock())


@pytest.fixture
def examine() -> Callable[[Subject], dict[str, Result]]:
    """Return a function that examines a machine wholly and returns the results by name."""
    return lambda machine: {result.name: result for result in Examination(machine, CHECKS).results()}


@pytest.fixture
def own_network() -> Iterator[None]:
    """A network namespace of our own, with loopback alone: for this thread and all that it starts."""
    libc = ctypes.CDLL(None, use_errno=True)
    with Path("/proc/thread-self/ns/net").open() as before:
        assert libc.unshare(CLONE_NEWNET) == 0, os.strerror(ctypes.get_errno())
        try:
            ip("link set lo up")
            yield
        finally:
            assert libc.setns(before.fileno(), CLONE_NEWNET) == 0, os.strerror(ctypes.get_errno())


@pytest.fixture
def silent_network(own_network: None) -> None:
    """A network with a way out, on which everything that is sent vanishes: as behind a firewall that drops."""
    ip("link add v0 type veth peer name v1")
    ip("link set v1 up")
    ip("addr add 10.9.0.1/24 dev v0")
    ip("link set v0 up")
    ip("neigh add 10.9.0.254 lladdr 02:00:00:00:00:09 dev v0 nud permanent")
    ip("route add default via 10.9.0.254")


def ip(arguments: str) -> None:
    ended = subprocess.run(["ip", *arguments.split()], capture_output=True, text=True)
    assert ended.returncode == 0, f"ip {arguments}: {ended.stderr}"
