"""What goes down: receipts by the edge they came by, commands and the plan by every edge."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from collector.intake.ingest import Receipt
from collector.link.connection import Connection
from collector.store.intake.commands import Due
from contract import wire


class Outbox:
    """Publishes to devices."""

    def __init__(self, edges: Sequence[Connection]) -> None:
        self._edges = edges

    def acknowledge(self, receipts: Iterable[Receipt]) -> None:
        """Send receipts. One that is lost costs a redelivery, never a report."""
        for receipt in receipts:
            topic = wire.topic_for(receipt.device, "ack")
            self._edges[receipt.edge].publish(topic, wire.encode(receipt.ack))

    def leave_command(self, device: str, command: wire.Command, edges: Sequence[Connection] = ()) -> None:
        """Leave a command with every broker, or with some, for a device that connects later too."""
        for edge in edges or self._edges:
            edge.publish(wire.topic_for(device, "command"), wire.encode(command), retain=True)

    def command(self, commands: Iterable[Due]) -> None:
        """Send commands."""
        for due in commands:
            for edge in self._edges:
                edge.publish(wire.topic_for(due.device, "command"), wire.encode(due.command))


def publish_plan(edge: Connection, plan: wire.Plan) -> None:
    """Leave the plan with a broker, for every device that connects to it."""
    edge.publish(wire.PLAN_TOPIC, wire.encode(plan), retain=True)
