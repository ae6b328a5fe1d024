"""Somebody who logs in to the pages and sends their forms, as a browser does."""

from __future__ import annotations

import http.cookiejar
import urllib.error
import urllib.parse
import urllib.request
from typing import NamedTuple


class Answer(NamedTuple):
    """What came back, after redirects."""

    status: int
    path: str
    content: bytes

    @property
    def text(self) -> str:
        """The content on one line."""
        return " ".join(self.content.decode().split())


class Visitor:
    """A person in a browser of their own, which reads English."""

    def __init__(self, address: str, login: str, password: str) -> None:
        self._address = address
        self._browser = urllib.request.build_opener(
            urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar()), urllib.request.ProxyHandler({})
        )
        self.post("/login", login=login, password=password)
        self.get("/?lang=en")

    def get(self, path: str) -> Answer:
        return self._open(path, None)

    def post(self, path: str, **typed: str) -> Answer:
        return self._open(path, urllib.parse.urlencode(typed).encode())

    def _open(self, path: str, body: bytes | None) -> Answer:
        try:
            answer = self._browser.open(self._address + path, body, timeout=30)
        except urllib.error.HTTPError as refused:
            answer = refused
        with answer:
            return Answer(answer.status, answer.url.removeprefix(self._address), answer.read())
