from __future__ import annotations

import json

import pytest
from click.testing import CliRunner

from collector.cli import main
from collector.simulator import run
from collector.simulator.files import Folder, FolderError
from collector.simulator.run import read_orders
from collector.simulator.scenario import SCENARIOS

DEVICE = '{"device": "d-00000001", "password": "x", "brokers": ["mqtt://127.0.0.1:1"], "ca_file": "nowhere.pem"}\n'


def test_the_folder_says_what_is_played_and_the_command_may_say_otherwise(tmp_path):
    folder = Folder(tmp_path)
    assert read_orders(folder) == (SCENARIOS["country"], "country", 2023)
    (tmp_path / "scenario.json").write_text(json.dumps({"name": "healthy", "seed": 5, "faults_after_s": 7}))
    orders = read_orders(folder)
    assert (orders.name, orders.seed, orders.scenario.faults_after_s) == ("healthy", 5, 7)
    orders = read_orders(folder, "everything", 6)
    assert (orders.name, orders.seed, orders.scenario.cuts) == ("everything", 6, ("reset", "silent"))


@pytest.mark.parametrize(
    ("name", "text", "told"),
    [
        ("devices.jsonl", '{"device": "d-00000001"}\n', "devices.jsonl:1: password"),
        ("devices.jsonl", "\n", "devices.jsonl:1"),
        ("devices.jsonl", DEVICE.replace("mqtt:", "mqtts:"), "mqtts://127.0.0.1:1, nowhere.pem"),
        ("devices.jsonl", DEVICE.replace("127.0.0.1", "centre.example"), "in the clear"),
        ("scenario.json", '{"name": "none"}', "none"),
        ("scenario.json", "[]", "scenario.json"),
        ("traits.jsonl", '{"device": "d-00000001", "download_mbps": "many"}', "traits.jsonl:1: download_mbps"),
    ],
)
def test_a_file_that_cannot_be_used_is_named_with_its_line(tmp_path, name, text, told):
    (tmp_path / "devices.jsonl").write_text(DEVICE)
    (tmp_path / name).write_text(text)
    result = CliRunner().invoke(main, ["simulate", "--folder", str(tmp_path)])
    assert result.exit_code == 1
    assert told in result.output


def test_a_fault_of_ours_while_a_code_is_taken_is_no_quiet_site(tmp_path, monkeypatch):
    def fail(*_):
        raise ZeroDivisionError

    monkeypatch.setattr(run, "enrol", fail)
    (tmp_path / "devices.jsonl").write_text("")
    code = {"code": "K7QF2MX-ABCDE-FGHJK-4", "server": "https://127.0.0.1:1", "ca_file": "nowhere.pem"}
    (tmp_path / "codes.jsonl").write_text(json.dumps(code) + "\n")
    with pytest.raises(ZeroDivisionError):
        run.run_share(tmp_path, read_orders(Folder(tmp_path), "healthy"), run.Share(), 0.3, None)


def test_a_folder_without_devices_says_what_is_missing(tmp_path):
    with pytest.raises(FolderError, match=r"devices\.jsonl"):
        Folder(tmp_path).devices()
