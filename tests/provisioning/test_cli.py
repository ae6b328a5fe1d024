from __future__ import annotations

import csv
import json
import os
import re
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import select

from contract.enrolment import EnrolmentRequest
from provisioning import identifiers
from provisioning.app import make_enrolment
from provisioning.cli import main
from provisioning.people import check_login
from provisioning.settings import Settings
from provisioning.store.engine import open_engine
from provisioning.store.tables import site

ROSTER = """\
Mã điểm cầu;Tên điểm cầu;Tỉnh;Huyện;Mã trường;Tên trường;Vai trò;Phương thức;Nhà mạng
HG1;Sở Giáo dục và Đào tạo Hà Giang;Ha Giang;TP Hà Giang;;;tương tác;phòng họp;VNPT
HG2;THPT Chuyên;Hà Giang;;0001;THPT Chuyên Hà Giang;chỉ xem;MyTV;Viettel
"""


@pytest.fixture
def run(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Result]:
    """A function that runs diemcau-provision in Vietnamese and expects this exit code."""
    settings.home.mkdir()
    ports = {"broker_port": settings.broker_port, "broker_monitor_port": settings.broker_monitor_port}
    (settings.home / "settings.json").write_text(json.dumps(ports))
    monkeypatch.setenv("DIEMCAU_HOME", str(settings.home))
    monkeypatch.setenv("DIEMCAU_LANG", "vi")

    def call(*arguments: object, expect: int = 0) -> Result:
        result = CliRunner().invoke(main, [str(argument) for argument in arguments])
        assert result.exit_code == expect, result.output
        assert result.exception is None or isinstance(result.exception, SystemExit)
        return result

    return call


@pytest.fixture
def planned(run: Callable[..., Result], tmp_path: Path) -> Path:
    """A centre with an event, a session and a roster file."""
    run("init")
    run("event", "add", "e1", "--name", "Gặp mặt")
    run("session", "add", "e1", "s1", "--name", "Buổi sáng")
    file = tmp_path / "roster.csv"
    file.write_text(ROSTER, encoding="utf-8")
    return file


def test_init_can_be_run_again_and_keeps_the_keys(run: Callable[..., Result], settings: Settings):
    assert "768" in run("init").output
    before = {path: path.read_bytes() for folder in ("ca", "secrets") for path in (settings.home / folder).iterdir()}
    assert "thêm 0 đơn vị" in run("init").output
    assert before == {path: path.read_bytes() for path in before}
    assert all(path.stat().st_mode & 0o077 == 0 for path in before)


def test_a_roster_is_checked_taken_in_and_written_out(run: Callable[..., Result], planned: Path, tmp_path: Path):
    assert "thêm 2" in run("roster", "check", planned).output
    assert "Đã nhập" in run("roster", "import", planned).output
    assert "Không đổi" in run("roster", "import", planned, "--session", "s1").output
    out = tmp_path / "out.csv"
    run("roster", "export", out)
    assert out.stat().st_mode & 0o777 == 0o600  # people's numbers are in it
    assert "Không đổi" in run("roster", "import", out).output


def test_problems_of_a_roster_are_printed_and_end_with_exit_code_1(run: Callable[..., Result], planned: Path):
    planned.write_text(ROSTER.replace("Ha Giang", "Ha Gian").replace("MyTV", "radio"), encoding="utf-8")
    for command in ("check", "import"):
        output = run("roster", command, planned, expect=1).output
        assert "Dòng 2: Tỉnh/Thành phố" in output
        assert "Dòng 3: Phương thức" in output


def test_codes_are_made_for_sites_without_one_and_replaced_for_one_site(
    run: Callable[..., Result], planned: Path, tmp_path: Path
):
    run("roster", "import", planned)
    file = tmp_path / "codes.csv"
    run("codes", "make", "--all", "--csv", file)
    assert file.stat().st_mode & 0o777 == 0o600
    rows = list(csv.reader(file.read_text(encoding="utf-8-sig").splitlines()))[1:]
    codes = [identifiers.parse_code(row[2]) for row in rows]
    assert [row[0] for row in rows] == ["HG2", "HG1"]
    (fingerprint,) = {row[4] for row in rows}
    assert fingerprint in run("init").output  # a device compares it before it sends anything
    assert {row[3] for row in rows} == {"https://127.0.0.1:8443"}
    assert run("codes", "make", "--all").stdout == ""
    replaced = run("codes", "make", "--site", codes[0].site).output
    assert identifiers.parse_code(replaced.split("\t")[0]) != codes[0]
    run("codes", "end", codes[0].site)
    assert run("codes", "make", "--all").output.startswith(codes[0].site)
    run("codes", "make", expect=2)
    run("codes", "make", "--site", "0000000", expect=1)


def test_codes_that_cannot_be_handed_out_are_not_made(run: Callable[..., Result], planned: Path, tmp_path: Path):
    run("roster", "import", planned)
    nowhere = tmp_path / "no such folder" / "codes.csv"
    assert "no such folder" in run("codes", "make", "--all", "--csv", nowhere, expect=1).output
    assert len(run("codes", "make", "--all").output.splitlines()) == 2


def test_codes_shown_once_are_not_lost_by_making_codes_again(run: Callable[..., Result], planned: Path, tmp_path: Path):
    run("roster", "import", planned)
    file, other = tmp_path / "codes.csv", tmp_path / "other.csv"
    run("codes", "make", "--all", "--csv", file)
    kept = file.read_bytes()
    site = identifiers.parse_code(kept.decode("utf-8-sig").splitlines()[1].split(",")[2]).site
    for which in (("--all",), ("--site", site)):
        assert "Chọn tên tệp khác" in run("codes", "make", *which, "--csv", file, expect=1).output
    assert file.read_bytes() == kept
    assert "--site" in run("codes", "make", "--all", "--csv", other).stderr
    assert not other.exists()


def test_a_sites_link_is_the_one_on_its_sheet_until_it_is_renewed_however_the_code_is_typed(
    run: Callable[..., Result], planned: Path, tmp_path: Path
):
    run("roster", "import", planned)
    file = tmp_path / "codes.csv"
    run("codes", "make", "--all", "--csv", file)
    row = list(csv.reader(file.read_text(encoding="utf-8-sig").splitlines()))[1]
    site = identifiers.parse_code(row[2]).site
    typed = f"{site[:3]}-{site[3:]}".lower()
    assert run("codes", "link", site).output.strip() == run("codes", "link", typed).output.strip() == row[5]
    renewed = run("codes", "link", typed, "--renew").output.strip()
    assert renewed != row[5]
    assert run("codes", "link", site).output.strip() == renewed
    assert "không phải mã điểm cầu" in run("codes", "link", "0000001", expect=1).output


def test_devices_are_issued_once_and_passwords_that_were_told_once_are_not_lost(
    run: Callable[..., Result], planned: Path, tmp_path: Path
):
    run("roster", "import", planned)
    file, other = tmp_path / "devices.jsonl", tmp_path / "other.jsonl"
    assert "2 thiết bị" in run("devices", "issue", "--out", file).output
    kept = file.read_bytes()
    assert len(kept.splitlines()) == len(run("devices", "list", "--state", "active").output.splitlines()) == 2
    assert "Chọn tên tệp khác" in run("devices", "issue", "--out", file, expect=1).output
    assert file.read_bytes() == kept
    assert "đã có thiết bị" in run("devices", "issue", "--out", other).stderr
    assert not other.exists()


def test_errors_say_what_to_do_next(run: Callable[..., Result], tmp_path: Path):
    assert "diemcau-provision init" in run("devices", "list", expect=1).output
    assert "diemcau-provision init" in run("enrolment", expect=1).output
    run("init")
    assert "devices list" in run("revoke", "d-00000000", expect=1).output
    assert "session add" in run("codes", "make", "--all", expect=1).output
    assert "broker config" not in run("broker", "config").output
    assert "diemcau-collector run" in run("broker", "check", expect=1).output


def test_people_are_added_with_a_password_from_a_file(run: Callable[..., Result], tmp_path: Path):
    run("init")
    secret = tmp_path / "password"
    secret.write_text("mật khẩu dài\n")
    run("people", "add", "an", "--name", "An", "--duty", "noc", "--password-file", secret, "--unit", "02")
    run("people", "add", "an", "--name", "An", "--password-file", secret, expect=1)


def test_accounts_are_listed_and_a_forgotten_password_is_set_anew(
    run: Callable[..., Result], tmp_path: Path, settings: Settings
):
    run("init")
    secret = tmp_path / "password"
    for login, password in (("an", "mật khẩu cũ"), ("binh", "mật khẩu cũ")):
        secret.write_text(password)
        run("people", "add", login, "--name", "Tên", "--password-file", secret)
    run("people", "disable", "binh")
    assert run("people", "list").output == "an\tviewer\tđang mở\tTên\nbinh\tviewer\tđã khóa\tTên\n"
    secret.write_text("mật khẩu mới")
    run("people", "password", "an", "--password-file", secret)
    run("people", "password", "binh", "--password-file", secret, expect=1)
    engine = open_engine(settings.database)
    with engine.connect() as connection:
        assert check_login(connection, "an", "mật khẩu mới") is not None
        assert check_login(connection, "an", "mật khẩu cũ") is None
    engine.dispose()
    assert "4 dòng" in run("audit", "verify").output  # two added, one closed, one password
    secret.write_text("ngắn")
    assert "ít nhất" in run("people", "password", "an", "--password-file", secret, expect=1).output


def test_a_closed_account_is_told_and_stays_closed(run: Callable[..., Result], tmp_path: Path):
    run("init")
    (tmp_path / "password").write_text("mật khẩu dài\n")
    run("people", "add", "an", "--name", "An", "--password-file", tmp_path / "password")
    assert "an" in run("people", "disable", "an").output
    run("people", "disable", "an", expect=1)


def test_the_audit_is_followed_and_a_changed_row_ends_with_exit_code_1(
    run: Callable[..., Result], planned: Path, settings: Settings
):
    whole = run("audit", "verify").output
    assert "2 dòng" in whole  # the event and its session
    assert len(whole.splitlines()[1]) == 64
    with closing(sqlite3.connect(settings.home / "db" / "diemcau.db")) as database, database:
        database.execute("UPDATE audit SET actor = 'nobody' WHERE id = 2")
    assert "dòng 2 không khớp" in run("audit", "verify", expect=1).output


@pytest.mark.parametrize("content", ["{", "[]", "7", '{"home": "/"}', '{"colour": 1}', '{"web_port": 70000}'])
def test_settings_that_cannot_be_used_are_told(run: Callable[..., Result], settings: Settings, content: str):
    (settings.home / "settings.json").write_text(content)
    assert "Cài đặt sai" in run("init", expect=1).output


@pytest.mark.parametrize("start", ["tomorrow", "2026-13-01", "+h"])
def test_a_start_that_is_no_time_is_refused_with_an_example(run: Callable[..., Result], planned: Path, start: str):
    assert "+24h" in run("session", "add", "e1", "s2", "--name", "x", "--starts-at", start, expect=2).output


def test_the_running_broker_is_checked(run: Callable[..., Result], broker, planned: Path):
    run("broker", "config")
    assert "đúng cấu hình" in run("broker", "check").output


def test_without_the_extra_each_command_says_what_to_install(tmp_path: Path):
    program = """
import sys
class Missing:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in ("sqlalchemy", "fastapi", "cryptography", "alembic", "pwdlib", "bcrypt"):
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)
sys.meta_path.insert(0, Missing())
from provisioning.cli import main
main(sys.argv[1:])
"""
    environment = os.environ | {"DIEMCAU_HOME": str(tmp_path), "DIEMCAU_LANG": "en"}
    for command in (["init"], ["roster", "check", __file__], ["revoke", "d"], ["enrolment"], ["units", "list"]):
        ended = subprocess.run(
            [sys.executable, "-c", program, *command], env=environment, capture_output=True, text=True, check=False
        )
        assert ended.returncode == 1, ended.stderr
        assert "pip install 'diemcau[provisioning]'" in ended.stderr
    shown = subprocess.run(
        [sys.executable, "-c", program, "--help"], env=environment, capture_output=True, text=True, check=False
    )
    assert shown.returncode == 0


def test_holidays_are_added_listed_and_removed(run: Callable[..., Result], planned: Path):
    run("holidays", "add", "2027-02-05..2027-02-11", "--name", "Tết Nguyên đán")
    run("holidays", "add", "2026-11-20", "--name", "Nghỉ bão", "--unit", "02")
    assert "2026-11-20\t2026-11-20\tTỉnh Hà Giang\tNghỉ bão\n" in run("holidays", "list").output
    assert "2027-02-05\t2027-02-11\tcả nước\tTết Nguyên đán\n" in run("holidays", "list").output
    assert "hãy viết như" in run("holidays", "add", "Tết", "--name", "Tết", expect=1).output
    run("holidays", "remove", "2026-11-20", "--unit", "02")
    assert "Nghỉ bão" not in run("holidays", "list").output
    assert "holidays list" in run("holidays", "remove", "2026-11-20", expect=1).output


def test_hours_that_are_not_understood_are_told_with_their_row(run: Callable[..., Result], planned: Path):
    lines = ROSTER.splitlines()
    planned.write_text("\n".join([f"{lines[0]};Giờ mở máy", f"{lines[1]};7 giờ sáng", lines[2]]), encoding="utf-8")
    told = run("roster", "check", planned, expect=1).output
    assert "Dòng 2: Giờ mở máy: không hiểu" in told
    assert "T2-T6 07:00-17:00" in told


def test_a_device_that_was_enrolled_again_from_another_machine_is_listed_so(
    run: Callable[..., Result], planned: Path, settings: Settings, tmp_path: Path
):
    run("roster", "import", planned)
    run("codes", "make", "--all", "--csv", tmp_path / "codes.csv")
    desk = replace(make_enrolment(settings), tell_broker=lambda: None)
    rows = csv.DictReader((tmp_path / "codes.csv").read_text(encoding="utf-8-sig").splitlines())
    codes = [row["Mã đăng ký"] for row in rows]
    for number, machines in enumerate((("a", "a"), ("a", "b"))):
        for machine in machines:
            request = EnrolmentRequest(code=codes[number], password=f"{number}" * 22, machine=machine * 32)
            desk.enrol(request, time.time_ns() // 1000)
    desk.engine.dispose()
    first, second = (line.split("\t") for line in run("devices", "list").output.splitlines())
    assert len(first) == 4
    (told,) = second[4:]
    assert re.fullmatch(r"đã đăng ký lại từ máy khác ngày \d\d/\d\d/\d{4}", told)


def test_an_event_is_changed_and_moved_and_what_belongs_to_it_is_told_by_command(
    run: Callable[..., Result], planned: Path
):
    run("roster", "import", planned)
    run("event", "edit", "e1", "--bitrate-mbps", "8")
    assert "8 Mbit/s\tGặp mặt" in run("event", "list").output
    run("session", "edit", "s1", "--starts-at", "2030-08-22T07:30", "--hours", "3")
    assert "2030-08-22T07:30+07:00\tBuổi sáng" in run("session", "list").output
    run("session", "edit", "s1", "--starts-at", "mai", expect=2)
    run("session", "remove", "s1", expect=1)
    past = run("session", "add", "e1", "s2", "--name", "Nhầm", "--starts-at", "2023-08-15T07:30")
    assert "session edit s2 --starts-at" in past.output
    run("session", "remove", "s2")
    run("deadlines", "set", "e1", "02", "T-14d", "20 ngày")
    assert run("deadlines", "list", "e1").output == "02\tT-14d\t480 h\tTỉnh Hà Giang\n"
    run("deadlines", "clear", "e1", "02", "T-14d")
    assert run("deadlines", "list", "e1").output == ""
    run("power-cuts", "add", "2030-08-10T08:00", "2030-08-10T11:30", "--unit", "02", "--note", "Điện lực báo")
    assert "2030-08-10T08:00\t2030-08-10T11:30\tTỉnh Hà Giang\tĐiện lực báo" in run("power-cuts", "list").output
    run("power-cuts", "edit", "1", "--to", "2030-08-10T12:00")
    assert "2030-08-10T08:00\t2030-08-10T12:00\tTỉnh Hà Giang\tĐiện lực báo" in run("power-cuts", "list").output
    run("power-cuts", "remove", "1")
    run("power-cuts", "remove", "1", expect=1)


def test_speakers_backups_and_capacity_are_kept_by_command(
    run: Callable[..., Result], planned: Path, settings: Settings
):
    run("roster", "import", planned)
    engine = open_engine(settings.database)
    with engine.connect() as connection:
        speaks, watches = connection.scalars(select(site.c.code).order_by(site.c.roster_key))
    engine.dispose()
    assert "1 điểm cầu" in run("speakers", "set", "s1", speaks).output
    assert run("speakers", "list", "s1").output == f"1\t{speaks}\tSở Giáo dục và Đào tạo Hà Giang\n"
    run("speakers", "set", "s1", watches, expect=1)
    run("backups", "set", "s1", speaks, "--note", "máy của phòng CNTT")
    assert "máy dự phòng" in run("backups", "list", "s1").output
    run("backups", "set", "s1", speaks, "--venue", watches)
    assert f"{watches} THPT Chuyên" in run("backups", "list", "s1").output
    run("backups", "set", "s1", speaks, "--venue", watches, "--line", "A", expect=2)
    run("backups", "remove", "s1", speaks)
    run("capacity", "confirm", "s1", "02", "mytv", "multicast", "200", "--by", "Trần Văn Nam")
    assert run("capacity", "list", "s1").output == "Tỉnh Hà Giang\tmytv\tmulticast\t200\tTrần Văn Nam\t\n"
    run("capacity", "confirm", "s1", "024", "mytv", "multicast", "200", "--by", "Nam", expect=1)
    run("capacity", "withdraw", "s1", "02", "mytv", "multicast")
    run("capacity", "withdraw", "s1", "02", "mytv", "multicast", expect=1)
