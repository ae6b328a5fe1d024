from __future__ import annotations

from agent.platforms import other
from agent.platforms.machine import Machine, run


def test_any_machine_is_read_by_psutil(tmp_path):
    assert other.network(Machine(tmp_path, run)).interfaces_up.value is not None


def test_what_nobody_reads_says_that_it_is_not_supported(tmp_path):
    found = other.READER.camera(Machine(tmp_path, run))
    assert {fact.why for _, fact in found if fact != "camera"} == {"unsupported"}
