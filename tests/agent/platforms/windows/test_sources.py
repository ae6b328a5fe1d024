from __future__ import annotations

import json
import sys
import threading
from concurrent.futures import ThreadPoolExecutor, wait

import pytest

from agent import platforms
from agent.platforms.machine import Machine, run
from agent.platforms.windows import sources
from agent.platforms.windows.sources import Sources, record, recorded


def test_a_recording_is_one_json_document_that_makes_the_same_recording_again(recording):
    first = recording("laptop_with_webcam_and_headset")
    assert set(first) == set(Sources._fields)
    assert json.loads(json.dumps(record(recorded(first)))) == first


@pytest.mark.parametrize("why", ["absent", "denied", "unsupported", "error"])
def test_why_a_source_had_no_answer_is_recorded_and_raised_again(why):
    recording = {name: {"why": why} for name in Sources._fields}
    assert record(recorded(recording)) == recording


def test_a_source_that_a_recording_does_not_name_is_absent():
    assert record(recorded({}))["wmi"] == {"why": "absent"}


def test_a_source_is_asked_once_whether_it_answers_or_not():
    asked = []

    def slow():
        asked.append("slow")
        raise RuntimeError("TimeoutExpired")

    answer = sources._once(slow)
    for _ in range(3):
        with pytest.raises(RuntimeError, match="TimeoutExpired"):
            answer()
    quick = sources._once(lambda: asked.append("quick") or "said")
    assert [quick(), quick()] == ["said", "said"]
    assert asked == ["slow", "quick"]


def test_threads_that_ask_together_wait_for_one_answer():
    asked, is_asked, may_answer = [], threading.Event(), threading.Event()

    def slow():
        asked.append("slow")
        is_asked.set()
        assert may_answer.wait(30)
        return "said"

    answer = sources._once(slow)
    with ThreadPoolExecutor(4) as threads:
        first = threads.submit(answer)
        assert is_asked.wait(30)
        others = [threads.submit(answer) for _ in range(3)]
        wait(others, timeout=0.2)  # time enough to ask for themselves, if nothing held them
        may_answer.set()
        assert [one.result(30) for one in (first, *others)] == ["said"] * 4
    assert asked == ["slow"]


@pytest.mark.skipif(sys.platform == "win32", reason="there it can be asked")
def test_only_windows_can_be_asked_and_each_of_its_facts_says_so_elsewhere(tmp_path):
    reader = platforms.reader("windows")
    with pytest.raises(NotImplementedError):
        reader.camera(Machine(tmp_path, run))
