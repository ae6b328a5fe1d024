"""Checks each thing the agent depends on, and says of each that is wrong what to do."""

from __future__ import annotations

import shutil
import socket
from pathlib import Path
from typing import List, NamedTuple, Optional

from agent import packets, paths, trouble, trust
from agent.connection import log_in, place_of
from agent.settings import Settings, SettingsError, load
from agent.spool import Spool, SpoolError
from contract import reasons
from contract.clock import Clock
from contract.languages import language, say

_TIMEOUT_S = 5.0
_LEAST_FREE_BYTES = 200_000_000


class Check(NamedTuple):
    """One thing looked at."""

    name: str
    is_ok: bool
    text: str
    next_step: str = ""  # empty when all is well


def examine(folder: Path, clock: Clock) -> List[Check]:
    """Check everything; what depends on settings is left out while there are none."""
    checks = [_clock(clock), _disk(folder)]
    try:
        settings = load(folder / paths.SETTINGS)
    except (OSError, SettingsError) as error:
        return [_no_settings(error), *checks]
    checks.insert(0, Check("settings", True, say(f"Đã đăng ký: {settings.device}", f"Enrolled: {settings.device}")))
    checks.append(_spool(settings, clock))
    checks += [_broker(url, settings, clock) for url in settings.brokers]
    checks += [_probe_http(settings), _probe_udp(settings)]
    return checks


def _no_settings(error: Exception) -> Check:
    if isinstance(error, FileNotFoundError):
        text = say("Máy này chưa đăng ký.", "This machine is not enrolled.")
    else:
        text = say(f"Không đọc được tệp cài đặt: {error}", f"The settings cannot be read: {error}")
    return Check("settings", False, text, "diemcau-agent enrol " + say("MÃ", "CODE") + " --server https://…")


def _clock(clock: Clock) -> Check:
    if trust.is_plausible(clock.wall_us()):
        return Check("clock", True, say("Ngày giờ của máy có vẻ đúng.", "The clock is plausible."))
    return Check(
        "clock",
        False,
        say("Ngày giờ của máy sai nhiều năm.", "The clock is years off."),
        say(
            "Đặt lại ngày giờ; nếu tắt máy rồi bật lên lại sai, hãy thay pin CMOS trên bo mạch.",
            "Set it; if it is wrong again, replace the battery.",
        ),
    )


def _disk(folder: Path) -> Check:
    existing = next(place for place in (folder, *folder.parents) if place.exists())
    free_bytes = shutil.disk_usage(str(existing)).free
    free = reasons.show(free_bytes, "byte", language())
    if free_bytes >= _LEAST_FREE_BYTES:
        return Check("disk", True, say(f"Ổ đĩa còn trống {free}.", f"{free} free on the disk."))
    return Check(
        "disk",
        False,
        say(f"Ổ đĩa chỉ còn trống {free}.", f"Only {free} free on the disk."),
        say("Xóa bớt tệp không cần trên ổ đĩa này.", "Remove files that nobody needs from this disk."),
    )


def _spool(settings: Settings, clock: Clock) -> Check:
    spool = Spool(paths.spool(settings.folder, settings.device), settings.spool_cap_bytes, clock, checkpoints=False)
    try:
        counters = spool.counters()
    except SpoolError as error:
        return Check(
            "spool",
            False,
            say(
                f"Không dùng được bộ nhớ chờ (nơi giữ báo cáo chưa gửi): {error}", f"The spool cannot be used: {error}"
            ),
            say(
                f"Kiểm tra đĩa và quyền ghi vào {settings.folder}.",
                f"Check the disk and who may write {settings.folder}.",
            ),
        )
    finally:
        spool.close()
    text = say(f"{counters.spooled} báo cáo đang chờ gửi.", f"{counters.spooled} reports wait to be sent.")
    return Check("spool", True, text)


def _broker(url: str, settings: Settings, clock: Clock) -> Check:
    name = f"broker {url}"
    try:
        log_in(url, place_of(settings), is_clock_plausible=trust.is_plausible(clock.wall_us()))
    except (OSError, ValueError) as error:  # ssl's errors are OSErrors
        kind = trouble.kind_of(error)
        why = f"{trouble.told(kind)} ({error})"
        return Check(
            name,
            False,
            say(f"Không đăng nhập được {url}: {why}", f"Cannot log in to {url}: {why}"),
            trouble.next_step(kind),
        )
    return Check(name, True, say(f"Đăng nhập được {url}.", f"{url} admits this device."))


def _probe_http(settings: Settings) -> Check:
    server = settings.probe_server
    return _probe_check("probe_http", f"{server.host}, TCP {server.http_port}", _tcp_error(*server[:2]))


def _tcp_error(host: str, port: int) -> Optional[OSError]:
    try:
        socket.create_connection((host, port), _TIMEOUT_S).close()
    except OSError as error:
        return error
    return None


def _probe_udp(settings: Settings) -> Check:
    server = settings.probe_server
    try:
        is_answered = bool(packets.exchange(server.host, server.udp_port, 5, 0.05, 1.0))
        error: Optional[OSError] = (
            None if is_answered else socket.timeout(say("không có gói nào quay về", "no packet came back"))
        )
    except OSError as failure:
        error = failure
    return _probe_check("probe_udp", f"{server.host}, UDP {server.udp_port}", error)


def _probe_check(name: str, place: str, error: Optional[OSError]) -> Check:
    if error is None:
        return Check(name, True, say(f"Máy chủ đo trả lời ({place}).", f"The probe server answers ({place})."))
    return Check(
        name,
        False,
        say(f"Máy chủ đo không trả lời ({place}): {error}", f"The probe server does not answer ({place}): {error}"),
        trouble.next_step(trouble.kind_of(error)),
    )
