"""What the judge makes of each play, with no network between: the labels must be found from the reports alone."""

from __future__ import annotations

import json
import time
from typing import NamedTuple

import pytest

from collector.intake.facts import facts
from collector.judge.judge import Standing, judge
from collector.judge.load import load_policy
from collector.judge.outcomes import remember
from collector.judge.policy import SEED
from collector.judge.situation import Evidence, Line, Situation
from collector.simulator import hostile
from collector.simulator.device import Device
from collector.simulator.files import Credentials, Traits
from collector.simulator.ground import Ground
from collector.simulator.scenario import PLAYS, Label, Scenario
from collector.simulator.stage import Stage
from contract import wire
from contract.report import UnusableReport, read_body

POLICY = load_policy(SEED.read_text(encoding="utf-8"))
DAY_US = 86_400_000_000
NOW_US = 1_692_061_200_000_000
COUNTRY = {
    f"d-{n:08}": Traits(role=role, medium=medium, provider=provider, province="02", district="027")
    for n, (role, medium, provider) in enumerate(
        (role, medium, provider)
        for role in ("view", "interactive")
        for medium in ("pc", "room", "mytv")
        for provider in ("vnpt", "viettel")
        for _ in range(8)
    )
}
OF_THE_PROOF = {"rehearsal", "picture_sound"}  # which no agent at a site can give


class Judged(NamedTuple):
    label: Label
    traits: Traits
    standing: Standing

    @property
    def reasons(self) -> set[str]:
        return {v.reason for v in self.standing.verdicts if v.level != "ready" and v.fact not in OF_THE_PROOF}


def perform(play: str) -> list[Judged]:
    """Let everybody who can play it do so, and judge what each has spooled at its first connection."""
    share = {} if play == "healthy" else {play: 1.0}
    stage = Stage(Scenario(share), 7, COUNTRY, Ground(7))
    for name in COUNTRY:
        stage.put(name, Credentials(device=name, password="", brokers=("mqtt://127.0.0.1:1",)), 0.0)
        stage.devices[-1].admitted()
    judged = [(stage.label(d.name), COUNTRY[d.name], judged_of(d, COUNTRY[d.name])) for d in stage.devices]
    return [Judged(*one) for one in judged if one[0].play == play]


def sent_by(device: Device) -> list[bytes]:
    now_s = time.monotonic()
    return device.spool.take(device.machine.now(now_s), now_s)


def judged_of(device: Device, traits: Traits) -> Standing:
    line = Line(1, traits.provider, traits.download_mbps, traits.upload_mbps, "site")
    held: dict[str, Evidence] = {}
    for payload in sent_by(device):
        frame, body = wire.decode_report(payload)
        for fact in facts(read_body(body, device.name), frame, NOW_US):
            found = None if fact.findings is None else json.loads(fact.findings)
            old = held.get(fact.fact)
            earlier = remember(old.findings, old.measured_at, 1, list(old.earlier)) if old else []
            held[fact.fact] = Evidence(
                len(held), fact.fact, "agent", 1, False, found, None, fact.measured_at, 1, frame.seq, tuple(earlier)
            )
    situation = Situation(1, 1, traits.role, traits.medium, NOW_US + DAY_US, 5.0, line, tuple(held.values()), ())
    return judge(situation, POLICY, NOW_US)


@pytest.mark.parametrize("play", PLAYS)
def test_each_play_has_the_flags_of_its_label_and_no_others(play):
    judged = perform(play)
    assert len(judged) >= 3
    for one in judged:
        assert set(one.label.reasons) <= one.reasons, one
        assert one.reasons - {"not_tried", "unconfirmed"} <= set(one.label.reasons) | {"playback_stalls"}, one


def test_a_healthy_site_is_ready_but_for_the_proofs_that_no_agent_can_give():
    for one in perform("healthy"):
        needed = POLICY.needed(one.traits.role, one.traits.medium)
        assert one.standing.level == ("unknown" if OF_THE_PROOF & set(needed) else "ready"), one


def test_a_line_that_falls_below_the_minimum_is_not_ready_at_once_for_it_was_tested_twice():
    levels = {one.standing.level for one in perform("weak_line") if one.traits.medium == "pc"}
    assert levels == {"not_ready", "at_risk"}


def test_whose_line_it_is_decides_whose_fault_it_is():
    owners = {
        play: {v.owner for one in perform(play) for v in one.standing.verdicts if v.reason.endswith("load_low")}
        for play in ("weak_line", "other_provider")
    }
    assert owners == {"weak_line": {"vnpt"}, "other_provider": {"other_provider"}}


def test_every_report_is_one_that_the_contract_takes_but_a_hostile_ones_bad_bodies():
    stage = Stage(Scenario({"hostile": 1.0}), 7, COUNTRY, Ground(7))
    stage.put("d-00000000", Credentials(device="d-00000000", password="", brokers=("mqtt://127.0.0.1:1",)), 0.0)
    device = stage.devices[0]
    device.admitted()
    for number in range(8):
        hostile.attack(device, number, ["d-00000001"])
    refused = 0
    for payload in sent_by(device):
        _, body = wire.decode_report(payload)
        try:
            text = read_body(body, device.name).model_dump_json()
            assert "<img src=x onerror=alert(1)>" in text
        except UnusableReport:
            refused += 1
    assert refused == 8
