"""The computer itself: versions, clock, disk, memory, processor.

The limits are those of the centre's first policy (limits.any.host), so that nothing is well here and flagged there.
"""

from __future__ import annotations

import os
import shutil
import tempfile

import psutil

from agent import paths, probes, trust
from agent.doctor.check import BAD, OK, WARNING, Answer, Subject
from agent.probes.context import Context
from contract import reasons
from contract.findings import Software
from contract.languages import language, say

_MEMORY_READY_BYTES, _MEMORY_LEAST_BYTES = 500_000_000, 200_000_000
_DISK_READY_BYTES, _DISK_LEAST_BYTES = 1_000_000_000, 200_000_000
_CPU_READY_PCT = 85.0
_SAMPLE_S = 1.0


def software(subject: Subject) -> Answer:
    """Tell which versions are at work here; nothing can be wrong with them."""
    probe = next(probe for probe in probes.PROBES if probe.name == "software")
    found = probe.measure(Context(subject.home, None))
    if not isinstance(found, Software):
        raise TypeError("the software probe finds software")
    facts = (found.os_name, found.os_version, found.architecture)
    system = " ".join(str(fact.value) for fact in facts if fact.value)
    return Answer(OK, f"Điểm Cầu {found.agent_version}, Python {found.python_version}, {system}.")


def clock(subject: Subject) -> Answer:
    """Tell whether the wall clock can be right at all."""
    if trust.is_plausible(subject.clock.wall_us()):
        return Answer(OK, say("hợp lý.", "plausible."))
    return Answer(
        BAD,
        say("sai nhiều năm.", "years off."),
        say(
            "Đặt lại ngày giờ của máy. Nếu tắt máy rồi bật lên lại sai: thay pin CMOS trên bo mạch.",
            "Set the clock. If it is wrong again after switching off: replace the battery on the mainboard.",
        ),
    )


def disk(subject: Subject) -> Answer:
    """Tell how much room there is where the agent writes, and whether it can write there."""
    free_bytes = shutil.disk_usage(str(paths.nearest(subject.home))).free
    free = reasons.show(free_bytes, "byte", language())
    if subject.home.exists():
        try:
            _write(subject)
        except OSError as error:
            return _unwritable(subject, free, error)
    step = say(
        "Xóa bớt tệp không cần và dọn thùng rác trên ổ đĩa này.", "Delete files from this disk, and empty the bin."
    )
    if free_bytes < _DISK_LEAST_BYTES:
        return Answer(BAD, say(f"chỉ còn trống {free}.", f"only {free} free."), step)
    if free_bytes < _DISK_READY_BYTES:
        return Answer(WARNING, say(f"sắp đầy, còn trống {free}.", f"little room, {free} free."), step)
    return Answer(OK, say(f"ghi được, còn trống {free}.", f"can be written, {free} free."))


def _write(subject: Subject) -> None:
    with tempfile.NamedTemporaryFile(dir=str(subject.home), prefix="doctor-") as file:
        file.write(bytes(4096))
        file.flush()
        os.fsync(file.fileno())


def _unwritable(subject: Subject, free: str, error: OSError) -> Answer:
    why = error.strerror or str(error)
    if isinstance(error, PermissionError):
        return Answer(
            BAD,
            say(f"không có quyền ghi vào {subject.home}.", f"writing to {subject.home} is not permitted."),
            say(
                "Chạy lại lệnh này bằng đúng tài khoản đã cài phần mềm (Linux: thêm sudo ở trước).",
                "Repeat this command by the account that installed the agent (Linux: put sudo before it).",
            ),
        )
    return Answer(
        BAD,
        say(
            f"không ghi được vào {subject.home} ({why}); còn trống {free}.",
            f"cannot write to {subject.home} ({why}); {free} free.",
        ),
        say(
            "Nếu ổ đĩa đầy: xóa bớt tệp, dọn thùng rác. Nếu còn chỗ: kiểm tra lỗi ổ đĩa.",
            "If the disk is full: delete files, empty the bin. If there is room: check the disk for errors.",
        ),
    )


def memory(_: Subject) -> Answer:
    """Tell how much memory programs can still have."""
    available_bytes, total_bytes = psutil.virtual_memory().available, psutil.virtual_memory().total
    free, total = (reasons.show(size, "byte", language()) for size in (available_bytes, total_bytes))
    text = say(f"còn trống {free} trong {total}.", f"{free} of {total} available.")
    if available_bytes >= _MEMORY_READY_BYTES:
        return Answer(OK, text)
    state = WARNING if available_bytes >= _MEMORY_LEAST_BYTES else BAD
    return Answer(state, text, say("Đóng bớt chương trình trước buổi họp.", "Close programs before the session."))


def processor(_: Subject) -> Answer:
    """Tell how busy the processor is over a second."""
    busy_pct = psutil.cpu_percent(_SAMPLE_S)
    busy = reasons.show(busy_pct, "%", language())
    text = say(f"đang bận {busy}.", f"{busy} busy.")
    if busy_pct <= _CPU_READY_PCT:
        return Answer(OK, text)
    return Answer(WARNING, text, say("Đóng bớt chương trình trước buổi họp.", "Close programs before the session."))
