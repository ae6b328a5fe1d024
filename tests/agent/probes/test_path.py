from __future__ import annotations

import pytest

from agent.child import Server
from agent.packets import Echo
from agent.probes import path
from agent.probes.context import Context
from agent.unmeasured import ProbeError


def test_what_came_back_is_summed_up():
    echoes = [Echo(seq, 10.0 + seq % 2, 0.0) for seq in range(100) if seq not in (7, 8)]
    found = path.findings("probe:8862", 100, echoes)
    assert (found.sent, found.received, found.reordered, found.loss_pct) == (100, 98, 0, 2.0)
    assert (found.rtt_ms.value, found.rtt_p95_ms.value) == (10.0, 11.0)
    assert 0 < found.jitter_ms.value < 1


def test_one_packet_has_no_jitter():
    assert path.findings("probe:8862", 100, [Echo(3, 5.0, 0.0)]).jitter_ms.why == "absent"


def test_nothing_back_is_unreachable_and_never_a_loss_of_100_percent():
    with pytest.raises(ProbeError) as raised:
        path.findings("probe:8862", 100, [])
    assert raised.value.code == "unreachable"


def test_a_name_nobody_knows_is_unreachable(tmp_path):
    with pytest.raises(ProbeError) as raised:
        path.measure(Context(tmp_path, Server("no.such.name.invalid", 1, 1)))
    assert raised.value.code == "unreachable"


def test_a_real_probe_server_answers(tmp_path, probe_server):
    found = path.measure(Context(tmp_path, probe_server))
    assert found.server == f"127.0.0.1:{probe_server.udp_port}"
    assert found.received > 0
