"""Broker or agent is away for a while: what waits, what the pages say meanwhile, and that nothing is missing after.

The broker is Mosquitto, in two edges.
"""

from __future__ import annotations

import signal

import pytest

from collector.dryrun import conduct, prediction
from collector.dryrun.conduct import Wish
from collector.dryrun.selection import Selection
from collector.store import campaigns
from collector.store.queries.campaigns import count_outcomes
from collector.store.scope import country
from contract.clock import wall_us
from provisioning.store.engine import open_engine

BROKER = "mosquitto"
SITE = "DONGVAN"
HOUR_US = 3_600_000_000
TESTED = ("carries", "fails", "unsure")  # as this machine is: other tests run meanwhile


@pytest.fixture(scope="module")
def agent(centre, new_agent, until):
    """The agent of a site that has been judged by its first report."""
    agent = new_agent()
    agent.enrol(centre.sheets[SITE])
    agent.run()
    until(lambda: centre.site(SITE).level != "unknown")
    return agent


def test_an_agent_goes_from_an_edge_that_dies_to_the_other_and_waits_when_there_is_none(centre, agent, until):
    before = until(lambda: drained(centre))
    first = until(lambda: centre.broker_of(agent))
    centre.kill(first)
    second = until(lambda: centre.broker_of(agent))
    assert {first, second} == set(centre.brokers)
    until(lambda: centre.site(SITE).presence(agent.name) == "connected")

    centre.halt(second)
    agent.say("once")
    assert agent.waiting() == 1
    assert centre.summary()["balance"] == before

    centre.start(first)
    agent.tell(signal.SIGUSR2)  # as after a sleep: it tries at once
    until(lambda: agent.waiting() == 0)
    after = until(lambda: drained(centre))
    assert after == before | {name: before[name] + 1 for name in ("accepted", "committed")}
    centre.start(second)


def test_the_doctor_leaves_the_connection_of_the_resident_alone(centre, agent, until):
    until(lambda: centre.site(SITE).presence(agent.name) == "connected")
    said = agent.log.read_text()
    assert "this device is admitted" in agent.say("doctor", may_be_unwell=True)
    assert agent.log.read_text() == said


def test_an_agent_that_is_stopped_says_so_and_its_evidence_keeps_age_and_level(centre, agent, until):
    until(lambda: drained(centre) and centre.site(SITE).presence(agent.name) == "connected")
    before = centre.site(SITE)
    agent.stop()
    until(lambda: centre.site(SITE).presence(agent.name) == "stopped")
    assert centre.site(SITE).requirements == before.requirements
    assert centre.site(SITE).level == before.level
    agent.run()
    until(lambda: centre.site(SITE).presence(agent.name) == "connected")


def test_a_machine_that_sleeps_says_so_before_and_is_connected_after(centre, agent, until):
    until(lambda: centre.site(SITE).presence(agent.name) == "connected")
    agent.tell(signal.SIGUSR1)
    until(lambda: centre.site(SITE).presence(agent.name) == "asleep")
    assert sum(centre.summary()["presence"].values()) == centre.summary()["sites"]
    assert centre.summary()["presence"]["connected"] == 0
    agent.tell(signal.SIGUSR2)
    until(lambda: centre.site(SITE).presence(agent.name) == "connected")
    assert centre.summary()["presence"]["connected"] == 1


def test_an_agent_that_is_killed_is_lost_until_it_runs_again(centre, agent, until):
    until(lambda: centre.site(SITE).presence(agent.name) == "connected")
    agent.kill()
    until(lambda: centre.site(SITE).presence(agent.name) == "lost", within_s=150)
    agent.run()
    until(lambda: centre.site(SITE).presence(agent.name) == "connected")


def test_a_dry_run_is_joined_by_an_agent_that_is_there_and_by_one_that_comes_late(centre, agent, until, monkeypatch):
    monkeypatch.setattr(prediction, "LEAST_SPREAD_S", 1)
    engine = open_engine(centre.settings.database)

    def begun():
        """Begin a dry run of the agent's site, at whatever hour this is, and return its number."""
        now_us = wall_us()
        site = Selection(sites=(centre.code(SITE),))
        wish = Wish("T-1", 1, ("equipment", "line"), site, now_us, now_us + HOUR_US, False, True, True)
        number = conduct.make(engine, centre.settings, wish, "test", now_us)
        return conduct.act(engine, centre.settings, number, "start", "test", now_us).id

    def told(number):
        """Return how the dry run stands, and what came of its site."""
        with engine.connect() as connection:
            (found,) = count_outcomes(country(connection), number)
            return campaigns.get(connection, number).state, found[0]

    until(lambda: centre.site(SITE).presence(agent.name) == "connected")
    there = begun()
    until(lambda: told(there)[0] == "ended")
    agent.stop()
    late = begun()
    until(lambda: centre.site(SITE).presence(agent.name) == "stopped")
    assert told(late) == ("running", "")
    agent.run()
    until(lambda: told(late)[0] == "ended")
    for number in (there, late):
        assert told(number)[1] in TESTED
    engine.dispose()


def drained(centre):
    """The balance once nothing waits anywhere, which then must be exact; None before."""
    balance = centre.summary()["balance"]
    if balance["spooled"]:
        return None
    assert balance["accepted"] == balance["committed"] + balance["dropped"] + balance["quarantined"]
    return balance
