from __future__ import annotations

import socket
import threading

import pytest

from agent.child import Server
from agent.doctor import network
from agent.doctor.check import BAD, OK, SKIPPED

NOWHERE = "192.0.2.9"  # TEST-NET-1, RFC 5737
AWAY = Server("diemcau.invalid", 8090, 8862)


def test_a_machine_without_a_way_out_is_told_to_plug_the_cable_in(enrolled, own_network):
    answer = network.way_out(enrolled("mqtts://diemcau.invalid:8883", server=AWAY))
    assert answer.state == BAD
    assert "Cắm lại dây mạng" in answer.next_step


def test_a_machine_that_needs_no_way_out_to_reach_its_servers_is_well(enrolled, own_network):
    assert network.way_out(enrolled()).state == OK


def test_a_machine_with_a_way_out_is_well(enrolled, silent_network):
    assert network.way_out(enrolled("mqtts://diemcau.invalid:8883", server=AWAY)).state == OK


def test_a_name_that_nobody_knows_is_told_and_an_address_needs_none(enrolled, own_network):
    answer = network.names(enrolled("mqtts://diemcau.invalid:8883", server=AWAY))
    assert answer.state == BAD
    assert "diemcau.invalid" in answer.text
    assert "gọi Sở" in answer.next_step
    assert network.names(enrolled(f"mqtts://{NOWHERE}:8883")).state == OK


def test_a_name_server_that_never_answers_is_not_waited_for(enrolled, silent_network, monkeypatch):
    monkeypatch.setattr(network, "_LOOK_UP_S", 0.2)
    assert network.names(enrolled("mqtts://diemcau.invalid:8883", server=AWAY)).state == BAD


def test_no_proxy_is_well(enrolled):
    assert network.proxy(enrolled("mqtts://diemcau.invalid:8883")).text == "không dùng."


def test_a_proxy_that_does_not_answer_is_bad_and_its_password_is_not_shown(enrolled, free_port, monkeypatch):
    port = free_port()
    monkeypatch.setenv("https_proxy", f"http://lan:matkhau@127.0.0.1:{port}")
    answer = network.proxy(enrolled("mqtts://diemcau.invalid:8883"))
    assert answer.state == BAD
    assert f"127.0.0.1:{port}" in answer.text
    assert "matkhau" not in str(answer)


def test_a_proxy_that_answers_is_well_and_one_that_our_servers_do_not_need_is_none(enrolled, monkeypatch):
    machine = enrolled("mqtts://diemcau.invalid:8883")
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        monkeypatch.setenv("https_proxy", f"127.0.0.1:{listener.getsockname()[1]}")
        assert "proxy trả lời" in network.proxy(machine).text
    monkeypatch.setenv("no_proxy", "diemcau.invalid")
    assert network.proxy(machine).text == "không dùng."


def test_the_probe_server_itself_is_no_login_page_and_neither_is_silence(enrolled, free_port):
    assert network.portal(enrolled()).state == OK
    assert network.portal(enrolled(server=Server("127.0.0.1", free_port(), free_port()))).state == SKIPPED


@pytest.mark.parametrize(
    "said",
    [
        b"HTTP/1.1 302 Found\r\nLocation: http://wifi.example/login\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 15\r\n\r\n<html>Wi-Fi...",
        b"HTTP/1.1 511 Network Authentication Required\r\nContent-Length: 0\r\n\r\n",
        b"SSH-2.0-OpenSSH_9.2\r\n",
    ],
)
def test_whatever_else_answers_in_its_place_is_one(enrolled, said):
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        thread = threading.Thread(target=_say, args=(listener, said))
        thread.start()
        answer = network.portal(enrolled(server=Server("127.0.0.1", listener.getsockname()[1], 1)))
        thread.join()
    assert answer.state == BAD
    assert "đăng nhập vào mạng" in answer.next_step


@pytest.mark.parametrize("status", [b"503 Service Unavailable", b"404 Not Found", b"500 Internal Server Error"])
def test_a_probe_server_with_a_problem_is_no_login_page(enrolled, status):
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        said = b"HTTP/1.1 " + status + b"\r\nContent-Length: 0\r\n\r\n"
        thread = threading.Thread(target=_say, args=(listener, said))
        thread.start()
        answer = network.portal(enrolled(server=Server("127.0.0.1", listener.getsockname()[1], 1)))
        thread.join()
    assert answer.state == SKIPPED


def _say(listener, said):
    peer, _ = listener.accept()
    with peer:
        peer.recv(1000)
        peer.sendall(said)
