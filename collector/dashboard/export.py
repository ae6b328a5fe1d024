"""The list of sites as a workbook: what the list shows, all pages of it, to sort and to call from."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime
from io import BytesIO
from typing import Any, NamedTuple

import xlsxwriter
from sqlalchemy import Connection
from starlette.requests import Request
from starlette.responses import Response
from xlsxwriter.worksheet import Worksheet

from collector.dashboard import files, labels
from collector.dashboard.names import short_session
from collector.dashboard.render import Choosing, Seeing, language, now, page
from collector.dashboard.sites import View, Viewing, flags
from collector.dashboard.words import TOGETHER, Words
from collector.judge.presence import Explained
from collector.judge.verdict import Verdict
from collector.store.queries import branches, presences, site, sites
from collector.store.queries.filters import conditions
from collector.store.scope import Sight
from provisioning import audit
from provisioning.moments import VIETNAM
from provisioning.store.engine import writing

TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_MOST_LETTERS = 32_767  # of a cell


class Line(NamedTuple):
    """A site as a line of the workbook."""

    row: sites.Row
    flags: list[Verdict]
    presence: Explained
    contacts: list[site.Contact]
    branches: list[str]  # of VNPT
    call_vnpt: str  # the setting


class Column(NamedTuple):
    """A column: its heading in both languages, its width in letters, what stands in it."""

    heading: tuple[str, str]
    width: int
    value: Callable[[Line, Words], str | int | datetime | None]


COLUMNS = (
    Column(("Mã", "Code"), 10, lambda line, _: line.row.code),
    Column(("Điểm cầu", "Site"), 40, lambda line, _: line.row.name),
    Column(("Huyện", "District"), 22, lambda line, _: line.row.unit if line.row.province else None),
    Column(("Tỉnh", "Province"), 22, lambda line, _: line.row.province or line.row.unit),
    Column(("Mức", "Level"), 12, lambda line, w: w.level(line.row.level)),
    Column(("Lý do", "Reason"), 48, lambda line, w: "; ".join(map(w.why, line.flags))),
    Column(("Việc cần làm", "What to do"), 48, lambda line, w: w.next_step(line.flags[0]) if line.flags else None),
    Column(("Bên xử lý", "Owner"), 16, lambda line, w: ", ".join(dict.fromkeys(w.owner(f.owner) for f in line.flags))),
    Column(("Gọi ai ở VNPT", "Whom to call at VNPT"), 30, lambda line, w: _at_vnpt(line, w)),
    Column(("Từ lúc", "Since"), 17, lambda line, _: _local(line.row.since_at)),
    Column(("Có mặt", "Presence"), 18, lambda line, w: w.name(labels.PRESENCES, line.presence.kind)),
    Column(("Vai trò", "Role"), 11, lambda line, w: w.name(labels.ROLES, line.row.role)),
    Column(("Phương thức", "Medium"), 13, lambda line, w: w.name(labels.MEDIA, line.row.medium)),
    Column(("Số chỗ", "Seats"), 8, lambda line, _: line.row.seats),
    Column(("Số trường", "Schools"), 10, lambda line, _: line.row.schools),
    Column(("Nhà mạng", "Provider"), 14, lambda line, _: line.row.provider),
    Column(("Mã đường truyền", "Line id"), 18, lambda line, _: line.row.line_code),
    Column(("Đầu mối", "Contact"), 22, lambda line, _: "; ".join(contact.name for contact in line.contacts)),
)
PHONES = Column(("Điện thoại", "Phone"), 18, lambda line, _: "; ".join(filter(None, (c.phone for c in line.contacts))))


def _at_vnpt(line: Line, w: Words) -> str | None:
    return w.at_vnpt(line.branches, line.call_vnpt) if any(flag.owner == "vnpt" for flag in line.flags) else None


def show(request: Request, sight: Seeing, choice: Choosing, view: Viewing) -> Response:
    """Answer with the workbook of what the list of this address shows; phones only for those who call.

    Raises HTTPException 503 while enough others wait for theirs.
    """
    session = choice.session
    if session is None:
        return page(request, "no_session.html", status=404 if choice.is_named else 200)
    words, person = Words(language(request), now(request)), request.state.person
    with files.turn():
        lines = _lines(sight, session.id, view, now(request), request.app.state.settings.call_vnpt)
        body, count = write(lines, (*COLUMNS, PHONES) if person.acts else COLUMNS, words)
    with writing(request.app.state.engine) as connection:
        _note(connection, request, session.id, count)
    name = f"{words.t('Điểm cầu', 'Sites')} - {short_session(session.name)} - {_local(now(request)):%Y-%m-%d %H%M}.xlsx"
    return files.answer(body, TYPE, name)


def write(lines: Iterator[Line], columns: tuple[Column, ...], words: Words) -> tuple[bytes, int]:
    """Return a workbook and how many lines it has; no cell is a formula or a link, whatever a text begins with."""
    body = BytesIO()
    book = xlsxwriter.Workbook(body, {"constant_memory": True})
    book.set_properties({"created": _local(words.now)})
    sheet = book.add_worksheet(words.t("Điểm cầu", "Sites"))
    heading, moment = book.add_format({"bold": True, "bottom": 1}), book.add_format({"num_format": "dd/mm/yyyy hh:mm"})
    sheet.freeze_panes(1, 2)
    for n, column in enumerate(columns):
        sheet.set_column(n, n, column.width)
        sheet.write_string(0, n, words.t(*column.heading), heading)
    count = 0
    for count, line in enumerate(lines, start=1):
        for n, column in enumerate(columns):
            _put(sheet, count, n, column.value(line, words), moment)
    sheet.autofilter(0, 0, count, len(columns) - 1)
    book.close()
    return body.getvalue(), count


def _put(sheet: Worksheet, row: int, column: int, value: str | int | datetime | None, moment: Any) -> None:
    if isinstance(value, str):
        if value:
            sheet.write_string(row, column, value.replace(TOGETHER, " ")[:_MOST_LETTERS])  # so that a search finds it
    elif isinstance(value, datetime):
        sheet.write_datetime(row, column, value, moment)
    elif value is not None:
        sheet.write_number(row, column, value)


def _lines(sight: Sight, session_id: int, view: View, now_us: int, call_vnpt: str) -> Iterator[Line]:
    where = conditions(sight, session_id, view.chosen, now_us)
    for rows in sites.everything(sight, session_id, where, view.sort):
        ids = [row.site_id for row in rows]
        present = presences.of_sites(sight, ids, now_us)
        contacts, at_vnpt = site.contacts_of_sites(sight, ids), branches.of_sites(sight, ids)
        for row in rows:
            found = flags(view.chosen.owner, view.chosen.reason, row.verdicts)
            known = contacts.get(row.site_id, []), at_vnpt[row.site_id]
            yield Line(row, found, present[row.site_id], *known, call_vnpt)


def _note(connection: Connection, request: Request, session_id: int, count: int) -> None:
    detail = {"session": session_id, "asked": str(request.url.query), "sites": count}
    audit.append(connection, request.state.person.login, "exported", "sites", detail, now(request))


def _local(at: int | None) -> datetime | None:
    """Return a moment as the clock in Hanoi shows it, which is all that a cell can hold."""
    return None if at is None else datetime.fromtimestamp(at / 1e6, VIETNAM).replace(tzinfo=None)
