"""A real resident on a copied disk stays away from the centre, says so, and keeps what it measured."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from agent import cli, enrol, hardware, last_line, original, paths, pending
from agent.asking import EnrolmentError
from agent.last_line import LastLine
from agent.spool import Spool
from contract.clock import Clock

DEVICE = "dev-00000001"
CODE = "7K2M9A-93QXW"
OURS = {"board": ("a" * 16,), "disk": ("b" * 16,), "card": ("c" * 16,)}
THEIRS = {"board": ("1" * 16,), "disk": ("2" * 16,), "card": ("3" * 16,)}
RESIDENT = f"""
import sys
from agent import hardware, original
hardware.facts = lambda: {OURS!r}
original._LOOK_S = 0.1
from agent.resident import main
sys.exit(main(sys.argv[1:]))
"""  # real, but for the machine that it believes to be on


@pytest.fixture
def home(write_settings, broker, probe_server, monkeypatch):
    """The folder of an enrolled device with a report that waits."""
    settings = write_settings((broker.url,), probe_server)
    last_line.write(settings.folder / paths.LAST_LINE, LastLine(Clock().now(), True))
    spool = Spool(paths.spool(settings.folder, DEVICE), settings.spool_cap_bytes, Clock())
    spool.append(b"measured before the disk was copied")
    spool.close()
    monkeypatch.setenv("DIEMCAU_AGENT_HOME", str(settings.folder))
    monkeypatch.setenv("DIEMCAU_LANG", "vi")
    return settings.folder


@pytest.fixture
def run(home, tmp_path):
    """Return a function that starts a resident; it returns a function that tells its log."""
    running = []

    def start():
        log = tmp_path / "resident.log"
        command = [sys.executable, "-I", "-c", RESIDENT, "--settings", str(home / paths.SETTINGS)]
        with log.open("wb") as stream:
            running.append(subprocess.Popen(command, stderr=stream, env=os.environ))
        return log.read_text

    yield start
    for process in running:
        process.terminate()
        assert process.wait(30) == 0


def waiting(home):
    spool = Spool(paths.spool(home, DEVICE), 1 << 24, Clock(), checkpoints=False)
    try:
        return spool.counters().spooled
    finally:
        spool.close()


def test_a_copy_does_not_speak_in_the_others_name_until_it_is_enrolled_as_itself(
    home, run, centre, eventually, enrolment_server, broker, tmp_path, monkeypatch
):
    original.keep(home, THEIRS)
    log = run()
    eventually(lambda: f"Máy này là bản sao ổ đĩa của thiết bị {DEVICE}" in log(), "the message")
    assert centre.heard == []
    assert waiting(home) == 1

    monkeypatch.setattr(hardware, "facts", lambda: OURS)
    before = (home / "password").read_text()
    enrolment_server.answer = enrolment_server.admit("admitted") | {"device": "dev-00000002", "brokers": [broker.url]}
    (tmp_path / "given.pem").write_text(enrolment_server.pem)
    options = ["enrol", CODE, "--server", enrolment_server.url, "--ca", str(tmp_path / "given.pem")]
    told = CliRunner().invoke(cli.main, [*options, "--move"])
    assert told.exit_code == 0, told.output
    eventually(centre.presences, "the connection, as a device of its own")
    assert {topic.split("/")[3] for topic, _, _ in centre.heard} == {"dev-00000002"}
    assert enrolment_server.asked[0].password == (home / "password").read_text() != before
    assert waiting(home) == 1


def test_a_device_with_new_hardware_is_itself_again_by_its_old_code(
    home, run, centre, eventually, enrolment_server, broker, tmp_path, monkeypatch
):
    original.keep(home, THEIRS)
    log = run()
    eventually(lambda: "bản sao" in log(), "the message")
    monkeypatch.setattr(hardware, "facts", lambda: OURS)
    before = (home / "password").read_text()
    enrolment_server.answer = enrolment_server.admit("admitted") | {"brokers": [broker.url]}
    (tmp_path / "given.pem").write_text(enrolment_server.pem)
    options = ["enrol", CODE, "--server", enrolment_server.url, "--ca", str(tmp_path / "given.pem")]
    assert CliRunner().invoke(cli.main, options).exit_code == 0
    eventually(lambda: [body for _, body in centre.reports()][:1], "what waited")
    assert centre.reports()[0][1] == b"measured before the disk was copied"
    assert enrolment_server.asked[0].password == before


def test_machines_copied_before_their_enrolment_was_answered_become_devices_of_their_own(
    tmp_path, enrolment_server, monkeypatch
):
    template = tmp_path / "template"
    pending.keep(template, pending.Pending(CODE, enrolment_server.url, enrolment_server.pem))
    enrolment_server.status, enrolment_server.answer = 502, b"bad gateway"
    monkeypatch.setattr(hardware, "facts", lambda: THEIRS)
    assert enrol.enrol_pending(template, Clock())["kind"] == "server"
    copies = [Path(shutil.copytree(template, tmp_path / name)) for name in ("first", "second")]

    machines = [{kind: (f"{number}" * 16,) for kind in OURS} for number in (4, 5)]
    for copy, machine in zip(copies, machines, strict=True):
        monkeypatch.setattr(hardware, "facts", lambda machine=machine: machine)
        for status in (502, 200):  # an answer that is lost, and then one that comes
            enrolment_server.status = status
            enrolment_server.answer = enrolment_server.admit("waiting")
            kind = enrol.enrol_pending(copy, Clock())["kind"]
            assert kind == ("enrolled" if status == 200 else "server")
        assert not original.is_copy(copy, machine)
    monkeypatch.setattr(hardware, "facts", lambda: THEIRS)
    assert enrol.enrol_pending(template, Clock())["kind"] == "enrolled"
    assert [enrolment_server.asked.count(one) for one in enrolment_server.asked] == [2] * 6
    assert len({asked.password for asked in enrolment_server.asked}) == 3


def test_a_copy_that_could_not_move_stays_a_copy(home, enrolment_server, monkeypatch):
    original.keep(home, THEIRS)
    monkeypatch.setattr(hardware, "facts", lambda: OURS)
    enrolment_server.status, enrolment_server.answer = 502, b"bad gateway"
    authority = enrol.Authority(enrolment_server.pem)
    with pytest.raises(EnrolmentError):
        enrol.enrol(home, enrolment_server.url, CODE, authority, Clock(), may_move=True)
    assert original.is_copy(home, OURS)


def test_what_cannot_be_read_at_a_later_try_is_still_known_of_the_machine(tmp_path, enrolment_server, monkeypatch):
    pending.keep(tmp_path, pending.Pending(CODE, enrolment_server.url, enrolment_server.pem))
    enrolment_server.status, enrolment_server.answer = 502, b"bad gateway"
    for facts in (THEIRS, {"board": THEIRS["board"]}):
        monkeypatch.setattr(hardware, "facts", lambda facts=facts: facts)
        enrol.enrol_pending(tmp_path, Clock())
    assert original.is_copy(tmp_path, OURS)
    assert len({asked.password for asked in enrolment_server.asked}) == 1


def test_a_machine_that_changes_part_by_part_is_followed(home, run, centre, eventually):
    original.keep(home, {**THEIRS, "board": OURS["board"], "serial": ("d" * 16,)})
    run()
    eventually(centre.presences, "the connection")
    assert not original.is_copy(home, OURS)
    assert original.is_copy(home, THEIRS)
    assert "d" * 16 in (home / paths.MACHINE).read_text()  # what cannot be read today stays


@pytest.mark.parametrize("kept", [None, "{", "[]", '{"board": 1}', '{"card": ["1111111111111111"]}'])
def test_a_machine_whose_facts_were_not_kept_or_are_damaged_is_not_locked_out(home, run, centre, eventually, kept):
    if kept is not None:
        (home / paths.MACHINE).write_text(kept)
    run()
    eventually(centre.presences, "the connection")
    assert not original.is_copy(home, OURS)
    assert original.is_copy(home, THEIRS)
