"""`diemcau-agent probe`: what a person at the site sees, and what a script does."""

from __future__ import annotations

import io
import json

import pytest
from click.testing import CliRunner

from agent import cli
from agent.commands import measure
from agent.commands.progress import Progress
from contract.report import read_body

DEVICE = "dev-00000001"
BOOKED_SOON, BOOKED_LATER = {"state": "booked", "in_s": 0.3}, {"state": "booked", "in_s": 3600.0}
STOPPED = {"state": "refused", "code": "stopped"}
NEEDS_CONSENT = {"state": "refused", "code": "needs_consent", "most_bytes": 12_187_500}


@pytest.fixture(autouse=True)
def speak_vietnamese(monkeypatch, tmp_path):
    monkeypatch.setenv("DIEMCAU_LANG", "vi")
    monkeypatch.setenv("DIEMCAU_AGENT_HOME", str(tmp_path / "agent"))
    monkeypatch.setattr("agent.paths.SYSTEM_HOME", tmp_path / "none")


def run(*arguments):
    return CliRunner().invoke(cli.main, arguments)


def test_a_line_that_carries_ends_with_0_a_sentence_and_the_table(write_settings, probe_server):
    write_settings(("mqtt://127.0.0.1:1",), probe_server)
    result = run("probe", "line")
    assert result.exit_code == 0, result.output
    sentence, title, *rows = result.stdout.splitlines()
    assert "đủ cho buổi họp: tải xuống giữ vững 2 Mbit/s và tải lên giữ vững 1 Mbit/s" in sentence
    assert title == "Đường truyền"
    assert rows
    assert "Đang đo: Đường truyền, tải xuống\n" in result.stderr
    assert "\r" not in result.stderr


def test_json_is_alone_on_stdout_and_the_sentence_beside_it(write_settings, saying):
    write_settings(("mqtt://127.0.0.1:1",), saying(STOPPED))
    result = run("probe", "line", "--json")
    assert result.exit_code == 6
    (measurement,) = read_body(result.stdout.encode(), DEVICE).measurements
    assert measurement.failure.code == "refused"
    assert "Trung tâm đang tạm dừng đo đường truyền" in result.stderr


def test_a_time_that_is_booked_soon_is_waited_for(write_settings, saying):
    write_settings(("mqtt://127.0.0.1:1",), saying(BOOKED_SOON, STOPPED))
    result = run("probe", "line")
    assert (result.exit_code, len(saying.asked)) == (6, 2)
    assert "Máy chủ đo đang bận; đang chờ đến lượt." in result.stderr
    assert "tạm dừng đo" in result.stdout


def test_a_time_that_is_booked_for_later_is_told(write_settings, saying):
    write_settings(("mqtt://127.0.0.1:1",), saying(BOOKED_LATER))
    result = run("probe", "line")
    assert (result.exit_code, len(saying.asked)) == (6, 1)
    assert "đã giữ chỗ cho máy này, sẽ đo lúc" in result.stdout


def test_over_4g_a_person_is_told_the_price_and_asked(write_settings, saying, monkeypatch):
    write_settings(("mqtt://127.0.0.1:1",), saying(NEEDS_CONSENT, STOPPED))
    prices = []
    monkeypatch.setattr(measure, "_agrees", lambda most_bytes: prices.append(most_bytes) or True)
    assert run("probe", "line").exit_code == 6
    assert prices == [12_187_500]
    assert [asked["is_consented"] for asked in saying.asked] == [False, True]


def test_over_4g_a_script_is_not_asked_and_says_yes_or_spends_nothing(write_settings, saying):
    write_settings(("mqtt://127.0.0.1:1",), saying(NEEDS_CONSENT))
    result = run("probe", "line")
    assert result.exit_code == 6
    assert "có thể tốn đến 12,2 MB" in result.stdout
    run("probe", "line", "--yes")
    assert [asked["is_consented"] for asked in saying.asked] == [False, True]


def test_a_whole_round_asks_for_the_same_consent(write_settings, saying):
    write_settings(("mqtt://127.0.0.1:1",), saying(NEEDS_CONSENT))
    assert "chạy lại với --yes" in run("once").stdout
    run("once", "--yes")
    assert [asked["is_consented"] for asked in saying.asked] == [False, True]


def test_a_round_whose_line_is_booked_has_all_the_rest(write_settings, saying):
    write_settings(("mqtt://127.0.0.1:1",), saying(BOOKED_LATER))
    result = run("once", "--json")
    assert result.exit_code == 0, result.output
    probes = {measurement.probe for measurement in read_body(result.stdout.encode(), DEVICE).measurements}
    assert "host" in probes
    assert not probes & {"line", "speedtest"}
    assert "đã giữ chỗ cho máy này" in result.stderr


def test_a_machine_that_is_not_enrolled_ends_with_3():
    result = run("probe", "line")
    assert result.exit_code == 3
    assert "chưa đo được vì máy chưa đăng ký" in result.stdout


def test_public_goes_with_speedtest_alone(write_settings, probe_server):
    write_settings(("mqtt://127.0.0.1:1",), probe_server)
    assert run("probe", "line", "--public").exit_code == 2


def test_speedtest_runs_in_a_slot_and_says_that_it_decides_nothing(write_settings, probe_server):
    write_settings(("mqtt://127.0.0.1:1",), probe_server)
    result = run("probe", "speedtest", "--json")
    assert result.exit_code == 0, result.output
    (measurement,) = json.loads(result.stdout)["measurements"]
    found = measurement["findings"]
    assert found["method"] == "speedtest-cli"
    assert 0 < found["received_bytes"] <= 15 * 2e6 / 8
    assert 0 < found["sent_bytes"] <= 15 * 1e6 / 8
    assert "chỉ để tham khảo" in result.stderr


class Terminal(io.StringIO):
    def isatty(self):
        return True


class Running:
    current = "line"

    def __init__(self, step):
        self.step = step


def test_on_a_terminal_one_line_is_rewritten_and_gone_at_the_end(monkeypatch):
    terminal = Terminal()
    progress = Progress(terminal)
    for step in ("", "download", "download 0.50 5.1", "download 0.50 5.1", "upload"):
        progress.follow(Running(step))
    progress.end()
    assert "\n" not in terminal.getvalue()
    shown = [text.rstrip() for text in terminal.getvalue().split("\r")]
    assert shown.count("Đang đo: Đường truyền, tải xuống [##########..........] 5,1 Mbit/s") == 1
    assert shown[-1] == ""
    assert shown[-3] == "Đang đo: Đường truyền, tải lên"


def test_into_a_file_each_step_is_a_line():
    file = io.StringIO()
    progress = Progress(file)
    for step in ("download", "download 0.1 5.1", "download 0.2 5.2", "upload"):
        progress.follow(Running(step))
    progress.end()
    assert file.getvalue() == "Đang đo: Đường truyền, tải xuống\nĐang đo: Đường truyền, tải lên\n"
