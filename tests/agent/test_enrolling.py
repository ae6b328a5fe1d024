"""A machine that cannot be enrolled now goes on trying by itself, tells why in plain words, and loses nothing."""

from __future__ import annotations

import json
import os
import random
import socket
import subprocess
import sys
import threading
from contextlib import contextmanager
from itertools import groupby

import pytest
import trustme
from click.testing import CliRunner

from agent import cli, enrol, enrolling, paths, pending, settings
from agent.backoff import Backoff
from agent.enrolling import Enrolling
from agent.spool import Spool

CODE = "7K2M9A-93QXW"
PAGE = b"<!DOCTYPE html><html><title>Wi-Fi</title></html>"
HOURLY = Backoff(first_s=3600.0, most_s=3600.0)


@pytest.fixture
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("DIEMCAU_AGENT_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("DIEMCAU_LANG", "vi")
    return tmp_path / "home"


@pytest.fixture
def ca_file(authority, tmp_path):
    authority.cert_pem.write_to_path(str(tmp_path / "given.pem"))
    return tmp_path / "given.pem"


@pytest.fixture
def enrol_later(home, ca_file):
    """Return a function that enrols at a server, later if need be."""

    def enrol(url, code=CODE):
        return CliRunner().invoke(cli.main, ["enrol", code, "--server", url, "--ca", str(ca_file), "--later"])

    return enrol


@pytest.fixture
def run(home, tmp_path):
    """Return a function that starts `diemcau-agent run` and returns a function that tells its log."""
    running = []

    def start():
        log = tmp_path / "run.log"
        with log.open("ab") as stream:
            running.append(subprocess.Popen([sys.executable, "-P", "-m", "agent.cli", "run"], stderr=stream))
        return log.read_text

    yield start
    for process in running:
        process.terminate()
        assert process.wait(30) == 0


@contextmanager
def page_server(answer):
    """A server without TLS that gives this answer to whatever is said to it; yields its port."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()

        def serve():
            while True:
                try:
                    peer, _ = listener.accept()
                except OSError:
                    return
                with peer:
                    peer.recv(4096)
                    peer.sendall(answer)

        thread = threading.Thread(target=serve)
        thread.start()
        try:
            yield listener.getsockname()[1]
        finally:
            listener.shutdown(socket.SHUT_RDWR)
            thread.join()


def test_a_machine_that_finds_no_centre_is_installed_all_the_same_and_enrols_when_there_is_one(
    enrol_later, run, home, enrolment_server, broker, centre, eventually
):
    enrolment_server.status, enrolment_server.answer = 503, b"<h1>Service Unavailable</h1>"
    told = enrol_later(enrolment_server.url)
    assert told.exit_code == 0
    assert "HTTP 503" in told.output
    assert "run sẽ tự thử" in told.output
    assert not (home / "settings.json").exists()

    log = run()
    eventually(lambda: "Chưa đăng ký được: Máy chủ đang gặp sự cố" in log(), "the trouble in the log")
    enrolment_server.status = 200
    enrolment_server.answer = enrolment_server.admit("admitted") | {"brokers": [broker.url]}
    eventually(lambda: [p.state for p in centre.presences()] == ["connected"], "the resident")
    assert "Đã đăng ký cho điểm cầu: Trường THPT Số 1" in log()
    assert not (home / paths.REQUEST).exists()
    assert len({asked.password for asked in enrolment_server.asked}) == 1


def test_the_request_is_kept_for_its_owner_alone(enrol_later, home, free_port):
    assert enrol_later(f"https://localhost:{free_port()}").exit_code == 0
    assert pending.read(home).code == CODE
    assert (home / paths.REQUEST).stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("code", ["wrong_code", "bad_code"])
def test_a_code_that_the_centre_does_not_know_is_told_at_once_and_never_tried_again(
    enrol_later, home, enrolment_server, code
):
    enrolment_server.refuse(403, code)
    told = enrol_later(enrolment_server.url)
    assert (told.exit_code, told.output) == (1, "Mã không đúng.\n")
    assert not (home / paths.REQUEST).exists()


@pytest.mark.parametrize("code", ["closed", "revoked"])
def test_a_refusal_that_the_centre_may_take_back_is_told_at_once_and_kept_to_be_tried_seldom(
    enrol_later, home, enrolment_server, clock, told, eventually, code
):
    enrolment_server.refuse(403, code)
    result = enrol_later(enrolment_server.url)
    assert result.exit_code == 1
    assert "Yêu cầu vẫn được giữ lại: diemcau-agent run chỉ thử lại vài giờ một lần" in result.output
    trying = Enrolling(home, clock, random.Random(1), HOURLY)
    eventually(lambda: trying.turn() or told, "the end of a try")
    assert "Máy chỉ thử lại vài giờ một lần" in told[0]
    clock.advance(enrolling.SELDOM_S / 2 - 1)
    trying.turn()
    assert not trying.is_trying
    assert pending.read(home).code == CODE


def test_a_wrong_code_that_was_kept_without_network_is_dropped_by_run_which_waits_for_the_right_one(
    enrol_later, run, home, enrolment_server, broker, centre, eventually
):
    enrolment_server.refuse(403, "wrong_code")
    pending.keep(home, pending.Pending(CODE, enrolment_server.url, enrolment_server.pem))
    log = run()
    eventually(lambda: "Mã không đúng. Mã này đã được bỏ; hãy chạy lại enrol với mã đúng" in log(), "the refusal")
    assert not (home / paths.REQUEST).exists()
    asked = len(enrolment_server.asked)
    enrolment_server.status = 200
    enrolment_server.answer = enrolment_server.admit("admitted") | {"brokers": [broker.url]}
    assert enrol_later(enrolment_server.url).exit_code == 0  # the right code, by a person at the terminal
    eventually(lambda: [p.state for p in centre.presences()] == ["connected"], "the resident")
    assert len(enrolment_server.asked) == asked + 1


def test_a_wrong_code_that_is_answered_late_does_not_take_the_right_request_along(home, enrolment_server, clock):
    right = pending.Pending("9B2M9A-93QXW", enrolment_server.url, enrolment_server.pem)
    pending.keep(home, right._replace(code=CODE))
    enrolment_server.refuse(403, "wrong_code")
    enrolment_server.on_ask = lambda: pending.keep(home, right)
    assert enrol.enrol_pending(home, clock)["kind"] == "wrong_code"
    assert pending.read(home) == right


def test_what_is_mistyped_leaves_an_earlier_request_as_it_was(enrol_later, home, free_port, ca_file):
    url = f"https://localhost:{free_port()}"
    assert enrol_later(url).exit_code == 0
    kept = pending.read(home)
    assert enrol_later("http://localhost").exit_code == 1
    ca_file.write_text("none")
    assert enrol_later(url, "9B2M9A-93QXW").exit_code == 1
    assert pending.read(home) == kept


def test_a_request_with_another_code_takes_the_place_of_an_earlier_one_and_says_whose(enrol_later, home, free_port):
    url = f"https://localhost:{free_port()}"
    assert "được thay" not in enrol_later(url).output
    assert "được thay" not in enrol_later(url, CODE.lower().replace("-", " ")).output
    assert "mã của điểm cầu 7K2M9A9, được thay bằng yêu cầu này" in enrol_later(url, "9B2M9A-93QXW").output
    assert pending.read(home).code == "9B2M9A-93QXW"


def test_a_fingerprint_is_enough_to_wait_with_where_the_authority_can_be_fetched(home, enrolment_server, free_port):
    fingerprint = enrol.Authority(enrolment_server.pem).fingerprint

    def later(url, fingerprint):
        options = ["enrol", CODE, "--server", url, "--fingerprint", fingerprint, "--later"]
        return CliRunner().invoke(cli.main, options)

    unreached = later(f"https://localhost:{free_port()}", fingerprint)
    assert unreached.exit_code == 1
    assert "Chưa giữ được yêu cầu" in unreached.output
    assert "--ca" in unreached.output
    assert "không khớp" in later(enrolment_server.url, "AB" * 32).output
    assert not (home / paths.REQUEST).exists()

    enrolment_server.refuse(503, "busy", 30)
    assert later(enrolment_server.url, fingerprint).exit_code == 0
    assert pending.read(home).ca_pem == enrolment_server.pem


def test_what_was_mistyped_is_told_and_not_kept(enrol_later, home):
    told = enrol_later("http://localhost")
    assert told.exit_code == 1
    assert "https://" in told.output
    assert not (home / paths.REQUEST).exists()


@pytest.mark.parametrize("options", [["--later"], ["--later", "--ca", __file__, "--move"]])
def test_waiting_needs_an_authority_that_nobody_has_to_compare_and_cannot_move_a_machine(home, options):
    result = CliRunner().invoke(cli.main, ["enrol", CODE, "--server", "https://localhost", *options])
    assert result.exit_code == 2
    assert "--ca" in result.output


def refused(server, status):
    server.status, server.answer = status, b"denied"


def portal(server, page=PAGE, location=""):
    server.show_certificate_of(trustme.CA())
    server.page, server.location = page, location


TROUBLE = {
    "401": (lambda server: refused(server, 401), "HTTP 401"),
    "403": (lambda server: refused(server, 403), "HTTP 403"),
    "500": (lambda server: refused(server, 500), "HTTP 500"),
    "busy": (lambda server: server.refuse(503, "busy", 30), "Mã không đúng."),
    "portal with a page": (portal, "Mạng này đòi đăng nhập trước"),
    "portal with a redirect": (lambda server: portal(server, b"", "https://wifi.example.vn/"), "đòi đăng nhập trước"),
    "another certificate": (lambda server: server.show_certificate_of(trustme.CA()), "Không tin được chứng thư"),
    "an answer cut short": (lambda server: setattr(server, "answer", b'{"device":'), "không đúng quy cách"),
}


@pytest.mark.parametrize("name", TROUBLE)
def test_trouble_is_told_apart_and_leaves_the_request_as_it_was(enrol_later, home, enrolment_server, name):
    begin, told = TROUBLE[name]
    begin(enrolment_server)
    result = enrol_later(enrolment_server.url)
    assert result.exit_code == 0, result.output
    assert told in result.output
    assert pending.read(home).code == CODE


def test_a_network_that_speaks_no_tls_but_sends_us_to_its_login_is_a_portal(enrol_later):
    answer = b"HTTP/1.1 302 Found\r\nLocation: http://login.wifi.example.vn/\r\nContent-Length: 0\r\n\r\n"
    with page_server(answer) as port:
        told = enrol_later(f"https://localhost:{port}")
    assert told.exit_code == 0
    assert "Mạng này đòi đăng nhập trước" in told.output


def test_no_network_is_told_as_such(enrol_later, free_port):
    assert "Không kết nối được tới máy chủ: máy chủ đang tắt" in enrol_later(f"https://localhost:{free_port()}").output
    assert "không tìm thấy tên máy chủ" in enrol_later("https://nowhere.invalid").output


def test_after_a_day_of_every_trouble_it_is_still_trying_and_nothing_of_it_has_changed(
    home, enrolment_server, clock, told, eventually
):
    pending.keep(home, pending.Pending(CODE, enrolment_server.url, enrolment_server.pem))
    spool = Spool(paths.spool(home, "dev-00000001"), 1 << 20, clock)
    spool.append(b"measured when it was a device before")
    trying = Enrolling(home, clock, random.Random(1), HOURLY)
    kinds = [begin for begin, _ in TROUBLE.values()]
    for hour in range(24):
        reset(enrolment_server)
        kinds[hour % len(kinds)](enrolment_server)
        before = len(enrolment_server.asked)
        clock.advance(3600)
        trying.turn()
        eventually(lambda: trying.turn() or not trying.is_trying, "the end of a try")
        assert hour % len(kinds) in (4, 5, 6) or len(enrolment_server.asked) == before + 1
    assert len(set(told)) == 7  # every trouble, and both portals in the same words
    assert told == [text for text, _ in groupby(told)]  # each when it begins, and not again while it lasts
    assert not trying.is_over

    reset(enrolment_server)
    clock.advance(3600)
    eventually(lambda: trying.turn() or trying.is_over, "enrolment")
    assert {asked.password for asked in enrolment_server.asked} == {(home / "password").read_text()}
    assert settings.load(home / "settings.json").device == "dev-00000001"
    assert spool.counters().spooled == 1
    spool.close()


def reset(server):
    server.show_certificate_of(server.authority)
    server.status, server.answer, server.page, server.location = 200, server.admit("admitted"), b"", ""


def test_a_wait_that_the_centre_asks_for_is_kept(home, enrolment_server, clock, eventually):
    pending.keep(home, pending.Pending(CODE, enrolment_server.url, enrolment_server.pem))
    enrolment_server.refuse(429, "slow_down", 600)
    trying = Enrolling(home, clock, random.Random(1), Backoff(first_s=0.0, most_s=0.0))
    trying.turn()
    eventually(lambda: trying.turn() or not trying.is_trying, "the end of a try")
    clock.advance(599)
    trying.turn()
    assert not trying.is_trying
    clock.advance(2)
    trying.turn()
    assert trying.is_trying
    trying.stop()


def test_a_new_request_starts_afresh_and_its_trouble_is_told_though_it_was_told_of_another(
    home, enrolment_server, clock, told, eventually
):
    enrolment_server.refuse(403, "closed")
    request = pending.Pending(CODE, enrolment_server.url, enrolment_server.pem)
    trying = Enrolling(home, clock, random.Random(1), HOURLY)
    trying.turn()
    assert not trying.is_trying  # there is no request
    for count in (1, 2):
        pending.keep(home, request)
        os.utime(home / paths.REQUEST, (count, count))
        eventually(lambda count=count: trying.turn() or len(told) == count, "the refusal")
    assert len(enrolment_server.asked) == 2
    assert told[0] == told[1]


def test_a_try_that_hangs_or_dies_is_trouble_like_any_other(home, clock, told, eventually):
    pending.keep(home, pending.Pending(CODE, "https://localhost", ""))
    trying = Enrolling(home, clock, random.Random(1), HOURLY, (sys.executable, "-c", "import time; time.sleep(600)"))
    trying.turn()
    clock.advance(enrolling.TRY_S)
    eventually(lambda: trying.turn() or not trying.is_trying, "the end of a try")
    assert "bị ngắt" in told[0]


def test_a_request_that_cannot_be_read_is_told_and_ends_nothing(home, clock, told, eventually):
    paths.make_private(home)
    (home / paths.REQUEST).write_text("{")
    trying = Enrolling(home, clock, random.Random(1), HOURLY)
    trying.turn()
    eventually(lambda: trying.turn() or not trying.is_trying, "the end of a try")
    assert "hãy chạy lại enrol" in told[0]


def test_the_waiting_resident_stops_when_it_is_told_to_and_leaves_no_child(enrol_later, home, tmp_path, eventually):
    with page_server(b"") as port:
        enrol_later(f"https://localhost:{port}")
    command = [sys.executable, "-I", "-m", "agent.resident", "--settings", str(home / "settings.json")]
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        pending.keep(home, pending.read(home)._replace(server=f"https://localhost:{silent.getsockname()[1]}"))
        waiting = subprocess.Popen(command, stderr=subprocess.DEVNULL)
        peer, _ = silent.accept()  # a try is under way, and gets no answer
        waiting.terminate()
        assert waiting.wait(30) == 0
        with peer:
            eventually(lambda: ended(peer), "the end of the child")


def ended(peer):
    """Tell whether the other side has closed, after whatever it said."""
    peer.settimeout(0.1)
    try:
        return peer.recv(65_536) == b""
    except ConnectionResetError:
        return True
    except TimeoutError:
        return False


def test_one_try_tells_how_it_went_in_a_line_of_json(home, enrolment_server):
    pending.keep(home, pending.Pending(CODE, enrolment_server.url, enrolment_server.pem))
    said = subprocess.run([*enrolling.COMMAND, str(home)], capture_output=True, check=True).stdout
    assert json.loads(said) == {"kind": "enrolled", "text": "Trường THPT Số 1", "wait_s": 0}
