"""Lists in pages of fifty rows, from page 1 on."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Select

PAGE_SIZE = 50


def rows_before(number: int) -> int:
    """Return how many rows stand on the pages before this one."""
    return (number - 1) * PAGE_SIZE


def page_of(query: Select[Any], number: int) -> Select[Any]:
    """Return what of a sorted query stands on this page."""
    return query.limit(PAGE_SIZE).offset(rows_before(number))


def count_pages(found: int) -> int:
    """Return how many pages so many rows fill; none fill one."""
    return max(1, -(-found // PAGE_SIZE))
