"""The books: whether every report is accounted for, and those that could not be used, with the reason."""

from __future__ import annotations

from functools import partial
from typing import Annotated

from fastapi import Query
from starlette.requests import Request
from starlette.responses import Response

from collector.dashboard.choice import Choice
from collector.dashboard.render import Choosing, PageNumber, Seeing, page
from collector.store.queries import books, quarantine
from collector.store.queries.paging import count_pages
from contract.report import REFUSALS


def show(
    request: Request,
    sight: Seeing,
    choice: Choosing,
    reason: str = "",
    device: Annotated[str, Query(max_length=50)] = "",
    number: PageNumber = 1,
) -> Response:
    """Show the balance, the counts by reason, and the reports in quarantine, the latest first."""
    chosen = quarantine.Filter(reason if reason in REFUSALS else "", device.strip().lower())
    found = quarantine.count(sight, chosen)
    return page(
        request,
        "quarantine.html",
        balance=books.balance(sight),
        out_of_balance=books.out_of_balance(sight),
        unattributed_count=books.count_unattributed(sight),
        discarded=books.count_discarded(sight),
        counts=quarantine.count_reasons(sight),
        found=found,
        rows=quarantine.page(sight, chosen, number),
        number=number,
        pages=count_pages(found),
        address=partial(_address, choice),
        everything=quarantine.Filter(),
        unattributed=quarantine.latest_unattributed(sight),
        chosen=chosen,
    )


def _address(choice: Choice, chosen: quarantine.Filter, number: int = 1) -> str:
    number_told = number if number > 1 else ""
    return choice.address("/quarantine", reason=chosen.reason, device=chosen.device, page=number_told) + "#kept"
