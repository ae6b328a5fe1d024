"""The command line of the centre, without a centre running."""

import json
import os
import socket
import subprocess
import sys
from contextlib import nullcontext

import pytest
from click.testing import CliRunner
from sqlalchemy import select

from collector.cli import main
from collector.judge.policy import SEED
from collector.store import line_tests
from collector.supervisor import alone
from provisioning.cli import main as provision
from provisioning.store.engine import open_engine
from provisioning.store.tables import audit

PORTS = ("web_port", "enrolment_port", "broker_port", "broker_monitor_port", "probe_http_port", "probe_udp_port")


@pytest.fixture
def cli(tmp_path, monkeypatch, free_port):
    for name in PORTS:  # a centre may be running on this machine, on the ports that are usual
        monkeypatch.setenv(f"DIEMCAU_{name.upper()}", str(free_port()))
    monkeypatch.setenv("DIEMCAU_HOME", str(tmp_path))
    monkeypatch.setenv("DIEMCAU_LANG", "en")

    def run(*arguments):
        return CliRunner().invoke(main, arguments)

    return run


def test_its_help_needs_none_of_the_extras():
    program = (
        "import sys, collector.cli; "
        "print([name for name in ('sqlalchemy', 'pydantic', 'fastapi', 'aiohttp', 'paho') if name in sys.modules])"
    )
    assert subprocess.run([sys.executable, "-c", program], capture_output=True, text=True).stdout == "[]\n"


def test_without_mosquitto_a_centre_that_needs_it_says_how_to_install_it(cli, monkeypatch):
    monkeypatch.setenv("DIEMCAU_BROKER", "mosquitto")
    monkeypatch.setattr("collector.broker_parts._SYSTEM_PROGRAMS", "")
    monkeypatch.setenv("PATH", "")
    run, doctor = cli("run"), cli("doctor")
    assert (run.exit_code, doctor.exit_code) == (1, 1)
    assert "apt install mosquitto" in run.output
    assert "MEND  mosquitto: " in doctor.output


def test_the_live_policy_is_the_seed_until_another_is_loaded(cli, tmp_path):
    assert cli("migrate").exit_code == 0
    assert cli("policy", "show").stdout == SEED.read_text()

    other = tmp_path / "other.toml"
    other.write_text(SEED.read_text() + "# another\n")
    assert cli("policy", "load", str(other)).exit_code == 0

    assert cli("policy", "show").stdout == other.read_text()


def test_pruning_says_what_has_gone_and_wants_days_that_make_sense(cli):
    cli("migrate")
    pruned, wrong = cli("prune"), cli("prune", "--report-days", "0")
    assert (pruned.exit_code, wrong.exit_code) == (0, 2)
    assert pruned.stdout == "Deleted 0 raw reports and 0 rows of hourly figures.\n"


def test_a_wrong_policy_is_refused_with_its_place_and_the_live_one_stays(cli, tmp_path):
    cli("migrate")
    wrong = tmp_path / "wrong.toml"
    wrong.write_text(SEED.read_text().replace("version = 1", "version = 2"))
    for command in ("check", "load"):
        answer = cli("policy", command, str(wrong))
        assert answer.exit_code == 1
        assert "version" in answer.stderr
    assert cli("policy", "show").stdout == SEED.read_text()


def test_status_of_an_empty_centre_says_that_nothing_runs_and_exits_1(cli):
    cli("migrate")
    answer = cli("status", "--json")
    assert answer.exit_code == 1
    assert json.loads(answer.stdout)["parts"].keys() >= {"broker", "enrolment", "probe-server", "ingest", "web"}
    assert not any(json.loads(answer.stdout)["parts"].values())
    assert "no session yet" in cli("status").stdout
    assert cli("status").stdout.endswith("Run: diemcau-collector run\n")


@pytest.mark.parametrize("command", [("status",), ("policy", "show"), ("policy", "load", str(SEED))])
def test_before_the_first_run_the_command_that_makes_the_tables_is_named(cli, command):
    plan = (["init"], ["event", "add", "e", "--name", "E"], ["session", "add", "e", "s", "--name", "S"])
    for step in plan:  # they make the registry alone
        assert CliRunner().invoke(provision, step).exit_code == 0
    answer = cli(*command)
    assert (answer.exit_code, answer.stdout) == (1, "")
    assert answer.stderr.startswith("Error: The database lacks tables")
    assert "diemcau-collector migrate" in answer.stderr


def test_an_empty_postgresql_is_told_likewise(cli, monkeypatch, postgres_server):
    monkeypatch.setenv("DIEMCAU_DATABASE_URL", f"{postgres_server}/postgres")
    answer = cli("policy", "show")
    assert answer.exit_code == 1
    assert "Run first: diemcau-collector migrate" in answer.stderr


@pytest.mark.parametrize(
    ("url", "text"),
    [
        ("postgresql+psycopg://nobody@127.0.0.1:{port}/none", "cannot be used"),
        ("sqlite:////no/such/folder/diemcau.db", "cannot be used"),
        ("diemcau.db", "not understood"),
    ],
)
@pytest.mark.parametrize("command", ["status", "migrate", "run"])
def test_a_database_that_cannot_be_reached_is_told_in_one_line(cli, monkeypatch, free_port, command, url, text):
    monkeypatch.setenv("DIEMCAU_DATABASE_URL", url.format(port=free_port()))
    answer = cli(command)
    assert answer.exit_code == 1
    assert len(answer.stderr.splitlines()) == 1
    assert text in answer.stderr
    assert "database_url" in answer.stderr


def test_doctor_names_what_is_missing_and_the_command_that_makes_it(cli):
    answer = cli("doctor")
    assert answer.exit_code == 1
    assert "diemcau-collector migrate" in answer.stdout
    assert "diemcau-provision init" in answer.stdout


def test_doctor_finds_the_database_after_migrate(cli):
    cli("migrate")
    assert "MEND  database" not in cli("doctor").stdout


def test_doctor_says_how_to_start_a_centre_that_is_well_but_does_not_run(cli):
    assert CliRunner().invoke(provision, ["init"]).exit_code == 0
    cli("migrate")
    answer = cli("doctor")
    assert answer.exit_code == 0
    assert "Run: diemcau-collector run" in answer.stdout


@pytest.mark.parametrize(("is_ours", "text"), [(True, "web.log"), (False, "taken by another program")])
def test_doctor_tells_a_silent_part_of_ours_from_another_program_on_its_port(cli, tmp_path, is_ours, text):
    with socket.socket() as listening, alone(tmp_path) if is_ours else nullcontext():
        listening.bind(("127.0.0.1", int(os.environ["DIEMCAU_WEB_PORT"])))  # and never answers
        answer = cli("doctor")
    (line,) = (line for line in answer.stdout.splitlines() if line.startswith("MEND  web:"))
    assert text in line
    assert ("Run: diemcau-collector run" in answer.stdout) is not is_ours


def test_a_wrong_setting_is_named(cli, monkeypatch):
    monkeypatch.setenv("DIEMCAU_WEB_PORT", "much")
    answer = cli("migrate")
    assert answer.exit_code == 1
    assert "DIEMCAU_WEB_PORT" in answer.stderr


def test_line_tests_are_stopped_and_allowed_again_and_the_audit_tells_by_whom(cli, tmp_path):
    cli("migrate")
    engine = open_engine(f"sqlite:///{tmp_path}/db/diemcau.db")
    for command, is_stopped in (("stop", True), ("stop", True), ("resume", False)):
        assert cli("line-tests", command).exit_code == 0
        with engine.connect() as connection:
            assert line_tests.is_stopped(connection) == is_stopped
    with engine.connect() as connection:
        assert connection.scalars(select(audit.c.action).order_by(audit.c.id)).all() == ["stop", "stop", "resume"]
    engine.dispose()
