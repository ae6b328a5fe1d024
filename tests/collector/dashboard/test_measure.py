"""Asking a site to measure again, from the page to the command and back."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sqlalchemy import select
from starlette.testclient import TestClient

from collector.intake.ingest import ingest
from collector.judge.load import load_policy
from collector.judge.policy import SEED
from collector.store.intake import commands
from collector.store.tables import command
from provisioning.store.engine import writing
from provisioning.store.tables import audit

POLICY = load_policy(SEED.read_text(encoding="utf-8"))
SAME_SITE = {"Sec-Fetch-Site": "same-origin"}


def test_the_button_sends_a_command_and_the_page_says_what_became_of_it(
    browser: TestClient, country: Any, now: int
) -> None:
    answer = browser.post("/sites/SLOW000/measure", headers=SAME_SITE)

    assert (answer.status_code, answer.headers["location"]) == (303, "/sites/SLOW000#devices")
    with writing(country.engine) as connection:
        due = commands.due(connection, now)
    assert [(d.device, d.command.kind, d.command.probes) for d in due] == [("d-00000001", "run", ())]
    assert "đang chờ thiết bị" in browser.get("/sites/SLOW000").text

    device = country.senders["d-00000001"]
    ingest(country.engine, [device.snapshot(done=(due[0].command.id,))], POLICY, now)

    assert "đã đo xong" in browser.get("/sites/SLOW000").text
    with country.engine.connect() as connection:
        actions = connection.execute(select(audit.c.actor, audit.c.action, audit.c.subject)).all()
    assert actions == [("ministry", "measure", "SLOW000")]


def test_asked_again_while_a_device_has_not_answered_it_is_the_same_request_sent_again(
    browser: TestClient, country: Any, now: int
) -> None:
    ids = []
    for _ in range(3):
        browser.post("/sites/SLOW000/measure", headers=SAME_SITE)
        with writing(country.engine) as connection:
            ids += [due.command.id for due in commands.due(connection, now)]
    assert len(ids) == 3
    assert len(set(ids)) == 1

    ingest(country.engine, [country.senders["d-00000001"].snapshot(done=(ids[0],))], POLICY, now)
    browser.post("/sites/SLOW000/measure", headers=SAME_SITE)

    with country.engine.connect() as connection:
        assert connection.execute(select(command.c.id)).scalars().all() == [1, 2]


def test_who_only_looks_may_ask_nothing_of_a_site(
    stranger: TestClient, log_in: Callable[[TestClient, str], TestClient], country: Any
) -> None:
    viewer = log_in(stranger, "viewer")

    assert viewer.post("/sites/SLOW000/measure", headers=SAME_SITE).status_code == 403
    assert "/measure" not in viewer.get("/sites/SLOW000").text
    with country.engine.connect() as connection:
        assert connection.execute(select(command)).all() == []


def test_another_sites_page_cannot_make_a_browser_ask(browser: TestClient) -> None:
    answer = browser.post("/sites/SLOW000/measure", headers={"Sec-Fetch-Site": "cross-site"})

    assert answer.status_code == 403


def test_a_command_is_repeated_then_rests_until_the_device_connects_again(country: Any, now: int) -> None:
    country.site("school")
    sender = country.device("d-00000001", "school")
    second = 1_000_000
    with writing(country.engine) as connection:
        commands.ask(connection, 1, "run", ("line",), "noc", now)
    sent_after_s = []
    for seconds in range(200):
        with writing(country.engine) as connection:
            sent_after_s += [seconds for _ in commands.due(connection, now + seconds * second)]
    assert sent_after_s == [0, 5, 15, 60]

    later = now + 600 * second
    ingest(country.engine, [sender.presence("connected", 1, at=later)], POLICY, later)
    with writing(country.engine) as connection:
        due = commands.due(connection, later)

    assert [d.command.expires_in_s for d in due] == [3000]
    with writing(country.engine) as connection:
        assert commands.due(connection, now + 4000 * second) == []
