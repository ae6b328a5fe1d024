"""The line probe, in its round child, against a real probe server."""

from __future__ import annotations

import asyncio
import threading
from concurrent.futures import Future
from contextlib import contextmanager

import pytest

from agent.child import Request, Round, Server
from agent.probes import line
from agent.probes.context import Context
from agent.unmeasured import ProbeError
from collector.probe_server.app import build_app, serving
from contract.clock import Clock
from contract.report import read_body

DEVICE = "dev-00000001"


@pytest.fixture
def measured(tmp_path, eventually):
    """Run a round of the line alone, and return its measurement and outcome."""

    def run(server, device=DEVICE, occasion="once"):
        running = Round(Request(device, occasion, ("line",), str(tmp_path), server), Clock())
        outcome = eventually(running.poll, "the end of the round")
        (measurement,) = read_body(outcome.body, device).measurements
        return measurement, outcome

    return run


def test_a_good_line_carries_both_ways_within_what_a_test_may_cost(measured, probe_server, tmp_path, keep_permit_key):
    keep_permit_key(tmp_path)
    found = measured(probe_server)[0].findings
    assert (found.method, found.download.outcome, found.upload.outcome) == ("threshold", "carries", "carries")
    assert (found.download.need_mbps, found.upload.need_mbps) == (2.0, 1.0)
    assert found.download.low_mbps <= found.download.rate_mbps <= found.download.high_mbps
    assert (found.playback.stalls, found.playback.rebuffer_pct) == (0, 0.0)
    assert found.received_bytes <= 15 * 2e6 / 8
    assert found.sent_bytes <= 15 * 1e6 / 8


def test_a_device_with_another_key_gets_no_slot(measured, probe_server, tmp_path, keep_permit_key):
    keep_permit_key(tmp_path, "dev-00000002")
    failure = measured(probe_server)[0].failure
    assert failure.code == "refused"
    assert "key" in failure.text


def test_a_machine_that_knows_no_probe_server_says_so(tmp_path):
    with pytest.raises(ProbeError, match="not enrolled"):
        line.measure(Context(tmp_path, None))


def test_a_probe_server_that_does_not_answer_is_unreachable(measured, tmp_path, free_port, keep_permit_key):
    keep_permit_key(tmp_path)
    port = free_port()
    assert measured(Server("127.0.0.1", port, port))[0].failure.code == "unreachable"


def test_a_probe_server_on_this_machine_is_measured_directly_whatever_proxy_is_set(
    measured, tmp_path, free_port, probe_server, monkeypatch, keep_permit_key
):
    monkeypatch.setenv("http_proxy", f"http://127.0.0.1:{free_port()}")
    keep_permit_key(tmp_path)
    assert measured(probe_server)[0].findings.download.outcome == "carries"


def test_in_a_round_with_both_the_path_is_measured_by_the_stream_of_the_slot(
    probe_server, tmp_path, keep_permit_key, eventually
):
    keep_permit_key(tmp_path)
    running = Round(Request(DEVICE, "once", ("path", "line"), str(tmp_path), probe_server), Clock())
    outcome = eventually(running.poll, "the end of the round")
    found = {m.probe: m.findings for m in read_body(outcome.body, DEVICE).measurements}
    assert found["line"].download.outcome == "carries"
    assert (found["path"].sent, found["path"].lost_up.value, found["path"].lost_down.value) == (50, 0, 0)
    assert found["path"].r_factor.value > 90


def test_a_probe_server_with_an_ipv6_address_is_measured_as_any_other(
    measured, tmp_path, permit_master, document, keep_permit_key
):
    keep_permit_key(tmp_path)
    with answering_at("::1", build_app(permit_master, document)) as server:
        found = measured(server)[0].findings
    assert (found.download.outcome, found.upload.outcome) == ("carries", "carries")
    assert found.server == f"::1:{server.http_port}"
    assert found.round_trip_ms.value is not None


@contextmanager
def answering_at(host, app):
    started, stop = Future(), asyncio.Event()

    async def serve():
        async with serving(app, host, 0, 0) as ports:
            started.set_result((Server(host, ports.http, ports.udp), asyncio.get_running_loop()))
            await stop.wait()

    thread = threading.Thread(target=lambda: asyncio.run(serve()))
    thread.start()
    server, loop = started.result(30)
    try:
        yield server
    finally:
        loop.call_soon_threadsafe(stop.set)
        thread.join(30)
