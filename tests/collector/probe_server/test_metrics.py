"""What a probe server tells whoever watches it."""

import json
import time

import pytest
from prometheus_client.parser import text_string_to_metric_families

from collector.probe_server import metrics
from collector.probe_server.keys import KNOWN
from contract import transfer


@pytest.fixture
def figures(probe, monkeypatch):
    """A function that returns every figure of now by its name and labels, as Prometheus reads it."""
    monkeypatch.setattr(metrics, "FRESH_S", 0.0)

    def read():
        text = probe.fetch("GET", "/metrics")[1].decode()
        samples = [sample for family in text_string_to_metric_families(text) for sample in family.samples]
        return {
            (sample.name.removeprefix("diemcau_probe_"), *sample.labels.values()): sample.value for sample in samples
        }

    return read


@pytest.mark.parametrize("address", ["127.0.0.1", "::1", "10.1.2.3", "192.168.1.9", "fd00::7"])
def test_whoever_watches_is_on_this_machine_or_in_a_private_network(address):
    assert metrics.is_inside(address)


@pytest.mark.parametrize("address", ["203.162.4.191", "100.64.0.1", "2001:ee0::1", None])
def test_devices_out_there_see_no_figures(address):
    assert not metrics.is_inside(address)


def test_however_often_somebody_asks_the_figures_are_read_once_a_second(probe):
    page = probe.app[metrics.PAGE]
    first = probe.do(lambda: page.text(1000.0))
    probe.ask()
    assert probe.do(lambda: page.text(1000.0 + 0.9 * metrics.FRESH_S)) == first
    assert probe.do(lambda: page.text(1000.0 + metrics.FRESH_S)) != first


def test_what_is_asked_granted_refused_and_moved_is_counted(probe, figures):
    granted = probe.ask(purpose="schedule")
    probe.ask(link="mobile")
    running = figures()
    assert running["capacity_bps",] == 1e9
    assert running["reserved_bps", "campaign"] == transfer.PEAK * 2e6
    assert (running["slots", "campaign"], running["slots", "on_demand"]) == (1, 0)
    assert running["answers_total", "granted", "schedule", ""] == 1
    assert running["answers_total", "refused", "person", "needs_consent"] == 1
    probe.fetch("POST", f"/v1/slots/{granted.token}/upload", b"x" * 5_000)
    probe.fetch("POST", f"/v1/slots/{granted.token}/end")
    ended = figures()
    assert ended["transferred_bytes_total", "received"] == 5_000
    assert (ended["slots", "campaign"], ended["active_transfers",]) == (0, 0)
    assert (ended["document_version",], ended["document_devices",]) == (1, 2)
    assert ended["udp_packets_total", "received"] == 0


def test_health_tells_when_the_centre_was_not_heard_for_too_long(probe):
    status, told = probe.fetch("GET", "/healthz")
    assert (status, json.loads(told)["status"], json.loads(told)["document_version"]) == (200, "ok", 1)
    probe.app[KNOWN].heard_s = time.monotonic() - metrics.OLD_S - 1
    status, told = probe.fetch("GET", "/healthz")
    assert status == 200
    assert json.loads(told)["document_age_s"] > metrics.OLD_S
    assert probe.ask().state == "granted"
