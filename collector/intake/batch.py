"""One batch inside its transaction: what each message adds is gathered, then written table by table."""

from __future__ import annotations

from collections import Counter, defaultdict
from typing import Any

from sqlalchemy import Connection

from collector.intake.arrival import Arrival
from collector.intake.books import MOST_ACCEPTED, Books, Settling
from collector.intake.facts import Fact, facts
from collector.intake.readings import Reading, of_fact, of_snapshot
from collector.store.intake import books as books_rows
from collector.store.intake import commands, quarantine
from collector.store.intake import devices as device_rows
from collector.store.intake import reports as report_rows
from collector.store.intake.devices import Device
from contract import wire
from contract.clock import DAY_US
from contract.report import Report, UnusableReport, read_body
from contract.uplink import Presence, Snapshot

MOST_NEW_SPOOLS = 100  # of a device, in a day: one that invents them must not make rows without end


class Batch:
    """Gathers a batch. `take` never raises for what a message holds: what cannot be used is kept and counted.

    Only snapshots and presence of a device that is not active are passed over: they are nobody's.
    """

    def __init__(
        self,
        connection: Connection,
        devices: dict[str, Device],
        books: dict[tuple[str, str], Books],
        now: int,
        refuse: str | None,
    ) -> None:
        self.books = books
        self.changes: list[tuple[str, int]] = []
        self.sites_to_judge: set[int] = set()
        self.sites_turned: set[int] = set()  # of whose devices one has come or gone
        self.to_acknowledge: dict[tuple[str, str], int] = {}  # (device, spool id): edge
        self.readings: list[Reading] = []
        self._connection = connection
        self._devices = devices
        self._books_of: defaultdict[str, list[Books]] = defaultdict(list)
        for held in books.values():
            self._books_of[held.device].append(held)
        self._now = now
        self._refuse = refuse
        self._touched: dict[tuple[str, str], Books] = {}
        self._opened: list[Books] = []  # spools seen for the first time
        self._reports: list[tuple[Books, dict[str, Any], list[Fact], Device]] = []
        self._quarantined: list[tuple[Books, dict[str, Any]]] = []
        self._unattributed: list[dict[str, Any]] = []
        self._presence: dict[int, dict[str, Any]] = {}
        self._connected: set[int] = set()
        self._done: set[tuple[int, str]] = set()  # (device id, command id)

    def take(self, arrival: Arrival, topic: wire.Topic | None) -> None:
        """Take one message."""
        if topic is None:
            self._keep_unattributed(arrival, "topic")
        elif self._refuse is not None and topic.kind != "report":
            self._keep_unattributed(arrival, "not_processed")
        elif topic.kind == "report":
            self._take_report(arrival, topic.device)
        elif (device := self._devices.get(topic.device)) is not None and device.state == "active":
            try:
                if topic.kind == "snapshot":
                    self._take_snapshot(Snapshot.decode(arrival.payload), arrival, device)
                else:
                    self._take_presence(Presence.decode(arrival.payload), arrival, device)
            except ValueError:  # wire.WireError and pydantic's ValidationError are
                self._keep_unattributed(arrival, topic.kind)

    def write(self) -> None:
        """Write all that was gathered."""
        books_rows.save(self._connection, [books for books in self._touched.values() if books.id is not None])
        books_rows.open_new(self._connection, self._opened)
        self._write_quarantine()
        quarantine.keep_unattributed(self._connection, self._unattributed)
        reports = [({**row, "spool": books.id}, found, device) for books, row, found, device in self._reports]
        report_rows.insert_reports(self._connection, reports)
        device_rows.save_presence(self._connection, list(self._presence.values()))
        commands.mark_done(self._connection, self._done, self._now)
        commands.wake(self._connection, self._connected, self._now)
        self.sites_to_judge.update(device.site_id for *_, device in self._reports)
        if self._unattributed:
            self.changes.append(("quarantine", 0))

    def _write_quarantine(self) -> None:
        rows = [{**row, "spool": books.id} for books, row in self._quarantined]
        quarantine.insert_quarantined(self._connection, rows)
        for device, added in Counter(row["device"] for row in rows).items():
            self.changes.append(("quarantine", self._devices[device].id if device in self._devices else 0))
            if sum(books.quarantined for books in self._books_of[device]) > quarantine.MOST_BODIES:
                quarantine.empty_old_bodies(self._connection, device, added)

    # --- reports

    def _take_report(self, arrival: Arrival, device_name: str) -> None:
        try:
            frame, body = wire.decode_report(arrival.payload)
        except wire.WireError:
            self._keep_unattributed(arrival, "frame")
            return
        key = device_name, frame.spool_id
        if frame.accepted_upto > MOST_ACCEPTED:
            self._keep_unattributed(arrival, "frame")
            return
        if key not in self.books and self._new_spools(device_name) >= MOST_NEW_SPOOLS:
            self._keep_unattributed(arrival, "spool")
            return
        books = self.books.get(key) or Books(device_name, frame.spool_id, self._now)
        settling = books.look(frame)
        if settling is not Settling.GAP:
            if settling is Settling.NEXT:
                if key not in self.books or books.closed_at is not None:
                    self._make_current(books)
                self._settle(arrival, books, frame, body)
            else:
                books.redelivered += 1
            self.to_acknowledge[key] = arrival.edge
            self._touched[key] = books
        device = self._devices.get(device_name)
        if device is not None and device.state == "active":
            self._heard(device, arrival.received_at)

    def _settle(self, arrival: Arrival, books: Books, frame: wire.Frame, body: bytes) -> None:
        row = {"seq": frame.seq, "received_at": arrival.received_at}
        device = self._devices.get(books.device)
        try:
            report = self._usable(device, books.device, body, arrival)
            assert device is not None  # noqa: S101 - an unknown device's report is never usable
            found = facts(report, frame, arrival.received_at)
        except UnusableReport as refusal:
            books.settle(frame, is_committed=False)
            refused = {"device": books.device, "reason": refusal.reason, "detail": refusal.detail}
            self._quarantined.append((books, {**row, **refused, "body": body[: quarantine.MOST_KEPT_BYTES]}))
            return
        books.settle(frame, is_committed=True)
        self._done.update((device.id, id_) for id_ in report.done)
        self._reports.append((books, {**row, "device_id": device.id, "body": body}, found, device))
        for fact in found:
            self.readings += of_fact(device.id, fact, arrival.received_at)

    def _usable(self, device: Device | None, device_name: str, body: bytes, arrival: Arrival) -> Report:
        if self._refuse is not None:
            raise UnusableReport("not_processed", self._refuse)
        if len(arrival.payload) > wire.MAX_REPORT_BYTES:
            raise UnusableReport("too_large", f"{len(arrival.payload)} bytes, at most {wire.MAX_REPORT_BYTES}")
        if device is None:
            raise UnusableReport("unknown_device", "the registry does not know it")
        if device.state != "active":
            raise UnusableReport("revoked", f"the device is {device.state}")
        return read_body(body, device_name)

    def _make_current(self, books: Books) -> None:
        """Take this spool for the device's: it has one, so any other of its is set aside."""
        for other in self._books_of[books.device]:
            if other is not books and other.closed_at is None:
                other.set_aside(self._now)
                self._touched[other.device, other.spool_id] = other
        key = books.device, books.spool_id
        if key not in self.books:
            self.books[key] = books
            self._books_of[books.device].append(books)
            self._opened.append(books)

    def _new_spools(self, device_name: str) -> int:
        return sum(books.opened_at > self._now - DAY_US for books in self._books_of[device_name])

    # --- snapshots and presence

    def _take_snapshot(self, snapshot: Snapshot, arrival: Arrival, device: Device) -> None:
        books = self.books.get((device.name, snapshot.spool_id))
        if books is not None:
            books.told(snapshot.accepted_upto, snapshot.spooled)
            self._touched[device.name, snapshot.spool_id] = books
        row = self._heard(device, arrival.received_at)
        if snapshot.connection > row["connection"]:  # the presence that told of it was lost on the way
            row["connection"] = snapshot.connection
            self._set_state(device, row, "connected", arrival.received_at)
        if snapshot.connection == row["connection"]:
            row["snapshot"] = snapshot.model_dump_json()
            self.readings += of_snapshot(device.id, snapshot, arrival.received_at)
            self._done.update((device.id, id_) for id_ in snapshot.done)

    def _take_presence(self, said: Presence, arrival: Arrival, device: Device) -> None:
        row = self._row(device)
        if said.connection < row["connection"]:
            return  # an older connection's will, or a retained message of one
        row["connection"] = said.connection
        if said.state == "connected":
            row["slept_s"] = said.slept_s
            row["heard_at"] = max(row["heard_at"], arrival.received_at)
        self._set_state(device, row, said.state, arrival.received_at)

    def _heard(self, device: Device, at: int) -> dict[str, Any]:
        row = self._row(device)
        row["heard_at"] = max(row["heard_at"], at)
        if row["state"] == "lost":  # the sweep was too quick: the connection that was taken for lost speaks
            self._set_state(device, row, "connected", at)
        return row

    def _row(self, device: Device) -> dict[str, Any]:
        return self._presence.setdefault(
            device.id,
            {
                "device_id": device.id,
                "connection": device.connection,
                "state": device.presence or "connected",
                "since_at": device.since_at or self._now,
                "heard_at": device.heard_at,
                "snapshot": device.snapshot,
                "slept_s": device.slept_s,
            },
        )

    def _set_state(self, device: Device, row: dict[str, Any], state: str, at: int) -> None:
        if row["state"] != state or device.presence is None:
            row["state"] = state
            row["since_at"] = at
            self.sites_turned.add(device.site_id)
            self.changes.append(("presence", device.id))
            if state == "connected":
                self._connected.add(device.id)

    def _keep_unattributed(self, arrival: Arrival, reason: str) -> None:
        self._unattributed.append(quarantine.unattributed_row(arrival, reason))
