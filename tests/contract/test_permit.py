"""The permit: an answer that only the key's holder can give, and that means one thing only."""

from __future__ import annotations

import hashlib
import hmac

import pytest

from contract import permit
from contract.probing import Ask

KEY, OTHER_KEY = "0f" * 32, "f0" * 32
ASKED = ("dev-00000001", "line", "schedule", "wifi", "False")


def test_an_answer_is_an_hmac_over_the_nonce_and_everything_asked():
    text = b"diemcau permit 1\nnonce-1\ndev-00000001\nline\nschedule\nwifi\nFalse"
    assert permit.answer(KEY, "nonce-1", ASKED) == hmac.new(bytes.fromhex(KEY), text, hashlib.sha256).hexdigest()


def test_the_right_answer_is_right():
    assert permit.is_right(KEY, "nonce-1", ASKED, permit.answer(KEY, "nonce-1", ASKED))


@pytest.mark.parametrize(
    ("key", "nonce", "asked"),
    [
        (OTHER_KEY, "nonce-1", ASKED),
        (KEY, "nonce-2", ASKED),
        (KEY, "nonce-1", ("dev-00000002", *ASKED[1:])),
        (KEY, "nonce-1", (*ASKED[:2], "person", *ASKED[3:])),
        (KEY, "nonce-1", (*ASKED[:4], "True")),
    ],
    ids=["another key", "another nonce", "another device", "another purpose", "with consent"],
)
def test_an_answer_to_anything_else_is_wrong(key, nonce, asked):
    assert not permit.is_right(KEY, "nonce-1", ASKED, permit.answer(key, nonce, asked))


def test_everything_in_an_ask_is_vouched_for():
    vouched = {"device", "test", "purpose", "link", "is_consented"}
    assert set(Ask.model_fields) == vouched | {"nonce", "answer"}
    base = {"device": "dev-00000001", "nonce": "n" * 16, "test": "line", "purpose": "schedule", "answer": "0" * 64}
    asked = Ask.model_validate(base).asked
    others = {"device": "dev-00000002", "test": "speedtest", "purpose": "person", "link": "wifi", "is_consented": True}
    for name, value in others.items():
        assert Ask.model_validate({**base, name: value}).asked != asked, name
