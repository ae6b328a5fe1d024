"""The parts of the centre: which there are, and what is known of a port or an address."""

import http.server
import socket
import threading

import pytest

from collector import broker_parts
from collector.broker_parts import MosquittoMissingError, broker_for, is_broker_user_connected, nats_server
from collector.parts import Port, answers, parts
from provisioning.settings import Settings


def test_the_broker_comes_first_and_the_web_last(tmp_path):
    assert [part.name for part in parts(Settings(home=tmp_path))] == [
        "broker",
        "enrolment",
        "probe-server",
        "ingest",
        "web",
    ]


def test_with_brokers_of_its_own_a_centre_runs_none(tmp_path):
    settings = Settings(home=tmp_path, broker_urls=("mqtts://broker.example:8883",))
    assert "broker" not in [part.name for part in parts(settings)]


def test_mosquitto_is_a_part_for_each_edge_and_each_has_its_own_port(tmp_path):
    settings = Settings(home=tmp_path, broker="mosquitto", broker_edge_ports=(9001, 9002, 9003))
    assert [(part.name, part.ports[0].number) for part in parts(settings)[:3]] == [
        ("broker-1", 9001),
        ("broker-2", 9002),
        ("broker-3", 9003),
    ]
    assert settings.brokers == tuple(f"mqtts://127.0.0.1:{port}" for port in (9001, 9002, 9003))


def test_more_devices_than_nats_carries_take_mosquitto_or_are_told_how_to_install_it(monkeypatch):
    assert [broker_for(devices) for devices in (1, 3_000, 3_001)] == ["nats", "nats", "mosquitto"]
    monkeypatch.setattr(broker_parts, "_SYSTEM_PROGRAMS", "")
    monkeypatch.setenv("PATH", "")
    assert broker_for(15_000) == "nats"
    with pytest.raises(MosquittoMissingError, match="apt install mosquitto"):
        broker_for(40_068)


def test_the_embedded_broker_is_a_program_that_its_wheel_brought():
    assert nats_server().stat().st_mode & 0o111


@pytest.mark.parametrize(("kind", "is_udp"), [(socket.SOCK_STREAM, False), (socket.SOCK_DGRAM, True)])
def test_a_taken_port_is_not_free_and_says_which_setting_to_change(kind, is_udp):
    with socket.socket(socket.AF_INET, kind) as other:
        other.bind(("127.0.0.1", 0))
        if not is_udp:
            other.listen()
        port = Port("web_port", "127.0.0.1", other.getsockname()[1], is_udp)
        assert not port.is_free()
        assert "DIEMCAU_WEB_PORT" in port.taken_text()
    assert port.is_free()


@pytest.mark.parametrize(("status", "is_answer"), [(200, True), (503, False), (404, False)])
def test_only_success_is_an_answer(status, is_answer):
    class Part(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(status)
            self.end_headers()

        def log_message(self, *_):
            pass

    with http.server.HTTPServer(("127.0.0.1", 0), Part) as server:
        threading.Thread(target=server.handle_request).start()
        assert answers(f"http://127.0.0.1:{server.server_port}/healthz") is is_answer


def test_nobody_there_is_no_answer_and_no_connection(free_port):
    assert not answers(f"http://127.0.0.1:{free_port()}/healthz")
    assert not is_broker_user_connected(free_port(), "collector")
