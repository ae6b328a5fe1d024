"""Ba Vì (Hà Nội): 14 venues for 31 communes, whose 98 schools have a staff of 4,900 and send representatives."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from collector.demo.apportion import apportion
from collector.demo.lots import Lot
from provisioning.roster.sites import School, Site

PROVINCE, DISTRICT = "01", "Huyện Ba Vì"
STAFF = 4900
SENT = 0.3  # of a staff: the representatives that a venue seats
_VENUES = (  # communes that lie together; the first one's lower secondary school is host
    ("Tây Đằng", "Chu Minh"),
    ("Vật Lại", "Đông Quang"),
    ("Cam Thượng", "Tiên Phong"),
    ("Thụy An", "Cẩm Lĩnh"),
    ("Ba Trại", "Tản Lĩnh"),
    ("Vân Hòa", "Yên Bài"),
    ("Minh Quang", "Ba Vì", "Khánh Thượng"),
    ("Sơn Đà", "Thuần Mỹ"),
    ("Tòng Bạt", "Phú Sơn"),
    ("Vạn Thắng", "Thái Hòa"),
    ("Cổ Đô", "Phong Vân"),
    ("Tản Hồng", "Phú Cường", "Phú Đông"),
    ("Đồng Thái", "Phú Phương", "Châu Sơn"),
    ("Phú Châu", "Minh Châu"),
)
VENUES = len(_VENUES)
_UPPER_SECONDARY = {  # by the commune they lie in
    "Ba Trại": "Ba Vì",
    "Tây Đằng": "Quảng Oai",
    "Vạn Thắng": "Ngô Quyền - Ba Vì",
    "Sơn Đà": "Bất Bạt",
    "Minh Quang": "Minh Quang",
}
_SIZES = {"MN": 30, "TH": 50, "THCS": 45, "THPT": 85}  # of staffs, to each other


class _Named(NamedTuple):
    level: str
    name: str


def venues(unit_id: int, seed: int, hours: str) -> list[Site]:
    """Return the 14 venues with their schools."""
    listed = [[school for commune in venue for school in _schools(commune)] for venue in _VENUES]
    flat = [school for schools in listed for school in schools]
    lot = Lot(seed, "staff of Ba Vì")
    staff = iter(apportion(STAFF, [_SIZES[school.level] * lot.between(80, 120) for school in flat]))
    sites = []
    number = 0
    for place, (communes, schools) in enumerate(zip(_VENUES, listed, strict=True), 1):
        held = []
        for school in schools:
            number += 1
            held.append(School(f"BAVI-{school.level}-{number:02}", school.name, next(staff)))
        sites.append(_venue(unit_id, seed, hours, place, communes[0], tuple(held)))
    return sites


def _schools(commune: str) -> Iterator[_Named]:
    yield _Named("THCS", f"Trường THCS {commune}")
    yield _Named("TH", f"Trường Tiểu học {commune}")
    yield _Named("MN", f"Trường Mầm non {commune}")
    if commune in _UPPER_SECONDARY:
        yield _Named("THPT", f"Trường THPT {_UPPER_SECONDARY[commune]}")


def _venue(unit_id: int, seed: int, hours: str, number: int, commune: str, schools: tuple[School, ...]) -> Site:
    key = f"BAVI-{number:02}"
    lot = Lot(seed, key)
    return Site(
        key,
        f"Cụm {commune}, huyện Ba Vì",
        unit_id,
        f"Hội trường Trường THCS {commune}",
        hours,
        "view",
        lot.medium(),
        round(SENT * sum(school.staff or 0 for school in schools)),
        lot.line(""),
        schools,
        tuple(lot.contact() for _ in schools),
    )
