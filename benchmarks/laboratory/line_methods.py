"""Ways to ask of a link whether it carries a need: the truth, our line test, speedtest-cli mini, iperf3."""

from __future__ import annotations

import json
import os
import secrets
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

from agent import identity
from agent.child import Request, Server
from laboratory import line_server
from provisioning.credentials import permit_key
from tests.lab.link import Lab, Link, Way

Raw = dict[str, Any]

_HERE = Path(__file__).parent
_PORT, _MINI_PORT, _HTTP_PORT, _UDP_PORT = 5201, 8099, 8090, 8862
_DEVICE = "d-bench00000"
_DEADLINE_S = 300
_SETTLE_S = 0.5  # until what is under way has arrived


class Need(NamedTuple):
    """What a line must carry each way, Mbit/s of content."""

    down_mbps: float
    up_mbps: float


class Answer(NamedTuple):
    """What a method says of a link; rates are None where it found none."""

    outcome: str  # carries, fails, unsure
    down_mbps: float | None
    up_mbps: float | None
    wall_s: float
    raw: Raw  # all that it said


def truth(lab: Lab, link: Link, transfer_s: int) -> Raw:
    """Return what one TCP flow (CUBIC) sustains once buckets are empty, at the receiver, with each second's rate."""
    _serve_iperf(lab)
    found: Raw = {}
    for name, way, options in (("down", link.down, ("-R",)), ("up", link.up, ())):
        omit_s = _empty_s(way, 2 * (link.down.delay_ms + link.up.delay_ms) / 1000)
        answer = _iperf(lab, "-t", transfer_s + 1, "-O", omit_s, *options)
        side = answer if name == "down" else answer["server_output_json"]
        # The first second after those omitted is told with a part of its bytes (iperf 3.12).
        seconds = [interval["sum"] for interval in side["intervals"] if not interval["sum"]["omitted"]][1:]
        found[f"{name}_mbps"] = sum(s["bytes"] for s in seconds) * 8e-6 / sum(s["seconds"] for s in seconds)
        found[f"{name}_each_s"] = [round(s["bits_per_second"] / 1e6, 3) for s in seconds]
        found[f"{name}_omitted_s"] = omit_s
    return found


def iperf(lab: Lab, need: Need) -> Answer:
    """Two transfers of ten seconds by iperf3, down and up, as it is called without options."""
    _serve_iperf(lab)
    began_s = time.monotonic()
    ends = [_iperf(lab, "-t", 10, *options)["end"] for options in (("-R",), ())]
    wall_s = time.monotonic() - began_s
    down, up = (end["sum_received"]["bits_per_second"] / 1e6 for end in ends)
    return Answer(_outcome(need, down, up), down, up, wall_s, {})


def mini(lab: Lab, need: Need) -> Answer:
    """The unmodified speedtest-cli against a mini server with the original sizes."""
    address = lab.server_address
    lab.start(
        "server",
        [sys.executable, _HERE / "original_mini.py", address, _MINI_PORT],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    _wait_for(lab, _MINI_PORT)
    url = f"http://{address}:{_MINI_PORT}"
    environment = {**os.environ, "http_proxy": url, "no_proxy": address}
    command = [Path(sys.executable).with_name("speedtest-cli"), "--mini", f"{url}/", "--json"]
    began_s = time.monotonic()
    done = lab.run("site", command, env=environment, capture_output=True, text=True, timeout=_DEADLINE_S)
    wall_s = time.monotonic() - began_s
    if done.returncode:
        return Answer("unsure", None, None, wall_s, {"problem": done.stderr[-300:]})
    said = json.loads(done.stdout)
    down, up = said["download"] / 1e6, said["upload"] / 1e6
    return Answer(_outcome(need, down, up), down, up, wall_s, {name: said[name] for name in ("ping", "bytes_sent")})


def ours(lab: Lab, need: Need) -> Answer:
    """Our line test: the round child of an agent at the site, against the real probe server."""
    master, server = secrets.token_bytes(32), Server(lab.server_address, _HTTP_PORT, _UDP_PORT)
    with tempfile.TemporaryDirectory(prefix="line-server-") as centre, tempfile.TemporaryDirectory() as home:
        line_server.prepare(Path(centre), server, master, _DEVICE, *need)
        program = [sys.executable, "-m", "collector.cli", "probe-server"]
        environment = {**os.environ, "DIEMCAU_HOME": centre}
        lab.start("server", program, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        _wait_for(lab, _HTTP_PORT)
        identity.keep_permit_key(Path(home), permit_key(master, _DEVICE, 1))
        request = Request(_DEVICE, "schedule", ("line",), home, server)._asdict()
        told = json.dumps({**request, "server": server._asdict(), "measured": [], "boot_id": ""})
        began_s = time.monotonic()
        command = [sys.executable, "-I", "-m", "agent.round"]
        done = lab.run("site", command, input=told, capture_output=True, text=True, timeout=_DEADLINE_S, check=True)
        wall_s = time.monotonic() - began_s
    (measured,) = json.loads(done.stdout.splitlines()[-1].partition(" ")[2])["measurements"]
    if "failure" in measured:
        return Answer("unsure", None, None, wall_s, measured["failure"])
    found = measured["findings"]
    outcomes = {found[way]["outcome"] for way in ("download", "upload") if way in found}
    outcome = "fails" if "fails" in outcomes else "unsure" if "unsure" in outcomes else "carries"
    return Answer(outcome, found.get("download_mbps"), found.get("upload_mbps"), wall_s, found)


METHODS: dict[str, Callable[[Lab, Need], Answer]] = {"ours": ours, "mini": mini, "iperf3": iperf}


def counted(lab: Lab, method: Callable[[Lab, Need], Answer], need: Need) -> Raw:
    """Run a method and return its answer as a row, with the bytes that the interfaces counted meanwhile."""
    load = os.getloadavg()[0]
    before = lab.sent()
    answer = method(lab, need)
    time.sleep(_SETTLE_S)
    after = lab.sent()
    moved = {"down_bytes": after.down - before.down, "up_bytes": after.up - before.up}
    return {**answer._asdict(), **moved, "load": round(load, 2)}


def _outcome(need: Need, down_mbps: float, up_mbps: float) -> str:
    return "carries" if down_mbps >= need.down_mbps and up_mbps >= need.up_mbps else "fails"


def _empty_s(way: Way, round_trip_s: float) -> int:
    """Seconds to leave out: half more than a bucket takes to run empty, and a slow start."""
    peak_mbps = way.peak_mbps or 10 * way.rate_mbps
    drain_s = way.bucket_bytes * 8e-6 / (peak_mbps - way.rate_mbps)
    return min(60, round(5 + 20 * round_trip_s + 1.5 * drain_s))


def _serve_iperf(lab: Lab) -> None:
    lab.start("server", ["iperf3", "-s", "-J", "-p", _PORT], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _wait_for(lab, _PORT)


def _iperf(lab: Lab, *options: object) -> Raw:
    command = ["iperf3", "-c", lab.server_address, "-p", _PORT, "-C", "cubic", "-J", "--get-server-output", *options]
    for _ in range(3):
        done = lab.run("site", command, capture_output=True, text=True, timeout=_DEADLINE_S)
        said: Raw = json.loads(done.stdout)
        if "error" not in said:
            return said
        time.sleep(1)  # the server may still be busy with the transfer before
    raise RuntimeError(f"iperf3: {said['error']}")


def _wait_for(lab: Lab, port: int) -> None:
    """Wait until somebody listens in the server's namespace, without a packet on the line."""
    deadline_s = time.monotonic() + 30
    while not lab.run("server", ["ss", "-Hltn", f"sport = :{port}"], capture_output=True, check=True).stdout:
        if time.monotonic() > deadline_s:
            raise RuntimeError(f"nobody listens on port {port}")
        time.sleep(0.05)
