"""The mini endpoints, asked over real sockets by the client they are made for and by ones that misbehave."""

import asyncio
import contextlib
import http.client
import urllib.request

import pytest
import speedtest
from aiohttp import ClientError, ClientSession, web

from collector.probe_server import mini


class MiniSpeedtest(speedtest.Speedtest):
    """The library as a device uses it: no request to speedtest.net, two sizes each way."""

    def get_config(self):
        self.config.update(
            client={"ip": "", "lat": "0", "lon": "0", "isp": ""},
            ignore_servers=[],
            sizes={"download": [350, 1000], "upload": [262_144]},
            counts={"download": 2, "upload": 4},
            threads={"download": 2, "upload": 2},
            length={"download": 5, "upload": 5},
            upload_max=4,
        )
        self.lat_lon = (0.0, 0.0)
        return self.config


@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # the library's own, of Python 3.10 and 3.12
def test_the_speedtest_library_measures_both_ways_and_counts_every_byte(ports):
    client = MiniSpeedtest(timeout=5)
    client.get_best_server(client.set_mini_server(f"http://127.0.0.1:{ports.http}/"))

    assert client.download() > 0
    assert client.upload(pre_allocate=False) > 0

    assert client.results.ping < 1000
    assert client.results.bytes_received == 2 * (mini.IMAGE_BYTES[350] + mini.IMAGE_BYTES[1000])
    assert client.results.bytes_sent == 4 * 262_144


@pytest.mark.parametrize("size", mini.IMAGE_BYTES)
def test_no_image_is_larger_than_its_bound(ports, size):
    with urllib.request.urlopen(f"http://127.0.0.1:{ports.http}/speedtest/random{size}x{size}.jpg") as answer:
        assert len(answer.read()) == min(mini.IMAGE_BYTES[size], mini.MAX_DOWNLOAD_BYTES)


@pytest.mark.parametrize("path", ["random350x500.jpg", "random351x351.jpg", "random350x350.png", "../etc/passwd"])
def test_what_the_client_never_asks_is_not_found(ports, path):
    assert answer_to(ports, "GET", f"/speedtest/{path}")[0] == 404


def test_an_upload_is_answered_with_the_bytes_that_arrived(ports):
    assert answer_to(ports, "POST", "/speedtest/upload.php", b"x" * 123_456) == (200, b"size=123456")


def test_an_upload_that_says_it_is_too_large_is_refused_before_its_body(ports):
    connection = http.client.HTTPConnection("127.0.0.1", ports.http, timeout=10)
    connection.putrequest("POST", "/speedtest/upload.php")
    connection.putheader("Content-Length", str(mini.MAX_UPLOAD_BYTES + 1))
    connection.endheaders()
    assert connection.getresponse().status == 413
    connection.close()


def test_an_upload_that_does_not_say_its_size_is_stopped_at_the_bound(ports):
    connection = http.client.HTTPConnection("127.0.0.1", ports.http, timeout=10)
    connection.putrequest("POST", "/speedtest/upload.php")
    connection.putheader("Transfer-Encoding", "chunked")
    connection.endheaders()
    block = b"10000\r\n" + b"x" * 65_536 + b"\r\n"
    sent = 0
    with contextlib.suppress(ConnectionError):
        while sent < 4 * mini.MAX_UPLOAD_BYTES:
            connection.send(block)
            sent += 65_536
    assert connection.getresponse().status == 413
    connection.close()


def test_beyond_its_transfers_it_refuses_the_next_and_whoever_begins_but_not_those_it_has():
    async def story():
        async with running(mini.build_app(max_transfers=1)) as base, ClientSession(base) as client:
            released = asyncio.Event()
            first = asyncio.create_task(client.post("/speedtest/upload.php", data=body_until(released)))
            await until_status(client, "/", 503)

            assert (await client.get("/speedtest/random350x350.jpg")).status == 503
            refused = await client.post("/speedtest/upload.php", data=b"x")
            assert refused.status == 503
            assert int(refused.headers["Retry-After"]) > 0
            assert (await client.get("/healthz")).status == 200

            released.set()
            assert await (await first).text() == "size=2"
            assert (await client.get("/")).status == 200

    asyncio.run(story())


def test_a_client_that_goes_away_gives_its_place_back_and_is_no_error_to_log(caplog):
    async def story():
        app = mini.build_app(max_transfers=1)
        async with running(app) as base, ClientSession(base) as client, ClientSession(base) as gone:
            upload = asyncio.create_task(gone.post("/speedtest/upload.php", data=body_until(asyncio.Event())))
            await until_status(client, "/", 503)
            upload.cancel()
            await until_status(client, "/", 200)

    asyncio.run(story())
    assert caplog.records == []


def test_a_client_that_stalls_loses_its_place():
    async def story():
        async with (
            running(mini.build_app(max_transfers=1, max_transfer_s=0.2)) as base,
            ClientSession(base) as client,
        ):
            with pytest.raises(ClientError):
                await client.post("/speedtest/upload.php", data=body_until(asyncio.Event()))
            assert (await client.get("/")).status == 200

    asyncio.run(story())


def answer_to(ports, method, path, body=None):
    connection = http.client.HTTPConnection("127.0.0.1", ports.http, timeout=10)
    connection.request(method, path, body)
    answer = connection.getresponse()
    status, text = answer.status, answer.read()
    connection.close()
    return status, text


@contextlib.asynccontextmanager
async def running(app):
    runner = web.AppRunner(app, shutdown_timeout=1.0)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()


async def body_until(released):
    yield b"x"
    await released.wait()
    yield b"y"


async def until_status(client, path, status):
    async with asyncio.timeout(10):
        while (await client.get(path)).status != status:
            await asyncio.sleep(0.01)
