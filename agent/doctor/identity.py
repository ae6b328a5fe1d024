"""Whether this machine is enrolled, and whether what enrolment wrote is whole, private and still valid."""

from __future__ import annotations

import os
import ssl
import time
from pathlib import Path

from agent import hardware, installed, log, paths, pending, trust
from agent import original as original_machine
from agent.doctor.check import BAD, OK, WARNING, Answer, Subject
from contract.languages import say

_DAY_S = 86_400
_SOON_S = 30 * _DAY_S
_OTHERS = 0o077  # what group and world may do


def settings(subject: Subject) -> Answer:
    """Tell whether the machine is enrolled, and as which device."""
    if subject.read is not None:
        return Answer(OK, say(f"thiết bị {subject.read.device}.", f"device {subject.read.device}."))
    is_absent = isinstance(subject.problem, FileNotFoundError)
    if is_absent and subject.home != paths.SYSTEM_HOME and paths.SYSTEM_HOME.exists():
        return Answer(
            BAD,
            say("phần mềm được cài cho cả máy, không phải cho tài khoản này.", "installed for all, not this account."),
            say("Chạy: sudo diemcau-agent doctor", "Run: sudo diemcau-agent doctor"),
        )
    if is_absent and (subject.home / paths.REQUEST).exists():
        return _waiting(subject)
    if is_absent:
        return Answer(
            BAD,
            say("máy này chưa đăng ký.", "this machine is not enrolled."),
            say("Lấy phiếu của điểm cầu để đăng ký: ", "Take the site's sheet to enrol: ") + installed.how_to_enrol(),
        )
    if isinstance(subject.problem, PermissionError):
        return Answer(
            BAD,
            say("tài khoản này không được đọc tệp cài đặt.", "this account may not read the settings."),
            say(
                "Chạy lại lệnh này bằng đúng tài khoản đã cài phần mềm (Linux: thêm sudo ở trước).",
                "Repeat this command by the account that installed the agent (Linux: put sudo before it).",
            ),
        )
    return Answer(
        BAD,
        say(f"tệp cài đặt bị hỏng ({subject.problem}).", f"the settings are damaged ({subject.problem})."),
        _again(),
    )


def _waiting(subject: Subject) -> Answer:
    """Tell of a request that is kept until the centre can be reached, and what the resident said of it last."""
    try:
        server = pending.read(subject.home).server
        said = log.last_line(subject.home)
    except (OSError, ValueError) as error:
        return Answer(BAD, say(f"yêu cầu đăng ký bị hỏng ({error}).", f"the request is damaged ({error})."), _again())
    last = say(f" Nhật ký: {said}", f" Log: {said}") if said else ""
    return Answer(
        BAD,
        say(f"đang chờ đăng ký ở {server}.{last}", f"waits to be enrolled at {server}.{last}"),
        say(
            "Nối mạng và cứ để máy chạy: phần mềm tự đăng ký khi liên lạc được với trung tâm.",
            "Connect the network and leave the machine on: it enrols by itself once the centre can be reached.",
        ),
    )


def secrets(subject: Subject) -> Answer:
    """Tell whether the password and the permit key are there, and readable by their owner alone."""
    folder = subject.settings.folder
    files = [folder / subject.settings.password_file, folder / paths.PERMIT_KEY]
    missing = [file.name for file in files if not _is_filled(file)]
    if missing:
        names = ", ".join(missing)
        return Answer(BAD, say(f"thiếu hoặc rỗng: {names}.", f"missing or empty: {names}."), _again())
    open_files = [str(file) for file in files if os.name == "posix" and file.stat().st_mode & _OTHERS]
    if open_files:
        names = " ".join(open_files)
        return Answer(
            WARNING,
            say("người khác trên máy này đọc được mật khẩu.", "others on this machine can read them."),
            say(f"Chạy: chmod 600 {names}", f"Run: chmod 600 {names}"),
        )
    return Answer(OK, say("đủ và riêng tư.", "complete and private."))


def original(subject: Subject) -> Answer:
    """Tell whether this is the machine that was enrolled, or a copy of its disk."""
    device = subject.settings.device
    if original_machine.is_copy(subject.home, hardware.facts()):
        return Answer(BAD, original_machine.told(device), original_machine.next_step(device))
    return Answer(OK, say("đúng máy này.", "it is this one."))


def authority(subject: Subject) -> Answer:
    """Tell whether the certificate of the centre's authority can be read and is still valid."""
    file = subject.settings.folder / subject.settings.ca_file
    try:
        ends_s = _ends_s(file)
    except (OSError, ValueError, IndexError) as error:
        why = getattr(error, "strerror", None) or type(error).__name__
        return Answer(
            BAD, say(f"không đọc được {file.name} ({why}).", f"{file.name} cannot be read ({why})."), _again()
        )
    wall_us = subject.clock.wall_us()
    date = time.strftime("%d/%m/%Y", time.localtime(ends_s))
    text = say(f"có hiệu lực đến {date}.", f"valid until {date}.")
    if not trust.is_plausible(wall_us):
        return Answer(
            OK, text + say(" (Ngày giờ của máy sai nên không xét.)", " (Not judged by a clock that is wrong.)")
        )
    left_s = ends_s - wall_us / 1e6
    if left_s < 0:
        return Answer(
            BAD,
            say(f"đã hết hạn ngày {date}.", f"ended on {date}."),
            say(
                "Xem ngày giờ của máy có đúng không; nếu đúng, gọi Sở xin phiếu mới và đăng ký lại.",
                "See whether the date here is right; if it is, ask the department for a new sheet and enrol again.",
            ),
        )
    if left_s < _SOON_S:
        days = int(left_s // _DAY_S)
        return Answer(
            WARNING,
            say(f"chỉ còn {days} ngày (đến {date}).", f"ends in {days} days ({date})."),
            say("Báo Sở trước ngày đó.", "Tell the department before then."),
        )
    return Answer(OK, text)


def _ends_s(file: Path) -> float:
    """Return until when the authority in the file is valid, in seconds since 1970."""
    certificate = trust.context(file, is_clock_plausible=True).get_ca_certs()[0]
    return float(ssl.cert_time_to_seconds(str(certificate["notAfter"])))


def _is_filled(file: Path) -> bool:
    return file.exists() and file.stat().st_size > 0


def _again() -> str:
    step = say("Đăng ký lại bằng mã trên phiếu: ", "Enrol again with the code on the sheet: ")
    return step + installed.how_to_enrol()
