"""A site whose only way out is a proxy: a real one, between two networks of our own."""

from __future__ import annotations

import asyncio
import json
import os
import socket
import subprocess
import sys
import threading
from concurrent.futures import Future

import pytest

from agent import last_line, paths, proxy
from agent.child import Server
from agent.last_line import LastLine
from agent.proxy import Proxy, ProxyError, find
from collector.probe_server.app import build_app, serving
from contract.clock import Clock

CODE = "7K2M9A-93QXW"
OUTSIDE, GATE, INSIDE = "10.9.1.1", "10.9.0.1", "10.9.0.2"  # the centre; the proxy; the site, with no way to OUTSIDE


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("http://proxy.example.vn:3128", Proxy("proxy.example.vn", 3128)),
        ("proxy.example.vn:3128/", Proxy("proxy.example.vn", 3128)),
        ("http://proxy.example.vn", Proxy("proxy.example.vn", 8080)),
        ("http://lan:b%40t@10.0.0.1:3128", Proxy("10.0.0.1", 3128, "lan:b@t")),
        ("http://proxy.example.vn:port", None),
        ("", None),
    ],
)
def test_an_address_is_read_in_each_of_its_forms(address, expected):
    for name in ("https_proxy", "HTTPS_PROXY"):
        assert find("centre.example.vn", {name: address}) == expected


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "127.8.8.8", "::1"])
def test_this_machine_itself_is_never_reached_through_a_proxy(host):
    assert find(host, {"https_proxy": "http://proxy:3128"}) is None


@pytest.mark.parametrize(
    ("exceptions", "is_direct"),
    [
        ("example.vn", True),
        (".example.vn", True),
        ("a.vn, CENTRE.example.vn", True),
        ("*", True),
        ("ample.vn", False),
        ("", False),
    ],
)
def test_exceptions_are_reached_directly(exceptions, is_direct):
    environ = {"https_proxy": "http://proxy:3128", "no_proxy": exceptions}
    assert (find("centre.example.vn", environ) is None) is is_direct


@pytest.mark.parametrize(
    ("servers", "expected"),
    [
        ("proxy:3128", "proxy:3128"),
        ("http=web:80;https=safe:3128;ftp=old:21", "safe:3128"),
        ("http=web:80", ""),
    ],
)
def test_windows_names_one_proxy_for_all_or_one_for_each_kind(servers, expected):
    assert proxy.of_scheme(servers) == expected


@pytest.mark.parametrize(
    ("host", "exceptions", "is_direct"),
    [
        ("centre", "<local>", True),
        ("centre.example.vn", "<local>", False),
        ("centre.example.vn", "<local>; *.Example.vn", True),
        ("centre", "*.example.vn", False),
    ],
)
def test_exceptions_of_windows_are_patterns_or_all_names_without_a_dot(monkeypatch, host, exceptions, is_direct):
    monkeypatch.setattr(proxy, "_internet_settings", lambda scheme: ("proxy:3128", exceptions))
    assert (find(host, {}) is None) is is_direct


@pytest.fixture
def answering():
    """A function that lets a proxy on loopback give one answer, and returns where it is."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()

        def answer(content):
            peer, _ = listener.accept()
            with peer:
                peer.recv(4096)
                peer.sendall(content)

        def answering(content):
            threading.Thread(target=answer, args=(content,), daemon=True).start()
            return Proxy(*listener.getsockname())

        yield answering


@pytest.mark.parametrize("status", [b"HTTP/1.1 200 Connection established", b"HTTP/1.0 200", b"HTTP/1.1 299 Tunnel"])
def test_any_success_of_the_proxy_lets_us_through(answering, status):
    with proxy.connect(answering(status + b"\r\n\r\nhello"), "centre.example.vn", 443, 5) as through:
        assert through.recv(5) == b"hello"


@pytest.mark.parametrize(
    "status", [b"HTTP/1.1 403 Filtered", b"HTTP/1.1 302 Found", b"HTTP/1.1 2000", b"220 mail", b""]
)
def test_any_other_answer_of_the_proxy_is_a_refusal(answering, status):
    with pytest.raises(ProxyError):
        proxy.connect(answering(status + b"\r\n\r\n"), "centre.example.vn", 443, 5)


@pytest.fixture(scope="module")
def site(own_network):
    """A network beside ours, from which only the gate can be reached; returns the command that enters it."""
    holder = subprocess.Popen(["unshare", "--net", "sh", "-c", "echo; exec sleep 3600"], stdout=subprocess.PIPE)
    holder.stdout.readline()
    enter = ["nsenter", "--target", str(holder.pid), "--net"]
    for command in (
        f"ip link add gate type veth peer name site netns {holder.pid}",
        f"ip address add {GATE}/24 dev gate",
        f"ip address add {OUTSIDE}/32 dev lo",
        "ip link set gate up",
        f"{' '.join(enter)} ip address add {INSIDE}/24 dev site",
        f"{' '.join(enter)} ip link set site up",
        f"{' '.join(enter)} ip link set lo up",
    ):
        subprocess.run(command.split(), check=True)
    yield enter
    holder.kill()
    holder.communicate()


@pytest.fixture
def start_proxy(site, tmp_path, free_port, eventually):
    """Return a function that starts tinyproxy at the gate; it returns its address and a function that tells its log."""
    running = []

    def start(*settings):
        port, log = free_port(), tmp_path / "proxy.log"
        lines = (f"Port {port}", f"Listen {GATE}", f'LogFile "{log}"', "LogLevel Connect", "Timeout 60", *settings)
        (tmp_path / "proxy.conf").write_text("\n".join(lines) + "\n")
        command = ["tinyproxy", "-d", "-c", str(tmp_path / "proxy.conf")]
        running.append(subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL))
        eventually(lambda: answers(port), "the proxy")
        return f"{GATE}:{port}", log.read_text

    yield start
    for process in running:
        process.terminate()
        process.wait()


@pytest.fixture
def run(site, authority, tmp_path, write_settings):
    """Return a function that starts a real resident at the site; it returns a function that tells its log."""
    running = []

    def start(broker, where, **environ):
        settings = write_settings((f"mqtts://{OUTSIDE}:{broker.port}",), Server(OUTSIDE, 9, 9))
        authority.cert_pem.write_to_path(str(settings.folder / paths.CA))
        last_line.write(settings.folder / paths.LAST_LINE, LastLine(Clock().now(), True))
        log = tmp_path / "resident.log"
        command = [sys.executable, "-I", "-m", "agent.resident", "--settings", str(settings.folder / paths.SETTINGS)]
        for process in running:  # one resident a home
            stop(process)
        with log.open("wb") as stream:
            running[:] = [subprocess.Popen([*where, *command], env=here(environ), stderr=stream)]
        return log.read_text

    yield start
    for process in running:
        stop(process)


def answers(port):
    with socket.socket() as probe:
        return probe.connect_ex((GATE, port)) == 0


def stop(process):
    process.terminate()
    assert process.wait(30) == 0


def here(environ):
    return {**os.environ, "DIEMCAU_LANG": "en", **environ}


@pytest.fixture
def broker(start_broker, tmp_path, authority):
    """A broker behind TLS, outside."""
    certificate = authority.issue_cert(OUTSIDE)
    certificate.private_key_pem.write_to_path(str(tmp_path / "key.pem"))
    certificate.cert_chain_pems[0].write_to_path(str(tmp_path / "cert.pem"))
    return start_broker(f'tls {{ cert_file: "{tmp_path}/cert.pem", key_file: "{tmp_path}/key.pem" }}', host=OUTSIDE)


def test_a_device_connects_through_the_proxy_when_there_is_no_other_way(
    site, start_proxy, broker, run, connect_centre, eventually
):
    address, log = start_proxy()
    centre = connect_centre(broker.port, OUTSIDE)
    run(broker, site, https_proxy=f"http://{address}")
    eventually(centre.reports, "a report")
    assert f"CONNECT {OUTSIDE}:{broker.port}" in log()


def test_a_proxy_that_asks_who_we_are_is_told_and_one_that_refuses_is_named(
    site, start_proxy, broker, run, connect_centre, eventually
):
    address, _ = start_proxy("BasicAuth lan secret")
    centre = connect_centre(broker.port, OUTSIDE)
    told = run(broker, site, https_proxy=f"http://{address}")
    eventually(lambda: "this computer's proxy does not let us through" in told(), "the refusal")
    assert "407" in told()
    assert centre.presences() == []
    run(broker, site, HTTPS_PROXY=f"http://lan:secret@{address}")
    eventually(centre.presences, "the connection")


def test_who_can_be_reached_directly_is(site, start_proxy, broker, run, connect_centre, eventually):
    address, log = start_proxy()
    centre = connect_centre(broker.port, OUTSIDE)
    run(broker, [], https_proxy=f"http://{address}")
    eventually(centre.presences, "the connection")
    assert "CONNECT 10" not in log()


def test_a_machine_enrols_through_the_proxy(site, start_proxy, start_enrolment_server, authority, tmp_path):
    address, log = start_proxy()
    server = start_enrolment_server(OUTSIDE)
    authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    command = [sys.executable, "-I", "-m", "agent.cli", "enrol", CODE, "--server", server.url]
    command = [*site, *command, "--ca", str(tmp_path / "ca.pem")]
    home = {"DIEMCAU_AGENT_HOME": str(tmp_path / "agent")}
    without = subprocess.run(command, env=here(home), capture_output=True, text=True)
    assert without.returncode == 1
    assert "cannot be reached" in without.stderr
    told = subprocess.run(command, env=here({**home, "https_proxy": address}), capture_output=True, text=True)
    assert told.returncode == 0, told.stderr
    assert f"CONNECT {OUTSIDE}" in log()


def test_a_proxy_in_the_way_of_enrolment_is_told(site, start_proxy, start_enrolment_server, authority, tmp_path):
    address, _ = start_proxy("BasicAuth lan secret")
    server = start_enrolment_server(OUTSIDE)
    authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    command = [*site, sys.executable, "-I", "-m", "agent.cli", "enrol", CODE, "--server", server.url]
    environ = here({"DIEMCAU_AGENT_HOME": str(tmp_path / "agent"), "https_proxy": address})
    told = subprocess.run(
        [*command, "--ca", str(tmp_path / "ca.pem"), "--later"], env=environ, capture_output=True, text=True
    )
    assert told.returncode == 0
    assert f"The proxy that this machine is set to, http://{address}, does not let us through" in told.stdout


@pytest.fixture
def probe_outside(site, permit_master, document):
    """A probe server outside, and the address of its HTTP port."""
    started, stop = Future(), asyncio.Event()

    async def serve():
        async with serving(build_app(permit_master, document), OUTSIDE, 0, 0) as ports:
            started.set_result((Server(OUTSIDE, ports.http, ports.udp), asyncio.get_running_loop()))
            await stop.wait()

    thread = threading.Thread(target=lambda: asyncio.run(serve()))
    thread.start()
    server, loop = started.result(30)
    yield server
    loop.call_soon_threadsafe(stop.set)
    thread.join(30)


@pytest.fixture
def probed(site, write_settings, probe_outside):
    """A function that measures at the site, and returns the exit code, the measurement, and what a person reads."""

    def probed(name, **environ):
        settings = write_settings(("mqtt://127.0.0.1:1",), probe_outside)
        environ = here({"DIEMCAU_AGENT_HOME": str(settings.folder), **environ})
        command = [*site, sys.executable, "-I", "-m", "agent.cli", "probe", name, "--json"]
        told = subprocess.run(command, env=environ, capture_output=True, text=True)
        (measurement,) = json.loads(told.stdout)["measurements"]
        return told.returncode, measurement, told.stderr

    return probed


@pytest.mark.parametrize("login", ["", "lan:secret@"])
def test_a_line_is_measured_through_the_proxy_both_ways(start_proxy, probed, login):
    address, log = start_proxy(*(["BasicAuth lan secret"] if login else []))
    code, measurement, told = probed("line", http_proxy=f"http://{login}{address}")
    assert code == 0, told
    found = measurement["findings"]
    assert (found["download"]["outcome"], found["upload"]["outcome"]) == ("carries", "carries")
    assert found["round_trip_ms"] == {"why": "absent"}  # packets over UDP pass no proxy
    assert f"GET http://{OUTSIDE}:" in log()


def test_speedtest_runs_through_the_proxy_too(start_proxy, probed):
    address, _ = start_proxy()
    code, measurement, told = probed("speedtest", http_proxy=address)
    assert code == 0, told
    assert measurement["findings"]["received_bytes"] > 0


def test_a_proxy_in_the_way_of_a_line_test_is_told_apart_from_a_line_that_is_down(start_proxy, probed, free_port):
    address, _ = start_proxy("BasicAuth lan secret")
    for environ, failure in (
        ({"http_proxy": address}, "proxy"),
        ({"http_proxy": f"{GATE}:{free_port()}"}, "proxy"),
        ({}, "unreachable"),
    ):
        code, measurement, told = probed("line", **environ)
        assert (code, measurement["failure"]["code"]) == (1, failure)
        assert ("this network's proxy is in the way" in told) == (failure == "proxy")


def test_a_proxy_that_is_off_or_talks_nonsense_is_trouble_like_any_other(free_port):
    with pytest.raises(ProxyError, match="refused"):
        proxy.connect(Proxy("127.0.0.1", free_port()), "centre.example.vn", 443, 5)
