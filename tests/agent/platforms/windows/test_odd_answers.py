"""Whatever Windows answers, no reader raises: what cannot be understood is a reason, and costs no other fact."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agent.facts import fact
from agent.platforms.windows import cameras, computer, displays, network, power, sounds
from agent.platforms.windows.sources import Sources, recorded
from contract.findings import Camera

READ = (cameras.read, sounds.read, displays.read, power.read, network.read)
ALONE = (computer.temperature_c, computer.disk_health, computer.distribution)

odd = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**70), 2**70) | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)


def broken(draw: Any, node: Any) -> Any:
    """Return a copy of `node` in which one place, somewhere, holds something odd, or is gone."""
    if isinstance(node, dict) and node and draw(st.integers(0, 4)):
        name = draw(st.sampled_from(sorted(node)))
        if draw(st.integers(0, 5)) == 0:
            return {key: value for key, value in node.items() if key != name}
        return {**node, name: broken(draw, node[name])}
    if isinstance(node, list) and node and draw(st.integers(0, 4)):
        place = draw(st.integers(0, len(node) - 1))
        return [*node[:place], broken(draw, node[place]), *node[place + 1 :]]
    return draw(odd)


def read_all(sources: Sources) -> None:
    for read in READ:
        found = read(sources)
        assert type(found).model_validate_json(found.model_dump_json()) == found
    for read in ALONE:
        assert fact(lambda read=read: read(sources)) is not None


@pytest.mark.parametrize("name", ["laptop_with_webcam_and_headset", "windows_7", "mobile_dongle"])
@settings(max_examples=150, deadline=None)
@given(choose=st.data())
def test_one_odd_place_in_a_recording_raises_nothing(recording, name, choose):
    answers = {source: answer for source, answer in recording(name).items() if "value" in answer}
    source = choose.draw(st.sampled_from(sorted(answers)))
    answers[source] = {"value": broken(choose.draw, answers[source]["value"])}
    read_all(recorded(answers))


@settings(max_examples=100, deadline=None)
@given(st.fixed_dictionaries({name: odd for name in Sources._fields}))
def test_answers_that_make_no_sense_at_all_raise_nothing(answers):
    read_all(recorded({name: {"value": answer} for name, answer in answers.items()}))


def test_a_strange_answer_costs_no_other_fact(recording):
    answers = recording("laptop_with_webcam_and_headset")
    answers["consents"]["value"]["webcam"]["is_in_use"] = "có lẽ"
    found = cameras.read(recorded(answers))
    assert found.is_in_use.why == "error"
    assert (found.camera_count.value, found.is_allowed.value) == (2, True)
    assert isinstance(found, Camera)
