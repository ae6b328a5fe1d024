"""The transfer over real sockets: bounded by the grant, each step once, and every byte of an upload counted."""

from __future__ import annotations

import contextlib
import gc
import http.client
import json
import socket
import struct
import time
import types
import urllib.request
import zlib

import pytest

from collector.probe_server.keys import SLOTS
from contract import permit, transfer
from contract.probing import HEADER, Ask, Granted
from provisioning.credentials import permit_key

DEVICE = "dev-00000001"


def fetch(ports, method, path, body=None):
    connection = http.client.HTTPConnection("127.0.0.1", ports.http, timeout=30)
    connection.request(method, path, body)
    answer = connection.getresponse()
    content = answer.read()
    connection.close()
    return answer, content


@pytest.fixture
def granted(ports, permit_master):
    nonce = json.loads(fetch(ports, "GET", "/v1/nonce")[1])["nonce"]
    told = {"device": DEVICE, "nonce": nonce, "test": "line", "purpose": "person", "answer": "0" * 64}
    asked = Ask.model_validate(told)
    answer = permit.answer(permit_key(permit_master, DEVICE, 1), nonce, asked.asked)
    body = asked.model_copy(update={"answer": answer}).model_dump_json()
    return Granted.model_validate_json(fetch(ports, "POST", "/v1/slots", body)[1])


def of(granted, step):
    return f"/v1/slots/{granted.token}/{step}"


def test_a_grant_names_the_need_of_the_devices_site(granted, document):
    needs = document.needs[0]
    assert (granted.download, granted.upload) == (needs.download, needs.upload)
    assert granted.most_down_bytes == transfer.most_bytes(needs.download.ready_mbps * 1e6)
    assert granted.is_thorough  # a person asks, who wants to know both


def test_whoever_only_listens_gets_no_more_than_the_grant_allows_headers_included(ports, granted):
    connection = http.client.HTTPConnection("127.0.0.1", ports.http, timeout=30)
    connection.request("GET", of(granted, "download"))
    answer, received = connection.getresponse(), 0
    with contextlib.suppress(ConnectionError, http.client.IncompleteRead):
        while block := answer.read1(65_536):
            received += len(block)
    connection.close()
    assert 0.9 * granted.most_down_bytes < received <= granted.most_down_bytes


@pytest.mark.parametrize("step", ["download", "upload", "arrivals"])
def test_a_step_begins_once(ports, granted, step):
    method = "POST" if step == "upload" else "GET"
    with socket.create_connection(("127.0.0.1", ports.http), timeout=10) as first:
        first.sendall(f"{method} {of(granted, step)} HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n".encode())
        first.sendall(b"x")
        if step != "upload":
            assert first.recv(12) == b"HTTP/1.1 200"
        else:
            fetch(ports, "GET", "/healthz")  # by now the upload before it has begun
        assert fetch(ports, method, of(granted, step))[0].status == 404


def test_each_byte_of_an_upload_is_counted_and_told_while_it_arrives(ports, granted):
    watching = http.client.HTTPConnection("127.0.0.1", ports.http, timeout=30)
    watching.request("GET", of(granted, "arrivals"))
    told = watching.getresponse()
    _, content = fetch(ports, "POST", of(granted, "upload"), b"x" * 123_456)
    assert json.loads(content) == {"received_bytes": 123_456}
    seconds, arrived = told.readline().split()
    assert (float(seconds) > 0, int(arrived)) == (True, 123_456)
    watching.close()


def test_an_upload_beyond_the_grant_is_broken_off_at_once(ports, granted):
    with socket.create_connection(("127.0.0.1", ports.http), timeout=20) as client:
        head = f"POST {of(granted, 'upload')} HTTP/1.1\r\nHost: x\r\nContent-Length: {10**9}\r\n\r\n"
        client.sendall(head.encode() + b"x" * granted.most_up_bytes)
        with pytest.raises(ConnectionError):  # for on a line that carries anything it would go on
            client.sendall(b"x" * 10**8)
    taken = json.loads(fetch(ports, "POST", of(granted, "end"))[1])["received_bytes"]
    assert granted.most_up_bytes <= taken < granted.most_up_bytes + 1_000_000


def test_an_upload_of_all_that_was_granted_is_answered(ports, granted):
    _, content = fetch(ports, "POST", of(granted, "upload"), b"x" * granted.most_up_bytes)
    assert json.loads(content)["received_bytes"] == granted.most_up_bytes
    assert json.loads(fetch(ports, "POST", of(granted, "end"))[1])["received_bytes"] == granted.most_up_bytes


def test_an_ended_slot_is_no_slot(ports, granted):
    assert fetch(ports, "POST", of(granted, "end"))[0].status == 200
    for method, step in (("GET", "download"), ("GET", "arrivals"), ("POST", "upload"), ("POST", "end")):
        assert fetch(ports, method, of(granted, step))[0].status == 404


def test_a_slot_that_nobody_was_granted_is_none(ports):
    assert fetch(ports, "GET", "/v1/slots/AAAAAAAAAAAAAAAAAAAAAA/download")[0].status == 404


def test_every_answer_says_that_it_is_ours(ports):
    for path in ("/healthz", "/v1/nonce", "/no/such/place", "/v1/slots/AAAAAAAAAAAAAAAAAAAAAA/download"):
        assert fetch(ports, "GET", path)[0].getheader(HEADER) == "1"


def test_the_bytes_cannot_be_compressed(ports, granted):
    connection = http.client.HTTPConnection("127.0.0.1", ports.http, timeout=30)
    connection.request("GET", of(granted, "download"))
    content = connection.getresponse().read(16_384)
    connection.close()
    assert len(zlib.compress(content)) > 0.99 * len(content)


def test_nothing_that_is_not_an_ask_is_granted(ports):
    for body in (b"", b"{}", b"[]", b"\xff", b'{"device": "dev-00000001"}', b"x" * 5000):
        request = urllib.request.Request(f"http://127.0.0.1:{ports.http}/v1/slots", body, method="POST")
        with urllib.request.urlopen(request, timeout=10) as answer:
            assert json.load(answer) == {"state": "refused", "code": "bad_request"}


def test_after_the_upload_there_is_no_download_any_more(ports, granted):
    assert fetch(ports, "POST", of(granted, "upload"), b"x" * 100)[0].status == 200
    assert fetch(ports, "GET", of(granted, "download"))[0].status == 404


@pytest.fixture
def garbage():
    """A function that returns what only the collector of garbage takes away since the last call."""
    gc.collect()
    gc.disable()
    gc.set_debug(gc.DEBUG_SAVEALL)

    def collected():
        gc.collect()
        found = [*gc.garbage]
        gc.garbage.clear()
        return found

    yield collected
    gc.set_debug(0)
    gc.garbage.clear()
    gc.enable()


@pytest.mark.parametrize("step", ["download", "upload", "arrivals"])
def test_a_step_that_its_device_breaks_off_leaves_nothing_for_the_collector_of_garbage(probe, granted, garbage, step):
    method = "POST" if step == "upload" else "GET"
    with socket.create_connection(("127.0.0.1", probe.ports.http), timeout=10) as device:
        device.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        device.sendall(f"{method} {of(granted, step)} HTTP/1.1\r\nHost: x\r\nContent-Length: 9000\r\n\r\nx".encode())
        await_transport(probe)
        garbage()
    if step == "arrivals":  # it is told from the upload's first byte on
        fetch(probe.ports, "POST", of(granted, "upload"), b"x" * 100)
    await_transport(probe, gone=True)
    frames = [found for found in garbage() if isinstance(found, types.FrameType)]
    assert [frame for frame in frames if frame.f_code.co_filename.endswith("probe_server/transfer.py")] == []


def await_transport(probe, *, gone=False):
    """Wait until the slot's one transfer is under way, or gone."""
    deadline_s = time.monotonic() + 20
    while any(slot.transports for slot in probe.do(lambda: [*probe.app[SLOTS]])) == gone:
        assert time.monotonic() < deadline_s
        time.sleep(0.01)
