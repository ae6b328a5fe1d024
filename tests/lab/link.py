"""Emulated lines between a site and a server, each in a network namespace of its own; both are gone afterwards.

with running(Link("adsl", Way(12), Way(1)), folder) as lab:
    lab.start("server", ["iperf3", "-s"])
    lab.run("site", ["iperf3", "-c", lab.server_address])
"""

from __future__ import annotations

import contextlib
import itertools
import json
import os
import random
import re
import subprocess
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Literal, NamedTuple

Side = Literal["site", "server"]

_SOURCE = Path(__file__).with_name("emulator.c")
_NAME = re.compile(r"dc-lab-(\d+)x\d+-[abm]")
_NUMBERS = itertools.count(1)
_COMPILING = threading.Lock()
_PACKET_BYTES = 1500
_FRAME_BYTES = 1514
_STOP_S = 10


class Way(NamedTuple):
    """One direction of a link; rates are of IP packets (of frames in the kernel's shapers)."""

    rate_mbps: float
    bucket_bytes: float = 0  # what may leave at `peak_mbps` after a rest
    peak_mbps: float = 0  # 0: ten times the rate
    queue_ms: float = 200  # at the rate
    queue_bytes: float = 0  # instead of `queue_ms`; a policer has next to none
    delay_ms: float = 15
    jitter_ms: float = 0  # mean of an exponential extra delay, at most 5 times as much
    jitter_hold_ms: float = 10  # how long an extra delay lasts: as long, packets keep their distances
    loss: float = 0  # share lost, each packet by itself
    bursts: tuple[float, float] = (0, 1)  # share lost in bursts, and their mean length in packets
    reorder: float = 0  # share that comes `reorder_ms` late
    reorder_ms: float = 5
    pause_every_ms: float = 0
    pause_ms: float = 0  # nothing leaves for so long in each period

    @property
    def queue(self) -> float:
        """Bytes that wait at most."""
        return self.queue_bytes or max(self.rate_mbps * 125 * self.queue_ms, 4 * _PACKET_BYTES)

    @property
    def lost_share(self) -> float:
        """The configured loss: that of the good state and that of bursts."""
        share, _ = self.bursts
        return share + (1 - share) * self.loss

    @property
    def lag1_correlation(self) -> float:
        """Correlation of a packet's loss with that of the packet before, of a Gilbert-Elliott channel."""
        to_bad, to_good = self._chances()
        return 1 - to_bad - to_good if to_bad else 0.0

    def scaled(self, ratio: float) -> Way:
        """Return the same with rates and sizes so many times as large."""
        sizes = ("rate_mbps", "bucket_bytes", "peak_mbps")
        return self._replace(**{name: getattr(self, name) * ratio for name in sizes})

    def _chances(self) -> tuple[float, float]:
        share, length = self.bursts
        return (share / (1 - share) / length, 1 / length) if share else (0.0, 1.0)

    def told(self) -> str:
        """Return it in the words of emulator.c: bytes, seconds, bytes a second."""
        to_bad, to_good = self._chances()
        parts = {
            "rate": self.rate_mbps * 125_000,
            "bucket": self.bucket_bytes,
            "peak": (self.peak_mbps or 10 * self.rate_mbps) * 125_000,
            "queue": self.queue,
            "delay": self.delay_ms / 1000,
            "jitter": self.jitter_ms / 1000,
            "jitter_hold": self.jitter_hold_ms / 1000,
            "loss": self.loss,
            "to_bad": to_bad,
            "to_good": to_good,
            "loss_bad": 1,
            "reorder": self.reorder,
            "reorder_delay": self.reorder_ms / 1000,
            "pause_every": self.pause_every_ms / 1000,
            "pause": self.pause_ms / 1000,
        }
        return ",".join(f"{name}={value:.9g}" for name, value in parts.items() if value)


class Link(NamedTuple):
    """A line to emulate, as seen from the site."""

    name: str
    down: Way
    up: Way
    by: Literal["emulator", "tbf", "htb"] = "emulator"
    is_real: bool = False  # a product as it is sold, which does not grow with the need

    def scaled(self, down: float, up: float) -> Link:
        """Return the link with each direction so many times as fast; a real one as it is."""
        return self if self.is_real else self._replace(down=self.down.scaled(down), up=self.up.scaled(up))


class Sent(NamedTuple):
    """Bytes that left the interface of each sender, headers and what was dropped later included."""

    down: int
    up: int


class Lab:
    """A link that runs: its two namespaces and what has been started in them."""

    site_address = "10.9.0.1"
    server_address = "10.9.0.2"

    def __init__(self, name: str, folder: Path) -> None:
        self.namespaces: dict[Side, str] = {"site": f"{name}-a", "server": f"{name}-b"}
        self.counts_file = folder / f"{name}.json"
        self.packets_file = folder / f"{name}.csv"
        self._started: list[subprocess.Popen[Any]] = []

    def start(self, side: Side, command: Sequence[object], **options: Any) -> subprocess.Popen[Any]:
        """Start a program at one end; it is ended with the link. Options are those of `Popen`."""
        process = subprocess.Popen(self._at(side, command), **options)
        self._started.append(process)
        return process

    def run(self, side: Side, command: Sequence[object], **options: Any) -> subprocess.CompletedProcess[Any]:
        """Run a program at one end. Options are those of `subprocess.run`."""
        return subprocess.run(self._at(side, command), **options)

    def sent(self) -> Sent:
        """Return the bytes sent so far."""
        return Sent(*(self._sent(side) for side in ("server", "site")))

    def counts(self) -> dict[str, dict[str, float]]:
        """Return what the emulator counted in each direction; it tells when the link has ended."""
        found: dict[str, dict[str, float]] = json.loads(self.counts_file.read_text())
        return found

    def stop(self) -> None:
        """End what has been started."""
        for process in self._started:
            process.terminate()
        for process in self._started:
            try:
                process.wait(_STOP_S)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
            for pipe in (process.stdin, process.stdout, process.stderr):
                if pipe is not None:
                    pipe.close()

    def _at(self, side: Side, command: Sequence[object]) -> list[str]:
        return ["ip", "netns", "exec", self.namespaces[side], *map(str, command)]

    def _sent(self, side: Side) -> int:
        answer = _ip(f"-n {self.namespaces[side]} -s -j link show dev line")
        return int(json.loads(answer)[0]["stats64"]["tx"]["bytes"])


@contextlib.contextmanager
def running(link: Link, folder: Path, *, has_rows: bool = False, seed: int | None = None) -> Iterator[Lab]:
    """Run a link for as long as the context lasts; its logs, and the emulator's program, are kept under `folder`.

    `has_rows`: keep a row per UDP packet (`log.read`). Raises PermissionError for who is not root.
    """
    if os.geteuid() != 0:
        raise PermissionError("a link lies between network namespaces, which only root may make")
    sweep()
    name = f"dc-lab-{os.getpid()}x{next(_NUMBERS)}"
    lab = Lab(name, folder)
    try:
        for namespace in lab.namespaces.values():
            _make_namespace(namespace)
        if link.by == "emulator":
            with _emulating(lab, link, folder, has_rows=has_rows, seed=seed):
                yield lab
        else:
            _shape(lab, link, f"{name}-m")
            try:
                yield lab
            finally:
                lab.stop()
    finally:
        _delete(f"{name}-{part}" for part in "abm")


def sweep() -> None:
    """Delete the namespaces of runs that crashed."""
    names = [line.split()[0] for line in _ip("netns list").splitlines() if line]
    found = {name: match[1] for name in names if (match := _NAME.fullmatch(name))}
    _delete(name for name, pid in found.items() if not Path("/proc", pid).exists())


def _make_namespace(name: str) -> None:
    _ip(f"netns add {name}")
    _set(name, "ipv6/conf/all/disable_ipv6")  # only what a test sends is on the line
    _ip(f"-n {name} link set lo up")


def _set(namespace: str, switch: str) -> None:
    command = ["ip", "netns", "exec", namespace, "tee", f"/proc/sys/net/{switch}"]
    subprocess.run(command, input=b"1", check=True, capture_output=True)


def _delete(names: Iterator[str]) -> None:
    """Delete these namespaces as far as they exist, with all that runs in them."""
    for name in names:
        if not Path("/run/netns", name).exists():
            continue
        for pid in _ip(f"netns pids {name}").split():
            with contextlib.suppress(ProcessLookupError):
                os.kill(int(pid), 9)
        with contextlib.suppress(subprocess.CalledProcessError):  # another run swept it just now
            _ip(f"netns delete {name}")


@contextlib.contextmanager
def _emulating(lab: Lab, link: Link, folder: Path, *, has_rows: bool, seed: int | None) -> Iterator[None]:
    rows = lab.packets_file if has_rows else "-"
    seed = random.randrange(1, 2**31) if seed is None else seed
    command = [
        _compiled(folder),
        *lab.namespaces.values(),
        lab.counts_file,
        rows,
        seed,
        link.down.told(),
        link.up.told(),
    ]
    emulator = subprocess.Popen([*map(str, command)], stdout=subprocess.PIPE)
    try:
        assert emulator.stdout is not None
        if emulator.stdout.readline() != b"ready\n":
            raise RuntimeError(f"the emulator does not start: {link}")
        _address(lab, "site", lab.site_address)
        _address(lab, "server", lab.server_address)
        yield
    finally:
        lab.stop()
        emulator.terminate()
        emulator.communicate(timeout=_STOP_S)


def _compiled(folder: Path) -> Path:
    program = folder / "emulator"
    with _COMPILING:
        if not program.exists():
            subprocess.run(["gcc", "-O2", "-Wall", "-Wextra", "-Werror", "-o", program, _SOURCE, "-lm"], check=True)
    return program


def _shape(lab: Lab, link: Link, middle: str) -> None:
    """Join both ends by a router with the kernel's shapers: a sender's own system must not know of their queue."""
    _make_namespace(middle)
    _set(middle, "ipv4/ip_forward")
    ends: tuple[tuple[Side, str, str, Way], ...] = (
        ("site", lab.site_address, lab.server_address, link.down),
        ("server", lab.server_address, lab.site_address, link.up),
    )
    for side, address, other, way in ends:
        namespace = lab.namespaces[side]
        _ip(f"-n {namespace} link add line type veth peer name {side} netns {middle}")
        # Single packets: a shaper must not be given many as one.
        _ip(f"-n {namespace} link set line gso_max_segs 1 gso_max_size {_PACKET_BYTES}")
        _address(lab, side, address)
        _ip(f"-n {middle} link set {side} up")
        _ip(f"-n {middle} route add {address} dev {side}")
        _ip(f"-n {middle} neigh replace {address} dev {side} lladdr {_mac(namespace)}")
        _ip(f"-n {namespace} neigh replace {other} dev line lladdr {_mac(middle, side)}")
        _add_shaper(f"-n {middle} qdisc add dev {side}", link.by, way)


def _add_shaper(add: str, kind: str, way: Way) -> None:
    unknown = way.delay_ms or way.jitter_ms or way.lost_share or way.reorder or way.pause_ms
    if unknown:
        raise ValueError(f"the kernel's shapers limit rates and nothing else: {way}")
    rate, burst = f"{way.rate_mbps:.6f}mbit", f"{max(way.bucket_bytes, 2 * _FRAME_BYTES):.0f}"
    if kind == "tbf":
        peak = f"peakrate {way.peak_mbps:.6f}mbit mtu {_FRAME_BYTES + 26}" if way.peak_mbps else ""
        _tc(f"{add} root tbf rate {rate} burst {burst} limit {way.queue:.0f} {peak}")
    else:
        _tc(f"{add} root handle 1: htb default 1")
        _tc(f"{add.replace('qdisc', 'class')} parent 1: classid 1:1 htb rate {rate} burst {burst} cburst {burst}")
        _tc(f"{add} parent 1:1 bfifo limit {way.queue:.0f}")


def _address(lab: Lab, side: Side, address: str) -> None:
    other = lab.server_address if side == "site" else lab.site_address
    namespace = lab.namespaces[side]
    _ip(f"-n {namespace} address add {address} peer {other} dev line")
    _ip(f"-n {namespace} link set line txqueuelen 1000 up")


def _mac(namespace: str, device: str = "line") -> str:
    return str(json.loads(_ip(f"-n {namespace} -j link show dev {device}"))[0]["address"])


def _ip(arguments: str) -> str:
    return subprocess.run(["ip", *arguments.split()], check=True, capture_output=True, text=True).stdout


def _tc(arguments: str) -> None:
    subprocess.run(["tc", *arguments.split()], check=True, capture_output=True)
