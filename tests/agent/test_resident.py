from __future__ import annotations

import random
import signal
import subprocess
import sys
import threading
from collections import deque

import pytest

from agent import resident
from agent.backoff import Backoff
from agent.child import Outcome, Request
from agent.connection import Lost, Opened
from agent.plugged import LOOK_EVERY_S, Plugged
from agent.schedule import EQUIPMENT, INVENTORY, LIGHT, LINE
from agent.settings import SettingsError
from contract import wire
from contract.report import read_body

DEVICE = "dev-00000001"
QUICK = Backoff(first_s=0.05, most_s=0.2)


class Rounds:
    """A source of rounds that a test fills."""

    def __init__(self, *bodies: bytes) -> None:
        self.bodies = deque(bodies)
        self.asked: list[Request] = []
        self._running: Request | None = None

    @property
    def is_running(self) -> bool:
        return self._running is not None

    def start(self, request: Request) -> None:
        self._running = request
        self.asked.append(request)

    def poll(self) -> Outcome | None:
        if self._running is None or not self.bodies:
            return None
        request, self._running = self._running, None
        return Outcome(request, self.bodies.popleft(), "", request.probes or ("host", "line"))

    def stop(self) -> None:
        self._running = None


@pytest.fixture
def start(write_settings, broker, probe_server):
    """Return a function that runs a resident in a thread until the test ends."""
    running = []

    def start(rounds, **others):
        settings = write_settings((broker.url,), probe_server, **others)
        agent = resident.build(settings, rounds=rounds, backoff=QUICK, chance=random.Random(1), reload=lambda: settings)
        thread = threading.Thread(target=agent.run)
        thread.start()
        running.append((agent, thread))
        return agent

    yield start
    for agent, thread in running:
        agent.stop()
        thread.join(30)
        assert not thread.is_alive()


def test_a_report_is_sent_until_the_centre_acknowledges_it(start, centre, eventually):
    agent = start(Rounds(b'{"v":1}'))
    frame, body = eventually(centre.reports, "a report")[0]
    assert body == b'{"v":1}'
    assert (frame.seq, frame.accepted_upto, frame.spooled) == (1, 1, 0)
    agent.measuring.rounds.bodies.append(b"second")
    centre.say(DEVICE, "ack", wire.Ack(frame.spool_id, 1))
    agent.measuring.schedule.hasten_tick()
    eventually(lambda: any(s.spooled == 0 and s.accepted_upto == 1 for s in centre.snapshots()), "an empty spool")


def test_presence_says_connected_then_stopped(start, centre, eventually):
    agent = start(Rounds())
    eventually(lambda: [p.state for p in centre.presences()] == ["connected"], "presence")
    agent.stop()
    eventually(lambda: [p.state for p in centre.presences()] == ["connected", "stopped"], "a clean stop")
    assert len({p.connection for p in centre.presences()}) == 1


def test_the_person_is_told_once_of_each_change_and_what_to_do(write_settings, probe_server, told, monkeypatch):
    monkeypatch.setenv("DIEMCAU_LANG", "vi")
    brokers = ("mqtt://127.0.0.1:1", "mqtt://127.0.0.1:2")
    agent = resident.build(write_settings(brokers, probe_server), rounds=Rounds())
    for _ in range(3):
        agent._follow(Lost(brokers[0], "connection refused", "off"))
        agent._follow(Lost(brokers[1], "refused: Not authorized", "not_admitted"))
    agent._follow(Opened(1))
    agent._follow(Lost(brokers[0], "connection refused", "off"))
    first, second, third, fourth = told
    assert "máy chủ đang tắt" in first
    assert "Gọi Sở." in second
    assert third == "Đã kết nối với trung tâm. Cứ để máy chạy."
    assert fourth == first
    agent.stop()
    agent.run()


def test_a_device_that_is_not_admitted_hears_of_it_once_and_not_of_the_closed_connection(
    write_settings, start_broker, probe_server, told, eventually
):
    guarded = start_broker(others=f'authorization {{ users: [{{ user: "{DEVICE}", password: "another" }}] }}')
    agent = resident.build(write_settings((guarded.url,), probe_server), rounds=Rounds(), backoff=QUICK)
    eventually(lambda: agent.turn(0.05) and agent.connection._failures >= 3, "three tries")
    agent.stop()
    agent.run()
    assert [line.count("refused: ") for line in told] == [1]


def test_reports_made_while_the_broker_is_away_arrive_after(start, broker, centre, eventually):
    agent = start(Rounds(b"first"))
    centre.plan(wire.Plan("p", 1, 1, ()))
    eventually(centre.reports, "the first report")
    broker.kill()
    centre.forget_subscription()
    eventually(lambda: not agent.connection.is_open, "the loss")
    agent.measuring.rounds.bodies.append(b"second")
    agent.measuring.schedule.change_periods(60, 0.1, 1e6, agent.clock.mono_s())
    eventually(lambda: not agent.measuring.rounds.bodies, "the round")
    broker.start()
    centre.wait_for_subscription()
    centre.plan(wire.Plan("p", 1, 2, ()))  # what was sent before the centre was back is lost
    eventually(lambda: {body for _, body in centre.reports()} >= {b"first", b"second"}, "both reports")


def test_a_new_epoch_of_the_collector_brings_what_waits_again(start, centre, eventually):
    centre.plan(wire.Plan("p", 1, 7, ()))
    start(Rounds(b"only"))
    eventually(lambda: len(centre.reports()) == 1, "the report")
    centre.plan(wire.Plan("p", 1, 8, ()))
    eventually(lambda: len(centre.reports()) >= 2, "the same report again")
    assert {frame.seq for frame, _ in centre.reports()} == {1}


def test_a_command_runs_its_probes_once_and_is_told_done_again_when_repeated(start, centre, eventually):
    agent = start(Rounds(b"start", b"commanded"))
    eventually(centre.presences, "the device")
    command = wire.Command("c-1", "run", 60, ("host", "path"))
    centre.say(DEVICE, "command", command)
    eventually(lambda: any("c-1" in s.done for s in centre.snapshots()), "the command told as done")
    assert [(r.occasion, r.probes, r.done) for r in agent.measuring.rounds.asked] == [
        ("start", (), ()),
        ("command", ("host", "path"), ("c-1",)),
    ]
    told = len(centre.snapshots())
    centre.say(DEVICE, "command", command)
    eventually(lambda: any("c-1" in s.done for s in centre.snapshots()[told:]), "the repetition told as done")
    assert len(agent.measuring.rounds.asked) == 2


def test_in_live_mode_it_ticks_faster_over_a_new_connection_and_is_never_told_as_gone(start, centre, eventually):
    agent = start(Rounds(b"start"), tick_s=3600, keepalive_s=60)
    eventually(centre.snapshots, "the first snapshot")
    centre.say(DEVICE, "command", wire.Command("live", "live", 60, ()))
    lively = eventually(lambda: [s for s in centre.snapshots() if s.tick_s == wire.LIVE_TICK_S][1:], "lively ticks")[0]
    assert lively.connection == agent._number > centre.presences()[0].connection
    assert agent.connection.place.keepalive_s == wire.LIVE_KEEPALIVE_S
    centre.say(DEVICE, "command", wire.Command("live", "live", 0, ()))
    eventually(lambda: centre.snapshots()[-1].tick_s == 3600, "the usual pace")
    assert agent.connection.place.keepalive_s == 60
    assert {presence.state for presence in centre.presences()} == {"connected"}
    assert len({presence.connection for presence in centre.presences()}) == 3


def test_live_mode_ends_by_itself_and_lets_rounds_be(start, centre, eventually):
    agent = start(Rounds(b"start"), tick_s=3600)
    eventually(centre.reports, "the first report")
    due_s = agent.measuring.schedule._light_at_s
    centre.say(DEVICE, "command", wire.Command("live", "live", 1, ()))
    eventually(lambda: any(s.tick_s == wire.LIVE_TICK_S for s in centre.snapshots()), "a lively tick")
    eventually(lambda: centre.snapshots()[-1].tick_s == 3600, "the usual pace")
    assert agent.measuring.schedule._light_at_s == due_s


def test_an_inventory_tells_of_the_equipment_and_never_loads_the_line(start, centre, eventually):
    agent = start(Rounds(b"start", b"inventory"))
    eventually(centre.presences, "the device")
    centre.say(DEVICE, "command", wire.Command("i-1", "inventory", 60, ()))
    eventually(lambda: any("i-1" in s.done for s in centre.snapshots()), "the command told as done")
    assert agent.measuring.rounds.asked[1].probes == INVENTORY


def test_something_plugged_in_is_measured_without_waiting_for_the_hour(start, eventually):
    devices = []
    agent = start(Rounds(b"start", b"changed"))
    eventually(lambda: agent.measuring.rounds.asked and not agent.measuring.rounds.is_running, "the first round")
    agent.measuring.plugged = Plugged(lambda: tuple(devices), agent.clock.mono_s() - 2 * LOOK_EVERY_S)
    devices.append("video0")
    agent.measuring.plugged.has_changed(agent.clock.mono_s() - LOOK_EVERY_S)
    eventually(lambda: len(agent.measuring.rounds.asked) == 2, "a round for what was plugged in")
    assert (agent.measuring.rounds.asked[1].occasion, agent.measuring.rounds.asked[1].probes) == ("change", EQUIPMENT)


def test_a_turn_may_wait_long_only_when_nothing_is_under_way(write_settings, broker, probe_server, centre, eventually):
    agent = resident.build(write_settings((broker.url,), probe_server), rounds=Rounds(b"first"), backoff=QUICK)
    assert agent.turn(0.0) == resident._ALERT_S  # no connection yet
    frame, _ = eventually(lambda: agent.turn(0.05) and centre.reports(), "a report")[0]
    assert agent.turn(0.0) == resident._ALERT_S  # no receipt yet
    centre.say(DEVICE, "ack", wire.Ack(frame.spool_id, frame.seq))
    eventually(lambda: agent.turn(0.05) > resident._ALERT_S, "leave to wait longer")
    agent.connection.stop()
    agent.spool.close()


def test_word_that_the_machine_will_sleep_ends_a_wait_however_long(start, centre, eventually, monkeypatch):
    monkeypatch.setattr(resident, "_IDLE_S", 10_000.0)
    agent = start(Rounds(b"first"), tick_s=3600, keepalive_s=3600)
    frame, _ = eventually(centre.reports, "a report")[0]
    centre.say(DEVICE, "ack", wire.Ack(frame.spool_id, frame.seq))
    eventually(lambda: not agent.publisher.is_waiting, "the receipt")
    agent.sleep.falls()
    eventually(lambda: centre.presences()[-1].state == "asleep", "word of its sleep")


def test_messages_that_cannot_be_read_change_nothing(start, centre, eventually):
    agent = start(Rounds(b"kept"))
    eventually(centre.reports, "a report")
    for kind in ("ack", "command"):
        centre._client.publish(wire.topic_for(DEVICE, kind), b'{"upto":NaN}', 0)
    centre._client.publish(wire.PLAN_TOPIC, b"\xff\x00", 0)
    told = len(centre.snapshots())
    agent.measuring.schedule.hasten_tick()
    snapshot = eventually(lambda: centre.snapshots()[told:], "a further snapshot")[0]
    assert snapshot.spooled == 1


def test_a_disk_that_fails_costs_reports_and_never_the_agent(
    write_settings, start, broker, probe_server, centre, eventually
):
    settings = write_settings((broker.url,), probe_server)
    obstacle = settings.folder / "spool"
    obstacle.write_text("a file where the folder should be")
    agent = start(Rounds(b"lost"))
    eventually(centre.presences, "presence")
    eventually(lambda: agent.measuring.refused == 1, "the refusal")
    obstacle.unlink()
    agent.measuring.rounds.bodies.append(b"kept")
    agent.measuring.schedule.change_periods(60, 0.1, 1e6, agent.clock.mono_s())
    eventually(lambda: [body for _, body in centre.reports()] == [b"kept"], "the next report")


@pytest.fixture
def live_briefly(write_settings, free_port, probe_server, monkeypatch):
    """Return a function that lives one resident's life without a broker, and returns what its first round asked for."""
    monkeypatch.setattr(resident, "_NETWORK_WAIT_S", 0.0)

    def live_briefly(*bodies, **others):
        settings = write_settings((f"mqtt://127.0.0.1:{free_port()}",), probe_server, **others)
        agent = resident.build(settings, rounds=Rounds(*bodies), backoff=QUICK)
        for _ in range(2):  # one starts the round, one may end it
            agent.turn(0.0)
        agent.stop()
        agent.run()
        return agent.measuring.rounds.asked[0].probes

    return live_briefly


def test_a_restart_soon_after_the_line_was_measured_runs_the_light_probes_only(live_briefly):
    assert live_briefly(b"report") == ()
    assert live_briefly(b"report") == LIGHT


def test_a_machine_that_dies_in_every_first_round_loads_the_line_once_and_no_more(live_briefly):
    assert live_briefly() == ()
    assert [live_briefly() for _ in range(3)] == [LIGHT] * 3


def test_a_machine_whose_network_is_not_there_yet_waits_with_its_first_round(
    write_settings, free_port, probe_server, monkeypatch
):
    settings = write_settings((f"mqtt://127.0.0.1:{free_port()}",), probe_server)
    early = resident.build(settings, rounds=Rounds(), backoff=QUICK)
    early.turn(0.0)
    monkeypatch.setattr(resident, "_NETWORK_WAIT_S", 0.0)
    late = resident.build(settings, rounds=Rounds(), backoff=QUICK)
    late.turn(0.0)
    for agent in (early, late):
        agent.stop()
        agent.run()
    assert (early.measuring.rounds.asked, len(late.measuring.rounds.asked)) == ([], 1)


def test_settings_are_read_again_on_command(start, broker, probe_server, centre, write_settings, eventually):
    agent = start(Rounds())
    eventually(centre.presences, "presence")
    agent.reload = lambda: write_settings((broker.url,), probe_server, keepalive_s=30, light_round_s=11)
    centre.say(DEVICE, "command", wire.Command("r-1", "reload", 60, ()))
    eventually(lambda: any("r-1" in s.done for s in centre.snapshots()), "the command told as done")
    assert agent.settings.light_round_s == 11
    states = [p.state for p in centre.presences()]
    assert states == ["connected", "stopped", "connected"]  # another keepalive needs another connection


def of_another_device(agent):
    return agent.settings._replace(device="dev-00000002", light_round_s=11)


def unreadable(agent):
    raise SettingsError("no JSON")


@pytest.mark.parametrize(("settings", "why"), [(of_another_device, "dev-00000002"), (unreadable, "no JSON")])
def test_settings_that_cannot_be_followed_are_not_told_as_followed(start, centre, eventually, told, settings, why):
    agent = start(Rounds(b"start", b"commanded"))
    eventually(centre.presences, "presence")
    agent.reload = lambda: settings(agent)
    centre.say(DEVICE, "command", wire.Command("r-1", "reload", 60, ()))
    centre.say(DEVICE, "command", wire.Command("c-1", "run", 60, ("host",)))
    eventually(lambda: any("c-1" in s.done for s in centre.snapshots()), "the command after it told as done")
    assert not any("r-1" in s.done for s in centre.snapshots())
    assert any(why in line for line in told)
    assert agent.settings.device == DEVICE
    assert [p.state for p in centre.presences()] == ["connected"]


def test_a_command_that_has_expired_is_never_carried_out(start, centre, eventually):
    agent = start(Rounds())  # its first round does not end, so the commands wait
    eventually(centre.presences, "presence")
    centre.say(DEVICE, "command", wire.Command("late", "run", 0, ()))
    centre.say(DEVICE, "command", wire.Command("in-time", "run", 600, ()))
    eventually(lambda: agent.measuring.has("late") and agent.measuring.has("in-time"), "both commands")
    agent.measuring.rounds.bodies.extend([b"start", b"in time"])
    eventually(lambda: any("in-time" in s.done for s in centre.snapshots()), "the command that waits")
    assert [request.done for request in agent.measuring.rounds.asked] == [(), ("in-time",)]


def test_the_plan_names_the_probe_server_of_our_shard(start, centre, eventually, probe_server):
    ours = wire.ProbeServer(wire.shard_of(DEVICE), "127.0.0.1", probe_server.http_port, probe_server.udp_port)
    other = "".join(shard for shard in wire.SHARDS if shard != ours.shards)
    centre.plan(wire.Plan("p", 1, 1, (wire.ProbeServer(other[:15], "192.0.2.1", 1, 1), ours)))
    agent = start(Rounds(b"start"))
    eventually(lambda: agent._plan is not None, "the plan")
    centre.say(DEVICE, "command", wire.Command("c-1", "run", 60, ("path",)))
    eventually(lambda: len(agent.measuring.rounds.asked) == 2, "the round")
    assert agent.measuring.rounds.asked[1].server == ours[1:]
    assert agent._servers() == [ours[1:], ("192.0.2.1", 1, 1)]  # the others, for a line that did not carry against ours


def test_a_real_resident_measures_reports_and_when_killed_is_told_lost(
    write_settings, broker, probe_server, centre, eventually
):
    settings = write_settings((broker.url,), probe_server)
    command = [sys.executable, "-I", "-m", "agent.resident", "--settings", str(settings.folder / "settings.json")]
    process = subprocess.Popen(command, stderr=subprocess.DEVNULL)
    try:
        _, body = eventually(centre.reports, "a report of real probes")[0]
        report = read_body(body, DEVICE)
        assert {m.probe for m in report.measurements} == {*LIGHT, *LINE}
        assert {m.failure for m in report.measurements} == {None}
        snapshot = eventually(centre.snapshots, "a snapshot")[0]
        assert (snapshot.sent, snapshot.received) == (10, 10)
    finally:
        process.kill()
        process.wait()
    eventually(lambda: centre.presences()[-1].state == "lost", "the will")
    secret = [payload for topic, payload, _ in centre.heard if b"dev-00000001-" in payload or "dev-00000001-" in topic]
    assert secret == []


def test_a_real_resident_stops_cleanly_on_sigterm(write_settings, broker, probe_server, centre, eventually):
    settings = write_settings((broker.url,), probe_server)
    command = [sys.executable, "-I", "-m", "agent.resident", "--settings", str(settings.folder / "settings.json")]
    process = subprocess.Popen(command, stderr=subprocess.DEVNULL)
    try:
        eventually(centre.presences, "presence")
        assert subprocess.run(command, stderr=subprocess.DEVNULL).returncode == 1  # one is enough
        process.send_signal(signal.SIGTERM)
        assert process.wait(30) == 0
        eventually(lambda: centre.presences()[-1].state == "stopped", "stopped")
    finally:
        process.kill()
        process.wait()


def test_settings_that_cannot_be_read_end_it_with_2(tmp_path):
    (tmp_path / "settings.json").write_text("{}")
    assert resident.main(["--settings", str(tmp_path / "settings.json")]) == 2
    assert resident.main(["--settings", str(tmp_path / "none.json")]) == 2
    assert resident.main([]) == 2


def test_a_fault_of_the_program_is_in_the_log_before_it_ends(write_settings, probe_server, monkeypatch, told):
    settings = write_settings(("mqtt://127.0.0.1:1",), probe_server)
    monkeypatch.setattr(resident.Resident, "turn", lambda *_: 1 / 0)
    monkeypatch.setattr(resident.signal, "signal", lambda *_: None)  # those of the tests stay
    with pytest.raises(ZeroDivisionError):
        resident.main(["--settings", str(settings.folder / "settings.json")])
    assert "ZeroDivisionError" in told[-1]
