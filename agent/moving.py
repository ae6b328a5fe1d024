"""Keeps an enrolled machine from becoming another device by a slip: its reports would stay behind, unsent."""

from __future__ import annotations

import re
from pathlib import Path
from typing import NamedTuple, Optional

from agent import paths
from agent.settings import SettingsError, load
from agent.spool import SpoolError, beside_the_resident
from contract.clock import Clock
from contract.languages import say

_SITE_LETTERS = 7  # a code begins with the site's id
_READ_AS = str.maketrans({"O": "0", "I": "1", "L": "1"})


class Present(NamedTuple):
    """What this machine is now."""

    device: str
    site: str  # its id; empty when enrolled before this was kept
    waiting: Optional[int]  # reports in its spool; None when the spool cannot be read

    def is_of_another_site(self, code: str) -> bool:
        """Tell whether the code is known to be another site's."""
        return bool(self.site) and self.site != site_of(code)


def site_of(code: str) -> str:
    """Return the site's id that a code begins with, however it is typed."""
    return plain(code)[:_SITE_LETTERS]


def plain(code: str) -> str:
    """Return the code in one form, however it is typed."""
    return re.sub(r"[\W_]+", "", code).upper().translate(_READ_AS)


def present(folder: Path, clock: Clock) -> Optional[Present]:
    """Return what this machine is; None when it is not enrolled, or its settings cannot be read any more."""
    try:
        settings = load(folder / paths.SETTINGS)
    except (OSError, SettingsError):
        return None
    site = folder / paths.SITE
    kept = site.read_text(encoding="utf-8") if site.exists() else ""
    if not paths.spool(folder, settings.device).exists():
        return Present(settings.device, kept, 0)
    spool = beside_the_resident(settings, clock)
    try:
        waiting: Optional[int] = spool.counters().spooled
    except SpoolError:
        waiting = None
    finally:
        spool.close()
    return Present(settings.device, kept, waiting)


def refusal(now: Present, *, is_asked: bool) -> str:
    """Return why the machine stays what it is, and what `--move` would do; `is_asked`: the centre made a device."""
    count = "?" if now.waiting is None else str(now.waiting)
    lines = [
        say(
            f"Máy này đã đăng ký rồi, là thiết bị {now.device}; mã vừa gõ là của điểm cầu khác (hoặc gõ nhầm).",
            f"This machine is enrolled already, as device {now.device}; the code is another site's (or mistyped).",
        ),
        say(
            f"Báo cáo đang chờ gửi của thiết bị {now.device}: {count}. Chưa có gì thay đổi trên máy này.",
            f"Reports of {now.device} that wait to be sent: {count}. Nothing has changed on this machine.",
        ),
        say(
            "Nếu đúng là muốn chuyển máy sang điểm cầu khác: chạy diemcau-agent run cho đến khi diemcau-agent spool "
            "báo không còn gì chờ gửi, rồi chạy lại lệnh enrol này với --move.\n"
            f"--move biến máy thành thiết bị khác: báo cáo còn chờ sẽ không được gửi nữa, và phải nhờ Sở thu hồi "
            f"thiết bị cũ {now.device}.",
            "If the machine is to move: keep diemcau-agent run going until diemcau-agent spool says that nothing "
            "waits, then repeat this command with --move.\n"
            f"--move makes it another device: what still waits is never sent, and the department has to revoke the "
            f"old device {now.device}.",
        ),
    ]
    if is_asked:
        lines.append(
            say(
                "Nếu không chuyển: trung tâm đã tạo một thiết bị mới cho mã này; hãy nhờ Sở thu hồi thiết bị mới đó.",
                "If it is not to move: the centre has made a new device for this code; have the department revoke it.",
            )
        )
    return "\n".join(lines)
