"""Dry runs from the terminal: foreseen, made, begun, followed, stopped; and what is said where that cannot be."""

from __future__ import annotations

import os
import pty
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest
from sqlalchemy import Engine, insert, update

from collector.commands import dryrun
from collector.store import pulse
from collector.store.tables import campaign, campaign_site, presence
from provisioning.store.engine import writing
from provisioning.store.tables import device, participation, site
from tests.collector.commands.conftest import Cli

ALWAYS = ("--any-hour", "--during-sessions")  # whenever these tests run
TWO = ("--name", "T-7", *ALWAYS)
PROBE_SERVERS = "a.example.vn:1:1,b.example.vn:2:2"


@pytest.fixture
def cli(cli: Cli, home: Engine) -> Cli:
    """A function that runs `dryrun` with these arguments, where one site has a machine and one has none."""
    now_us = time.time_ns() // 1000
    with writing(home) as connection:
        rows = (
            (site, {"code": "S000002", "name": "Trường B", "unit_id": 1, "created_at": 0}),
            (participation, {"session_id": 1, "site_id": 2, "role": "interactive", "medium": "pc", "seats": 2}),
            (device, {"name": "dev-00000001", "site_id": 1, "state": "active", "is_spare": False, "generation": 1}),
        )
        verifiers = {"bcrypt": "", "pbkdf2": "", "enrolled_at": now_us}
        for table, values in rows:
            connection.execute(insert(table).values(**values, **(verifiers if table is device else {})))
        told = {"device_id": 1, "state": "connected", "connection": 1, "since_at": now_us, "heard_at": now_us}
        connection.execute(insert(presence).values(**told))
        pulse.beat(connection, pulse.INGEST, {}, now_us)
    return lambda *arguments: cli("dryrun", *arguments)


def settle(home: Engine, **values: Any) -> None:
    """Give the site with a machine a result."""
    with writing(home) as connection:
        connection.execute(update(campaign_site).where(campaign_site.c.site_id == 1).values(**values))


def test_one_is_foreseen_made_begun_paused_resumed_stopped_and_listed(cli: Cli, home: Engine) -> None:
    foreseen = cli("predict", *ALWAYS)
    assert (foreseen.exit_code, foreseen.stderr) == (0, "")
    assert foreseen.stdout.startswith("Sites 2, machines that test 1: about ")
    assert "No machine enrolled 1" in foreseen.stdout
    assert "after 5" in foreseen.stdout
    assert "after" not in cli("predict", "--check", "equipment", *ALWAYS).stdout  # lines alone are tested in turn
    assert cli("list").stdout == ""
    assert "dryrun create" in cli("list").stderr

    made = cli("create", *TWO)
    assert (made.exit_code, made.stdout) == (0, "1\n")
    assert foreseen.stdout in made.stderr
    assert "Begin: diemcau-collector dryrun start 1" in made.stderr
    for act, state, then in (
        ("start", "Running", "dryrun watch 1"),
        ("pause", "Paused", "dryrun resume 1"),
        ("resume", "Running", "dryrun watch 1"),
        ("stop", "Stopped", '--name "T-7 (2)" --retest 1'),
    ):
        done = cli(act, 1)
        assert done.exit_code == 0, done.output
        assert done.stdout.startswith(f"1\t{state}\t")
        assert then in done.stderr
        assert cli("list").stdout == done.stdout
    stopped = cli("status", 1).stdout
    assert "Stopped · 2/2 (100%) · Could not be checked 2" in stopped
    assert "Could not be checked: No machine enrolled 1" in stopped
    assert "Could not be checked: Stopped before its turn 1" in stopped


@pytest.mark.parametrize(
    ("arguments", "vi", "en"),
    [
        (("status", "9"), "Xem các đợt: diemcau-collector dryrun list", "diemcau-collector dryrun list"),
        (("watch", "9"), "Không có đợt tổng duyệt 9", "There is no dry run 9"),
        (("start", "9"), "Không có đợt tổng duyệt 9", "There is no dry run 9"),
        (("predict", "--retest", "9"), "Không có đợt tổng duyệt 9", "There is no dry run 9"),
        (("predict", "--session", "x"), "diemcau-provision session add", "How to make one: diemcau-provision"),
        (("predict", "--unit", "99"), "mang mã 99", "has the code 99. Codes of units: diemcau-provision units list"),
        (("predict", "--site", "s000001", "--site", "x"), "mang mã X", "No unit or site has the code X"),
        (("predict", "--medium", "room"), "bớt điều kiện, hoặc chọn buổi khác", "ask for less"),
        (("predict", "--elsewhere"), "thêm máy chủ thứ hai vào probe_servers", "needs another one in probe_servers"),
        (("predict", "--from", "x"), "hãy viết như", "write it like"),
        (("predict", "--from", "2100-01-02", "--until", "2100-01-01"), "phải sau", "must end after it begins"),
        (("predict", "--from", "2020-01-01"), "hãy tạo đợt mới", "make another one"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else "",
)
def test_what_cannot_be_is_told_in_one_line_that_says_what_to_do(
    cli: Cli, monkeypatch: pytest.MonkeyPatch, arguments: tuple[str, ...], vi: str, en: str
) -> None:
    for language, told in (("vi", vi), ("en", en)):
        monkeypatch.setenv("DIEMCAU_LANG", language)
        refused = cli(*arguments)
        assert (refused.exit_code, refused.stdout) == (1, "")
        assert len(refused.stderr.splitlines()) == 1
        assert told in refused.stderr


@pytest.mark.parametrize("arguments", [("start",), ("start", "x"), ("create",), ("predict", "--check", "swimming")])
def test_what_was_mistyped_is_another_exit_code(cli: Cli, arguments: tuple[str, ...]) -> None:
    assert cli(*arguments).exit_code == 2


@pytest.mark.parametrize(
    ("before", "act", "told"),
    [
        ((), "pause", "has not begun: it can be begun or removed"),
        ((), "stop", "has not begun: it can be begun or removed"),
        (("start",), "start", "runs: it can be paused or stopped"),
        (("start",), "resume", "runs: it can be paused or stopped"),
        (("start", "pause"), "start", "is paused: it can go on or be stopped"),
        (("start", "pause"), "pause", "is paused: it can go on or be stopped"),
        (("start", "stop"), "start", "was stopped: to test again, make another one"),
        (("start", "stop"), "stop", "was stopped: to test again, make another one"),
    ],
)
def test_what_cannot_be_done_with_one_as_it_stands_says_what_can(
    cli: Cli, before: tuple[str, ...], act: str, told: str
) -> None:
    cli("create", *TWO)
    for earlier in before:
        assert cli(earlier, 1).exit_code == 0
    refused = cli(act, 1)
    assert (refused.exit_code, refused.stdout) == (1, "")
    assert refused.stderr == f'Error: Dry run 1 "T-7" {told}.\n'


def test_one_made_by_mistake_is_removed_until_it_has_begun(cli: Cli) -> None:
    cli("create", *TWO)
    assert cli("remove", "1").stdout == "Removed dry run 1.\n"
    assert "There is none yet" in cli("list").stderr
    cli("create", *TWO)
    cli("start", "1")
    assert "runs: it can be paused or stopped" in cli("remove", "1").stderr


def test_a_second_one_waits_for_the_first_and_none_begins_before_its_window(cli: Cli) -> None:
    for more in ((), (), ("--from", "+1h", "--until", "+2h")):
        assert cli("create", *TWO, *more).exit_code == 0
    assert "wait until then" in cli("start", 3).stderr
    assert cli("start", 1).exit_code == 0
    assert 'Dry run 1 "T-7" goes on: stop it first' in cli("start", 2).stderr


def test_sites_are_chosen_by_options_and_what_fell_short_by_its_number(
    cli: Cli, home: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    def sites(*arguments: object) -> str:
        return str(cli("predict", *ALWAYS, *arguments).stdout.split(",")[0])

    assert sites("--unit", "02", "--role", "view") == "Sites 1"
    assert sites("--site", "s000001", "--site", "S000002", "--medium", "pc") == "Sites 2"
    cli("create", *TWO)
    cli("start", 1)
    settle(home, outcome="carries")
    cli("stop", 1)
    assert sites("--retest", 1) == "Sites 1"
    monkeypatch.setenv("DIEMCAU_PROBE_SERVERS", PROBE_SERVERS)
    usual, elsewhere = (cli("predict", *ALWAYS, *more).stdout for more in ((), ("--elsewhere",)))
    assert {"a.example.vn:1" in usual, "a.example.vn:1" in elsewhere} == {True, False}


def test_who_follows_sees_each_change_and_at_last_how_it_stands(
    cli: Cli, home: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    def wait(_: float) -> None:
        with suppress(StopIteration):
            next(steps)()

    steps: Any = iter(
        [
            lambda: cli("start", 1),
            lambda: settle(home, outcome="fails", reason="upload"),
            lambda: None,
            lambda: cli("stop", 1),
        ]
    )
    monkeypatch.setattr(dryrun, "_TELLS_S", 0.0)
    monkeypatch.setattr(time, "sleep", wait)
    cli("create", *TWO)
    followed = cli("watch", 1)
    assert followed.exit_code == 0
    told = re.sub(r"\d+\s+s\S*, foreseen .*|\d\d:\d\d \S+", "…", followed.stdout).splitlines()
    assert told == [
        "1\tPlanned\t… - …\tT-7",
        "  Begin: diemcau-collector dryrun start 1",
        "  Planned",
        "1\tRunning\t… - …\tT-7",
        "  Follow it: diemcau-collector dryrun watch 1; pause: … pause 1; end it: … stop 1",
        "  Running · 0/2 (0%) · …",
        "  Running · 1/2 (50%) · Falls short 1 · …",
        "1\tStopped\t… - …\tT-7",
        "  Stopped · 2/2 (100%) · Falls short 1 · Could not be checked 1 · …",
        "  Falls short: Upload falls short 1",
        "  Could not be checked: No machine enrolled 1",
        '  Test those again (2): diemcau-collector dryrun create --name "T-7 (2)" --retest 1',
    ]


def test_one_that_takes_longer_than_foreseen_says_what_holds_it_up(
    cli: Cli, home: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    cli("create", *TWO)
    cli("start", 1)
    holds_up = "  Left 2: no machine enrolled 1, testing or waiting for their turn 1. It ends by itself when all have a"
    assert holds_up in cli("status", 1).stdout
    with writing(home) as connection:
        connection.execute(update(campaign).values(started_at=1))
    steps = iter((None, None, "stop"))
    monkeypatch.setattr(time, "sleep", lambda _: (act := next(steps)) and cli(act, 1))
    assert cli("watch", 1).stdout.count(holds_up) == 1
    assert "Left" not in cli("status", 1).stdout


def test_on_a_terminal_one_line_is_drawn_over_and_ctrl_c_leaves_the_dry_run_as_it_is(cli: Cli, home: Engine) -> None:
    cli("create", *TWO)
    cli("start", 1)
    ours, theirs = pty.openpty()
    command = [sys.executable, "-m", "collector.cli", "dryrun", "watch", "1"]
    with subprocess.Popen(command, stdout=theirs, stderr=theirs, env={**os.environ, "COLUMNS": "21"}) as following:
        os.close(theirs)
        told = _read_until(ours, lambda told: told.count(b"\r\x1b[K") == 2)
        following.send_signal(signal.SIGINT)
        assert following.wait(20) == 130
    told += _read_until(ours, lambda told: b"goes on" in told)
    os.close(ours)
    drawn = [part.decode() for part in told.split(b"\r\x1b[K")[1:]]
    assert {part.partition("\r")[0] for part in drawn} == {"  Running · 0/2 (0%)"}  # no wider than the terminal
    assert "Dry run 1 goes on." in drawn[-1]
    assert "\tRunning\t" in cli("list").stdout


def _read_until(file: int, is_enough: Callable[[bytes], bool]) -> bytes:
    told = b""
    while not is_enough(told):
        told += os.read(file, 4096)
    return told


def test_whoever_begins_one_while_the_centre_is_down_is_told_so(cli: Cli, home: Engine) -> None:
    cli("create", *TWO)
    assert "diemcau-collector run" not in cli("start", 1).stderr
    with writing(home) as connection:
        pulse.beat(connection, pulse.INGEST, {}, time.time_ns() // 1000 - 120_000_000)
    assert "nobody is told yet. Run: diemcau-collector run" in cli("pause", 1).stderr


def test_one_that_is_made_again_and_again_is_numbered_on(cli: Cli) -> None:
    for number, name in enumerate(("T-7", "T-7 (2)"), start=1):
        cli("create", "--name", name, *TWO[2:])
        cli("start", number)
        assert f'--name "T-7 ({number + 1})"' in cli("stop", number).output
