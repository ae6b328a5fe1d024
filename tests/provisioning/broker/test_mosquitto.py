from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import Engine

from provisioning.broker import mosquitto, reload
from provisioning.settings import Settings


def test_a_control_character_cannot_break_out_of_the_configuration(tmp_path: Path):
    with pytest.raises(ValueError, match="control"):
        mosquitto.configuration(mosquitto.Edge(tmp_path, 1, "127.0.0.1\nallow_anonymous true", 8883, None))


def test_the_version_changes_with_anything_and_with_nothing_else():
    assert mosquitto.version(("a", "b")) == mosquitto.version(("a", "b"))
    assert len({mosquitto.version(texts) for texts in (("a", "b"), ("a", "c"), ("ab", ""), ("a", "b", ""))}) == 4


@pytest.mark.parametrize("broker_kind", ["mosquitto"])
class TestEdges:
    def test_whoever_uses_the_client_id_of_another_throws_nobody_off(
        self, broker, settings: Settings, new_code: Callable[[], str], enrol, connect
    ):
        thief, victim = enrol(new_code()), connect(*enrol(new_code()))
        collector = connect(reload.COLLECTOR, reload.collector_password(settings))
        for client_id in (collector.client_id, reload.COLLECTOR, victim.client_id):
            assert connect(*thief, client_id=client_id).is_connected
        assert collector.subscribe("dc/v1/+/+/up/+") == 0
        assert victim.subscribe("dc/v1/plan") == 0
        assert collector.is_connected
        assert victim.is_connected

    def test_an_edge_that_is_away_holds_up_nobody_and_comes_back_with_the_newest_users(
        self, broker, start_broker, settings: Settings, registry: Engine, new_code: Callable[[], str], enrol, connect
    ):
        broker[1].kill()
        broker[1].wait()
        enrolled = enrol(new_code())  # returns when the broker knows it
        assert connect(*enrolled, edge=0).is_connected
        start_broker(name="broker-2")
        assert connect(*enrolled, edge=1).is_connected
