from __future__ import annotations

import json
import threading

import pytest

from agent.child import Server
from agent.doctor import CHECKS, GROUPS, equipment, page, servers
from agent.doctor.check import BAD, OK, SKIPPED, WARNING, Answer, Check
from agent.doctor.examine import Examination, Result, as_json
from agent.platforms import machine as platform
from agent.platforms.other import READER
from agent.probes.context import Context

WELL = Answer(OK, "tốt.")
MOST_S = 20.0
ASKS_THE_SYSTEM = {"software", "camera", "microphone", "speaker", "screen", "power", "link"}


def check(name, look=lambda _: WELL, needs=(), within_s=30.0):
    return Check(name, f"Mục {name}", f"Item {name}", look, needs, within_s)


def results(machine, *checks):
    return {result.name: result for result in Examination(machine, checks).results()}


def test_what_follows_something_bad_is_skipped_and_names_the_first_cause(stranger):
    found = results(
        stranger,
        check("cable", lambda _: Answer(BAD, "đứt.", "Cắm lại.")),
        check("name", needs=("cable",)),
        check("broker", needs=("name",)),
        check("disk"),
    )
    assert {name: result.state for name, result in found.items()} == {
        "cable": BAD,
        "name": SKIPPED,
        "broker": SKIPPED,
        "disk": OK,
    }
    assert found["broker"].text == "Mục broker: chờ sửa xong “Mục cable”"


@pytest.mark.parametrize("state", [WARNING, SKIPPED])
def test_what_follows_a_warning_or_something_that_could_not_be_told_is_looked_at(stranger, state):
    found = results(stranger, check("a", lambda _: Answer(state, "...")), check("b", needs=("a",)))
    assert found["b"].state == OK


def test_a_check_that_never_ends_is_bad_and_holds_nobody_up(stranger):
    end = threading.Event()
    found = results(stranger, check("slow", lambda _: end.wait(60), within_s=0.1), check("quick"))
    end.set()
    assert found["slow"].state == BAD
    assert "quá lâu" in found["slow"].text
    assert found["quick"].state == OK


def test_only_what_goes_over_the_network_blames_it_when_it_is_late(stranger):
    end = threading.Event()
    found = results(
        stranger,
        check("slow", lambda _: end.wait(60), within_s=0.1),
        check("network", within_s=1.0),
        check("name", needs=("network",), within_s=1.0),
        check("server", lambda _: end.wait(60), needs=("name",), within_s=0.1),
    )
    end.set()
    assert "Máy đang chậm" in found["slow"].next_step
    assert "Kiểm tra mạng" in found["server"].next_step


def test_a_check_that_asks_the_system_waits_for_its_programs_own_limit_and_nothing_waits_for_it():
    asking = {one.name: one for group in GROUPS[:2] for one in group.checks if one.name in ASKS_THE_SYSTEM}
    assert set(asking) == ASKS_THE_SYSTEM
    assert min(one.within_s for one in asking.values()) > platform._TIMEOUT_S
    assert not ASKS_THE_SYSTEM & {name for one in CHECKS for name in one.needs}


def test_a_system_that_does_not_answer_keeps_no_server_from_being_looked_at(enrolled, monkeypatch):
    end = threading.Event()
    silent = READER._replace(display=lambda _: end.wait(60), network=lambda _: end.wait(60))
    monkeypatch.setattr(equipment, "_context", lambda machine: Context(machine.home, None, reader=silent))
    impatient = [one._replace(within_s=0.2) if one.name in ("screen", "link") else one for one in CHECKS]
    found = results(enrolled(), *impatient)
    end.set()
    for name in ("screen", "link"):
        assert "Máy đang chậm" in found[name].next_step
    assert {found[name].state for name in ("network", "dns", "portal", "probe_http")} == {OK}


def test_a_check_that_fails_itself_is_told_and_the_others_go_on(stranger):
    found = results(stranger, check("broken", lambda _: 1 / 0), check("other"))
    assert "ZeroDivisionError" in found["broken"].text
    assert "--bundle" in found["broken"].next_step
    assert found["other"].state == OK


def test_checks_that_need_nothing_of_each_other_run_side_by_side(stranger):
    met = threading.Barrier(2, timeout=30)

    def meet(_):
        met.wait()
        return WELL

    assert {result.state for result in results(stranger, check("a", meet), check("b", meet)).values()} == {OK}


def test_all_of_it_takes_20_seconds_at_most():
    until_s = {}
    for one in CHECKS:
        until_s[one.name] = max([0.0, *(until_s[name] for name in one.needs)]) + one.within_s
    assert max(until_s.values()) <= MOST_S


def test_every_check_has_a_name_of_its_own_and_a_title_in_both_languages():
    assert len({one.name for one in CHECKS}) == len(CHECKS)
    assert all(one.vi and one.en for one in (*CHECKS, *GROUPS))


def test_json_has_the_keys_that_others_read(stranger, examine):
    listed = json.loads(as_json(list(examine(stranger).values())))
    assert [item["name"] for item in listed] == [one.name for one in CHECKS]
    assert all(list(item) == ["name", "state", "text", "next_step"] for item in listed)


def test_everything_that_is_wrong_says_what_to_do_and_what_is_well_asks_nothing(stranger, enrolled, examine):
    for machine in (stranger, enrolled()):
        for result in examine(machine).values():
            assert bool(result.next_step) == (result.state in (WARNING, BAD)), result


@pytest.mark.parametrize("language", ["vi", "en"])
def test_the_page_fits_80_columns_and_tells_each_cause_once(enrolled, own_network, language, monkeypatch):
    monkeypatch.setenv("DIEMCAU_LANG", language)
    machine = enrolled("mqtts://diemcau.invalid:8883")
    found = list(Examination(machine, CHECKS).results())
    shown = list(page.lines(GROUPS, found))
    assert max(len(line) for text in shown for line in text.splitlines()) <= 80
    network = next(result for result in found if result.name == "network")
    after = found[found.index(network) + 1 :]
    assert {result.state for result in after} == {SKIPPED}
    assert len([text for text in shown if "chờ sửa" in text or "mend “" in text]) == 2  # of eight checks
    assert ("HỎNG" if language == "vi" else "BAD") in "\n".join(shown)


def test_a_step_that_repeats_the_one_before_is_not_told_twice():
    group = GROUPS[0]
    found = [Result(one.name, BAD, f"{one.title}: x.", "Gọi Sở.") for one in group.checks]
    shown = "\n".join(page.lines((group,), found))
    assert shown.count("Gọi Sở.") == 1
    assert shown.count("như trên") == len(group.checks) - 1


def test_the_end_says_how_much_is_wrong_and_what_comes_next():
    well, note, bad = (Result("x", state, "x", "") for state in (OK, WARNING, BAD))
    assert page.summary([well]) == "Mọi thứ đều tốt."
    assert "1 chỗ nên xem lại" in page.summary([well, note])
    assert "2 chỗ hỏng" in page.summary([well, note, bad, bad])
    assert "--bundle" in page.summary([bad])


def test_a_firewall_that_drops_everything_is_named_as_what_may_be_in_the_way(
    enrolled, silent_network, examine, monkeypatch
):
    monkeypatch.setattr(servers, "_TIMEOUT_S", 1)
    nowhere = "192.0.2.9"  # TEST-NET-1, RFC 5737
    found = examine(enrolled(f"mqtts://{nowhere}:8883", server=Server(nowhere, 8090, 8862)))
    assert found["network"].state == OK
    for name in ("brokers", "probe_http", "probe_udp"):
        assert found[name].state == BAD
        assert nowhere in found[name].text
        assert "tường lửa" in found[name].next_step
    assert found["offset"].state == SKIPPED


def test_a_clock_that_is_ten_years_behind_is_one_fault_and_not_five(enrolled, broker, examine, clock):
    clock.wall = 1_480_000_000_000_000
    found = examine(enrolled(broker.url, clock=clock))
    assert found["clock"].state == BAD
    assert {found[name].state for name in ("authority", "brokers", "probe_http", "probe_udp", "spool")} == {OK}


def test_each_line_is_shown_as_soon_as_its_result_is_there():
    group, came = GROUPS[0], []

    def results():
        for one in group.checks:
            came.append(one.name)
            yield Result(one.name, OK, f"{one.title}: x.", "")

    lines = page.lines((group,), results())
    assert next(lines) == group.title
    assert "Phiên bản" in next(lines)
    assert came == ["software"]
