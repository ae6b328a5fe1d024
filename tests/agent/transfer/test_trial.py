"""One trial, its transfers and packets replaced: which direction is tried, and what becomes of what was found."""

from contextlib import contextmanager
from http.client import IncompleteRead
from types import SimpleNamespace

import pytest

from agent.formulas.sequential import Result
from agent.transfer import surroundings, trial
from agent.transfer.surroundings import Reading
from agent.unmeasured import ProbeError

NEED = SimpleNamespace(ready_mbps=2.0, minimum_mbps=1.0)


def result(outcome, is_paced=True):
    return Result(outcome, "", 2e6, 2e6, 2e6, 1000, 1.0, (), is_paced)


@pytest.fixture
def ran(monkeypatch):
    """Run a trial whose transfers end so, or raise; idle and loaded round trips in ms."""

    def run(down, up, *, is_thorough=False, idle_ms=10.0, loaded_ms=25.0):
        def end(ending):
            if isinstance(ending, Exception):
                raise ending
            return ending

        @contextmanager
        def watched(host, udp_port):
            yield SimpleNamespace(latest_ms=lambda ended_s: loaded_ms)

        monkeypatch.setattr(trial, "_look", lambda web, udp_port: (idle_ms, 0.01, "127.0.0.1"))
        monkeypatch.setattr(trial, "watched", watched)
        monkeypatch.setattr(surroundings, "read", lambda address: Reading(0.0))
        monkeypatch.setattr(trial, "download", lambda *_: end(down))
        monkeypatch.setattr(trial, "upload", lambda *_: end(up))
        granted = SimpleNamespace(
            token="t", download=NEED, upload=NEED, most_down_bytes=9, most_up_bytes=9, is_thorough=is_thorough
        )
        return trial.run(SimpleNamespace(host="h"), granted, 1, lambda step: None)

    return run


def test_after_a_failed_download_the_upload_is_not_tried(ran):
    assert ran(result("fails"), AssertionError()).upload is None


def test_a_thorough_trial_tries_the_upload_all_the_same(ran):
    assert ran(result("fails"), result("carries"), is_thorough=True).upload.result.outcome == "carries"


@pytest.mark.parametrize("trouble", [OSError(), ProbeError("portal", "x"), IncompleteRead(b"")])
def test_an_upload_that_cannot_begin_is_unsure_and_costs_the_download_nothing(ran, trouble):
    found = ran(result("carries"), trouble)
    assert found.download.result.outcome == "carries"
    assert found.upload.result.outcome == "unsure"


def test_a_download_that_cannot_begin_is_no_trial(ran):
    with pytest.raises(OSError, match="gone"):
        ran(OSError("gone"), result("carries"))


def test_the_added_delay_is_of_a_paced_transfer(ran):
    found = ran(result("carries"), result("carries", is_paced=False))
    assert (found.download.added_delay_ms, found.upload.added_delay_ms) == (15.0, None)


@pytest.mark.parametrize(("idle_ms", "loaded_ms"), [(None, None), (10.0, None)])
def test_without_packets_no_delay_is_told(ran, idle_ms, loaded_ms):
    found = ran(result("carries"), result("carries"), idle_ms=idle_ms, loaded_ms=loaded_ms)
    assert (found.round_trip_ms, found.download.added_delay_ms) == (idle_ms, None)
