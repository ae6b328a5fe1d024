"""The list of sites of a session: which ones by a filter, sorted and paged, and what is told of each."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Select, case, func, select

from collector.judge.verdict import Verdict
from collector.store.queries.filters import Conditions
from collector.store.queries.paging import rows_before
from collector.store.queries.standings import level, of_session, rank, read_verdicts, seen, stands
from collector.store.scope import Sight
from collector.store.tables import standing
from contract.reasons import LEVELS
from provisioning.store.tables import line, participation, provider, school, site, unit

_AT_ONCE = 1000  # sites read together while all are listed
_LATE = 1 << 62

_province = unit.alias("province")
_schools = select(func.count()).where(school.c.site_id == site.c.id).scalar_subquery()
_KEYS: dict[str, tuple[tuple[ColumnElement[Any], bool], ...]] = {  # what to sort by, each with whether it falls
    "level": ((rank, True), (participation.c.role, False)),
    "since": ((func.coalesce(stands.c.since_at, _LATE), False),),
    "name": ((site.c.name_key, False),),
    "province": ((func.coalesce(_province.c.code, unit.c.code), False), (unit.c.code, False)),
    "seats": ((func.coalesce(participation.c.seats, -1), True),),
}
SORTS = tuple(_KEYS)  # and each with a minus before it: the other way round


class Row(NamedTuple):
    """One site in a session as the list shows it; times in microseconds UTC."""

    participation_id: int
    site_id: int
    code: str
    name: str
    unit: str
    unit_code: str
    province: str | None
    role: str
    medium: str
    seats: int | None
    schools: int  # that meet there
    provider: str | None
    line_code: str | None
    level: str
    verdicts: tuple[Verdict, ...]  # other than ready: of most sites none, in the end
    since_at: int | None


def count(sight: Sight, session_id: int, where: Conditions) -> int:
    """Return how many sites of the session meet the conditions of a filter."""
    return sight.connection.scalar(of_session(sight, session_id, func.count()).where(*where)) or 0


def page(
    sight: Sight, session_id: int, where: Conditions, number: int = 1, sort: str = SORTS[0], *, most: int
) -> list[int]:
    """Return the participations of page `number` (from 1), and after them up to `most`, in the order of `sort`.

    sort: one of SORTS, perhaps with a minus.
    """
    keys = _sorted(_listed(sight, session_id, where, participation.c.id), sort)
    return list(sight.connection.scalars(keys.limit(most).offset(rows_before(number))))


def following(sight: Sight, session_id: int, where: Conditions, after: int, most: int) -> list[Row]:
    """Return the sites that meet the conditions after a participation, in the order in which they entered."""
    is_of_it = (
        participation.c.session_id + 0 == session_id
    )  # else SQLite takes this column's index, and sorts all by id
    keys = _found(sight, where, participation.c.id).where(is_of_it, participation.c.id > after)
    return rows(sight, sight.connection.scalars(keys.order_by(participation.c.id).limit(most)).all())


def everything(sight: Sight, session_id: int, where: Conditions, sort: str) -> Iterator[list[Row]]:
    """Yield all that meets the conditions in the order of `sort`, up to a thousand sites at once."""
    ids = sight.connection.scalars(_sorted(_listed(sight, session_id, where, participation.c.id), sort)).all()
    for first in range(0, len(ids), _AT_ONCE):
        yield rows(sight, ids[first : first + _AT_ONCE])


def rows(sight: Sight, ids: Sequence[int]) -> list[Row]:
    """Return the participations of these ids in their order, without those that are gone or not seen."""
    columns = (
        *(participation.c.id, site.c.id, site.c.code, site.c.name, unit.c.name, unit.c.code, _province.c.name),
        *(participation.c.role, participation.c.medium, participation.c.seats, _schools),
        *(provider.c.name, line.c.code, level, case((level != LEVELS[0], standing.c.verdicts)), stands.c.since_at),
    )
    query = (
        seen(sight, *columns)
        .outerjoin(standing, standing.c.participation_id == participation.c.id)
        .join(site, site.c.id == participation.c.site_id)
        .join(unit, unit.c.id == site.c.unit_id)
        .outerjoin(_province, _province.c.id == unit.c.parent_id)
        .outerjoin(line, line.c.id == site.c.line_id)
        .outerjoin(provider, provider.c.id == line.c.provider_id)
        .where(participation.c.id.in_(ids))
    )
    found = {row[0]: Row._make(row) for row in sight.connection.execute(query)}
    return [found[id_]._replace(verdicts=_verdicts(found[id_])) for id_ in ids if id_ in found]


def falls(sort: str) -> bool:
    """Tell whether this sort goes from the largest, worst or last on."""
    return _KEYS[sort.removeprefix("-")][0][1] != sort.startswith("-")


def _listed(sight: Sight, session_id: int, where: Conditions, *columns: Any) -> Select[Any]:
    return _found(sight, where, *columns).where(participation.c.session_id == session_id)


def _found(sight: Sight, where: Conditions, *columns: Any) -> Select[Any]:
    return seen(sight, *columns).join(site, site.c.id == participation.c.site_id).where(*where)


def _sorted(listed: Select[Any], sort: str) -> Select[Any]:
    name, is_turned = sort.removeprefix("-"), sort.startswith("-")
    if name == "province":
        listed = listed.join(unit, unit.c.id == site.c.unit_id)
        listed = listed.outerjoin(_province, _province.c.id == unit.c.parent_id)
    keys = [key.desc() if falls != is_turned else key.asc() for key, falls in _KEYS[name]]
    return listed.order_by(*keys, site.c.name_key, participation.c.id)


def _verdicts(read: Row) -> tuple[Verdict, ...]:
    written: Any = read.verdicts  # text as yet
    return () if read.level == LEVELS[0] else read_verdicts(written, LEVELS[1:])
