"""15 August 2023 at any size: who takes part, where, in which role, by what and on which line. Pure, from a seed.

The interactive sites of both sessions, the 14 venues of Ba Vì and this machine's own site are the same at every size;
the other sites, which watch, are spread over the districts in proportion. A site is the same at every size: smaller
events leave some out. Units are as they were on that day; offices, universities and Ba Vì's communes have their true
names; schools are numbered; people, telephone numbers and lines are invented.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from typing import NamedTuple

from collector.demo import ba_vi
from collector.demo.apportion import apportion
from collector.demo.lots import Lot
from collector.demo.places import District, districts, seats, universities
from collector.demo.speaking import AFTERNOON, MORNING, with_speaking
from provisioning.roster.sites import Line, School, Site

UNITS_AS_OF = "2023-08-15"
FULL = 40_068  # 68 interactive sites, 40,000 that watch
HERE = "THPT-DONGVAN"  # this machine's own site
SCHOOLS, VENUES = SHAPES = ("schools", "venues")  # what watches: each school by itself, or venues of about four
_SPECIAL = (  # interactive beside the ministry and the departments: our choice; key, name, place, afternoon's role
    ("DB-HCM", "Cơ quan đại diện Bộ Giáo dục và Đào tạo tại Thành phố Hồ Chí Minh", ("79", "Quận 3"), "view"),
    ("DB-VNPT", "Phòng điều hành sự kiện của VNPT", ("01", "Quận Đống Đa"), "interactive"),
    ("DB-VIETBAC", "Trường Phổ thông Vùng cao Việt Bắc", ("19", "Thành phố Thái Nguyên"), ""),
    ("DB-TRUONGSA", "Trường Tiểu học thị trấn Trường Sa", ("56", "Huyện Trường Sa"), ""),
)
_MINISTRY = ("01", "Quận Hai Bà Trưng")
_HERE = ("02", "Huyện Đồng Văn")
_BA_VI = (ba_vi.PROVINCE, ba_vi.DISTRICT)
_LEVELS = ("THPT", "THCS", "TH", "MN", "TH", "MN", "THCS", "MN", "TH", "MN", "THCS", "TH", "MN", "THCS")  # in turn
_NAMES = {"THPT": "Trường THPT", "THCS": "Trường THCS", "TH": "Trường Tiểu học", "MN": "Trường Mầm non"}
_STAFF = {"THPT": (45, 110), "THCS": (20, 60), "TH": (20, 65), "MN": (12, 45)}
_SCHOOLS_OF_A_VENUE = (4, 3, 5, 4)  # in turn


class ModelEvent(NamedTuple):
    """The rosters of both sessions; a site may be in both, with a role in each."""

    morning: tuple[Site, ...]
    afternoon: tuple[Site, ...]


def smallest() -> int:
    """Return how many sites an event has at least: those that are the same at every size."""
    return len(seats(districts())) + 1 + len(_SPECIAL) + len(universities(districts())) + ba_vi.VENUES + 1


def model_event(
    size: int, shape: str, seed: int, unit_ids: Mapping[tuple[str, str], int], hours: str = ""
) -> ModelEvent:
    """Return the event with `size` sites; `unit_ids`: each district's, by its province's code and its own name.

    In the morning the ministry, the departments and four special sites are interactive and schools watch; in the
    afternoon universities and pedagogical colleges, each chaired by its rector, are interactive and departments watch.
    `hours`: when the sites' machines are on; empty: the default. Raises ValueError where the size is below
    `smallest` or above FULL.
    """
    if not smallest() <= size <= FULL:
        raise ValueError(f"from {smallest()} to {FULL} sites, not {size}")
    draft = _Draft(seed, unit_ids, hours)
    country = districts()
    found = {(one.province_code, one.name): one for one in country}
    interactive = [draft.ministry(found[_MINISTRY])]
    interactive += [draft.department(district) for district in seats(country)]
    special = [draft.special(key, name, found[place]) for key, name, place, _ in _SPECIAL]
    chaired = [draft.university(number, one.name, one.district) for number, one in enumerate(universities(country), 1)]
    fixed = [*ba_vi.venues(draft.unit_id(found[_BA_VI]), seed, hours), draft.here(found[_HERE])]
    settled = {_BA_VI, _SPECIAL[-1][2]}  # nobody else there
    weights = [0.0 if (one.province_code, one.name) in settled else one.weight for one in country]
    rest = size - sum(map(len, (interactive, special, chaired, fixed)))
    for district, count in zip(country, apportion(rest, weights), strict=True):
        fixed += draft.watching(district, count, shape)
    ministry, *departments = interactive
    again = [replace(site, role=entry[3]) for site, entry in zip(special, _SPECIAL, strict=True) if entry[3]]
    watching = [replace(site, role="view") for site in departments]
    morning, afternoon = (*interactive, *special, *fixed), (ministry, *again, *chaired, *watching)
    return ModelEvent(_prepared(morning, MORNING), _prepared(afternoon, AFTERNOON))


def _prepared(sites: tuple[Site, ...], order: tuple[str, ...]) -> tuple[Site, ...]:
    present = frozenset(site.key for site in sites)
    return tuple(with_speaking(site, order, present) for site in sites)


class _Draft:
    """Draws the sites of one event."""

    def __init__(self, seed: int, unit_ids: Mapping[tuple[str, str], int], hours: str) -> None:
        self._seed = seed
        self._unit_ids = unit_ids
        self._hours = hours

    def unit_id(self, district: District) -> int:
        return self._unit_ids[district.province_code, district.name]

    def ministry(self, district: District) -> Site:
        return self._interactive("BO", "Bộ Giáo dục và Đào tạo", district, 120, "35 Đại Cồ Việt")

    def department(self, district: District) -> Site:
        province = district.province.removeprefix("Tỉnh ").removeprefix("Thành phố ")
        return self._interactive(f"SO-{district.province_code}", f"Sở Giáo dục và Đào tạo {province}", district, 60)

    def special(self, key: str, name: str, district: District) -> Site:
        return self._interactive(key, name, district, 40)

    def university(self, number: int, name: str, district: District) -> Site:
        return self._interactive(f"DH-{number:02}", name, district, 50)

    def here(self, district: District) -> Site:
        name, lot = "Trường THPT Đồng Văn", Lot(self._seed, HERE)
        line = Line("vnpt", "VNPT", f"DEMO-{HERE}", 80.0, 80.0, "site", "fibre")
        schools = (School("02-THPT-01", name, 58),)
        unit_id, contacts = self.unit_id(district), (lot.contact(),)
        told = (HERE, name, unit_id, "", self._hours, "view", "pc", 50, line, schools, contacts)
        return Site(*told, is_hard_to_reach=bool(district.hardness))

    def watching(self, district: District, count: int, shape: str) -> list[Site]:
        """Return the district's office and, after it, schools or venues."""
        sites = [self._office(district)] if count else []
        numbers: Counter[str] = Counter()
        for number in range(1, count):
            held = 1 if shape == SCHOOLS else _SCHOOLS_OF_A_VENUE[number % len(_SCHOOLS_OF_A_VENUE)]
            key = f"{'TRUONG' if shape == SCHOOLS else 'CUM'}-{district.code}-{number:03}"
            lot = Lot(self._seed, key)
            schools = tuple(self._school(district, numbers, lot) for _ in range(held))
            name = schools[0].name if shape == SCHOOLS else f"Cụm trường số {number}, {_within(district)}"
            sites.append(self._place(key, name, district, lot, schools))
        return sites

    def _office(self, district: District) -> Site:
        office = "Ủy ban nhân dân" if district.hardness == "outpost" else "Phòng Giáo dục và Đào tạo"
        key = f"PHONG-{district.code}"
        return self._place(key, f"{office} {_within(district)}", district, Lot(self._seed, key), ())

    def _school(self, district: District, numbers: Counter[str], lot: Lot) -> School:
        level = _LEVELS[numbers.total() % len(_LEVELS)]
        numbers[level] += 1
        name = f"{_NAMES[level]} số {numbers[level]}, {_within(district)}"
        return School(f"{district.code}-{level}-{numbers[level]:02}", name, lot.between(*_STAFF[level]))

    def _place(self, key: str, name: str, district: District, lot: Lot, schools: tuple[School, ...]) -> Site:
        """Return a site that watches: a school seats its staff, a venue its schools' representatives."""
        staff = sum(school.staff or 0 for school in schools)
        chairs = staff if len(schools) == 1 else round(ba_vi.SENT * staff) or 40
        line, contacts = lot.line(district.hardness), tuple(lot.contact() for _ in schools or (None,))
        unit_id = self.unit_id(district)
        told = (key, name, unit_id, "", self._hours, "view", lot.medium(), chairs, line, schools, contacts)
        return Site(*told, is_hard_to_reach=bool(district.hardness))

    def _interactive(self, key: str, name: str, district: District, chairs: int, address: str = "") -> Site:
        lot = Lot(self._seed, key)
        is_far = district.hardness == "outpost"
        line, contacts = lot.paid_line("satellite" if is_far else "fibre"), (lot.contact(),)
        medium = "pc" if is_far else lot.one_of(("room", "room", "pc"))
        unit_id = self.unit_id(district)
        told = (key, name, unit_id, address, self._hours, "interactive", medium, chairs, line, (), contacts)
        return Site(*told, is_hard_to_reach=bool(district.hardness))


def _within(district: District) -> str:
    """Return a district's name as it stands inside another."""
    return district.name[0].lower() + district.name[1:]
