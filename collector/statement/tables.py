"""The tables of a statement: each column by its heading and what stands in it; a province's do not name it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any, TypeVar

from collector.dashboard import labels
from collector.dashboard.words import Words
from collector.dryrun.conclusion_texts import ACTION_NAMES, CODE_NAMES, REASON_NAMES
from collector.judge.verdict import Verdict
from collector.statement import figures
from collector.statement.body import Body, Capacity, Finding, Interactive, Proof, Site
from collector.statement.document import Cell, Table
from collector.statement.figures import Covered, Repair
from contract import reasons
from contract.reasons import LEVELS

Item = TypeVar("Item")
Column = tuple[str, Callable[[Item], Cell]]
Coverage = list[Column[tuple[Any, Covered]]]


def by_role(body: Body, w: Words) -> Table:
    """Return the coverage by role."""
    found = figures.cover(body.sites, lambda site: site.role)
    columns: Coverage = [(w.t("Vai trò", "Role"), lambda one: w.name(labels.ROLES, one[0])), *_levels(w)]
    return _summed(w.t("Theo vai trò", "By role"), columns, found.items(), body, w)


def by_province(body: Body, w: Words) -> Table:
    """Return the coverage by province and role, in the structure that the session speaks of."""
    found = figures.cover(body.sites, lambda site: (site.province, site.role))
    columns: Coverage = [
        (w.t("Tỉnh, thành phố", "Province"), lambda one: body.provinces.get(one[0][0], one[0][0])),
        (w.t("Vai trò", "Role"), lambda one: w.name(labels.ROLES, one[0][1])),
        *_levels(w),
    ]
    return _summed(w.t("Theo tỉnh và vai trò", "By province and role"), columns, found.items(), body, w)


def by_province_2025(body: Body, w: Words) -> Table:
    """Return the same sites by the structure of 34 provinces."""
    found = ((one.name, one.covered) for one in figures.merged(body))
    columns: Coverage = [(w.t("Tỉnh, thành phố", "Province"), lambda one: one[0]), *_levels(w)]
    return _summed(w.t("Theo cơ cấu 34 tỉnh", "By the structure of 34"), columns, found, body, w)


def proofs(body: Body, w: Words) -> Table:
    """Return what is proven, by fact and source, and how old it is."""
    columns: list[Column[Proof]] = [
        (w.t("Nội dung", "Fact"), lambda one: w.name(reasons.FACT_NAMES, one.fact)),
        (w.t("Nguồn", "Source"), lambda one: w.name(labels.SOURCES, one.source)),
        (w.t("Điểm cầu", "Sites"), lambda one: one.sites),
        (w.t("Mới nhất", "Newest"), lambda one: w.date(one.newest_at)),
        (w.t("Cũ nhất", "Oldest"), lambda one: w.date(one.oldest_at)),
    ]
    told = [
        one for one in body.proofs if one.fact in reasons.FACT_NAMES
    ]  # the others are for repairs, and prove nothing
    return _table(w.t("Bằng chứng", "Evidence"), columns, told)


def interactive(body: Body, w: Words) -> Table:
    """Return what is concluded of each interactive site."""
    columns: list[Column[Interactive]] = [
        (w.t("Thứ tự", "Order"), lambda one: one.order),
        (w.t("Điểm cầu", "Site"), lambda one: one.name),
        *_province(body, w),
        (w.t("Mức", "Level"), lambda one: w.level(one.level)),
        (w.t("Kết luận", "Conclusion"), lambda one: w.name(CODE_NAMES, one.conclusion)),
        (w.t("Việc làm", "To do"), lambda one: w.name(ACTION_NAMES, one.action).format(venue=one.venue)),
        (w.t("Vì sao", "Why"), lambda one: "; ".join(w.name(REASON_NAMES, reason) for reason in one.reasons)),
        (w.t("Dự phòng", "Backup"), lambda one: w.level(one.backup_level) if one.backup else w.t("không có", "none")),
        (
            w.t("Bằng chứng cũ nhất", "Oldest proof"),
            lambda one: w.date(one.proven_at) if one.proven_at is not None else "",
        ),
    ]
    return _table(w.t("Kết luận từng điểm cầu tương tác", "Each interactive site"), columns, body.interactive)


def open_sites(body: Body, sites: Iterable[Site], w: Words) -> Table:
    """Return open sites: all reasons of each, all whose turn it is, and what comes first."""
    columns: list[Column[Site]] = [
        (w.t("Mã", "Code"), lambda one: one.code),
        (w.t("Điểm cầu", "Site"), lambda one: one.name),
        *_province(body, w),
        (w.t("Huyện", "District"), lambda one: one.district),
        (w.t("Vai trò", "Role"), lambda one: w.name(labels.ROLES, one.role)),
        (w.t("Mức", "Level"), lambda one: w.level(one.level)),
        (w.t("Lý do", "Reason"), lambda one: "; ".join(w.why(_verdict(found)) for found in one.findings)),
        (
            w.t("Bên xử lý", "Owner"),
            lambda one: ", ".join(dict.fromkeys(w.owner(found.owner) for found in one.findings)),
        ),
        (w.t("Đầu mối", "Contact"), lambda one: one.contact),
        (
            w.t("Việc tiếp theo", "Next step"),
            lambda one: w.next_step(_verdict(one.findings[0])) if one.findings else "",
        ),
        (w.t("Số chỗ", "Seats"), lambda one: one.seats),
    ]
    return _table(w.t("Điểm cầu còn việc phải làm", "Open sites"), columns, sites)._replace(is_wide=True)


def capacities(body: Body, w: Words) -> Table:
    """Return what the network is to carry into each province, and what VNPT has confirmed of it."""
    columns: list[Column[Capacity]] = [
        *_province(body, w),
        (w.t("Phương thức", "Medium"), lambda one: w.name(labels.MEDIA, one.medium)),
        (w.t("Cách phát", "Delivery"), lambda one: w.name(labels.DELIVERIES, one.delivery)),
        (w.t("Điểm cầu", "Sites"), lambda one: one.sites),
        (w.t("Đỉnh cần (Mbit/s)", "Peak needed (Mbit/s)"), lambda one: one.peak_mbps),
        (w.t("Xác nhận (Mbit/s)", "Confirmed (Mbit/s)"), lambda one: one.confirmed_mbps),
        (w.t("Tình trạng", "State"), lambda one: w.name(labels.CAPACITIES, one.state)),
        (w.t("Người xác nhận", "By"), lambda one: one.confirmed_by),
        (w.t("Lúc", "When"), lambda one: w.date(one.confirmed_at) if one.confirmed_at is not None else ""),
    ]
    return _table(w.t("Nhu cầu và xác nhận dung lượng", "Capacity needed and confirmed"), columns, body.capacities)


def repairs(body: Body, found: Sequence[Repair], w: Words) -> Table:
    """Return what is to be repaired, by whom, and what it brings; of all provinces together, or of each."""
    is_of_each = any(one.province for one in found)
    columns: list[Column[Repair]] = [
        (w.t("Bên xử lý", "Owner"), lambda one: w.owner(one.owner)),
        (w.t("Việc sửa", "Repair"), lambda one: w.name(labels.REASONS, one.reason)),
        *(_province(body, w) if is_of_each else []),
        (w.t("Điểm cầu đạt ngay", "Sites ready by it"), lambda one: one.alone.sites),
        (w.t("Số chỗ đạt ngay", "Seats ready by it"), lambda one: one.alone.seats),
        (w.t("Điểm cầu liên quan", "Sites concerned"), lambda one: one.touched.sites),
        (w.t("Số chỗ liên quan", "Seats concerned"), lambda one: one.touched.seats),
    ]
    of_each = w.t("Đề xuất sửa trước, theo tỉnh", "To be repaired first, by province")
    caption = w.t("Đề xuất sửa trước", "To be repaired first") if body.unit or not is_of_each else of_each
    return _table(caption, columns, found)


def _table(caption: str, columns: Sequence[Column[Item]], items: Iterable[Item]) -> Table:
    rows = tuple(tuple(value(item) for _, value in columns) for item in items)
    return Table(caption, tuple(heading for heading, _ in columns), rows)


def _summed(
    caption: str,
    columns: Sequence[Column[tuple[Item, Covered]]],
    items: Iterable[tuple[Item, Covered]],
    body: Body,
    w: Words,
) -> Table:
    """Return a table of coverage with the sum of all sites below."""
    made = _table(caption, columns, items)
    whole = tuple(value(("", figures.whole(body.sites))) for _, value in _levels(w))
    names = (w.t("Tổng", "All"), *("" for _ in range(len(columns) - len(whole) - 1)))
    return made._replace(rows=(*made.rows, (*names, *whole)), has_sum=True)


def _levels(w: Words) -> Coverage:
    """Return the columns of a coverage: sites by level, then what is ready and what there is."""
    kinds = (("điểm cầu", "sites"), ("trường", "schools"), ("chỗ", "seats"))
    levels = [(f"{w.level(level)} ({w.t(*kinds[0])})", _count(level, 0)) for level in LEVELS]
    ready = [(f"{w.t('Đạt', 'Ready')}: {w.t(*kinds[n])}", _count("ready", n)) for n in (1, 2)]
    whole = [(f"{w.t('Tổng', 'All')}: {w.t(*kind)}", _count("whole", n)) for n, kind in enumerate(kinds)]
    return [*levels, *ready, *whole]


def _count(part: str, kind: int) -> Callable[[tuple[Any, Covered]], Cell]:
    return lambda one: getattr(one[1], part)[kind]


def _province(body: Body, w: Words) -> list[Column[Interactive | Site | Capacity | Repair]]:
    """Return the column of the province, in the country's statement alone."""
    if body.unit is not None:
        return []
    return [(w.t("Tỉnh", "Province"), lambda one: body.provinces.get(one.province, one.province))]


def _verdict(one: Finding) -> Verdict:
    return Verdict(one.fact, one.metric, one.level, one.reason, one.params, one.owner)
