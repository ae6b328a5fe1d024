"""Puts the rows of a roster together to sites with unit, schools, line and contacts; finds contradictions."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from provisioning.roster.columns import BY_FIELD, COLUMNS
from provisioning.roster.providers import provider_of
from provisioning.roster.read import Problem, Row
from provisioning.store.folding import fold
from provisioning.units.match import UnitIndex

SPARE_WORD = "máy dự phòng"  # how a roster says that a site falls back on a spare device of its own
_SPARE = frozenset(map(fold, (SPARE_WORD, "máy", "device", "spare")))
UNKNOWN_LINE = "?"  # the first character of the code we give a line while its provider's code is not known
_OF_SITE = tuple(column.field for column in COLUMNS if column.of_site)
_OF_LINE = ("line_code", "download_mbps", "upload_mbps", "line_kind", "consented_mb", "paid_by")
_NEEDED = tuple(column for column in COLUMNS if column.of_site and column.must_exist)


class School(NamedTuple):
    """A school of a site."""

    code: str
    name: str
    staff: int | None


class Line(NamedTuple):
    """A site's line: who carries it, its code, its package, who pays, its kind, and what a test over 4G may move."""

    provider_code: str
    provider_name: str
    code: str
    download_mbps: float | None
    upload_mbps: float | None
    paid_by: str
    kind: str = ""  # empty: not told
    consented_mb: int | None = None  # None: nobody has consented


class Contact(NamedTuple):
    """Whom to call."""

    name: str
    phone: str


class Backup(NamedTuple):
    """What an interactive site falls back on: a spare device of its own, or the venue that has this key."""

    venue: str  # empty: a spare device


@dataclass(frozen=True)
class Site:
    """A site as the roster tells of it."""

    key: str
    name: str
    unit_id: int
    address: str
    hours: str  # empty: the default
    role: str
    medium: str
    seats: int | None
    line: Line | None
    schools: tuple[School, ...]
    contacts: tuple[Contact, ...]
    is_hard_to_reach: bool = False
    delivery: str = ""  # empty: as is usual for the medium
    speaking_order: int | None = None  # None: does not speak
    backup: Backup | None = None


@dataclass
class _Draft:
    first_row: int
    values: dict[str, Any] = field(default_factory=dict)
    unreadable: set[str] = field(default_factory=set)
    schools: dict[str, School] = field(default_factory=dict)
    contacts: dict[Contact, None] = field(default_factory=dict)


class Sites(NamedTuple):
    """The sites of a roster, and what is wrong in rows that could be read."""

    sites: tuple[Site, ...]
    problems: tuple[Problem, ...]


def put_together(rows: Iterable[Row], units: UnitIndex, known: Collection[str] = ()) -> Sites:
    """Return the sites in the order of the file; one that lacks a name, unit, role or medium is left out.

    known: keys of sites of the registry, which may be venues to fall back on too.
    """
    problems: list[Problem] = []
    drafts: dict[str, _Draft] = {}
    school_rows: dict[str, int] = {}
    for row in rows:
        draft = drafts.setdefault(row.values["site_key"], _Draft(row.number))
        draft.unreadable |= row.unreadable
        problems += _add_site_cells(draft, row)
        problems += _add_school(draft, row, school_rows)
        problems += _add_contact(draft, row)
    lines: dict[tuple[str, str], Line] = {}
    sites = [_finished(key, draft, units, lines, problems) for key, draft in drafts.items()]
    problems += _speaking(drafts, {*drafts, *known})
    return Sites(tuple(site for site in sites if site is not None), tuple(sorted(problems)))


def _add_site_cells(draft: _Draft, row: Row) -> list[Problem]:
    contradictions = []
    for name in _OF_SITE:
        value = row.values.get(name)
        if value is None:
            continue
        if draft.values.setdefault(name, value) != value:
            first = draft.values[name]
            vi = f"khác với dòng trước của cùng điểm cầu ({first})"
            contradictions.append(_problem(row, name, vi, f"differs from an earlier row of the same site ({first})"))
    return contradictions


def _add_school(draft: _Draft, row: Row, school_rows: dict[str, int]) -> list[Problem]:
    code, name = row.values.get("school_code"), row.values.get("school_name")
    is_told = code or name or "staff" in row.values
    if not is_told or row.unreadable & {"school_code", "school_name"}:
        return []
    if code is None:
        return [_problem(row, "school_code", "thiếu mã trường", "the school's code is missing")]
    if name is None:
        return [_problem(row, "school_name", "thiếu tên trường", "the school's name is missing")]
    before = school_rows.setdefault(code, row.number)
    if before != row.number:
        return [_problem(row, "school_code", f"đã có ở dòng {before}", f"stands in row {before} already")]
    draft.schools[code] = School(code, name, row.values.get("staff"))
    return []


def _add_contact(draft: _Draft, row: Row) -> list[Problem]:
    name, phone = row.values.get("contact_name"), row.values.get("contact_phone", "")
    if name is not None:
        draft.contacts[Contact(name, phone)] = None
    elif phone and "contact_name" not in row.unreadable:
        return [_problem(row, "contact_name", "có số điện thoại, thiếu tên", "a number without a name")]
    return []


def _finished(
    key: str, draft: _Draft, units: UnitIndex, lines: dict[tuple[str, str], Line], problems: list[Problem]
) -> Site | None:
    values, row = draft.values, Row(draft.first_row, draft.values, frozenset(draft.unreadable))
    missing = [column.field for column in _NEEDED if column.field not in values]
    problems += [_problem(row, name, "bị trống", "is empty") for name in missing if name not in row.unreadable]
    unit_id = _unit(row, units, problems)
    line = _line(key, row, lines, problems)
    if missing or unit_id is None:
        return None
    return Site(
        key,
        values["site_name"],
        unit_id,
        values.get("address", ""),
        values.get("hours", ""),
        values["role"],
        values["medium"],
        values.get("seats"),
        line,
        tuple(draft.schools.values()),
        tuple(draft.contacts),
        values.get("hard_to_reach", False),
        values.get("delivery", ""),
        values.get("speaking_order"),
        _backup(values.get("backup")),
    )


def _backup(told: str | None) -> Backup | None:
    if told is None:
        return None
    return Backup("" if fold(told) in _SPARE else told)


def _speaking(drafts: Mapping[str, _Draft], known: Collection[str]) -> Iterator[Problem]:
    """Tell what is wrong with who speaks in which place, and on what they fall back."""
    places: dict[int, int] = {}
    for key, draft in drafts.items():
        row, values = Row(draft.first_row, draft.values, frozenset()), draft.values
        for name in ("speaking_order", "backup"):
            if name in values and values.get("role", "interactive") != "interactive":
                yield _problem(row, name, "chỉ dành cho điểm cầu tương tác", "is for interactive sites alone")
        if "speaking_order" in values:
            before = places.setdefault(values["speaking_order"], draft.first_row)
            if before != draft.first_row:
                yield _problem(row, "speaking_order", f"đã có ở dòng {before}", f"stands in row {before} already")
        venue = (_backup(values.get("backup")) or Backup("")).venue
        if venue == key:
            vi, en = "là chính điểm cầu này", "is this site itself"
            yield _problem(row, "backup", vi, en)
        elif venue and venue not in known:
            vi = f'phải là "{SPARE_WORD}" hoặc mã một điểm cầu trong danh sách'
            yield _problem(row, "backup", vi, f'must be "{SPARE_WORD}" or the key of a listed site')


def _unit(row: Row, units: UnitIndex, problems: list[Problem]) -> int | None:
    """Return the district's id, or the province's where no district is given; None when there is a problem."""
    if "province" not in row.values:
        return None
    found, name = units.province(row.values["province"]), "province"
    if found.unit_id is not None and "district" in row.values:
        found, name = units.district(found.unit_id, row.values["district"]), "district"
    if found.unit_id is None:
        near = ", ".join(found.suggestions)
        vi = "không có trong danh mục đơn vị hành chính" + (f"; có phải: {near}?" if near else "")
        en = "is not among the administrative units" + (f"; did you mean: {near}?" if near else "")
        problems.append(_problem(row, name, vi, en))
    return found.unit_id


def _line(key: str, row: Row, lines: dict[tuple[str, str], Line], problems: list[Problem]) -> Line | None:
    values = row.values
    if "provider" in row.unreadable:
        return None
    if "provider" not in values:
        given = [name for name in _OF_LINE if name in values]
        problems += [
            _problem(row, name, "thiếu nhà mạng của đường truyền", "the line has no provider") for name in given
        ]
        return None
    provider_code, provider_name = provider_of(values["provider"])
    line = Line(
        provider_code,
        provider_name,
        values.get("line_code", UNKNOWN_LINE + key),
        values.get("download_mbps"),
        values.get("upload_mbps"),
        values.get("paid_by", "site"),
        values.get("line_kind", ""),
        values.get("consented_mb"),
    )
    first = lines.setdefault((line.provider_code, line.code), line)
    if first[3:] != line[3:]:
        vi, en = "gói cước khác với điểm cầu trước cùng đường truyền", "differs from an earlier site on the same line"
        problems.append(_problem(row, "line_code", vi, en))
    return line


def _problem(row: Row, name: str, vi: str, en: str) -> Problem:
    return Problem(row.number, BY_FIELD[name].heading, vi, en)
