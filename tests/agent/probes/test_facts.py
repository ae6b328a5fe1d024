"""The facts of host, software and clock, and what becomes of one that cannot be read."""

from __future__ import annotations

import psutil

from agent.facts import fact
from agent.probes import PROBES, clock, host, software
from agent.probes.context import Context
from contract import findings


def _raise(error):
    raise error


def test_the_host_is_read_also_before_the_agents_folder_exists(tmp_path):
    found = host.measure(Context(tmp_path / "not" / "yet", None))
    assert found.disk_total_bytes.value >= found.disk_free_bytes.value > 0
    assert found.memory_total_bytes.value > found.memory_available_bytes.value > 0
    assert found.cpu_count.value >= 1


def test_what_psutil_may_not_read_costs_that_fact_only(tmp_path, monkeypatch):
    monkeypatch.setattr(psutil, "boot_time", lambda: _raise(PermissionError()))
    found = host.measure(Context(tmp_path, None))
    assert found.uptime_s.why == "denied"
    assert found.cpu_count.value >= 1


def test_the_software_is_read_and_long_texts_are_cut(tmp_path):
    assert software.measure(Context(tmp_path, None)).os_name.value
    assert len(software.short("x" * 100)) == 64
    assert fact(lambda: software.short(" ")).why == "absent"


def test_the_clock_is_compared_with_the_probe_server(tmp_path, probe_server):
    found = clock.measure(Context(tmp_path, probe_server))
    assert abs(found.offset_ms.value) < 1000
    assert found.utc_offset_min.value is not None


def test_without_a_probe_server_the_offset_is_absent(tmp_path):
    assert clock.measure(Context(tmp_path, None)).offset_ms.why == "absent"


def test_each_probe_has_its_findings_in_the_contract():
    kinds = {model.model_fields["kind"].default for model in findings.KINDS}
    assert {probe.name for probe in PROBES if not probe.is_on_demand} == kinds
