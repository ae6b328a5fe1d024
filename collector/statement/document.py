"""A statement as a document: headings, sentences and tables in the words of a reader, whatever the form it is put in.

The form is that of a báo cáo (Decree 30/2020/NĐ-CP, annex I). Page, PDF, DOCX and the workbook's first sheet draw it.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from collector.dashboard import labels
from collector.dashboard.words import HANOI, Words
from collector.dryrun.conclusion_texts import ACTION_NAMES, CODE_NAMES, REASON_NAMES
from collector.judge.verdict import Verdict
from collector.statement import figures
from collector.statement.body import Body, Finding, Interactive, Site
from collector.statement.figures import Coverage, Covered, Repair
from contract import reasons
from contract.reasons import LEVELS

Cell = str | int | float | None
Row = tuple[Cell, ...]
MOST_REPAIRS = 20  # in print; the workbook lists all
MOST_OPEN = 300  # in print, and so for the open sites


class Table(NamedTuple):
    """A table: what it shows, its columns, its rows; numbers as numbers."""

    caption: str
    head: tuple[str, ...]
    rows: tuple[Row, ...]


class Section(NamedTuple):
    """A numbered section: sentences, then tables."""

    heading: str
    sentences: tuple[str, ...]
    tables: tuple[Table, ...] = ()


class Signature(NamedTuple):
    """Who signs, as what, and when; an empty name: not yet."""

    role: str
    name: str
    when: str


class Document(NamedTuple):
    """The whole document."""

    office: str
    number: str
    place_and_date: str
    title: str
    subject: str
    to: str
    sections: tuple[Section, ...]
    signatures: tuple[Signature, ...]
    receivers: tuple[str, ...]
    foot: str


class Signed(NamedTuple):
    """Who has signed: names and moments (microseconds UTC); None: not yet."""

    number: int
    sha256: str
    proposed: tuple[str, int] | None = None
    approved: tuple[str, int] | None = None


def draw(body: Body, signed: Signed, w: Words) -> Document:
    """Return the document of a statement."""
    place, gate = body.unit_name or w.t("cả nước", "the whole country"), w.name(labels.GATES, body.gate)
    proposed, approved = (
        _signature(w, role, who)
        for role, who in (
            (w.t("NGƯỜI ĐỀ XUẤT", "PROPOSED BY"), signed.proposed),
            (w.t("NGƯỜI PHÊ DUYỆT", "APPROVED BY"), signed.approved),
        )
    )
    return Document(
        office=w.t("BAN TỔ CHỨC SỰ KIỆN TRỰC TUYẾN", "ORGANISERS OF THE ONLINE EVENT")
        if body.unit is None
        else w.t("SỞ GIÁO DỤC VÀ ĐÀO TẠO", "DEPARTMENT OF EDUCATION AND TRAINING") + f"\n{body.unit_name.upper()}",
        number=w.t(f"Số: {signed.number}/BC-ĐC", f"No. {signed.number}/BC-ĐC"),
        place_and_date=_place_and_date(body, w),
        title=w.t("BÁO CÁO", "STATEMENT"),
        subject=w.t(
            f"Về mức sẵn sàng của các điểm cầu, {body.event}, {body.session}, mốc {gate}",
            f"On the readiness of the sites, {body.event}, {body.session}, {gate}",
        ),
        to=w.t(
            "Kính gửi: Lãnh đạo Bộ Giáo dục và Đào tạo", "To: the leadership of the Ministry of Education and Training"
        )
        if body.unit is None
        else w.t("Kính gửi: Bộ Giáo dục và Đào tạo", "To: the Ministry of Education and Training"),
        sections=(
            _conclusion(body, w, place),
            _proven(body, w),
            _interactive(body, w),
            _left(body, w),
            _capacity(body, w),
            _proposals(body, w),
        ),
        signatures=(proposed, approved),
        receivers=(
            w.t("Như trên", "As above"),
            w.t("VNPT và các chi nhánh", "VNPT and its branches"),
            w.t("Lưu", "File"),
        ),
        foot=w.t(
            f"Số liệu lúc {w.date(body.as_of)}. Chính sách {body.policy[:16]}. sha256 {signed.sha256}",
            f"Figures of {w.date(body.as_of)}. Policy {body.policy[:16]}. sha256 {signed.sha256}",
        ),
    )


def _conclusion(body: Body, w: Words, place: str) -> Section:
    whole = figures.whole(body.sites)
    why = "; ".join(w.name(REASON_NAMES, one) for one in body.conclusion_reasons)
    name = w.name(CODE_NAMES, body.conclusion)
    by_level = ", ".join(f"{w.level(level)} {w.number(getattr(whole, level).sites)}" for level in LEVELS)
    sentences = (
        w.t(f"Kết luận chung: {name}", f"Conclusion: {name}") + (f" ({why})." if why else "."),
        w.t(
            f"Phạm vi {place}: {w.number(whole.whole.sites)} điểm cầu, {w.number(whole.whole.schools)} trường, "
            f"{w.number(whole.whole.seats)} chỗ. Theo điểm cầu: {by_level}.",
            f"In {place}: {w.number(whole.whole.sites)} sites, {w.number(whole.whole.schools)} schools, "
            f"{w.number(whole.whole.seats)} seats. By sites: {by_level}.",
        ),
        w.t(
            f"Đã chứng minh sẵn sàng: {_share(w, whole.ready, whole.whole)}.",
            f"Proven ready: {_share(w, whole.ready, whole.whole)}.",
        ),
    )
    by_role = figures.cover(body.sites, lambda site: site.role)
    rows: tuple[Row, ...] = tuple((w.name(labels.ROLES, role), *_levels(covered)) for role, covered in by_role.items())
    return Section(
        w.t("Kết luận", "Conclusion"),
        sentences,
        (Table(w.t("Theo vai trò", "By role"), (w.t("Vai trò", "Role"), *_level_heads(w)), (*rows, _sum(w, whole))),),
    )


def _proven(body: Body, w: Words) -> Section:
    proofs = tuple(
        (
            w.name(reasons.FACT_NAMES, one.fact),
            w.name(labels.SOURCES, one.source),
            one.sites,
            w.age(one.newest_at),
            w.age(one.oldest_at),
        )
        for one in body.proofs
        if one.fact in reasons.FACT_NAMES  # the others are told for repairs and prove nothing
    )
    by_province = figures.cover(body.sites, lambda site: (site.province, site.role))
    provinces: tuple[Row, ...] = tuple(
        (body.provinces.get(province, province), w.name(labels.ROLES, role), *_levels(covered))
        for (province, role), covered in by_province.items()
    )
    merged: tuple[Row, ...] = tuple((one.name, *_levels(one.covered)) for one in figures.merged(body))
    total = _sum(w, figures.whole(body.sites))
    place, role = w.t("Tỉnh/Thành phố", "Province"), w.t("Vai trò", "Role")
    return Section(
        w.t("Những gì đã chứng minh", "What is proven"),
        (
            w.t(
                "Bằng chứng theo nguồn và tuổi; điều chỉ khai báo không đủ để đạt.",
                "Evidence by source and age; what is only declared never makes a site ready.",
            ),
        ),
        (
            Table(
                w.t("Bằng chứng", "Evidence"),
                (
                    w.t("Nội dung", "Fact"),
                    w.t("Nguồn", "Source"),
                    w.t("Điểm cầu", "Sites"),
                    w.t("Mới nhất", "Newest"),
                    w.t("Cũ nhất", "Oldest"),
                ),
                proofs,
            ),
            Table(
                w.t("Theo tỉnh và vai trò", "By province and role"),
                (place, role, *_level_heads(w)),
                (*provinces, (total[0], "", *total[1:])),
            ),
            Table(w.t("Theo cơ cấu 34 tỉnh", "By the structure of 34"), (place, *_level_heads(w)), (*merged, total)),
        ),
    )


def _interactive(body: Body, w: Words) -> Section:
    counts = {code: sum(one.conclusion == code for one in body.interactive) for code in CODE_NAMES}
    told = ", ".join(f"{w.name(CODE_NAMES, code).lower()} {w.number(n)}" for code, n in counts.items())
    rows = tuple(
        (
            one.order,
            one.name,
            body.provinces.get(one.province, one.province),
            w.level(one.level),
            w.name(CODE_NAMES, one.conclusion),
            _action(one, w),
            "; ".join(w.name(REASON_NAMES, reason) for reason in one.reasons),
            w.level(one.backup_level) if one.backup else w.t("không có", "none"),
            w.age(one.proven_at) if one.proven_at is not None else "",
        )
        for one in body.interactive
    )
    head = (
        *(w.t("Thứ tự", "Order"), w.t("Điểm cầu", "Site"), w.t("Tỉnh", "Province"), w.t("Mức", "Level")),
        *(w.t("Kết luận", "Conclusion"), w.t("Việc làm", "To do"), w.t("Vì sao", "Why")),
        *(w.t("Dự phòng", "Backup"), w.t("Bằng chứng cũ nhất", "Oldest proof")),
    )
    return Section(
        w.t("Điểm cầu tương tác", "Interactive sites"),
        (
            w.t(
                f"{w.number(len(body.interactive))} điểm cầu tương tác: {told}.",
                f"{w.number(len(body.interactive))} interactive sites: {told}.",
            ),
        ),
        (Table(w.t("Kết luận từng điểm cầu", "Each site"), head, rows),),
    )


def _left(body: Body, w: Words) -> Section:
    open_sites = figures.open_sites(body)
    shown = open_sites[:MOST_OPEN]
    more = len(open_sites) - len(shown)
    sentences = [
        w.t(
            f"Còn {w.number(len(open_sites))} điểm cầu có việc phải làm.",
            f"{w.number(len(open_sites))} sites have something left to do.",
        )
    ]
    if more:
        sentences.append(
            w.t(
                f"Bảng ghi {w.number(len(shown))} điểm cầu đầu; {w.number(more)} điểm cầu còn lại ở phụ lục xlsx.",
                f"The table lists the first {w.number(len(shown))}; the other {w.number(more)} are in the xlsx annex.",
            )
        )
    return Section(
        w.t("Việc còn lại", "What is left"),
        tuple(sentences),
        (Table(w.t("Điểm cầu chưa đạt", "Open sites"), open_head(w), tuple(open_row(body, one, w) for one in shown)),),
    )


def open_head(w: Words) -> tuple[str, ...]:
    """Return the columns of the open sites."""
    return (
        *(w.t("Mã", "Code"), w.t("Điểm cầu", "Site"), w.t("Tỉnh", "Province"), w.t("Huyện", "District")),
        *(w.t("Vai trò", "Role"), w.t("Mức", "Level"), w.t("Lý do", "Reason"), w.t("Bên xử lý", "Owner")),
        *(w.t("Đầu mối", "Contact"), w.t("Việc tiếp theo", "Next step"), w.t("Số chỗ", "Seats")),
    )


def open_row(body: Body, site: Site, w: Words) -> tuple[Cell, ...]:
    """Return an open site as a row: all its reasons, all whose turn it is, and what comes first."""
    found = [_verdict(one) for one in site.findings]
    return (
        *(site.code, site.name, body.provinces.get(site.province, site.province), site.district),
        *(w.name(labels.ROLES, site.role), w.level(site.level), "; ".join(map(w.why, found))),
        *(", ".join(dict.fromkeys(w.owner(one.owner) for one in found)), site.contact),
        *(w.next_step(found[0]) if found else "", site.seats),
    )


def _capacity(body: Body, w: Words) -> Section:
    unconfirmed = sum(one.state == "unconfirmed" for one in body.capacities)
    short = sum(one.state == "short" for one in body.capacities)
    names = {
        "confirmed": w.t("đã xác nhận đủ", "confirmed"),
        "short": w.t("xác nhận chưa đủ", "falls short"),
        "unconfirmed": w.t("CHƯA XÁC NHẬN", "NOT CONFIRMED"),
    }
    rows = tuple(
        (
            body.provinces.get(one.province, one.province),
            w.name(labels.MEDIA, one.medium),
            one.delivery,
            one.sites,
            one.peak_mbps,
            one.confirmed_mbps,
            names[one.state],
            one.confirmed_by,
            w.date(one.confirmed_at) if one.confirmed_at is not None else "",
        )
        for one in body.capacities
    )
    head = (
        *(w.t("Tỉnh", "Province"), w.t("Phương tiện", "Medium"), w.t("Truyền", "Delivery"), w.t("Điểm cầu", "Sites")),
        *(w.t("Đỉnh cần (Mbit/s)", "Peak needed (Mbit/s)"), w.t("Xác nhận (Mbit/s)", "Confirmed (Mbit/s)")),
        *(w.t("Tình trạng", "State"), w.t("Người xác nhận", "By"), w.t("Lúc", "When")),
    )
    return Section(
        w.t("Dung lượng mạng", "Capacity of the network"),
        (
            w.t(
                f"Phép đo từng đường truyền không chứng minh được dung lượng chung; VNPT xác nhận. "
                f"Chưa xác nhận {unconfirmed}, chưa đủ {short} trên {len(body.capacities)} dòng.",
                f"Tests of single lines cannot prove what the network carries for all; VNPT confirms it. "
                f"Not confirmed {unconfirmed}, short {short} of {len(body.capacities)} lines.",
            ),
        ),
        (Table(w.t("Nhu cầu và xác nhận", "Needed and confirmed"), head, rows),),
    )


def _proposals(body: Body, w: Words) -> Section:
    found = figures.repairs(body)
    head = (
        *(w.t("Bên xử lý", "Owner"), w.t("Việc sửa", "Repair"), w.t("Tỉnh", "Province")),
        *(w.t("Điểm cầu đạt ngay", "Sites ready by it"), w.t("Số chỗ đạt ngay", "Seats ready by it")),
        *(w.t("Điểm cầu liên quan", "Sites concerned"), w.t("Số chỗ liên quan", "Seats concerned")),
    )
    return Section(
        w.t("Đánh giá và đề xuất", "Assessment and proposals"),
        (
            w.t(
                "Những việc sửa mang lại nhiều chỗ nhất, tính khi chỉ còn một lý do chưa đạt.",
                "The repairs that bring the most seats, counted where nothing else is in the way.",
            ),
        ),
        (
            Table(
                w.t("Đề xuất sửa trước", "To be repaired first"),
                head,
                tuple(repair_row(body, one, w) for one in found[:MOST_REPAIRS]),
            ),
        ),
    )


def repair_row(body: Body, one: Repair, w: Words) -> tuple[Cell, ...]:
    """Return a repair as a row."""
    return (
        *(w.owner(one.owner), w.name(labels.REASONS, one.reason), body.provinces.get(one.province, one.province)),
        *(one.alone.sites, one.alone.seats, one.touched.sites, one.touched.seats),
    )


def _action(one: Interactive, w: Words) -> str:
    return w.name(ACTION_NAMES, one.action).format(venue=one.venue)


def _verdict(one: Finding) -> Verdict:
    return Verdict(one.fact, one.metric, one.level, one.reason, one.params, one.owner)


def _level_heads(w: Words) -> tuple[str, ...]:
    levels = tuple(f"{w.level(level)} ({w.t('điểm cầu', 'sites')})" for level in LEVELS)
    kinds = (w.t("điểm cầu", "sites"), w.t("trường", "schools"), w.t("chỗ", "seats"))
    ready = tuple(f"{w.t('Đạt', 'Ready')}: {kind}" for kind in kinds[1:])
    whole = tuple(f"{w.t('Tổng', 'All')}: {kind}" for kind in kinds)
    return (*levels, *ready, *whole)


def _levels(covered: Covered) -> tuple[int, ...]:
    return (*(part.sites for part in covered), *covered.ready[1:], *covered.whole)


def _sum(w: Words, whole: Covered) -> tuple[Cell, ...]:
    return (w.t("Tổng", "All"), *_levels(whole))


def _share(w: Words, part: Coverage, whole: Coverage) -> str:
    kinds = (w.t("điểm cầu", "sites"), w.t("trường", "schools"), w.t("chỗ", "seats"))
    return ", ".join(
        f"{w.number(some)}/{w.number(every)} {kind} ({_decimal(100 * some / every, w)} %)" if every else f"0 {kind}"
        for some, every, kind in zip(part, whole, kinds, strict=True)
    )


def _place_and_date(body: Body, w: Words) -> str:
    day = datetime.fromtimestamp(body.as_of / 1e6, HANOI)
    place = body.unit_name.removeprefix("Tỉnh ").removeprefix("Thành phố ") or "Hà Nội"
    return w.t(f"{place}, ngày {day.day} tháng {day.month} năm {day.year}", f"{place}, {day:%d/%m/%Y}")


def _signature(w: Words, role: str, who: tuple[str, int] | None) -> Signature:
    return Signature(role, who[0] if who else "", w.date(who[1]) if who else w.t("chưa ký", "not signed"))


def plain(cells: Sequence[Cell], w: Words) -> list[str]:
    """Return a row's cells as text: numbers as the language writes them."""
    return ["" if one is None else w.number(one) if isinstance(one, int) else _decimal(one, w) for one in cells]


def _decimal(one: str | float, w: Words) -> str:
    return one if isinstance(one, str) else f"{one:,.1f}".translate(str.maketrans(",.", ".,") if w.lang == "vi" else {})
