"""A probe server that follows a centre, which is played."""

import asyncio
import logging

import aiohttp
import pytest
from aiohttp import web

from collector.probe_server import centre, signing
from collector.probe_server.document import Document, write
from collector.probe_server.journal import Journal, News, NewsOfSlots
from collector.probe_server.keys import Known

KEY = b"key of tests".ljust(32, b".")


class Played:
    """A centre that says what a test wants."""

    def __init__(self):
        self.document = Document(version=7, devices={"dev-00000001": (1, None, ("01",))})
        self.key = KEY
        self.status = 200
        self.nonce = None  # an old one, when it plays an old answer again
        self.answered = []
        self.taken = []

    async def answer(self, request):
        nonce = request.headers[signing.NONCE]
        asked = signing.of_request(KEY, nonce, request.path)
        assert signing.is_same(asked, request.headers[signing.SIGNATURE])
        tag = f'"{self.document.version}"'
        is_known = request.headers["If-None-Match"] == tag
        body = b"" if is_known else write(self.document)
        status = 304 if is_known and self.status == 200 else self.status
        self.answered.append(status)
        signature = signing.of_answer(self.key, self.nonce or nonce, tag, body)
        return web.Response(body=body, status=status, headers={"ETag": tag, signing.SIGNATURE: signature})

    async def take(self, request):
        nonce, body = request.headers[signing.NONCE], await request.read()
        asked = signing.of_request(KEY, nonce, request.path, body)
        assert signing.is_same(asked, request.headers[signing.SIGNATURE])
        self.taken += NewsOfSlots.model_validate_json(body).slots
        receipt = {signing.SIGNATURE: signing.of_answer(self.key, nonce, "")}
        return web.Response(status=self.status if self.status != 200 else 204, headers=receipt)


@pytest.fixture
def played():
    return Played()


@pytest.fixture
def with_centre(played):
    """A function that runs another one with a connection to the played centre."""

    def run(what):
        async def serve():
            app = web.Application()
            app.router.add_get("/probe-servers/document", played.answer)
            app.router.add_post("/probe-servers/slots", played.take)
            runner = web.AppRunner(app, shutdown_timeout=0)
            await runner.setup()
            try:
                await web.TCPSite(runner, "127.0.0.1", 0).start()
                url = f"http://127.0.0.1:{runner.addresses[0][1]}"
                async with aiohttp.ClientSession() as http:
                    return await what(centre.Centre(url, KEY, http))
            finally:
                await runner.cleanup()

        return asyncio.run(serve())

    return run


@pytest.fixture
def file(tmp_path):
    return tmp_path / "document"


def test_a_document_is_learned_once_and_kept_for_a_restart(with_centre, played, file):
    known = Known(Document(), 0.0)

    async def twice(told):
        await centre.learn(told, known, file)
        await centre.learn(told, known, file)

    with_centre(twice)
    assert known.document == played.document == centre.kept(file)
    assert known.heard_s > 0
    assert played.answered == [200, 304]
    assert file.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize(
    ("lie", "why"),
    [
        ({"key": b"another key"}, "not signed"),
        ({"nonce": "an old one"}, "not signed"),
        ({"document": Document(version=4)}, "older"),
        ({"status": 500}, "answered 500"),
        ({"status": 204}, "answered 204"),
    ],
)
def test_what_is_not_signed_or_older_is_refused_and_the_old_one_kept(with_centre, played, file, lie, why):
    had = Document(version=5, is_stopped=True)
    known = Known(had, 0.0)
    vars(played).update(lie)
    with pytest.raises(centre.RefusedError, match=why):
        with_centre(lambda told: centre.learn(told, known, file))
    assert (known.document, known.heard_s, file.exists()) == (had, 0.0, False)


def test_that_nothing_is_new_is_believed_only_when_it_is_signed_for_this_question(with_centre, played, file):
    known = Known(played.document, 0.0)
    played.nonce = "an old one"
    with pytest.raises(centre.RefusedError, match="not signed"):
        with_centre(lambda told: centre.learn(told, known, file))
    assert known.heard_s == 0.0


def test_trouble_is_told_once_and_so_is_its_end(with_centre, played, file, monkeypatch, caplog):
    monkeypatch.setattr(centre, "EVERY_S", 0.001)
    known = Known(Document(), 0.0)
    played.status = 500

    async def follow(told):
        following = asyncio.create_task(centre.follow(told, known, file))
        while len(played.answered) < 5:
            await asyncio.sleep(0.001)
        played.status = 200
        await asyncio.wait_for(known.change(), 10)
        while played.answered[-1] != 304:
            await asyncio.sleep(0.001)
        following.cancel()

    with caplog.at_level(logging.WARNING):
        with_centre(follow)
    assert [record.getMessage().partition(": ")[2] for record in caplog.records] == [
        "the centre answered 500",
        "all is well again",
    ]


def test_without_a_kept_document_nobody_is_known_and_a_damaged_one_is_told(file, caplog):
    assert centre.kept(file) == Document()
    file.write_bytes(b"half a docu")
    assert centre.kept(file) == Document()
    assert "damaged" in caplog.text


def test_news_are_told_until_the_centre_gives_a_signed_receipt(with_centre, played):
    journal = Journal()
    news = News(id="a" * 22, device="dev-00000001", purpose="person", state="granted", at_us=1)
    journal.note(news)
    for lie in ({"status": 500}, {"key": b"another key"}):
        vars(played).update(lie)
        with pytest.raises(centre.RefusedError):
            with_centre(lambda told: centre.tell_once(told, journal))
        assert journal.untold() == [news]
        vars(played).update({"status": 200, "key": KEY})
    with_centre(lambda told: centre.tell_once(told, journal))
    assert journal.untold() == []
    assert played.taken == [news, news, news]
