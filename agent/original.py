"""Whether this machine is the one that was enrolled, or a copy of its disk that must not speak in its name."""

from __future__ import annotations

import json
import time
from contextlib import suppress
from pathlib import Path

from agent import hardware, log, paths
from agent.hardware import Facts
from contract.languages import say

_LOOK_S = 5.0


def keep(folder: Path, now: Facts) -> None:
    """Keep what this machine is, beside the identity; raises OSError."""
    paths.write_private(folder / paths.MACHINE, json.dumps(now, indent=2).encode("ascii"))


def is_copy(folder: Path, now: Facts) -> bool:
    """Tell whether the identity in `folder` is another machine's; of one enrolled before facts were kept, no."""
    return hardware.is_other(_kept(folder), now)


def follow(folder: Path, now: Facts) -> None:
    """Keep up with a machine that changes part by part; facts that cannot be read today stay as they were."""
    kept = _kept(folder)
    if {**kept, **now} != kept:
        with suppress(OSError):  # a full disk: at the next start
            keep(folder, {**kept, **now})


def wait(folder: Path, device: str) -> None:
    """Return once this machine is the enrolled one; while it is a copy, say so and stay away from the centre."""
    if is_copy(folder, hardware.facts()):
        log.tell(f"{told(device)} {next_step(device)}")
    while is_copy(folder, hardware.facts()):  # also until a card that starts late is there
        time.sleep(_LOOK_S)
    follow(folder, hardware.facts())


def told(device: str) -> str:
    """Return that this is a copy of a device's disk, in words."""
    return say(
        f"Máy này là bản sao ổ đĩa của thiết bị {device}, nên không kết nối bằng tên của thiết bị ấy; những gì đã đo "
        "vẫn được giữ.",
        f"This machine is a copy of device {device}'s disk, and does not connect in that device's name; what was "
        "measured is kept.",
    )


def next_step(device: str) -> str:
    """Return what to do on a copy: only a person can tell one from a device with new hardware."""
    return say(
        "Hãy đăng ký riêng cho máy này: diemcau-agent enrol MÃ --server https://… --move. Nếu đây chính là thiết bị "
        f"{device} đã thay phần cứng: chạy lại enrol với mã cũ, không có --move.",
        "Enrol this machine as its own: diemcau-agent enrol CODE --server https://… --move. If it is "
        f"{device} itself, with new hardware: enrol with its code again, without --move.",
    )


def _kept(folder: Path) -> Facts:
    try:
        value = json.loads((folder / paths.MACHINE).read_bytes())
        return {str(kind): tuple(map(str, ones)) for kind, ones in value.items()}
    except (OSError, ValueError, AttributeError, TypeError):
        return {}
