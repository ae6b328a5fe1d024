"""Which round runs next, and what becomes of it: by schedule, by command, or because something was plugged in."""

from __future__ import annotations

from pathlib import Path
from typing import Dict, NamedTuple, Optional, Sequence, Tuple

from agent import last_line, log, paths
from agent.child import Outcome, Request, Rounds, Server
from agent.disk import Disk
from agent.last_line import LastLine
from agent.plugged import Plugged
from agent.schedule import EQUIPMENT, INVENTORY, LINE, Schedule, loads_line
from agent.spool import Spool, SpoolError
from agent.wall import Wall
from contract import wire
from contract.clock import Clock, Moment
from contract.languages import say

MOST_COMMANDS = 16  # that wait for their round
_MOST_REPEATS = 2  # of a line that did not carry, before it waits for its own period again


class _Asked(NamedTuple):
    """A command that waits for its round."""

    command: wire.Command
    until_s: float


class Measuring:
    """One round at a time, each report into the spool."""

    def __init__(
        self,
        device: str,
        folder: Path,
        clock: Clock,
        spool: Spool,
        schedule: Schedule,
        rounds: Rounds,
        plugged: Plugged,
        wall: Wall,
        disk: Disk,
    ) -> None:
        self.schedule = schedule
        self.rounds = rounds
        self.plugged = plugged
        self.refused = 0  # reports that the spool would not accept
        self._device = device
        self._folder = folder
        self._clock = clock
        self._spool = spool
        self._wall = wall
        self._disk = disk
        self._asked: Dict[str, _Asked] = {}
        self._running: Tuple[str, ...] = ()  # ids of the commands that the present round carries out
        self._line_started: Optional[Moment] = None  # of the present round, if it loads the line
        self._repeats = 0  # of the line, in a row
        self._booked_at: Optional[Server] = None  # where the line has a turn that is still to come
        self._doubted: Optional[Server] = None  # against which the line did not carry: another one is asked next

    def has(self, command_id: str) -> bool:
        """Tell whether a command waits for its round, or is being carried out."""
        return command_id in self._asked or command_id in self._running

    def ask(self, command: wire.Command) -> None:
        """Let a command have a round of its own, in its time; when too many wait, it is let go, to be sent again."""
        if len(self._asked) < MOST_COMMANDS:
            self._asked[command.id] = _Asked(command, self._clock.mono_s() + command.expires_in_s)

    def join(self, dry_run: wire.DryRun, servers: Sequence[Server]) -> None:
        """Take part in a dry run, which may want another of these probe servers than the first."""
        if self.schedule.join(dry_run, self._clock.mono_s()) and dry_run.is_elsewhere:
            self._booked_at, self._doubted = None, servers[0]

    def advance(self, servers: Sequence[Server], *, may_start: bool) -> Tuple[str, ...]:
        """Go on without waiting; return the ids of the commands whose report has been spooled now.

        may_start: whether a new round may begin, against the first of these probe servers, as a rule.
        """
        done: Tuple[str, ...] = ()
        try:
            outcome = self.rounds.poll()
            if outcome is not None:
                done = self._finish(outcome)
            if may_start and not self.rounds.is_running:
                self._start(servers)
        except OSError as error:  # no child could be started: no memory, or too many processes
            self.rounds.stop()
            self._running = ()
            self.schedule.hasten_light(self._clock.mono_s())
            self._line_lost()
            log.tell(say(f"Không bắt đầu được lượt đo: {error}", f"A round cannot begin: {error}"))
        return done

    def _finish(self, outcome: Outcome) -> Tuple[str, ...]:
        done, self._running = self._running, ()
        is_kept = self._keep(outcome)
        if self._line_started is not None:
            self._plan_line(outcome)
        if is_kept and any(name in LINE for name in outcome.found):
            self._note_line(is_measured=True)
        elif outcome.line_again_s is None and outcome.refusal != "needs_consent":  # which nobody may give till then
            self._line_lost()
        return done if is_kept else ()

    def _plan_line(self, outcome: Outcome) -> None:
        """Let the line be measured at its booked time, or again when it did not carry, then elsewhere if possible."""
        server, self._booked_at, self._doubted = outcome.request.server, None, None
        if outcome.is_booked:
            self._booked_at = server
            wait = max(1, round((outcome.line_again_s or 0.0) / 60))
            log.tell(
                say(
                    f"Máy chủ đo đang bận: sẽ đo đường truyền sau {wait} phút.",
                    f"The probe server is busy: the line is measured in {wait} min.",
                )
            )
        elif outcome.line_again_s is not None and self._repeats < _MOST_REPEATS:
            self._repeats += 1
            self._doubted = server
        else:
            self._repeats = 0
            return
        self.schedule.line_again(outcome.line_again_s or 0.0, self._clock.mono_s())

    def _server(self, servers: Sequence[Server], probes: Tuple[str, ...]) -> Server:
        """Return against which probe server to measure."""
        if not loads_line(probes):
            return servers[0]
        if self._booked_at is not None and self._booked_at in servers:
            return self._booked_at
        return next((server for server in servers if server != self._doubted), servers[0])

    def _keep(self, outcome: Outcome) -> bool:
        if outcome.body is None:
            problem = outcome.problem
            log.tell(say(f"Lượt đo không có kết quả: {problem}", f"A round without a report: {problem}"))
            return False
        try:
            self._spool.append(outcome.body)
        except SpoolError as error:
            self.refused += 1
            self._disk.failed(error)
            return False
        self._disk.kept()
        self._note_report(outcome)
        return True

    def _line_lost(self) -> None:
        """Let the line be tried again soon, if the present round should have measured it."""
        if self._line_started is not None:
            self.schedule.line_failed(self._clock.mono_s())

    def _note_report(self, outcome: Outcome) -> None:
        """Say that a round is over, and keep its report for whoever looks at this machine."""
        found = ", ".join(outcome.found) or say("không được gì", "nothing")
        log.tell(say(f"Đã đo xong một lượt: {found}.", f"A round is over: {found}."))
        try:
            paths.write_private(self._folder / paths.LAST_REPORT, outcome.body or b"")
        except OSError as error:
            log.tell(f"{paths.LAST_REPORT}: {error}")

    def _start(self, servers: Sequence[Server]) -> None:
        now_s = self._clock.mono_s()
        self._asked = {name: asked for name, asked in self._asked.items() if asked.until_s > now_s}
        due = self.schedule.take_round(now_s)
        if due is not None:
            self._measure(due.occasion, due.probes, servers)
        elif self._asked:
            command = next(iter(self._asked.values())).command
            del self._asked[command.id]
            probes = INVENTORY if command.kind == "inventory" else command.probes
            self._measure("command", probes, servers, (command.id,))
        elif self.plugged.has_changed(now_s):
            self._measure("change", EQUIPMENT, servers)

    def _measure(
        self, occasion: str, probes: Tuple[str, ...], servers: Sequence[Server], done: Tuple[str, ...] = ()
    ) -> None:
        self._running = done
        server = self._server(servers, probes)
        self._line_started = self._clock.now() if loads_line(probes) else None
        self._note_line(is_measured=False)
        is_plausible = self._wall.is_plausible()
        self.rounds.start(Request(self._device, occasion, probes, str(self._folder), server, done, is_plausible))

    def _note_line(self, *, is_measured: bool) -> None:
        """Keep when the line was loaded, for the next start; before it happens too, as the end may never come."""
        if self._line_started is None:
            return
        try:
            last_line.write(self._folder / paths.LAST_LINE, LastLine(self._line_started, is_measured))
        except OSError as error:
            log.tell(f"{paths.LAST_LINE}: {error}")
