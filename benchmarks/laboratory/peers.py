"""Agents of other people, in the state that ours is compared in: idle, and after they have been asked for a while."""

from __future__ import annotations

import re
import shutil
import socket
import subprocess
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from laboratory.memory import Memory, read
from laboratory.ports import free_low_port, free_port

_SETTLE_S = 10
_DEADLINE_S = 30
CHECKS, SCRAPES = 80, 5
# Of each kind that a monitoring server asks of a PC.
_KEYS = ("system.cpu.load", "vm.memory.size[available]", "vfs.fs.size[/,pfree]", "net.if.in[lo]", "system.uptime")


def measure_zabbix(folder: Path) -> dict[str, Memory]:
    """Return the memory of zabbix-agent2 idle and after 80 passive checks; it has no server and no TLS."""
    program, port = _program("zabbix_agent2", "zabbix-agent2"), free_low_port()
    file = folder / "zabbix_agent2.conf"
    settings = {
        "Server": "127.0.0.1",
        "ListenIP": "127.0.0.1",
        "ListenPort": port,
        "Hostname": "footprint",
        "LogType": "console",
        "PidFile": folder / "zabbix.pid",
        "ControlSocket": folder / "zabbix.sock",
    }
    file.write_text("".join(f"{name}={value}\n" for name, value in settings.items()))
    with _running([program, "--foreground", "--config", str(file)], port, folder / "zabbix.log") as pid:
        idle = _settled(pid)
        for number in range(CHECKS):
            _zabbix_get(port, _KEYS[number % len(_KEYS)])
        return _told(program, {"idle": idle, f"after {CHECKS} passive checks": _settled(pid)})


def measure_node_exporter(folder: Path) -> dict[str, Memory]:
    """Return the memory of prometheus-node-exporter idle and after 5 scrapes."""
    program, port = _program("prometheus-node-exporter", "prometheus-node-exporter"), free_port()
    command = [program, f"--web.listen-address=127.0.0.1:{port}"]
    with _running(command, port, folder / "node_exporter.log") as pid:
        idle = _settled(pid)
        for _ in range(SCRAPES):
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=_DEADLINE_S) as answer:
                assert b"node_cpu_seconds_total" in answer.read()
        return _told(program, {"idle": idle, f"after {SCRAPES} scrapes": _settled(pid)})


def _program(name: str, package: str) -> str:
    found = shutil.which(name, path="/usr/bin:/usr/sbin")
    if found is None:
        raise SystemExit(f"{name} is missing, and without a peer no figure says much: apt-get install {package}")
    return found


def _told(program: str, found: dict[str, Memory]) -> dict[str, Memory]:
    """Return what was found with the program's name and version."""
    done = subprocess.run([program, "--version"], capture_output=True, text=True, check=True)
    version = re.search(r"(?:\(Zabbix\)|version) (\S+)", done.stdout or done.stderr)
    assert version is not None
    return {f"{Path(program).name} {version[1]}, {state}": reading for state, reading in found.items()}


def _settled(pid: int) -> Memory:
    time.sleep(_SETTLE_S)
    return read(pid)


@contextmanager
def _running(command: list[str], port: int, log_file: Path) -> Iterator[int]:
    with log_file.open("wb") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log)
    try:
        deadline = time.monotonic() + _DEADLINE_S
        while not _listens(port):
            if process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"{command[0]} does not start:\n{log_file.read_text()[-2000:]}")
            time.sleep(0.1)
        yield process.pid
    finally:
        process.terminate()
        process.wait(_DEADLINE_S)


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def _zabbix_get(port: int, key: str) -> bytes:
    """Ask for one item as a Zabbix server does: "ZBXD", flags 1, the length in eight bytes (Zabbix manual, header)."""
    with socket.create_connection(("127.0.0.1", port), timeout=_DEADLINE_S) as connection:
        body = key.encode()
        connection.sendall(b"ZBXD\x01" + len(body).to_bytes(8, "little") + body)
        answer = b"".join(iter(lambda: connection.recv(4096), b""))
    if not answer.startswith(b"ZBXD\x01") or b"ZBX_NOTSUPPORTED" in answer:
        raise RuntimeError(f"zabbix-agent2 does not answer {key}: {answer!r}")
    return answer[13:]
