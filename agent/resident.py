"""The resident: one loop in one thread that ticks, starts rounds, spools their reports and sends them.

`python -I -m agent.resident --settings FILE`. It imports neither pydantic nor psutil nor click: they would double its
memory, and only the round child needs them.
"""

from __future__ import annotations

import agent.late  # noqa: F401 - first, or there is nothing left to put off

# isort: split
import random
import signal
import socket
import sys
import time
from pathlib import Path
from typing import Callable, Dict, List, Optional, Tuple

import contract
from agent import connection as link
from agent import last_line, lock, log, original, paths, stopping, tick, trouble
from agent.backoff import Backoff
from agent.child import Rounds, Server
from agent.connection import Connection, place_of
from agent.disk import Disk
from agent.enrolling import Enrolling, wait
from agent.measuring import MOST_COMMANDS, Measuring
from agent.plugged import Plugged, look
from agent.publisher import Publisher
from agent.schedule import Schedule
from agent.settings import Settings, SettingsError, load
from agent.sleep import FallsAsleep, Sleep
from agent.spool import Spool, SpoolError
from agent.wall import Wall
from contract import wire
from contract.clock import Clock
from contract.languages import say

_IDLE_S = 15.0  # how long the loop may wait for the network; all else, but what rings, is noticed after that
_ALERT_S = 1.0  # while a round runs, reports wait for their receipt, or there is no connection
_BUSY_S = 0.05  # while reports go out
_NETWORK_WAIT_S = 60.0  # a machine is on before its network is; measuring at once would find no network


class Resident:
    """The parts of a resident agent and the loop that drives them; a test may replace each part."""

    def __init__(
        self,
        settings: Settings,
        clock: Clock,
        spool: Spool,
        connection: Connection,
        publisher: Publisher,
        measuring: Measuring,
        sleep: Sleep,
        wall: Wall,
        disk: Disk,
        reload: Callable[[], Settings],
    ) -> None:
        self.settings = settings  # as they are followed now
        self._own = settings  # as the file has them
        self._live_until_s = 0.0
        self.clock = clock
        self.spool = spool
        self.connection = connection
        self.publisher = publisher
        self.measuring = measuring
        self.sleep = sleep
        self.wall = wall
        self.reload = reload
        self._is_stopping = False
        self._bell: Optional[socket.socket] = None  # while the loop runs
        self._disk = disk
        self._told: Dict[str, str] = {}  # by broker: the kind of trouble that was told last
        self._number: Optional[int] = None  # of the connection, while it is open
        self._plan: Optional[wire.Plan] = None
        self._done: List[str] = []  # ids to tell with the next snapshot
        self._network_by_s = clock.mono_s() + _NETWORK_WAIT_S

    def run(self) -> None:
        """Go on until `stop` is called, then tell the centre and leave nothing running."""
        heard, bell = socket.socketpair()
        with heard, bell:
            self._bell, self.connection.woken_by, self.sleep.ring = bell, (heard,), self._ring
            try:
                timeout_s = 0.0
                while not self._is_stopping:
                    timeout_s = self.turn(timeout_s)
            finally:
                self._bell = None
                self.measuring.rounds.stop()
                self.connection.stop()
                self.spool.close()

    def stop(self) -> None:
        """End the loop after its present turn; may be called from a signal or another thread."""
        self._is_stopping = True
        self._ring()

    def _ring(self) -> None:
        """End the wait of the present turn."""
        if self._bell is not None:
            self._bell.send(b"!")

    def turn(self, timeout_s: float) -> float:
        """Do what is due, waiting at most `timeout_s` for the network; return how long the next turn may wait."""
        try:
            if self._is_sleep_near():
                time.sleep(_BUSY_S)
                return _BUSY_S
            events = self.connection.turn(timeout_s)
            for event in events:
                self._follow(event)
            self._keep_pace()
            is_tick = self._tick()  # first: what it learns of our clock goes with the reports
            was_measuring = self.measuring.rounds.is_running
            may_start = self._number is not None or self.clock.mono_s() >= self._network_by_s
            self._note_done(self.measuring.advance(self._servers(), may_start=may_start))
            if self._number is None:
                return _ALERT_S
            if not (events or is_tick or was_measuring or self.publisher.is_waiting or timeout_s == _BUSY_S):
                return self._patience_s()  # nothing can wait to be sent but what `once` left, which the next tick finds
            return _BUSY_S if self._send() else self._patience_s()
        except SpoolError as error:  # a full disk must not end the agent: it tells, and goes on when there is room
            self._disk.failed(error)
            return _ALERT_S

    def _patience_s(self) -> float:
        """Return how long the next turn may wait: one that finds nothing to do costs processor time all the same."""
        if self.measuring.rounds.is_running or self.publisher.is_waiting:
            return _ALERT_S
        return min(_IDLE_S, self.settings.keepalive_s / 3, self.measuring.schedule.due_in_s(self.clock.mono_s()))

    def next_number(self) -> int:
        """Return the number of a new connection; connecting must not depend on the disk."""
        try:
            return self.spool.next_connection()
        except SpoolError as error:
            self._disk.failed(error)
            return self.clock.wall_us() // 1_000_000

    # --- what comes over the connection

    def _follow(self, event: link.Event) -> None:
        if isinstance(event, link.Opened):
            self._number = event.number
            self._network_by_s = 0.0
            self.publisher.start_over()
            self.measuring.schedule.hasten_tick()
            self._told = {}
            log.tell(say("Đã kết nối với trung tâm. Cứ để máy chạy.", "Connected to the centre. Leave it running."))
        elif isinstance(event, link.Lost):
            self._number = None
            self._tell(event)
            if event.kind == "date":
                self._doubt_clock()
        else:
            try:
                self._receive(event)
            except (wire.WireError, SpoolError) as error:
                log.tell(f"{event.kind}: {error}")

    def _is_sleep_near(self) -> bool:
        """Tell whether the machine is about to sleep: then leave; when it has slept, connect anew at once."""
        found = self.sleep.look()
        if found is None:
            return self.sleep.is_near
        self._number = None
        if isinstance(found, FallsAsleep):
            self.connection.stop("asleep")
            self.sleep.say()
            return True
        self._network_by_s = self.clock.mono_s() + _NETWORK_WAIT_S
        self.connection.wake(found.slept_s)
        log.tell(say(f"Máy đã thức, ngủ {found.slept_s:.0f} giây.", f"Awake after {found.slept_s:.0f} s of sleep."))
        return False

    def _tell(self, lost: link.Lost) -> None:
        """Say why there is no connection and what to do, once for as long as that broker's reason stays the same."""
        if self._told.get(lost.broker) != lost.kind:
            self._told[lost.broker] = lost.kind
            log.tell(f"{trouble.no_connection(lost.kind)} ({lost.broker}: {lost.reason})")

    def _receive(self, event: link.Received) -> None:
        if event.kind == "ack":
            ack = wire.decode_ack(event.payload)
            self.spool.acknowledge(ack.spool_id, ack.upto)
        elif event.kind == "plan":
            self._plan = wire.decode_plan(event.payload)
            self.publisher.hear_epoch(self._plan.epoch, self.clock.mono_s())
            if self._plan.dry_run is not None:
                self.measuring.join(self._plan.dry_run, self._servers())
        elif event.kind == "command":
            self._obey(wire.decode_command(event.payload))

    def _obey(self, command: wire.Command) -> None:
        if command.kind == "live":  # a state, which the broker tells anew with each connection
            self._live_until_s = self.clock.mono_s() + command.expires_in_s
        elif self.spool.knows(command.id):  # repeated because nobody heard that it was done
            self._tell_done((command.id,))
        elif command.kind == "reload":
            if self._reload():
                self._note_done((command.id,))
        elif not self.measuring.has(command.id):
            self.measuring.ask(command)

    def _reload(self) -> bool:
        """Follow the settings as they are now; return whether it does."""
        try:
            settings = self.reload()
        except (OSError, SettingsError) as error:
            log.tell(say(f"Cài đặt: {error}", f"Settings: {error}"))
            return False
        if settings.device != self.settings.device:  # with a spool and a phase of its own: for the next start
            log.tell(
                say(
                    f"Cài đặt là của thiết bị khác, {settings.device}: hãy chạy lại.",
                    f"The settings are of another device, {settings.device}: start again.",
                )
            )
            return False
        old, self.settings, self._own = self.settings, settings, settings
        self.measuring.schedule.change_periods(
            settings.tick_s, settings.light_round_s, settings.line_round_s, self.clock.mono_s()
        )
        if place_of(settings) != place_of(old):
            self._number = None
            self.connection.reconnect(place_of(settings))
        return True

    def _keep_pace(self) -> None:
        """Tick and keep the connection alive faster while the centre wants that, and else as the settings have it."""
        settings = self._own
        if self.clock.mono_s() < self._live_until_s:
            settings = settings._replace(
                tick_s=min(settings.tick_s, wire.LIVE_TICK_S),
                keepalive_s=min(settings.keepalive_s, wire.LIVE_KEEPALIVE_S),
            )
        if settings.tick_s != self.settings.tick_s:
            self.measuring.schedule.change_tick(settings.tick_s, self.clock.mono_s())
        if settings.keepalive_s != self.settings.keepalive_s:
            self._number = None
            self.connection.redial(place_of(settings))
        self.settings = settings

    def _servers(self) -> List[Server]:
        """Return the probe server that the plan gives to our shard, else the one in the settings; then all others."""
        shard = wire.shard_of(self.settings.device)
        planned = self._plan.probe_servers if self._plan else ()
        ours = [server for server in planned if shard in server.shards][:1]
        others = [server for server in planned if server not in ours]
        known = [Server(server.host, server.http_port, server.udp_port) for server in (*ours, *others)]
        return known if ours else [Server(*self.settings.probe_server), *known]

    def _note_done(self, commands: Tuple[str, ...]) -> None:
        for command in commands:
            self.spool.remember(command)
        self._tell_done(commands)

    def _tell_done(self, commands: Tuple[str, ...]) -> None:
        if commands:
            self._done = (self._done + list(commands))[-MOST_COMMANDS:]
            self.measuring.schedule.hasten_tick()

    # --- what goes over the connection

    def _tick(self) -> bool:
        """Send a snapshot when it is due; tell whether it was."""
        if self._number is None or not self.measuring.schedule.take_tick(self.clock.mono_s()):
            return False
        readings = self._read()
        now, counters, done = self.clock.now(), self.spool.counters(), tuple(self._done)
        snapshot = tick.snapshot(self._number, now, counters, readings, done, self.settings.tick_s)
        self.connection.publish("snapshot", wire.encode(snapshot), 0)
        self._done = []
        return True

    def _read(self) -> tick.Readings:
        server = self._servers()[0]
        readings = tick.read(server.host, server.udp_port)
        self.wall.learn(readings.offset_ms)
        return readings

    def _doubt_clock(self) -> None:
        """Ask the probe server for the time: a broker's certificate was refused for its dates alone."""
        self._read()
        if not self.wall.is_plausible():
            self.connection.hasten()

    def _send(self) -> bool:
        payloads = self.publisher.take(self.clock.now())
        for payload in payloads:
            self.connection.publish("report", payload, 1)
        return bool(payloads)


def build(
    settings: Settings,
    clock: Optional[Clock] = None,
    *,
    rounds: Optional[Rounds] = None,
    slept_s: Optional[Callable[[], float]] = None,
    backoff: Optional[Backoff] = None,
    chance: Optional[random.Random] = None,
    reload: Optional[Callable[[], Settings]] = None,
) -> Resident:
    """Wire a resident; what is not given is the real thing. Nothing is opened or started before its first turn."""
    clock = clock or Clock()
    chance = chance or random.Random()  # noqa: S311 - spreads load, guards nothing
    spool = Spool(paths.spool(settings.folder, settings.device), settings.spool_cap_bytes, clock)
    wall, disk = Wall(clock), Disk()
    connection = Connection(
        place_of(settings),
        lambda: resident.next_number(),
        wall.is_plausible,
        chance,
        backoff or Backoff(),
    )
    now = clock.now()
    last = last_line.read(settings.folder / paths.LAST_LINE)
    line_from_s = now.mono_ms / 1000 + last_line.wait_s(last, now, settings.line_round_s, settings.light_round_s)
    periods = (settings.tick_s, settings.light_round_s, settings.line_round_s)
    schedule = Schedule(settings.device, *periods, line_from_s)
    plugged = Plugged(look, now.mono_ms / 1000)
    rounds = rounds or Rounds(clock)
    measuring = Measuring(settings.device, settings.folder, clock, spool, schedule, rounds, plugged, wall, disk)
    sleep = Sleep(settings.folder / paths.ASLEEP, slept_s)
    publisher = Publisher(spool, chance)
    resident = Resident(
        settings, clock, spool, connection, publisher, measuring, sleep, wall, disk, reload or (lambda: settings)
    )
    return resident


def main(arguments: List[str]) -> int:
    """Run until SIGTERM or SIGINT; 2 when arguments or settings cannot be used, 1 when another resident runs.

    A machine that is not enrolled yet, but has asked to be, is enrolled first, however long that takes.
    """
    if len(arguments) != 2 or arguments[0] != "--settings":
        log.tell("usage: python -I -m agent.resident --settings FILE")
        return 2
    file = Path(arguments[1])
    try:
        held = lock.hold(file.with_name(paths.LOCK))
    except OSError as error:
        log.tell(str(error))
        return 2
    if held is None:
        log.tell(
            say(
                "Phần mềm kiểm tra đang chạy trên máy này rồi. Nếu vừa đăng ký lại: diemcau-agent stop, rồi chạy lại.",
                "The agent runs on this machine already. If you have just enrolled: diemcau-agent stop, then again.",
            )
        )
        return 1
    log.start(file.parent)  # not before: the log is of the one that runs
    with held:
        return _live(file)


def _live(file: Path) -> int:
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: sys.exit(0))
    wish = stopping.Wish(file.parent, lambda: signal.raise_signal(signal.SIGINT)) if sys.platform == "win32" else None
    if not file.exists() and file.with_name(paths.REQUEST).exists():
        wait(Enrolling(file.parent, Clock(), random.Random()))  # noqa: S311 - spreads load, guards nothing
    try:
        original.wait(file.parent, load(file).device)
        settings = load(file)
    except (OSError, SettingsError) as error:
        log.tell(str(error))
        return 2
    resident = build(settings, reload=lambda: load(file))
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: resident.stop())
    if wish is not None:
        wish.act = resident.stop
    resident.sleep.listen()
    version = contract.__version__
    log.tell(say(f"Bắt đầu chạy, phiên bản {version}.", f"Started, version {version}."))
    try:
        resident.run()
    except Exception:
        log.tell_fault(say("Dừng vì lỗi của chương trình:", "Ended by a fault of the program:"))
        raise
    log.tell(say("Đã dừng.", "Stopped."))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
