"""The mini endpoints in a slot, asked over real sockets by the client they are made for and by ones that misbehave."""

import contextlib
import http.client
import json
import time
import urllib.request

import pytest
import speedtest

from collector.probe_server import mini
from contract import permit, transfer
from contract.probing import Ask
from provisioning.credentials import permit_key

DEVICE = "dev-00000001"
MOST_DOWN, MOST_UP = transfer.most_bytes(2e6), transfer.most_bytes(1e6)
IMAGE = "speedtest/random350x350.jpg"


class MiniSpeedtest(speedtest.Speedtest):
    """The library as a device uses it: no request to speedtest.net, two sizes each way."""

    def get_config(self):
        self.config.update(
            client={"ip": "", "lat": "0", "lon": "0", "isp": ""},
            ignore_servers=[],
            sizes={"download": [350, 500], "upload": [262_144]},
            counts={"download": 1, "upload": 4},
            threads={"download": 2, "upload": 2},
            length={"download": 5, "upload": 5},
            upload_max=4,
        )
        self.lat_lon = (0.0, 0.0)
        return self.config


@pytest.fixture
def slot(ports, permit_master):
    """A function that is granted a slot, and returns the path of its mini endpoints."""

    def granted(test="speedtest"):
        nonce = json.loads(answer_to(ports, "GET", "/v1/nonce")[1])["nonce"]
        ask = Ask(device=DEVICE, nonce=nonce, test=test, purpose="person", answer="0" * 64)
        answer = permit.answer(permit_key(permit_master, DEVICE, 1), nonce, ask.asked)
        body = ask.model_copy(update={"answer": answer}).model_dump_json()
        answer = json.loads(answer_to(ports, "POST", "/v1/slots", body)[1])
        assert (answer["most_down_bytes"], answer["most_up_bytes"]) == (MOST_DOWN, MOST_UP)
        return f"/v1/slots/{answer['token']}/mini/"

    return granted


@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # the library's own, of Python 3.10 and 3.12
def test_the_speedtest_library_measures_both_ways_and_counts_every_byte(ports, slot):
    client = MiniSpeedtest(timeout=5)
    client.get_best_server(client.set_mini_server(f"http://127.0.0.1:{ports.http}{slot()}"))

    assert client.download() > 0
    assert client.upload(pre_allocate=False) > 0

    assert client.results.ping < 1000
    assert client.results.bytes_received == mini.IMAGE_BYTES[350] + mini.IMAGE_BYTES[500]
    assert client.results.bytes_sent == 4 * 262_144


@pytest.mark.parametrize("prefix", ["/", "/v1/slots/AAAAAAAAAAAAAAAAAAAAAA/mini/", "of a line test"])
@pytest.mark.parametrize("path", ["", "speedtest/latency.txt", IMAGE, "speedtest/upload.php"])
def test_without_a_slot_for_it_there_is_nothing(ports, slot, prefix, path):
    method, body = ("POST", b"x") if path.endswith("php") else ("GET", None)
    where = slot("line") if prefix == "of a line test" else prefix
    assert answer_to(ports, method, where + path, body)[0] == 404


def test_a_slot_for_it_is_no_slot_for_a_line_test(ports, slot):
    path = slot().replace("/mini/", "/download")
    assert answer_to(ports, "GET", path)[0] == 404


def test_a_slot_that_was_given_back_answers_no_more(ports, slot):
    prefix = slot()
    assert answer_to(ports, "GET", prefix)[0] == 200
    assert answer_to(ports, "POST", prefix.replace("/mini/", "/end"))[0] == 200
    assert answer_to(ports, "GET", prefix + IMAGE)[0] == 404


def test_no_slot_downloads_more_than_it_was_granted(ports, slot):
    prefix, sizes = slot(), []
    for _ in range(3):
        with urllib.request.urlopen(f"http://127.0.0.1:{ports.http}{prefix}speedtest/random1000x1000.jpg") as answer:
            sizes.append(len(answer.read()))
    assert sizes == [mini.IMAGE_BYTES[1000], MOST_DOWN - mini.IMAGE_BYTES[1000], 0]


def test_a_download_is_no_faster_than_the_grants_peak(ports, slot):
    prefix, began_s = slot(), time.monotonic()
    assert answer_to(ports, "GET", prefix + "speedtest/random1000x1000.jpg")[0] == 200
    assert time.monotonic() - began_s > 0.9 * mini.IMAGE_BYTES[1000] * 8 / (transfer.PEAK * 2e6)


@pytest.mark.parametrize("path", ["random350x500.jpg", "random351x351.jpg", "random350x350.png", "../etc/passwd"])
def test_what_the_client_never_asks_is_not_found(ports, slot, path):
    assert answer_to(ports, "GET", f"{slot()}speedtest/{path}")[0] == 404


def test_an_upload_is_answered_with_the_bytes_that_arrived(ports, slot):
    assert answer_to(ports, "POST", f"{slot()}speedtest/upload.php", b"x" * 123_456) == (200, b"size=123456")


def test_an_upload_that_says_it_is_too_large_is_refused_before_its_body(ports, slot):
    connection = http.client.HTTPConnection("127.0.0.1", ports.http, timeout=10)
    connection.putrequest("POST", f"{slot()}speedtest/upload.php")
    connection.putheader("Content-Length", str(MOST_UP + 1))
    connection.endheaders()
    assert connection.getresponse().status == 413
    connection.close()


def test_an_upload_that_does_not_say_its_size_is_stopped_at_the_grant(ports, slot):
    connection = http.client.HTTPConnection("127.0.0.1", ports.http, timeout=10)
    connection.putrequest("POST", f"{slot()}speedtest/upload.php")
    connection.putheader("Transfer-Encoding", "chunked")
    connection.endheaders()
    block = b"10000\r\n" + b"x" * 65_536 + b"\r\n"
    sent = 0
    with contextlib.suppress(ConnectionError):
        while sent < 16 * MOST_UP:
            connection.send(block)
            sent += 65_536
    assert sent < 16 * MOST_UP
    connection.close()


def test_a_slot_has_a_bounded_number_of_transfers_at_once_and_gives_their_places_back(ports, slot):
    prefix = slot()
    held = [begun(ports, prefix) for _ in range(mini.MAX_TRANSFERS)]
    assert until(lambda: answer_to(ports, "GET", prefix + IMAGE)[0] == 503)
    for connection in held:
        connection.close()
    assert until(lambda: answer_to(ports, "GET", prefix + IMAGE)[0] == 200)


def test_transfers_end_with_their_time(ports, slot, monkeypatch):
    monkeypatch.setattr(mini, "MOST_S", 0.2)
    prefix = slot()
    connection = begun(ports, prefix)
    with pytest.raises((ConnectionError, http.client.HTTPException)):
        connection.getresponse()
    connection.close()
    assert answer_to(ports, "GET", prefix + IMAGE)[0] == 503


def begun(ports, prefix):
    """Begin an upload that never goes on."""
    connection = http.client.HTTPConnection("127.0.0.1", ports.http, timeout=10)
    connection.putrequest("POST", f"{prefix}speedtest/upload.php")
    connection.putheader("Content-Length", "1000")
    connection.endheaders(b"x")
    return connection


def until(condition):
    end_s = time.monotonic() + 10
    while time.monotonic() < end_s:
        if condition():
            return True
        time.sleep(0.02)
    return False


def answer_to(ports, method, path, body=None):
    connection = http.client.HTTPConnection("127.0.0.1", ports.http, timeout=10)
    connection.request(method, path, body)
    answer = connection.getresponse()
    status, text = answer.status, answer.read()
    connection.close()
    return status, text
