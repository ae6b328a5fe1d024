from __future__ import annotations

import datetime
import errno
import gc
import http.server
import random
import socket
import threading
from contextlib import nullcontext

import pytest

from agent import lock, paths, trouble
from agent.backoff import Backoff
from agent.child import Server
from agent.connection import Connection, Opened, place_of
from agent.doctor import servers
from agent.doctor.check import BAD, OK, SKIPPED, WARNING

DEVICE = "dev-00000001"
PASSWORD = "password-" + "p" * 32


def guarded(password):
    return f'authorization {{ users: [{{ user: "{DEVICE}", password: "{password}" }}] }}'


def test_a_broker_that_admits_the_device_is_well(enrolled, start_broker):
    assert servers.brokers(enrolled(start_broker(others=guarded(PASSWORD)).url)).state == OK


def test_a_broker_that_refuses_the_password_sends_the_person_to_the_department(enrolled, start_broker):
    answer = servers.brokers(enrolled(start_broker(others=guarded("another")).url))
    assert answer.state == BAD
    assert "máy chủ không nhận thiết bị này: đang chờ duyệt hoặc đã bị thu hồi" in answer.text
    assert answer.next_step == "Gọi Sở."


def test_a_broker_that_is_off_is_not_blamed_on_a_firewall(enrolled, free_port):
    answer = servers.brokers(enrolled(f"mqtt://127.0.0.1:{free_port()}"))
    assert answer.state == BAD
    assert "máy chủ đang tắt" in answer.text
    assert "tường lửa" not in answer.text + answer.next_step


def test_a_program_that_may_not_connect_is_told_of_the_firewall_and_not_to_enrol_again(enrolled, monkeypatch):
    def forbid(*_):
        raise PermissionError(errno.EACCES, "forbidden by its access permissions")  # WSAEACCES

    monkeypatch.setattr(socket, "create_connection", forbid)
    answer = servers.brokers(enrolled("mqtt://127.0.0.1:1883"))
    assert answer.state == BAD
    assert "tường lửa hoặc phần mềm diệt virus đang chặn chương trình này" in answer.text
    assert "ra mạng trong tường lửa" in answer.next_step


def test_one_broker_that_is_off_beside_one_that_is_well_is_a_warning_that_names_it(enrolled, broker, free_port):
    lost = f"mqtt://127.0.0.1:{free_port()}"
    answer = servers.brokers(enrolled(broker.url, lost))
    assert answer.state == WARNING
    assert lost in answer.text
    assert broker.url not in answer.text


@pytest.mark.parametrize("is_resident_running", [True, False])
def test_the_broker_that_the_resident_is_connected_to_is_not_asked_a_second_time(
    enrolled, start_broker, is_resident_running
):
    broker = start_broker(others=guarded("another"))  # which would refuse it
    machine = enrolled(broker.url)
    with socket.create_connection(("127.0.0.1", broker.port)):
        held = lock.hold(machine.home / paths.LOCK) if is_resident_running else nullcontext()
        with held:
            assert servers.brokers(machine).state == (OK if is_resident_running else BAD)


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")  # paho leaves the socket to be collected
@pytest.mark.parametrize(("offset_ms", "state"), [(400 * 86_400_000.0, OK), (0.0, BAD)])
def test_a_brokers_dates_are_judged_by_a_clock_only_while_the_probe_server_does_not_show_it_wrong(
    enrolled, start_broker, ca, tmp_path, monkeypatch, offset_ms, state
):
    year_2020 = datetime.datetime(2020, 1, 1, tzinfo=datetime.UTC)
    certificate = ca.issue_cert("localhost", not_before=year_2020, not_after=year_2020 + datetime.timedelta(days=30))
    certificate.private_key_pem.write_to_path(str(tmp_path / "key.pem"))
    certificate.cert_chain_pems[0].write_to_path(str(tmp_path / "cert.pem"))
    broker = start_broker(f'tls {{ cert_file: "{tmp_path}/cert.pem", key_file: "{tmp_path}/key.pem" }}')
    monkeypatch.setattr("agent.packets.offset_ms", lambda _: offset_ms)
    answer = servers.brokers(enrolled(broker.url.replace("mqtt://127.0.0.1", "mqtts://localhost")))
    assert answer.state == state, answer
    assert ("theo đồng hồ của máy này" in answer.text) == (state == BAD)
    gc.collect()  # here, where the warning is expected


def test_a_broker_that_never_answers_may_be_behind_a_firewall(enrolled, monkeypatch):
    monkeypatch.setattr(servers, "_TIMEOUT_S", 1)
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        answer = servers.brokers(enrolled(f"mqtt://127.0.0.1:{listener.getsockname()[1]}"))
    assert answer.state == BAD
    assert "tường lửa" in answer.next_step


def test_a_broker_whose_login_takes_too_long_is_told_as_silent(enrolled, monkeypatch):
    monkeypatch.setattr(servers, "_WITHIN_S", 0.1)  # less than what the login itself waits
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        url = f"mqtt://127.0.0.1:{listener.getsockname()[1]}"
        assert servers.brokers(enrolled(url)).text == f"không đăng nhập được {url}: máy chủ không trả lời."


def test_a_broker_that_is_not_ready_says_nothing_about_the_device(enrolled):
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        answering = _answering(listener, b"\x20\x02\x00\x03")
        answer = servers.brokers(enrolled(f"mqtt://127.0.0.1:{listener.getsockname()[1]}"))
        answering.join()
    assert "máy chủ đang tắt" in answer.text


def _answering(listener, answer):
    def serve():
        peer, _ = listener.accept()
        with peer:
            peer.recv(1000)
            peer.sendall(answer)

    thread = threading.Thread(target=serve)
    thread.start()
    return thread


def test_the_doctor_leaves_no_presence_and_does_not_disturb_the_resident(enrolled, broker, centre, eventually, spool):
    machine = enrolled(broker.url)
    place = place_of(machine.settings)
    resident = Connection(place, spool.next_connection, lambda: True, random.Random(1), Backoff())
    eventually(lambda: any(isinstance(event, Opened) for event in resident.turn(0.05)), "the resident's connection")
    eventually(lambda: resident.turn(0.05) or len(centre.presences()) == 1, "its presence")
    assert servers.brokers(machine).state == OK
    resident.stop()
    eventually(lambda: [p.state for p in centre.presences()] == ["connected", "stopped"], "a clean stop, alone")


def test_the_probe_server_is_well_over_tcp_and_udp_and_tells_the_time(enrolled):
    machine = enrolled()
    assert servers.probe_http(machine).state == OK
    assert servers.probe_udp(machine).state == OK
    answer = servers.offset(machine)
    assert answer.state == OK
    assert "đúng" in answer.text


def test_a_device_that_the_probe_server_knows_may_measure_its_line_and_loads_nothing(enrolled, probe_server):
    answer = servers.permit(enrolled())
    assert (answer.state, answer.text) == (OK, f"cho đo (127.0.0.1, TCP {probe_server.http_port}).")


@pytest.mark.parametrize(("key", "words"), [("ab" * 32, "chưa nhận máy này"), ("none", "thiếu khóa")])
def test_a_key_that_the_probe_server_does_not_know_sends_the_person_to_enrol_again(enrolled, key, words):
    machine = enrolled()
    (machine.home / "permit_key").write_text(key)
    answer = servers.permit(machine)
    assert answer.state == BAD
    assert words in answer.text
    assert "đăng ký lại" in answer.text


def test_a_probe_server_that_is_off_is_bad_with_its_address(enrolled, free_port):
    server = Server("127.0.0.1", free_port(), free_port())
    machine = enrolled(server=server)
    assert servers.probe_http(machine).text == f"không tới được 127.0.0.1, TCP {server.http_port}: máy chủ đang tắt."
    assert servers.probe_udp(machine).text == f"không tới được 127.0.0.1, UDP {server.udp_port}: máy chủ đang tắt."
    assert "tường lửa" not in servers.probe_udp(machine).next_step
    assert servers.offset(machine).state == SKIPPED


def test_a_probe_server_that_is_silent_over_udp_alone_may_be_behind_a_firewall(enrolled, probe_server, free_port):
    answer = servers.probe_udp(enrolled(server=probe_server._replace(udp_port=free_port())))
    assert answer.state == BAD
    assert "tường lửa" in answer.next_step


def test_a_probe_server_that_answers_with_a_problem_is_told_by_its_status(enrolled):
    class Sick(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_error(503)

        def log_message(self, *_):
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Sick) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        answer = servers.probe_http(enrolled(server=Server("127.0.0.1", server.server_port, 1)))
        server.shutdown()
        thread.join()
    assert answer.state == WARNING
    assert "HTTP 503" in answer.text


@pytest.mark.parametrize(
    ("offset_ms", "state", "words"),
    [
        (900.0, OK, "đúng (lệch 0,9 giây)"),
        (-42_000.0, WARNING, "máy này chậm 42 giây"),
        (185_000.0, WARNING, "máy này nhanh 3 phút"),
        (-7_200_000.0, BAD, "máy này chậm 2 giờ"),
        (3e11, BAD, "máy này nhanh 3472 ngày"),
    ],
)
def test_a_clock_that_is_off_is_told_in_the_unit_that_fits(offset_ms, state, words):
    answer = servers.of_offset(offset_ms)
    assert (answer.state, words in answer.text) == (state, True), answer
    assert bool(answer.next_step) == (state != OK)


@pytest.mark.parametrize("language", ["vi", "en"])
def test_every_trouble_has_words_and_a_next_step(monkeypatch, language):
    monkeypatch.setenv("DIEMCAU_LANG", language)
    errors = [trouble.NotAdmittedError(), ValueError(), socket.gaierror(), ConnectionRefusedError(), TimeoutError()]
    kinds = {trouble.kind_of(error) for error in [*errors, PermissionError(), OSError()]}
    assert kinds == {"not_admitted", "settings", "name", "off", "blocked", "silent", "network"}
    for kind in {*kinds, "certificate"}:
        assert trouble.told(kind)
        assert trouble.next_step(kind)
