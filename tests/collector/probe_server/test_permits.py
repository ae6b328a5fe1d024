"""Nonces are good once and for a short time; only the device's own key answers them."""

from __future__ import annotations

import pytest

from collector.probe_server.permits import NONCE_S, Permits
from contract import permit
from contract.probing import Ask
from provisioning.credentials import permit_key

MASTER = b"m" * 32
DEVICE = "dev-00000001"


def ask(nonce, key, **changed):
    told = {"device": DEVICE, "nonce": nonce, "test": "line", "purpose": "schedule", "answer": "0" * 64}
    asked = Ask.model_validate(told)
    answer = permit.answer(key, nonce, asked.asked)
    return Ask.model_validate({**told, "answer": answer, **changed})


@pytest.fixture
def permits():
    return Permits(MASTER)


KEY = permit_key(MASTER, DEVICE, 1)


def test_the_right_answer_is_taken_once(permits):
    right = ask(permits.nonce(100.0), KEY)
    assert permits.check(right, 1, 100.5) is None
    assert permits.check(right, 1, 100.6) == "old_nonce"


def test_a_nonce_ends(permits):
    assert permits.check(ask(permits.nonce(100.0), KEY), 1, 100.0 + NONCE_S + 0.1) == "old_nonce"


def test_a_used_nonce_stays_used_for_as_long_as_it_would_have_been_good(permits):
    first = ask(permits.nonce(100.0), KEY)
    assert permits.check(first, 1, 100.0) is None
    for at_s in range(101, 100 + int(NONCE_S)):
        assert permits.check(ask(permits.nonce(at_s), KEY), 1, at_s) is None
    assert permits.check(first, 1, 99.9 + NONCE_S) == "old_nonce"


@pytest.mark.parametrize(
    "key",
    [permit_key(MASTER, "dev-00000002", 1), permit_key(MASTER, DEVICE, 2), permit_key(b"n" * 32, DEVICE, 1)],
    ids=["another device's", "of another generation", "of another centre"],
)
def test_another_key_is_wrong_and_does_not_use_the_nonce_up(permits, key):
    nonce = permits.nonce(100.0)
    assert permits.check(ask(nonce, key), 1, 100.0) == "wrong_answer"
    assert permits.check(ask(nonce, KEY), 1, 100.0) is None


def test_an_answer_does_not_cover_what_was_changed_on_the_way(permits):
    assert permits.check(ask(permits.nonce(100.0), KEY, purpose="person"), 1, 100.0) == "wrong_answer"


def test_an_unknown_device_is_told_the_same_as_a_wrong_answer(permits):
    assert permits.check(ask(permits.nonce(100.0), permit_key(MASTER, DEVICE, 0)), None, 100.0) == "wrong_answer"


@pytest.mark.parametrize("nonce", ["a" * 16, "..............................", "1f.abcdefghijkl.0123456789abcdef"])
def test_a_nonce_that_we_did_not_make_is_old(permits, nonce):
    assert permits.check(ask(nonce, KEY), 1, 100.0) == "old_nonce"


def test_a_nonce_of_another_probe_server_is_old(permits):
    assert permits.check(ask(Permits(MASTER).nonce(100.0), KEY), 1, 100.0) == "old_nonce"


def test_nonces_that_nobody_answers_cost_no_memory(permits):
    for _ in range(1000):
        permits.nonce(100.0)
    assert not permits._used
