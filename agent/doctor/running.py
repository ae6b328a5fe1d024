"""The agent at work: whether it runs and starts by itself, what it measured last, what waits to be sent."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path
from typing import Optional

from pydantic import ValidationError

from agent import lock, log, paths
from agent.describe import duration, probe_name
from agent.doctor.check import BAD, OK, SKIPPED, WARNING, Answer, Subject
from agent.spool import Counters, SpoolError, beside_the_resident
from contract import reasons
from contract.languages import language, say
from contract.report import Report

_UNIT = "diemcau-agent.service"
_SYSTEM_UNITS = "etc/systemd/system"
_OWN_UNITS = ".config/systemd/user"
_RUN_KEY = r"Software\Microsoft\Windows\CurrentVersion\Run"
_LONG_WAIT_S = 3600  # reports are settled within seconds while the centre can be reached


def resident(subject: Subject) -> Answer:
    """Tell whether the resident runs, since when, and what it said last."""
    since_s = lock.held_since(subject.home / paths.LOCK)
    said = log.last_line(subject.home)
    last = say(f" Dòng nhật ký cuối: {said}", f" The log's last line: {said}") if said else ""
    if since_s is None:
        return Answer(BAD, say("phần mềm kiểm tra không chạy.", "the agent does not run.") + last, _how_to_start())
    since = time.strftime("%H:%M %d/%m", time.localtime(since_s))
    ago = duration(max(0, int(subject.clock.wall_us() / 1e6 - since_s)))
    return Answer(OK, say(f"đang chạy từ {since} ({ago}).", f"since {since} ({ago}).") + last)


def _how_to_start() -> str:
    if sys.platform == "win32":
        return say(
            "Đăng xuất Windows rồi đăng nhập lại; hoặc chạy: diemcau-agent run",
            "Log out of Windows and in again; or run: diemcau-agent run",
        )
    return say(
        "Chạy: diemcau-agent run (cài bằng gói .deb: sudo systemctl start diemcau-agent)",
        "Run: diemcau-agent run (installed by .deb: sudo systemctl start diemcau-agent)",
    )


def autostart(_: Subject) -> Answer:
    """Tell whether the agent starts when the machine is switched on, or somebody logs on."""
    if sys.platform.startswith("linux"):
        is_set = starts_on_linux(Path("/"), Path.home())
    elif sys.platform == "win32":
        is_set = _starts_on_windows()
    else:
        return Answer(SKIPPED, say("không xem được trên hệ điều hành này", "cannot be told on this system"))
    if is_set:
        return Answer(OK, say("có.", "yes."))
    return Answer(
        WARNING,
        say("không; tắt máy bật lại thì phần mềm không chạy.", "no; after switching off and on it does not run."),
        say(
            "Cài bằng bộ cài của điểm cầu; nếu không, mỗi lần bật máy chạy: diemcau-agent run",
            "Install it by the site's installer; else after each start run: diemcau-agent run",
        ),
    )


def starts_on_linux(root: Path, person: Path) -> bool:
    """Tell whether a systemd unit of the agent is enabled, for the machine or for this person."""
    places = (root / _SYSTEM_UNITS, person / _OWN_UNITS)
    return any(os.path.lexists(str(wants / _UNIT)) for place in places for wants in place.glob("*.wants"))


def _starts_on_windows() -> bool:
    if sys.platform != "win32":
        return False
    import winreg

    try:
        with winreg.OpenKey(winreg.HKEY_CURRENT_USER, _RUN_KEY) as key:
            count = winreg.QueryInfoKey(key)[1]
            return any("diemcau" in str(winreg.EnumValue(key, n)[:2]).lower() for n in range(count))
    except OSError:
        return False


def last_round(subject: Subject) -> Answer:
    """Tell when the last round of the resident ended, and which of its probes failed."""
    try:
        report = Report.model_validate_json((subject.home / paths.LAST_REPORT).read_bytes())
    except FileNotFoundError:
        return Answer(
            WARNING,
            say("chưa có lượt nào.", "none yet."),
            say("Để phần mềm chạy vài phút rồi xem lại.", "Let the agent run for some minutes and look again."),
        )
    except (OSError, ValidationError) as error:
        return Answer(
            WARNING,
            say(f"không đọc được ({type(error).__name__}).", f"cannot be read ({type(error).__name__})."),
            say("Đo lại: diemcau-agent once", "Measure again: diemcau-agent once"),
        )
    if not report.measurements:  # of a line alone, whose turn comes later
        return Answer(OK, say("chưa đến lượt đo đường truyền.", "it was not the line's turn yet."))
    age_s = subject.clock.wall_us() // 1_000_000 - report.measurements[0].started.wall_us // 1_000_000
    ago = duration(max(0, age_s))
    failed = [m for m in report.measurements if m.failure is not None]
    if failed:
        names = "; ".join(f"{probe_name(m.probe)}: {_why(m.failure.code)}" for m in failed if m.failure)
        return Answer(
            WARNING,
            say(f"cách đây {ago}; không đo được: {names}.", f"{ago} ago; not measured: {names}."),
            say(f"Đo lại: diemcau-agent probe {failed[0].probe}", f"Again: diemcau-agent probe {failed[0].probe}"),
        )
    if age_s > 2 * subject.settings.light_round_s:
        return Answer(
            WARNING,
            say(f"đã {ago} không đo.", f"none for {ago}."),
            say("Xem phần mềm có đang chạy không; đo ngay: diemcau-agent once", "Measure now: diemcau-agent once"),
        )
    return Answer(OK, say(f"cách đây {ago}, phép đo nào cũng được.", f"{ago} ago, every probe measured."))


def _why(code: str) -> str:
    return reasons.show(code, "", language())


def spool(subject: Subject) -> Answer:
    """Tell how many reports wait, how long the oldest has, and whether any were dropped."""
    folder = paths.spool(subject.home, subject.settings.device)
    if not folder.exists():
        return Answer(OK, say("chưa có báo cáo nào.", "no reports yet."))
    held = beside_the_resident(subject.settings, subject.clock)
    try:
        counters = held.counters()
        oldest = held.after(0, 1)
    except SpoolError as error:
        return Answer(
            BAD,
            say(f"không dùng được ({error}).", f"cannot be used ({error})."),
            say(
                f"Kiểm tra lỗi ổ đĩa và quyền ghi vào {folder}.",
                f"Check the disk for errors, and who may write {folder}.",
            ),
        )
    finally:
        held.close()
    spooled_us = oldest[0].spooled_us if oldest else 0
    waited_s = max(0, subject.clock.wall_us() - spooled_us) // 1_000_000 if spooled_us else None
    return _of_spool(counters, waited_s, held.set_aside)


def _of_spool(counters: Counters, waited_s: Optional[int], set_aside: int) -> Answer:
    if set_aside:
        return Answer(
            WARNING,
            say(
                "tệp giữ báo cáo bị hỏng, đã để riêng và mở tệp mới; báo cáo trong đó không gửi được nữa.",
                "its file was damaged and set aside, and a new one opened; the reports in it cannot be sent.",
            ),
            say("Không phải làm gì. Nếu lặp lại: kiểm tra lỗi ổ đĩa.", "Nothing to do. If it recurs: check the disk."),
        )
    text = say(f"{counters.spooled} báo cáo đang chờ gửi", f"{counters.spooled} reports wait to be sent")
    if waited_s is not None:
        text += say(f", cũ nhất đã chờ {duration(waited_s)}", f", the oldest for {duration(waited_s)}")
    low, high = counters.dropped_range
    if low:
        return Answer(
            WARNING,
            text
            + say(f"; {high - low + 1} báo cáo cũ đã bỏ vì hết chỗ.", f"; {high - low + 1} were dropped for room."),
            _goes_by_itself(),
        )
    if waited_s is not None and waited_s > _LONG_WAIT_S:
        return Answer(WARNING, text + ".", _goes_by_itself())
    return Answer(OK, text + ".")


def _goes_by_itself() -> str:
    return say(
        "Báo cáo tự gửi khi tới được máy chủ MQTT: sửa các chỗ hỏng ở dưới và để phần mềm chạy.",
        "They go by themselves once a broker is reached: mend what is bad below, and leave the agent running.",
    )
