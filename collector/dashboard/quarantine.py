"""The books: whether every report is accounted for, and those that could not be used, with the reason."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from collector.dashboard.render import Choosing, Seeing, page
from collector.store.queries import books, quarantine
from contract.report import REFUSALS


def show(request: Request, sight: Seeing, _: Choosing, reason: str = "") -> Response:
    """Show the balance, the counts by reason, and the latest reports in quarantine."""
    chosen = reason if reason in REFUSALS else ""
    return page(
        request,
        "quarantine.html",
        balance=books.balance(sight),
        out_of_balance=books.out_of_balance(sight),
        unattributed_count=books.count_unattributed(sight),
        discarded=books.count_discarded(sight),
        counts=quarantine.count_reasons(sight),
        rows=quarantine.latest(sight, chosen),
        unattributed=quarantine.latest_unattributed(sight),
        chosen=chosen,
    )
