from __future__ import annotations

import errno
import os
import socket
import ssl
import threading
from contextlib import contextmanager, suppress

import pytest
import trustme
from click.testing import CliRunner

from agent import asking, cli, enrol, paths, settings
from agent.asking import EnrolmentError
from agent.spool import Spool
from contract.clock import Clock

CODE = "7K2M9A-93QXW"
OTHER_CODE = "9B2M9A-93QXW"


@pytest.fixture
def centre(enrolment_server):
    return enrolment_server


@pytest.fixture
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("DIEMCAU_AGENT_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("DIEMCAU_LANG", "vi")
    return tmp_path / "home"


def run(*arguments, answers=""):
    return CliRunner().invoke(cli.main, ["enrol", *arguments], input=answers)


def test_enrolment_writes_everything_the_resident_needs(centre, home):
    fingerprint = enrol.Authority(centre.pem).fingerprint
    result = run(CODE, "--server", centre.url, "--fingerprint", fingerprint.lower().replace(" ", ":"))
    assert result.exit_code == 0, result.output
    assert "Trường THPT Số 1" in result.output
    read = settings.load(home / "settings.json")
    assert (read.device, read.brokers) == ("dev-00000001", ("mqtts://localhost:8883",))
    assert read.probe_server == ("localhost", 8090, 8862)
    assert (home / "ca.pem").read_text() == centre.pem
    assert (home / "permit_key").read_text() == "ab" * 32
    assert centre.asked[0].code == CODE
    assert centre.asked[0].password == (home / "password").read_text()
    assert (home / "server").read_text() == centre.url
    files = {"settings.json", "ca.pem", "permit_key", "password", "site", "server", "machine.json"}
    assert {file.name for file in home.iterdir()} == files


def test_the_password_is_on_disk_before_the_centre_is_asked(centre, home):
    kept = []
    centre.on_ask = lambda: kept.append((home / "password").read_text())
    run(CODE, "--server", centre.url, "--fingerprint", enrol.Authority(centre.pem).fingerprint)
    assert kept == [centre.asked[0].password]


def test_when_the_answer_is_lost_the_same_is_asked_again(centre, home):
    centre.status, centre.answer = 502, b"bad gateway"
    arguments = (CODE, "--server", centre.url, "--fingerprint", enrol.Authority(centre.pem).fingerprint)
    lost = run(*arguments)
    assert lost.exit_code == 1
    assert "502" in lost.output
    assert not (home / "settings.json").exists()
    centre.status, centre.answer = 200, centre.admit("admitted")
    assert run(*arguments).exit_code == 0
    assert centre.asked[0] == centre.asked[1]


def test_the_person_compares_the_fingerprint_before_anything_is_sent(centre, home):
    refused = run(CODE, "--server", centre.url, answers="n\n")
    assert refused.exit_code == 1
    assert enrol.Authority(centre.pem).fingerprint in refused.output
    assert centre.asked == []
    assert not home.exists()
    assert run(CODE, "--server", centre.url, answers="y\n").exit_code == 0


@pytest.mark.parametrize(
    ("language", "typed", "is_yes"),
    [
        *(("vi", typed, True) for typed in ("c", "CO\u0301", "y")),
        *(("vi", typed, False) for typed in ("k", "không", "n")),
        ("en", "y", True),
        ("en", "n", False),
    ],
)
def test_the_question_is_answered_in_the_persons_own_language(centre, home, monkeypatch, language, typed, is_yes):
    monkeypatch.setenv("DIEMCAU_LANG", language)
    result = run(CODE, "--server", centre.url, answers=f"{typed}\n")
    assert (result.exit_code == 0, len(centre.asked) == 1) == (is_yes, is_yes)


def test_an_answer_that_is_neither_is_asked_again_with_the_answers_there_are(centre, home):
    result = run(CODE, "--server", centre.url, answers="đúng\n\nc\n")
    assert result.exit_code == 0
    assert result.output.count("Hãy gõ c (có) hoặc k (không).") == 2


def test_the_end_of_the_input_says_what_was_not_done(centre, home):
    result = run(CODE, "--server", centre.url, answers="")
    assert result.exit_code == 1
    assert "chưa được đăng ký" in result.output
    assert "Aborted" not in result.output
    assert centre.asked == []


@pytest.fixture
def enrolled(centre, home):
    """A machine that is enrolled and holds two reports; returns the options to enrol it again without a question."""
    options = ("--server", centre.url, "--fingerprint", enrol.Authority(centre.pem).fingerprint)
    assert run(CODE, *options).exit_code == 0
    spool = Spool(paths.spool(home, "dev-00000001"), 1 << 20, Clock())
    spool.append(b"one")
    spool.append(b"two")
    spool.close()
    return options


def kept(home):
    return {file.name: file.read_bytes() for file in home.iterdir() if file.is_file()}


def test_the_same_code_again_is_the_same_device_however_it_is_typed(centre, home, enrolled):
    before = kept(home)
    assert run(CODE.lower().replace("-", " "), *enrolled).exit_code == 0
    assert kept(home) == before


def test_another_sites_code_changes_nothing_and_is_not_even_sent(centre, home, enrolled):
    before = kept(home)
    result = run(OTHER_CODE, *enrolled)
    assert result.exit_code == 1
    for told in ("dev-00000001", "chờ gửi của thiết bị dev-00000001: 2", "--move"):
        assert told in result.output
    assert len(centre.asked) == 1
    assert kept(home) == before


def test_an_answer_that_names_another_device_changes_nothing_and_says_what_the_centre_made(centre, home, enrolled):
    before = kept(home)
    centre.answer = centre.admit("waiting") | {"device": "dev-00000002"}
    result = run(CODE, *enrolled)
    assert result.exit_code == 1
    assert "thu hồi thiết bị mới" in result.output
    assert kept(home) == before


def test_a_machine_moves_to_another_site_when_told_to(centre, home, enrolled):
    centre.answer = centre.admit("admitted") | {"device": "dev-00000002"}
    assert run(OTHER_CODE, *enrolled, "--move").exit_code == 0
    assert settings.load(home / "settings.json").device == "dev-00000002"
    assert run(OTHER_CODE, *enrolled).exit_code == 0


def test_a_wrong_fingerprint_sends_nothing(centre, home):
    result = run(CODE, "--server", centre.url, "--fingerprint", "AB" * 32)
    assert result.exit_code == 1
    assert "không khớp" in result.output
    assert centre.asked == []


def test_a_given_authority_must_be_the_servers(centre, home, tmp_path, authority):
    authority.cert_pem.write_to_path(str(tmp_path / "right.pem"))
    trustme.CA().cert_pem.write_to_path(str(tmp_path / "wrong.pem"))
    wrong = run(CODE, "--server", centre.url, "--ca", str(tmp_path / "wrong.pem"))
    assert wrong.exit_code == 1
    assert "chứng thư" in wrong.output
    assert centre.asked == []
    assert run(CODE, "--server", centre.url, "--ca", str(tmp_path / "right.pem")).exit_code == 0


@pytest.mark.parametrize(
    ("status", "code", "retry_after_s"),
    [(403, "wrong_code", None), (429, "slow_down", 600), (503, "busy", 30), (403, "closed", None)],
)
def test_a_refusal_is_told_in_the_centres_words(centre, home, status, code, retry_after_s):
    centre.refuse(status, code, retry_after_s)
    result = run(CODE, "--server", centre.url, "--fingerprint", enrol.Authority(centre.pem).fingerprint)
    assert (result.exit_code, result.output) == (1, "Mã không đúng.\n")
    assert not (home / "settings.json").exists()


def test_a_refusal_of_a_later_version_is_told_as_trouble_of_the_server(centre, home):
    centre.refuse(418, "teapot")
    result = run(CODE, "--server", centre.url, "--fingerprint", enrol.Authority(centre.pem).fingerprint)
    assert result.exit_code == 1
    assert "HTTP 418" in result.output


@pytest.mark.parametrize(
    ("headers", "told"), [("Content-Length: 9", "không trả lời"), ("Transfer-Encoding: chunked", "gián đoạn")]
)
def test_a_servers_error_that_stalls_or_breaks_off_is_told_as_trouble_of_the_network(
    home, authority, monkeypatch, headers, told
):
    monkeypatch.setattr(asking, "_TIMEOUT_S", 0.5)
    monkeypatch.setattr(asking, "_LOOK_TIMEOUT_S", 0.5)
    answer = f"HTTP/1.1 502 Bad Gateway\r\n{headers}\r\n\r\nzz\r\n".encode()
    with tls_server(authority, answer) as url, pytest.raises(EnrolmentError) as caught:
        enrol.enrol(home, url, CODE, enrol.Authority(authority.cert_pem.bytes().decode()), Clock())
    assert told in str(caught.value)
    assert caught.value.may_pass


@contextmanager
def tls_server(authority, answer):
    """A server that gives this answer to each request and then says nothing more; yields its address."""
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost").configure_cert(tls)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        peers = []

        def serve():
            with suppress(OSError):  # the listener's end
                while True:
                    peer, _ = listener.accept()
                    peers.append(peer)
                    with suppress(OSError):  # a client that speaks no TLS
                        peers[-1] = tls.wrap_socket(peer, server_side=True)
                        peers[-1].recv(4096)
                        peers[-1].sendall(answer)

        thread = threading.Thread(target=serve)
        thread.start()
        try:
            yield f"https://localhost:{listener.getsockname()[1]}"
        finally:
            listener.shutdown(socket.SHUT_RDWR)
            for peer in peers:
                peer.close()
            thread.join()


def test_a_refusal_speaks_english_where_asked(centre, home, monkeypatch):
    monkeypatch.setenv("DIEMCAU_LANG", "en")
    centre.refuse(403, "wrong_code")
    result = run(CODE, "--server", centre.url, "--fingerprint", enrol.Authority(centre.pem).fingerprint)
    assert "Wrong." in result.output


def test_a_device_that_waits_is_told_what_for_and_keeps_its_settings(centre, home):
    centre.answer = centre.admit("waiting")
    result = run(CODE, "--server", centre.url, "--fingerprint", enrol.Authority(centre.pem).fingerprint)
    assert result.exit_code == 0
    assert "duyệt" in result.output
    assert "Cứ chạy diemcau-agent run:" in result.output
    assert settings.load(home / "settings.json").device == "dev-00000001"


def test_a_device_that_waits_and_runs_by_its_bundle_is_left_on(centre, home, monkeypatch):
    monkeypatch.setenv("DIEMCAU_AGENT_SERVER", centre.url)
    centre.answer = centre.admit("waiting")
    result = run(CODE, "--fingerprint", enrol.Authority(centre.pem).fingerprint)
    assert "Cứ để máy chạy:" in result.output
    assert "diemcau-agent run" not in result.output


@pytest.mark.parametrize("answer", [b"<html>", b"{}", b"[]"])
def test_an_answer_that_is_none_changes_nothing(centre, home, answer):
    centre.answer = answer
    result = run(CODE, "--server", centre.url, "--fingerprint", enrol.Authority(centre.pem).fingerprint)
    assert result.exit_code == 1
    assert not (home / "settings.json").exists()


def test_the_password_never_leaves_over_plain_http(home):
    assert run(CODE, "--server", "http://localhost:1").exit_code == 1


def test_a_server_that_is_not_there_is_told(home, free_port):
    result = run(CODE, "--server", f"https://localhost:{free_port()}")
    assert result.exit_code == 1
    assert "mạng" in result.output


def test_a_firewall_that_forbids_the_program_the_network_is_told_as_such(centre, home, monkeypatch):
    def forbid(*_, **__):
        raise PermissionError(errno.EACCES, "forbidden by its access permissions")  # WSAEACCES

    monkeypatch.setattr(socket, "create_connection", forbid)
    with pytest.raises(EnrolmentError, match="tường lửa hoặc phần mềm diệt virus") as caught:
        enrol.enrol(home, centre.url, CODE, enrol.Authority(centre.pem), Clock())
    assert (caught.value.kind, caught.value.may_pass) == ("blocked", True)


def test_what_cannot_be_read_is_told_apart_from_what_cannot_be_written(centre, home, monkeypatch):
    options = ("--server", centre.url, "--fingerprint", enrol.Authority(centre.pem).fingerprint)
    (home / "password").mkdir(parents=True)
    assert f"Không đọc được {home / 'password'}" in run(CODE, *options).output
    (home / "password").rmdir()
    (home / "password.new").mkdir()
    assert f"Không ghi được vào {home}" in run(CODE, *options).output
    (home / "password.new").rmdir()

    def fill(_):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", fill)
    assert f"Không ghi được vào {home}" in run(CODE, *options).output


def test_an_empty_code_is_told_before_anything_is_sent(centre, home):
    with pytest.raises(EnrolmentError):
        enrol.enrol(home, centre.url, "   ", enrol.Authority(centre.pem), Clock())
    assert centre.asked == []


def test_what_is_no_certificate_is_refused():
    for content in (b"", b"\xff", b"-----BEGIN CERTIFICATE-----\n!!!\n-----END CERTIFICATE-----"):
        with pytest.raises(EnrolmentError):
            enrol.read_authority(content)


def test_a_second_authority_hidden_beside_the_right_one_is_refused(authority):
    right, wrong = authority.cert_pem.bytes(), trustme.CA().cert_pem.bytes()
    assert enrol.read_authority(right).pem.count("BEGIN") == 1
    for both in (right + wrong, wrong + right):
        with pytest.raises(EnrolmentError):
            enrol.read_authority(both)
