from __future__ import annotations

import json
import signal
import subprocess
import sys

import pytest

from agent import lock, log, paths
from agent.doctor import running
from agent.doctor.check import BAD, OK, WARNING
from agent.spool import Spool


@pytest.fixture
def resident(enrolled, broker, eventually):
    """A real resident that has connected and measured once, and the machine it runs on."""
    machine = enrolled(broker.url)
    command = [sys.executable, "-I", "-m", "agent.resident", "--settings", str(machine.home / "settings.json")]
    agent = subprocess.Popen(command, stderr=subprocess.DEVNULL)
    eventually((machine.home / paths.LAST_REPORT).exists, "a round", 90.0)
    yield machine
    agent.send_signal(signal.SIGTERM)
    assert agent.wait(30) == 0
    assert running.resident(machine).state == BAD
    assert log.last_line(machine.home).endswith("Đã dừng.")


def test_a_resident_that_runs_is_told_with_since_when_and_its_last_word(resident):
    answer = running.resident(resident)
    assert answer.state == OK
    assert "đang chạy từ" in answer.text
    assert log.last_line(resident.home) in answer.text
    text = (resident.home / paths.LOG).read_text(encoding="utf-8")
    assert "Bắt đầu chạy, phiên bản" in text
    assert "Đã kết nối với trung tâm." in text
    last = running.last_round(resident)
    assert last.state == OK, last
    assert running.spool(resident).state == OK


def test_a_machine_on_which_none_runs_is_told_how_to_start_one(enrolled):
    machine = enrolled()
    assert running.resident(machine).state == BAD
    with lock.hold(machine.home / paths.LOCK):
        assert running.resident(machine).state == OK
    answer = running.resident(machine)
    assert answer.state == BAD
    assert "diemcau-agent run" in answer.next_step


@pytest.mark.parametrize(
    "unit",
    [
        "etc/systemd/system/multi-user.target.wants/diemcau-agent.service",
        "home/lan/.config/systemd/user/default.target.wants/diemcau-agent.service",
    ],
)
def test_an_enabled_unit_starts_by_itself_also_when_its_file_lies_where_we_cannot_see_it(tmp_path, unit):
    person = tmp_path / "home" / "lan"
    assert not running.starts_on_linux(tmp_path, person)
    (tmp_path / unit).parent.mkdir(parents=True)
    (tmp_path / unit).symlink_to("/nowhere/diemcau-agent.service")
    assert running.starts_on_linux(tmp_path, person)


def report(clock, **failure):
    started = {"boot_id": clock.boot_id, "mono_ms": 1, "wall_us": clock.wall_us()}
    measured = {"probe": "path", "version": 1, "started": started, "duration_ms": 5}
    software = {
        "kind": "software",
        "agent_version": "1",
        "python_version": "3",
        **{name: {"value": "x"} for name in ("os_name", "os_version", "architecture")},
    }
    outcome = {"failure": failure} if failure else {"findings": software}
    return json.dumps({"device": "dev-00000001", "occasion": "schedule", "measurements": [{**measured, **outcome}]})


def test_the_last_round_is_told_with_its_age_and_what_failed(enrolled, clock):
    machine = enrolled(clock=clock)
    file = machine.home / paths.LAST_REPORT
    assert running.last_round(machine).text == "chưa có lượt nào."
    file.write_text(report(clock))
    clock.advance(600)
    answer = running.last_round(machine)
    assert (answer.state, answer.text) == (OK, "cách đây 10 phút, phép đo nào cũng được.")
    clock.advance(10_000)
    assert running.last_round(machine).state == WARNING
    file.write_text(report(clock, code="timeout", text="no"))
    answer = running.last_round(machine)
    assert answer.state == WARNING
    assert "Chất lượng mạng" in answer.text
    assert answer.next_step == "Đo lại: diemcau-agent probe path"
    file.write_text("{")
    assert "không đọc được" in running.last_round(machine).text


def test_a_last_round_whose_only_probe_has_its_turn_later_is_no_trouble(enrolled):
    machine = enrolled()
    empty = {"device": "dev-00000001", "occasion": "schedule", "measurements": []}
    (machine.home / paths.LAST_REPORT).write_text(json.dumps(empty))
    assert running.last_round(machine).state == OK


@pytest.fixture
def filled(enrolled, clock):
    """A machine with reports in its spool, and that spool."""
    machine = enrolled(clock=clock)
    spool = Spool(paths.spool(machine.home, "dev-00000001"), 65_536, clock)
    for _ in range(3):
        spool.append(b"x" * 4000)
    yield machine, spool
    spool.close()


def test_reports_that_wait_are_counted_and_long_waits_and_losses_are_warned_of(filled, clock):
    machine, spool = filled
    assert running.spool(machine) == (OK, "3 báo cáo đang chờ gửi, cũ nhất đã chờ 0 giây.", "")
    clock.advance(7200)
    answer = running.spool(machine)
    assert answer.state == WARNING
    assert "2 giờ" in answer.text
    for _ in range(20):
        spool.append(b"x" * 4000)
    answer = running.spool(machine)
    assert answer.state == WARNING
    assert "báo cáo cũ đã bỏ vì hết chỗ" in answer.text


def test_a_damaged_spool_is_told_and_goes_on_with_a_new_file(filled):
    machine, spool = filled
    spool.close()
    folder = paths.spool(machine.home, "dev-00000001")
    for file in folder.glob("1.db*"):
        file.write_bytes(b"not a database at all" * 400)
    answer = running.spool(machine)
    assert answer.state == WARNING
    assert "bị hỏng" in answer.text
    assert running.spool(machine).state == OK


def test_a_spool_that_cannot_be_opened_is_bad(enrolled):
    machine = enrolled()
    folder = paths.spool(machine.home, "dev-00000001")
    folder.parent.mkdir()
    folder.write_text("a file where a folder should be")
    answer = running.spool(machine)
    assert answer.state == BAD
    assert str(folder) in answer.next_step


def test_a_machine_without_a_spool_is_given_none(enrolled):
    machine = enrolled()
    assert running.spool(machine).state == OK
    assert not paths.spool(machine.home, "dev-00000001").exists()
