"""What goes down, and by which edge."""

from __future__ import annotations

from typing import Any

from collector.intake.ingest import Receipt
from collector.link.outbox import Outbox, publish_plan
from collector.store.intake.commands import Due
from contract import wire

DEVICE = "d-00000001"


class Edge:
    """Stands where a connection to a broker is, and remembers what it should publish."""

    def __init__(self) -> None:
        self.published: list[tuple[str, bytes, bool]] = []

    def publish(self, topic: str, payload: bytes, *, retain: bool = False) -> None:
        self.published.append((topic, payload, retain))


def test_a_receipt_goes_out_by_the_edge_that_its_report_came_by() -> None:
    edges: list[Any] = [Edge(), Edge()]

    Outbox(edges).acknowledge([Receipt(DEVICE, 1, wire.Ack("00000000000000a1", 7))])

    assert edges[0].published == []
    ((topic, payload, retain),) = edges[1].published
    assert (topic, retain) == (wire.topic_for(DEVICE, "ack"), False)
    assert wire.decode_ack(payload) == wire.Ack("00000000000000a1", 7)


def test_a_command_goes_out_by_every_edge() -> None:
    edges: list[Any] = [Edge(), Edge()]
    command = wire.Command("c1", "run", 3600, ("line",))

    Outbox(edges).command([Due(DEVICE, command)])

    for edge in edges:
        ((topic, payload, retain),) = edge.published
        assert (topic, retain) == (wire.topic_for(DEVICE, "command"), False)
        assert wire.decode_command(payload) == command


def test_the_plan_stays_with_the_broker_for_whoever_connects_later() -> None:
    edge: Any = Edge()
    plan = wire.Plan("default", 3, 3, (wire.ProbeServer(wire.SHARDS, "127.0.0.1", 8090, 8862),))

    publish_plan(edge, plan)

    ((topic, payload, retain),) = edge.published
    assert (topic, retain) == (wire.PLAN_TOPIC, True)
    assert wire.decode_plan(payload) == plan
