"""Who is kept away from the ledger while a dry run goes on."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collector.probe_server.document import Client, Document, DryRun, Wave
from collector.probe_server.dry_run import is_broken_off, kept_away, still_to_come
from collector.probe_server.keys import SLOTS
from contract.probing import Booked, Granted, Refused
from tests.collector.probe_server.test_asking import FIRST, NARROW, SECOND, begin_download, rest_of, until

S = 1_000_000
NOW = 1_692_061_200 * S
CHOSEN, LATER, OTHER = "dev-00000001", "dev-00000002", "dev-00000003"


def known(state: str = "running", *, began_at: int = NOW, openings: tuple[tuple[int, int], ...] = ()) -> Document:
    waves = (Wave(0, 60), Wave(300, 600))
    dry_run = DryRun(
        id="d1", state=state, began_at=began_at, until_at=NOW + 7200 * S, again_s=40, waves=waves, openings=(openings,)
    )
    devices = {
        CHOSEN: Client(1, 0, ("01",), None, 0, 0 if openings else None),
        LATER: Client(1, 0, ("01",), None, 1),
        OTHER: Client(1, 0, ("01",)),
    }
    return Document(dry_run=dry_run, devices=devices)


def test_whoever_is_chosen_has_its_turn_and_whoever_is_not_is_told_so() -> None:
    assert kept_away(known(), CHOSEN, NOW) is None
    assert kept_away(known(), OTHER, NOW) == Refused(code="not_selected")
    assert kept_away(Document(devices=known().devices), OTHER, NOW) is None


@given(st.integers(0, 299))
def test_a_later_wave_comes_spread_out_after_its_opening(elapsed_s: int) -> None:
    told = kept_away(known(), LATER, NOW + elapsed_s * S)
    assert isinstance(told, Booked)
    assert 300 <= elapsed_s + told.in_s <= 900
    assert kept_away(known(), LATER, NOW + 300 * S) is None


def test_pauses_put_waves_off() -> None:
    assert kept_away(known(began_at=NOW + 100 * S), LATER, NOW + 399 * S) is not None
    assert kept_away(known(began_at=NOW + 100 * S), LATER, NOW + 400 * S) is None


def test_while_it_is_paused_everybody_comes_again_a_little_later() -> None:
    for device in (CHOSEN, LATER):
        told = kept_away(known("paused"), device, NOW + 500 * S)
        assert isinstance(told, Booked)
        assert 40 <= told.in_s <= 80


def test_what_was_stopped_is_over_for_its_sites_and_nobody_else() -> None:
    told = known("stopped")
    assert kept_away(told, CHOSEN, NOW) == Refused(code="stopped")
    assert kept_away(told, OTHER, NOW) is None
    assert [is_broken_off(told, device, NOW) for device in (CHOSEN, LATER, OTHER, "dev-unknown")] == [
        *(True, True),
        *(False, False),
    ]


@pytest.mark.parametrize("state", ["running", "paused", "stopped"])
def test_after_its_time_it_counts_no_more_even_when_the_centre_is_away(state: str) -> None:
    told, after = known(state), NOW + 7200 * S
    assert [kept_away(told, device, after) for device in told.devices] == [None, None, None]
    assert not is_broken_off(told, CHOSEN, after)


def test_a_site_that_is_closed_comes_when_it_opens_or_not_at_all() -> None:
    told = known(openings=((NOW + 600 * S, NOW + 1200 * S), (NOW + 3000 * S, NOW + 3600 * S)))
    early = kept_away(told, CHOSEN, NOW)
    assert isinstance(early, Booked)
    assert 600 <= early.in_s <= 640
    assert kept_away(told, CHOSEN, NOW + 600 * S) is None
    between = kept_away(told, CHOSEN, NOW + 1200 * S)
    assert isinstance(between, Booked)
    assert 1800 <= between.in_s <= 1840
    assert kept_away(told, CHOSEN, NOW + 3600 * S) == Refused(code="not_selected")


def test_what_it_will_bring_is_announced_by_place_and_need(document: Document) -> None:
    chosen = {name: client._replace(wave=0) for name, client in document.devices.items()}
    told = document.model_copy(update={"dry_run": known().dry_run, "devices": chosen})
    assert {(group.units, group.sites) for group in still_to_come(told)} == {(("01", "01.001"), 1), (("79",), 1)}
    assert still_to_come(document) == []


# --- at a probe server that runs


def of_now(document: Document, state: str, *waves: int | None) -> Document:
    """Return a document with a dry run of now, whose devices are in these waves."""
    dry_run = DryRun(id="d1", state=state, began_at=0, until_at=2**53, again_s=40, waves=(Wave(0, 0), Wave(2**31, 0)))
    devices = {
        name: client._replace(wave=wave) for (name, client), wave in zip(document.devices.items(), waves, strict=True)
    }
    return document.model_copy(update={"dry_run": dry_run, "devices": devices})


def test_a_dry_run_lets_in_its_sites_in_order_and_persons_at_any_time(probe, document) -> None:
    probe.obey(of_now(document, "running", None, 1))
    assert probe.ask(FIRST, purpose="schedule") == Refused(code="not_selected")
    assert isinstance(probe.ask(SECOND, purpose="schedule"), Booked)
    assert isinstance(probe.ask(FIRST, purpose="person"), Granted)
    assert isinstance(probe.ask(SECOND, purpose="command"), Granted)


def test_a_dry_run_that_is_stopped_breaks_off_what_runs_and_forgets_who_waits(start, document) -> None:
    with start(**NARROW) as probe, ThreadPoolExecutor() as pool:
        probe.obey(of_now(document, "running", 0, 0))
        granted = probe.ask(FIRST, purpose="schedule")
        waiting = pool.submit(probe.ask, SECOND, purpose="schedule")
        until(lambda: sum(probe.app[SLOTS].ledger.figures().waiting) == 1)
        with begin_download(probe, granted) as client:
            probe.obey(of_now(document, "stopped", 0, 0))
            assert rest_of(client) < granted.most_down_bytes / 2
        assert waiting.result(10) == Refused(code="stopped")
        figures = probe.app[SLOTS].ledger.figures()
        assert (figures.reserved_bps, figures.waiting, figures.booked) == ((0, 0), (0, 0), (0, 0))
        assert isinstance(probe.ask(SECOND, purpose="person"), Granted)


def test_a_pause_lets_go_on_what_runs_and_sends_away_who_waits(start, document) -> None:
    with start(**NARROW) as probe, ThreadPoolExecutor() as pool:
        probe.obey(of_now(document, "running", 0, 0))
        granted = probe.ask(FIRST, purpose="schedule")
        waiting = pool.submit(probe.ask, SECOND, purpose="schedule")
        until(lambda: sum(probe.app[SLOTS].ledger.figures().waiting) == 1)
        probe.obey(of_now(document, "paused", 0, 0))
        assert 40 <= waiting.result(10).in_s <= 80
        assert [slot.granted for slot in probe.app[SLOTS]] == [granted]
        probe.obey(of_now(document, "running", 0, 0))
        probe.fetch("POST", f"/v1/slots/{granted.token}/end")
        assert isinstance(probe.ask(SECOND, purpose="schedule"), Granted)
