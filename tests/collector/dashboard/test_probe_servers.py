"""The document as probe servers fetch it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from collector.dashboard import probe_servers
from collector.probe_server import signing
from collector.probe_server.document import read
from collector.store import line_tests
from provisioning import secret_files
from provisioning.credentials import probe_server_key
from provisioning.store.engine import record_changes, writing

PATH = "/probe-servers/document"
NONCE = "a nonce of ours"


@pytest.fixture
def key(app: Any, home: Path) -> bytes:
    return probe_server_key(secret_files.key(home / "secrets", "permit-key"))


@pytest.fixture
def fetch(stranger: TestClient, key: bytes) -> Callable[..., Any]:
    def ask(known: str = "", nonce: str = NONCE, signature: str | None = None) -> Any:
        signed = signing.of_request(key, NONCE, PATH) if signature is None else signature
        return stranger.get(PATH, headers={signing.NONCE: nonce, signing.SIGNATURE: signed, "If-None-Match": known})

    return ask


def test_the_document_comes_signed_over_the_nonce(fetch: Callable[..., Any], key: bytes) -> None:
    answer = fetch()
    assert answer.status_code == 200
    assert set(read(answer.content).devices) == {"d-00000001", "d-00000002", "d-00000003"}
    assert answer.headers["content-encoding"] == "gzip"
    told = answer.headers[signing.SIGNATURE]
    assert told == signing.of_answer(key, NONCE, answer.headers["etag"], answer.content)
    assert told != signing.of_answer(key, "another nonce", answer.headers["etag"], answer.content)


def test_a_document_that_is_known_already_costs_no_byte(fetch: Callable[..., Any], key: bytes) -> None:
    tag = fetch().headers["etag"]
    answer = fetch(tag)
    assert (answer.status_code, answer.content) == (304, b"")
    assert answer.headers[signing.SIGNATURE] == signing.of_answer(key, NONCE, tag)


def test_whoever_does_not_sign_gets_nothing(fetch: Callable[..., Any], browser: TestClient, key: bytes) -> None:
    assert browser.get(PATH).status_code == 403
    assert fetch(signature="").status_code == 403
    assert fetch(signature="0" * 64).status_code == 403
    assert fetch(nonce="another nonce").status_code == 403
    assert fetch(signature=signing.of_request(key, NONCE, "/another/path")).status_code == 403
    assert fetch(signature=signing.of_request(key, NONCE, PATH, b"a body")).status_code == 403
    assert fetch(signature="\u00e9".encode("latin-1")).status_code == 403


def test_changes_that_come_fast_are_told_together_and_a_stop_at_once(
    fetch: Callable[..., Any], nation: Any, now: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(probe_servers, "_SPARE", 1e9)
    tag = fetch().headers["etag"]
    with writing(nation.engine) as connection:
        record_changes(connection, [("device", 1)])
    assert fetch(tag).status_code == 304
    with writing(nation.engine) as connection:
        line_tests.stop(connection, "noc", now, is_stopped=True)
    assert read(fetch(tag).content).is_stopped
