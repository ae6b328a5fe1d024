from __future__ import annotations

import pytest

from agent.child import Request, Round, Server
from agent.probes import line
from agent.probes.context import Context, ProbeError
from contract.clock import Clock
from contract.report import read_body

RECORDED = {  # speedtest-cli 2.1.3, results.dict() of one run; what is not read is left out
    "download": 94_216_482.7,
    "upload": 51_493_004.1,
    "ping": 3.817,
    "bytes_sent": 6_291_456,
    "bytes_received": 7_739_213,
}


def test_recorded_results_become_findings_in_our_units():
    found = line.findings("probe:8090", RECORDED)
    assert (found.download_mbps, found.upload_mbps) == (94.216, 51.493)
    assert found.round_trip_ms.value == 3.817
    assert (found.received_bytes, found.sent_bytes) == (7_739_213, 6_291_456)


@pytest.mark.parametrize("nothing", ["bytes_sent", "bytes_received"])
def test_a_transfer_that_moved_nothing_is_no_rate_of_zero(nothing):
    with pytest.raises(ProbeError) as raised:
        line.findings("probe:8090", {**RECORDED, nothing: 0})
    assert raised.value.code == "unreachable"


def test_a_machine_that_knows_no_probe_server_says_so(tmp_path):
    with pytest.raises(ProbeError, match="not enrolled"):
        line.measure(Context(tmp_path, None))


def test_a_probe_server_that_does_not_answer_is_unreachable(tmp_path, free_port, eventually):
    port = free_port()
    request = Request("dev-00000001", "once", ("line",), str(tmp_path), Server("127.0.0.1", port, port))
    running = Round(request, Clock())
    outcome = eventually(running.poll, "the end of the round")
    (measurement,) = read_body(outcome.body, "dev-00000001").measurements
    assert measurement.failure.code == "unreachable"


def test_a_probe_server_on_this_machine_is_measured_directly_whatever_proxy_is_set(
    tmp_path, free_port, probe_server, eventually, monkeypatch
):
    monkeypatch.setenv("http_proxy", f"http://127.0.0.1:{free_port()}")
    running = Round(Request("dev-00000001", "once", ("line",), str(tmp_path), probe_server), Clock())
    outcome = eventually(running.poll, "the end of the round")
    (measurement,) = read_body(outcome.body, "dev-00000001").measurements
    assert measurement.findings.download_mbps > 0
