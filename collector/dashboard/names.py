"""Names made short enough for a tile or a cell; the whole name is always a touch or a click away."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from urllib.parse import quote

from collector.store.queries.sessions import Session
from provisioning.moments import VIETNAM
from provisioning.store.folding import fold

_IN_NO_FILE_NAME = '\\/:*?"<>|'  # of Windows
_KINDS_OF_UNIT = {"Thành phố ": "TP. ", "Thị xã ": "TX. ", "Tỉnh ": "", "Huyện ": "", "Quận ": "", "Đặc khu ": ""}
_PROVINCES = ("Hà Nội", "Hải Phòng", "Đà Nẵng", "Cần Thơ")  # cities that stand beside provinces
_SHORT_UNITS = {
    "Hồ Chí Minh": "TP. HCM",
    "Bà Rịa - Vũng Tàu": "BR-Vũng Tàu",
    "Thừa Thiên Huế": "TT. Huế",
}
_SHORT_WORDS = (
    ("Bộ Giáo dục và Đào tạo", "Bộ GDĐT"),
    ("Sở Giáo dục và Đào tạo", "Sở GDĐT"),
    ("Bà Rịa - Vũng Tàu", "BR-Vũng Tàu"),
    ("Thừa Thiên Huế", "TT. Huế"),
    ("Trường Đại học", "ĐH"),
    ("Trường đại học", "ĐH"),
    ("Đại học", "ĐH"),
    ("Trường Cao đẳng Sư phạm", "CĐSP"),
    ("Trường Cao đẳng", "CĐ"),
    ("Sư phạm", "SP"),
    ("Thành phố Hồ Chí Minh", "TP. HCM"),
    ("thành phố ", ""),
    ("Thành phố ", ""),
    ("tỉnh ", ""),
    ("Tỉnh ", ""),
)


def short_unit(name: str) -> str:
    """Return a unit's name without its kind, 'Hà Giang'; towns keep it, 'TP. Hà Giang', and numbered ones, 'Quận 1'.

    There is a Huyện Cao Lãnh beside the Thành phố Cao Lãnh.
    """
    kind = next((kind for kind in _KINDS_OF_UNIT if name.startswith(kind)), "")
    bare = name[len(kind) :]
    if bare.isdigit():
        return name
    if bare in (*_PROVINCES, *_SHORT_UNITS):
        return _SHORT_UNITS.get(bare, bare)
    return _KINDS_OF_UNIT.get(kind, "") + bare


def short_session(name: str) -> str:
    """Return what a session is called in short: 'Buổi sáng' of 'Buổi sáng: Bộ gặp gỡ nhà giáo cả nước'."""
    return name.partition(":")[0].strip() or name


def short_sessions(sessions: Sequence[Session]) -> dict[int, str]:
    """Return what each session is called in short, by its id; those of one name have their day: 'Buổi sáng 15/8'."""
    names = {one.id: short_session(one.name) for one in sessions}
    often = Counter(names.values())
    days = {one.id: datetime.fromtimestamp(one.starts_at / 1e6, VIETNAM) for one in sessions}
    return {
        id_: name if often[name] == 1 else f"{name} {days[id_].day}/{days[id_].month}" for id_, name in names.items()
    }


def as_attachment(name: str) -> str:
    """Return the header that has a browser keep a file under this name (RFC 6266); old ones get its letters alone."""
    clean = " ".join("".join(" " if letter in _IN_NO_FILE_NAME else letter for letter in name).split())
    plain = re.sub(r"[^a-z0-9.]+", "-", fold(clean))
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(clean, safe='')}"


def short_site(name: str) -> str:
    """Return a site's name with its usual words abbreviated: 'Sở GDĐT Hà Giang'."""
    for whole, short in _SHORT_WORDS:
        name = name.replace(whole, short)
    return name
