"""Writes many rows at once, on either database in the way that costs least."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import cache
from typing import Any

from pydantic_core import to_json
from sqlalchemy import Connection, Executable, LargeBinary, Table, Text, bindparam, cast, column, func, select
from sqlalchemy.dialects import postgresql, sqlite

Fold = Callable[[Any, Any], dict[str, Any]]  # (columns as they stand, as they are given) -> columns to be


def insert(connection: Connection, table: Table, rows: list[dict[str, Any]]) -> None:
    """Insert rows, all with the same columns."""
    if rows:
        _write(connection, table, rows, (), frozenset())


def upsert(
    connection: Connection, table: Table, rows: list[dict[str, Any]], keys: Iterable[str], keep: Iterable[str] = ()
) -> None:
    """Insert rows, or update those whose `keys` exist already, save the columns to `keep`.

    All rows have the same columns, and no two the same keys.
    """
    if rows:
        _write(connection, table, rows, tuple(keys), frozenset(keep))


def merge(connection: Connection, table: Table, rows: list[dict[str, Any]], keys: Iterable[str], fold: Fold) -> None:
    """Insert rows, or fold them into those whose `keys` exist already; rows as for `upsert`."""
    if rows:
        _write(connection, table, rows, tuple(keys), frozenset(), fold)


def _write(
    connection: Connection,
    table: Table,
    rows: list[dict[str, Any]],
    keys: tuple[str, ...],
    keep: frozenset[str],
    fold: Fold | None = None,
) -> None:
    names = tuple(column.name for column in table.c if column.name in rows[0])
    if connection.dialect.name == "sqlite":
        values = [tuple(map(row.__getitem__, names)) for row in rows]
        connection.exec_driver_sql(_sqlite_text(table, names, keys, keep, fold), values)
    else:
        statement = _postgresql_statement(table, names, keys, keep, fold)
        connection.execute(statement, {"rows": to_json(rows, bytes_mode="hex").decode()})


@cache
def _sqlite_text(
    table: Table, names: tuple[str, ...], keys: tuple[str, ...], keep: frozenset[str], fold: Fold | None
) -> str:
    """Return the statement for one row; the driver repeats it much faster than SQLAlchemy prepares it."""
    one_row = sqlite.insert(table).values({name: bindparam(name) for name in names})
    statement = _on_conflict(one_row, table, names, keys, keep, fold) if keys else one_row
    return str(statement.compile(dialect=sqlite.dialect(paramstyle="qmark"), column_keys=names))


@cache
def _postgresql_statement(
    table: Table, names: tuple[str, ...], keys: tuple[str, ...], keep: frozenset[str], fold: Fold | None
) -> Executable:
    """Return the statement for all rows, which takes them as one JSON text: a tenth of the driver's work per row."""
    are_bytes = {name for name in names if isinstance(table.c[name].type, LargeBinary)}
    columns = (column(name, Text() if name in are_bytes else table.c[name].type) for name in names)
    text_of_rows = cast(bindparam("rows", type_=Text()), postgresql.JSON)
    rows = func.json_to_recordset(text_of_rows).table_valued(*columns).render_derived(with_types=True)
    values = (func.decode(c, "hex") if c.name in are_bytes else c for c in rows.c)
    all_rows = postgresql.insert(table).from_select(names, select(*values))
    return _on_conflict(all_rows, table, names, keys, keep, fold) if keys else all_rows


def _on_conflict(
    insert: Any, table: Table, names: tuple[str, ...], keys: tuple[str, ...], keep: frozenset[str], fold: Fold | None
) -> Any:
    if fold is not None:
        new = fold(table.c, insert.excluded)
    else:
        new = {name: insert.excluded[name] for name in names if name not in {*keys, *keep}}
    return insert.on_conflict_do_update(index_elements=keys, set_=new)
