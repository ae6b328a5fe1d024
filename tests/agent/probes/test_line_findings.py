"""What a trial's findings say, and what they never call the line's fault."""

from types import SimpleNamespace

import pytest

from agent.formulas.sequential import Result
from agent.probes import leave, line
from agent.transfer import slot
from agent.transfer.trial import Trial, Way
from agent.unmeasured import ProbeError
from contract.findings import Fact, Network
from contract.probing import DirectionNeed, Ended, Granted, Stream

NEED = DirectionNeed(ready_mbps=2.0, minimum_mbps=1.0)
GRANTED = Granted(
    token="t" * 22,
    download=NEED,
    upload=NEED,
    bitrate_mbps=2.0,
    is_watched=False,
    is_thorough=False,
    stream=Stream(packets_per_s=50, packets=50, up_bytes=200, down_bytes=200),
    most_down_bytes=10**6,
    most_up_bytes=10**6,
)


def way(outcome):
    return Way(
        NEED, Result(outcome, "above" if outcome == "fails" else "", 1e6, 9e5, 1.1e6, 9, 1.0, (), True), None, None
    )


def ended(is_server_limited):
    return Ended(is_server_limited=is_server_limited, sent_bytes=5, received_bytes=7)


def network(link, signal_pct=None):
    absent = Fact(why="absent")
    return Network(
        link=Fact(value=link),
        link_speed_mbps=absent,
        interfaces_up=absent,
        has_default_route=absent,
        wifi_signal_pct=absent if signal_pct is None else Fact(value=signal_pct),
    )


@pytest.mark.parametrize(
    ("down", "up", "end", "net", "seen", "disturbances"),
    [
        ("carries", "carries", ended(False), network("ethernet"), (), ()),
        ("fails", None, ended(False), network("ethernet"), (), ()),
        ("fails", None, ended(True), network("ethernet"), (), ("server_limit",)),
        ("fails", None, None, network("ethernet"), (), ("server_limit",)),
        ("carries", "unsure", None, network("ethernet"), (), ("server_limit",)),
        ("carries", "carries", None, network("ethernet"), (), ()),
        ("unsure", "carries", ended(False), network("wifi", 20.0), (), ("weak_wifi",)),
        ("unsure", "carries", ended(False), network("wifi", 80.0), (), ()),
        (
            "fails",
            None,
            None,
            network("wifi", 20.0),
            ("other_traffic",),
            ("other_traffic", "weak_wifi", "server_limit"),
        ),
    ],
)
def test_what_disturbed_a_trial_is_told_with_it(down, up, end, net, seen, disturbances):
    trial = Trial(10.0, way(down), way(up) if up else None, seen)
    found = line.findings("h:1", trial, end, GRANTED, net)
    assert tuple(found.disturbances) == disturbances
    assert (found.download.outcome, found.upload and found.upload.outcome) == (down, up)


def test_a_slot_is_given_back_at_the_second_try(monkeypatch):
    answers = [OSError(), ended(False)]
    monkeypatch.setattr(slot, "end", lambda web, granted: raised(answers.pop(0)))
    assert leave.give_back(None, GRANTED) == ended(False)


@pytest.mark.parametrize("trouble", [OSError(), ProbeError("portal", "x")])
def test_a_slot_that_cannot_be_given_back_costs_no_finding(monkeypatch, trouble):
    monkeypatch.setattr(slot, "end", lambda web, granted: raised(trouble))
    assert leave.give_back(None, GRANTED) is None


def raised(answer):
    if isinstance(answer, Exception):
        raise answer
    return answer


@pytest.mark.parametrize(
    ("down", "up", "end", "again"),
    [
        ("carries", "carries", ended(False), []),
        ("fails", None, ended(False), [line.AGAIN_S]),
        ("carries", "unsure", None, [line.AGAIN_S]),
        ("fails", None, Ended(is_server_limited=True, again_in_s=60.0, sent_bytes=0, received_bytes=0), [60.0]),
    ],
)
def test_what_did_not_carry_is_measured_again(monkeypatch, down, up, end, again):
    asked = []
    server = SimpleNamespace(host="h", http_port=1, udp_port=2)
    trial = Trial(10.0, way(down), way(up) if up else None, ())
    monkeypatch.setattr("agent.transfer.trial.run", lambda *_: trial)
    monkeypatch.setattr("agent.transfer.web.reach", lambda host, port: None)
    monkeypatch.setattr(leave, "take", lambda *_: GRANTED)
    monkeypatch.setattr(leave, "give_back", lambda *_: end)
    context = SimpleNamespace(
        server=server,
        reader=SimpleNamespace(network=lambda machine: network("ethernet")),
        machine=None,
        tell=lambda step: None,
        together=("line",),
        shared=None,
        again=asked.append,
    )
    line.measure(context)
    assert asked == again


def test_a_proxys_address_stays_at_the_site():
    from agent.proxy import ProxyError

    with pytest.raises(ProbeError) as raised, leave.told("no way"):
        raise ProxyError("http://proxy.school.example:3128: refused")
    assert raised.value.code == "proxy"
    assert "school" not in str(raised.value)
