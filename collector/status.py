"""How things stand: the figures of the current or next session, and which parts answer."""

from __future__ import annotations

import time
from typing import Any

from sqlalchemy import Engine

from collector.dashboard.api.summary import summary_of
from collector.dashboard.labels import PRESENCES
from collector.dashboard.words import Words
from collector.parts import parts
from collector.store.scope import country
from contract.languages import language, say
from contract.reasons import LEVEL_NAMES, OWNER_NAMES
from provisioning.settings import Settings


def look(engine: Engine, settings: Settings) -> dict[str, Any]:
    """Return what /api/v1/summary tells (without a session: nothing), and `parts`: name to whether it answers."""
    with engine.connect() as connection:
        summary = summary_of(country(connection), time.time_ns() // 1000)
    alive = {part.name: part.is_up() for part in parts(settings) if part.is_up is not None}
    return {**({} if summary is None else summary.model_dump()), "parts": alive}


def in_words(found: dict[str, Any]) -> str:
    """Return the same for a person."""
    lines = []
    if "session" in found:
        reported, sites = map(_number, (found["sites_reported"], found["sites"]))
        lines += [
            say(f"{sites} điểm cầu, {reported} đã có kết quả", f"{sites} sites, {reported} have reported"),
            _counts(found["levels"], LEVEL_NAMES),
            _counts(found["presence"], PRESENCES),
            say("Cần xử lý: ", "To be dealt with: ") + _counts(found["flags"], OWNER_NAMES),
            _books(found["balance"]),
        ]
    else:
        lines.append(say("Chưa có buổi họp nào.", "There is no session yet."))
    for name, is_alive in found["parts"].items():
        lines.append(
            f"{name}: " + (say("đang chạy", "running") if is_alive else say("KHÔNG trả lời", "does NOT answer"))
        )
    if not any(found["parts"].values()):
        lines.append(say("Chạy: ", "Run: ") + "diemcau-collector run")
    return "\n".join(lines)


def _counts(counts: dict[str, int], names: dict[str, tuple[str, str]]) -> str:
    return ", ".join(f"{say(*names[key])} {_number(count)}" for key, count in counts.items())


def _books(balance: dict[str, int]) -> str:
    return say(
        "Báo cáo: {accepted} đã ghi nhận tại thiết bị = {committed} đã lưu + {spooled} còn chờ ở thiết bị"
        " + {dropped} thiết bị đã bỏ + {quarantined} cách ly",
        "Reports: {accepted} accepted by devices = {committed} committed + {spooled} spooled"
        " + {dropped} dropped + {quarantined} quarantined",
    ).format(**{name: _number(count) for name, count in balance.items()})


def _number(count: int) -> str:
    return Words(language(), 0).number(count)
