"""One simulated device: it connects, reports, sends again until it is acknowledged, obeys, and comes back.

Nothing runs by itself: `turn` does what is due and asks the timetable for the next turn.
"""

from __future__ import annotations

import secrets
import time
from collections import deque
from urllib.parse import urlsplit

from collector.simulator import mqtt
from collector.simulator.dry_run import Part
from collector.simulator.files import Credentials
from collector.simulator.ground import Ground, tls_of
from collector.simulator.link import Link
from collector.simulator.machine import Machine
from collector.simulator.rounds import EVERYTHING, INVENTORY, LINE, Round, Rounds
from collector.simulator.spool import Spool
from collector.simulator.timetable import NEVER_S
from contract import wire

KEEPALIVE_S = 45
TICK_S = wire.TICK_S
MOST_COMMANDS = 100  # that are remembered
_MOST_RETRY_S = 300.0
_STABLE_S = 300.0  # a connection that lasted this long clears what failed before it
_DEAD_S = KEEPALIVE_S * 2.0  # without a word from the broker: a ping has gone unanswered


class Device:
    """A device from its first turn to its last. All times are seconds of the ground's clock."""

    __slots__ = (
        "_broker",
        "_chance",
        "_credentials",
        "_done",
        "_failures",
        "_ground",
        "_heard_at_s",
        "_is_dialling",
        "_is_started",
        "_known",
        "_left",
        "_link",
        "_live_until_s",
        "_number",
        "_opened_at_s",
        "_packet_id",
        "_part",
        "_pinged_at_s",
        "_rounds",
        "_said_at_s",
        "_tick_at_s",
        "_topics",
        "_try_at_s",
        "_unheard",
        "is_cut",
        "is_on",
        "is_open",
        "machine",
        "name",
        "spool",
        "turn_at_s",
    )

    def __init__(self, credentials: Credentials, machine: Machine, ground: Ground) -> None:
        self.name = credentials.device
        self.machine = machine
        self.spool = Spool(ground.chance)
        self.turn_at_s = NEVER_S
        self.is_open = False
        self.is_on = True  # the PC
        self.is_cut = False  # its line
        self._credentials = credentials
        self._ground = ground
        self._chance = ground.chance
        self._topics = {kind: wire.topic_for(self.name, kind) for kind in (*wire.UP, *wire.DOWN)}
        self._link: Link | None = None
        self._left: Link | None = None  # with a word, which may still be on its way
        self._unheard: Link | None = None  # given up, while nothing of ours gets through: not even its end
        self._number = int(time.time())  # of the connection: grows over runs too
        self._broker = ground.chance.randrange(len(credentials.brokers))
        self._failures = 0
        self._try_at_s = 0.0
        self._opened_at_s = 0.0
        self._said_at_s = 0.0  # the last word of ours
        self._heard_at_s = 0.0  # and of the broker
        self._pinged_at_s = 0.0
        self._packet_id = 0
        self._part = Part(self, credentials.permit_key, ground)
        self._rounds = Rounds()
        self._is_started = False
        self._is_dialling = False
        self._tick_at_s = NEVER_S
        self._live_until_s = 0.0
        self._done: list[str] = []  # ids to tell with the next snapshot
        self._known: deque[str] = deque(maxlen=MOST_COMMANDS)

    # --- its turns

    def start(self, at_s: float) -> None:
        """Have the first turn at this time."""
        self._ground.timetable.wake(self, at_s)

    def turn(self, now_s: float) -> None:
        """Do what is due, and ask for the next turn."""
        if not self.is_on:
            return
        if self._link is None and not self._is_dialling and now_s >= self._try_at_s:
            self._is_dialling = True
            self._ground.dial(self)
        elif self.is_open and now_s - self._heard_at_s > _DEAD_S:
            self._hang_up(now_s, "no word from the broker")
        self._measure(now_s)
        if self.is_open:
            self._speak(now_s)
        self._ground.timetable.wake(self, max(self._next_s(), now_s))

    def _next_s(self) -> float:
        times_s = [self._rounds.next_s, self._part.next_s]
        if self.is_open:
            times_s += [self._tick_at_s, self.spool.again_at_s, self._ping_at_s, self._heard_at_s + _DEAD_S + 1]
        elif self._link is None and not self._is_dialling:
            times_s.append(self._try_at_s)
        return min(times_s)

    # --- its rounds

    def _measure(self, now_s: float) -> None:
        for probes in self._rounds.take_due(now_s):
            self.begin(now_s, "schedule", probes)
        self._part.turn(now_s)
        for over in self._rounds.take_over(now_s):
            self.report(now_s, over.occasion, over.probes, over.done)
            self._remember(over.done)

    def begin(self, now_s: float, occasion: str, probes: tuple[str, ...], done: tuple[str, ...] = ()) -> None:
        """Begin a round: it is reported when it is over."""
        ends_at_s = now_s + self.machine.duration_s(probes, self._chance)
        self._rounds.begin(Round(ends_at_s, occasion, probes, done))

    def report(self, now_s: float, occasion: str, probes: tuple[str, ...], done: tuple[str, ...] = ()) -> None:
        """Measure, that is invent, and spool the report."""
        self.accept(self.machine.report(now_s, occasion, probes, done, is_cut=self.is_cut))

    def accept(self, body: bytes) -> None:
        """Spool the body of a report, to be sent soon."""
        self.spool.accept(body)
        self._ground.timetable.wake(self, self._ground.now_s())

    def measure_no_more(self) -> None:
        """Begin no round any more: what is spooled is still sent."""
        self._rounds.stop()
        self._is_started = True

    def _start_measuring(self, now_s: float) -> None:
        self._is_started = True
        for age_s in self.machine.earlier_tests_s:  # of the line, before this program began
            self.spool.accept(self.machine.report(now_s - age_s, "start", LINE, (), is_cut=False))
        self.report(now_s, "start", EVERYTHING)
        self._tick_at_s = now_s
        self._rounds.start(now_s, self._chance)

    # --- its connection

    def begin_link(self) -> tuple[str, Link] | None:
        """Return the broker to try and a new link to it; None where there is no way out any more."""
        self._is_dialling = False
        if not self.is_on:
            return None
        if self.is_cut:
            self._fail(self._ground.now_s())
            return None
        self._number += 1
        broker = self._credentials.brokers[self._broker % len(self._credentials.brokers)]
        client_id = f"{self.name}-{secrets.token_hex(8)}"  # on NATS whoever uses another's throws it off
        will = mqtt.Will(self._topics["presence"], wire.encode(wire.Presence(self._number, "lost")))
        connect = mqtt.connect(client_id, self.name, self._credentials.password, KEEPALIVE_S, will)
        self._link = Link(self, connect, tls_of(broker, self._credentials.ca_file), urlsplit(broker).hostname)
        return broker, self._link

    def admitted(self) -> None:
        """Hear that the broker has let us in: subscribe, be present, and tell what there is."""
        now_s = self._ground.now_s()
        self.is_open = True
        self._opened_at_s = self._heard_at_s = now_s
        self._ground.tally.counts["connected"] += 1
        topics = (*(self._topics[kind] for kind in wire.DOWN), wire.PLAN_TOPIC)
        self._say(mqtt.subscribe(self._next_packet_id(), topics))
        self._say_presence("connected")
        self.spool.start_over()
        if not self._is_started:
            self._start_measuring(now_s)
        self._tick_at_s = now_s
        self._ground.timetable.wake(self, now_s)

    def heard(self) -> None:
        """Hear that something came."""
        was_asked = self._pinged_at_s > self._heard_at_s
        self._heard_at_s = self._ground.now_s()
        if was_asked:
            self._ground.timetable.wake(self, self._ping_at_s)

    def lost(self, reason: str) -> None:
        """Hear that the connection has ended, or never came to be."""
        now_s = self._ground.now_s()
        self._ground.tally.counts["lost"] += 1
        self._ground.tally.trouble = reason
        self._forget_link()
        self._fail(now_s)

    def _hang_up(self, now_s: float, reason: str) -> None:
        self._drop_link()
        self.lost(reason)

    def _drop_link(self) -> None:
        if self._link is not None and self._link.is_mute:
            self._unheard = self._link
        elif self._link is not None:
            self._link.reset()

    def _forget_link(self) -> None:
        self._link = None
        if self.is_open:
            self.is_open = False
            self._ground.tally.counts["connected"] -= 1

    def _fail(self, now_s: float) -> None:
        lasted = self._opened_at_s and now_s - self._opened_at_s >= _STABLE_S
        self._failures = 1 if lasted else self._failures + 1
        self._opened_at_s = 0.0
        self._broker += 1
        self._try_at_s = now_s + self._chance.random() * min(_MOST_RETRY_S, 2.0 ** min(self._failures, 16))
        self._ground.timetable.wake(self, self._try_at_s)

    # --- what it says

    def _speak(self, now_s: float) -> None:
        if now_s >= self._tick_at_s:
            tick_s = wire.LIVE_TICK_S if now_s < self._live_until_s else TICK_S
            self._tick_at_s = now_s + tick_s * self._chance.uniform(0.95, 1.05)
            self._snapshot(now_s, tick_s)
        for payload in self.spool.take(self.machine.now(now_s), now_s):
            self.publish(self._topics["report"], payload, 1)
        if now_s >= self._ping_at_s:
            self._pinged_at_s = now_s
            self._say(mqtt.PINGREQ)

    @property
    def _ping_at_s(self) -> float:
        """When to ask the broker for a word: when either has said nothing for a while, and no ping waits for one."""
        is_asked = self._pinged_at_s > self._heard_at_s
        return NEVER_S if is_asked else min(self._said_at_s, self._heard_at_s) + KEEPALIVE_S

    def _snapshot(self, now_s: float, tick_s: int) -> None:
        counters, now = self.spool.counters, self.machine.now(now_s)
        sent, received, rtt_ms, jitter_ms = self.machine.readings(self._chance, is_cut=self.is_cut)
        snapshot = wire.Snapshot(
            self._number,
            now.boot_id,
            now.mono_ms,
            now.wall_us,
            self.spool.id,
            counters.accepted,
            counters.spooled,
            *self.spool.dropped_range,
            now.mono_ms // 1000,
            sent,
            received,
            rtt_ms,
            jitter_ms,
            tuple(self._done),
            tick_s,
        )
        self.publish(self._topics["snapshot"], wire.encode(snapshot), 0)
        self._ground.tally.counts["snapshots"] += 1
        self._done = []

    def _say_presence(self, state: str) -> None:
        payload = wire.encode(wire.Presence(self._number, state))
        self.publish(self._topics["presence"], payload, 1, retain=True)

    def publish(self, topic: str, payload: bytes, qos: int, *, retain: bool = False) -> None:
        """Hand a message to the network; it may be lost."""
        packet_id = self._next_packet_id() if qos else 0
        self._say(mqtt.publish(topic, payload, qos, packet_id, retain=retain))

    def _say(self, packets: bytes) -> None:
        if self._link is not None:
            self._link.send(packets)
            self._said_at_s = self._ground.now_s()

    def _next_packet_id(self) -> int:
        self._packet_id = self._packet_id % 0xFFFF + 1
        return self._packet_id

    # --- what it is told

    def received(self, message: mqtt.Published) -> None:
        """Hear a message of the centre; one that does not follow the contract is passed over."""
        try:
            if message.topic == self._topics["ack"]:
                self._settle(wire.decode_ack(message.payload))
            elif message.topic == wire.PLAN_TOPIC:
                plan = wire.decode_plan(message.payload)
                self.spool.hear_epoch(plan.epoch, self._ground.now_s())
                self._part.hear(plan, self._ground.now_s())
            elif message.topic == self._topics["command"]:
                self._obey(wire.decode_command(message.payload))
        except wire.WireError:
            return
        self._ground.timetable.wake(self, max(self._next_s(), self._ground.now_s()))

    def _settle(self, ack: wire.Ack) -> None:
        is_first = not self.spool.settled_upto
        for took_s in self.spool.acknowledge(ack.spool_id, ack.upto, self._ground.now_s()):
            self._ground.tally.latencies.add(took_s)
        if is_first and self.spool.settled_upto:
            self._ground.tally.counts["reported"] += 1

    def _obey(self, command: wire.Command) -> None:
        if command.kind == "live":
            self._live_until_s = self._ground.now_s() + command.expires_in_s
            self._tick_at_s = 0.0
            return
        if self._rounds.does(command.id):
            return
        now_s = self._ground.now_s()
        if command.id in self._known or command.kind == "reload":
            self._remember((command.id,))
        else:
            self._ground.tally.counts["commands"] += 1
            probes = INVENTORY if command.kind == "inventory" else command.probes or EVERYTHING
            self.begin(now_s, "command", tuple(p for p in EVERYTHING if p in probes), (command.id,))

    def _remember(self, commands: tuple[str, ...]) -> None:
        if commands:
            self._known.extend(command for command in commands if command not in self._known)
            self._done = [*self._done, *commands][-MOST_COMMANDS:]
            self._tick_at_s = 0.0

    @property
    def is_gone(self) -> bool:
        """Whether the last word of a device that was switched off has left this machine."""
        return self._left is None or self._left.is_closed

    # --- what befalls it

    def switch_off(self) -> None:
        """Leave as a PC does that is shut down, saying so."""
        if self.is_open and self._link is not None and not self._link.is_mute:
            self._say_presence("stopped")
            self._link.leave()
            self._left = self._link
        else:
            self._drop_link()
        self._forget_link()
        self._rounds.drop()
        self.is_on = False

    def switch_on(self) -> None:
        """Come back as a PC does in the morning: the boot is another, the spool the same."""
        now_s = self._ground.now_s()
        self.is_on = True
        self._failures, self._try_at_s = 0, now_s
        self._part.forget()
        self.machine.boot(now_s)
        self._ground.timetable.wake(self, now_s)

    def cut(self, *, is_silent: bool) -> None:
        """Lose the line, with a reset or with nothing at all."""
        self.is_cut = True
        if self._link is None:
            return
        if is_silent:
            self._link.mute()
        else:
            self._hang_up(self._ground.now_s(), "the line is cut")

    def mend(self, within_s: float = 10.0) -> None:
        """Have the line back, and notice it within this time."""
        self.is_cut = False
        if self._link is not None and self._link.is_mute:
            self._hang_up(self._ground.now_s(), "the line was cut")
        if self._unheard is not None:
            self._unheard.reset()
            self._unheard = None
        self._try_at_s = min(self._try_at_s, self._ground.now_s() + self._chance.uniform(0.0, within_s))
        self._ground.timetable.wake(self, self._try_at_s)

    def set_clock(self, off_s: float) -> None:
        """Have the wall clock jump, and report it as a machine does whose clock was changed."""
        self.machine.wall_off_s = off_s
        if self.is_on and self._is_started:
            self.report(self._ground.now_s(), "schedule", ("clock",))
