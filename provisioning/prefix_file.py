"""The table of prefixes as a CSV file, brought into the registry: the file is the whole table, all of it or nothing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from ipaddress import ip_network
from typing import NamedTuple

from sqlalchemy import Connection, delete, select

from provisioning import audit
from provisioning.prefixes import Network, Prefix, enclosing
from provisioning.roster.apply import add_providers
from provisioning.roster.cells import CellError, clean
from provisioning.roster.columns import folded_heading
from provisioning.roster.providers import provider_of
from provisioning.roster.read import HEADINGS_ROW, Problem, decoded, records
from provisioning.store.engine import record_changes
from provisioning.store.rows import insert
from provisioning.store.tables import prefix, provider

HEADINGS = {
    "cidr": ("Dải địa chỉ", "Dải IP", "Prefix", "cidr"),
    "provider": ("Nhà mạng", "Nhà cung cấp", "Provider"),
}
_BY_HEADING = {folded_heading(word): name for name, words in HEADINGS.items() for word in words}
_WIDEST = {4: 8, 6: 16}  # bits; wider is a slip of the pen, and would make everybody's address one provider's


class Listed(NamedTuple):
    """A prefix of a file: the row it stands in, and the name that goes with its provider's code."""

    row: int
    prefix: Prefix
    provider_name: str


class Checked(NamedTuple):
    """What a file holds, what is wrong in it, and what importing it would do; `overlaps` are told, and allowed."""

    listed: tuple[Listed, ...]
    problems: tuple[Problem, ...]
    overlaps: tuple[Problem, ...]
    added: int
    changed: int
    removed: int

    @property
    def is_empty(self) -> bool:
        """Tell whether there is nothing to do."""
        return not (self.added or self.changed or self.removed)


def check(connection: Connection, content: bytes) -> Checked:
    """Read a file and compare it with the registry."""
    listed, problems = read(content)
    held = {one.network: one.provider for one in list_prefixes(connection)}
    new = {one.prefix.network: one.prefix.provider for one in listed}
    changed = sum(1 for network, code in new.items() if held.get(network, code) != code)
    return Checked(
        listed, problems, _overlaps(listed), len(new.keys() - held.keys()), changed, len(held.keys() - new.keys())
    )


def read(content: bytes) -> tuple[tuple[Listed, ...], tuple[Problem, ...]]:
    """Read a CSV file, UTF-8, with a column of prefixes and one of providers; rows with a problem are left out."""
    try:
        rows = [
            row for row in records(decoded(content)) if isinstance(row[1], CellError) or any(map(str.strip, row[1]))
        ]
    except CellError as error:
        return (), (Problem(HEADINGS_ROW, "", error.vi, error.en),)
    headings = rows[0][1] if rows else []
    columns = [] if isinstance(headings, CellError) else [_BY_HEADING.get(folded_heading(one)) for one in headings]
    missing = [names[0] for name, names in HEADINGS.items() if columns.count(name) != 1]
    if missing:
        vi, en = "phải có đúng một cột này", "this column must stand once"
        return (), tuple(Problem(HEADINGS_ROW, name, vi, en) for name in missing)
    listed: dict[Network, Listed] = {}
    problems: list[Problem] = []
    for number, cells in rows[1:]:
        try:
            found = _listed(number, cells, columns)
        except CellError as error:
            problems.append(Problem(number, "", error.vi, error.en))
            continue
        before = listed.setdefault(found.prefix.network, found)
        if before is not found:
            vi, en = f"dải này đã có ở dòng {before.row}", f"this prefix stands in row {before.row} already"
            problems.append(Problem(number, HEADINGS["cidr"][0], vi, en))
    return tuple(listed.values()), tuple(problems)


def apply(connection: Connection, checked: Checked, actor: str, now_us: int) -> None:
    """Make the table what the file says; nothing to do writes nothing at all."""
    if checked.is_empty:
        return
    ids = add_providers(connection, {one.prefix.provider: one.provider_name for one in checked.listed})
    connection.execute(delete(prefix))
    rows = [{"cidr": str(one.prefix.network), "provider_id": ids[one.prefix.provider]} for one in checked.listed]
    insert(connection, prefix, rows)
    detail = {"added": checked.added, "changed": checked.changed, "removed": checked.removed}
    audit.append(connection, actor, "prefixes imported", "prefixes", detail, now_us)
    record_changes(connection, [("prefix", 0)])


def list_prefixes(connection: Connection) -> Iterator[Prefix]:
    """Return every prefix of the registry with its provider's code, by address."""
    query = select(prefix.c.cidr, provider.c.code).join(provider, provider.c.id == prefix.c.provider_id)
    found = (Prefix(ip_network(cidr), code) for cidr, code in connection.execute(query))
    return iter(sorted(found, key=lambda one: (one.network.version, one.network)))


def _listed(number: int, cells: list[str] | CellError, columns: list[str | None]) -> Listed:
    """Return what a row says; raises CellError."""
    if isinstance(cells, CellError):
        raise cells
    values = {name: clean(cell) for name, cell in zip(columns, cells, strict=False) if name is not None}
    if not values.get("cidr") or not values.get("provider"):
        raise CellError("thiếu dải địa chỉ hoặc nhà mạng", "prefix or provider is missing")
    code, name = provider_of(values["provider"])
    return Listed(number, Prefix(_network(values["cidr"]), code), name)


def _network(text: str) -> Network:
    try:
        network = ip_network(text)
    except ValueError as error:
        if "host bits" in str(error):
            near = ip_network(text, strict=False)
            raise CellError(f"{text} không phải đầu dải; có phải {near}?", f"{text}: did you mean {near}?") from error
        raise CellError(
            f"{text[:50]} không phải dải địa chỉ như 14.160.0.0/11 hoặc 2001:ee0::/28",
            f"{text[:50]} is no prefix like 14.160.0.0/11 or 2001:ee0::/28",
        ) from error
    if network.prefixlen < _WIDEST[network.version]:
        raise CellError(f"{text} quá rộng để là của một nhà mạng", f"{text} is too wide for one provider")
    return network


def _overlaps(listed: tuple[Listed, ...]) -> tuple[Problem, ...]:
    rows: Mapping[Network, Listed] = {one.prefix.network: one for one in listed}
    told = []
    for inner, outer in enclosing(rows).items():
        within, around = rows[inner], rows[outer]
        if within.prefix.provider != around.prefix.provider:
            vi = f"{inner} ({within.provider_name}) nằm trong {outer} ({around.provider_name}, dòng {around.row})"
            en = f"{inner} ({within.provider_name}) lies in {outer} ({around.provider_name}, row {around.row})"
            told.append(Problem(within.row, "", f"{vi}; dải hẹp hơn được tính", f"{en}; the narrower one counts"))
    return tuple(sorted(told))
