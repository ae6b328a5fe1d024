"""Draws a statement as a document: what is said in each section, and which tables go behind the signatures."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import datetime

from collector.dashboard import labels
from collector.dashboard.words import Words
from collector.dryrun.conclusion_texts import CODE_NAMES, REASON_NAMES
from collector.statement import figures, tables
from collector.statement.body import Body
from collector.statement.document import Annex, Document, Section, Signature, Signed, Table, decimal
from collector.statement.figures import Coverage
from contract.reasons import LEVELS
from provisioning.moments import VIETNAM

MOST_REPAIRS = 12  # in print; the workbook lists all
MOST_OPEN = 150  # in print, and so for the open sites
_MOST_ROWS = 12  # of a table in what is signed; a longer one is an annex
_ANNEXES = ("I", "II", "III", "IV", "V", "VI", "VII", "VIII")


def draw(body: Body, signed: Signed, w: Words) -> Document:
    """Return the document of a statement."""
    is_country = body.unit is None
    sections = (_conclusion, _proven, _interactive, _left, _capacity, _proposals)
    short, annexes = _set_apart([section(body, w) for section in sections], w)
    number, gate = f"{signed.number}/BC-ĐC", w.name(labels.GATES, body.gate)
    office = (
        w.t("BAN TỔ CHỨC SỰ KIỆN TRỰC TUYẾN", "ORGANISERS OF THE ONLINE EVENT")
        if is_country
        else w.t("SỞ GIÁO DỤC VÀ ĐÀO TẠO", "DEPARTMENT OF EDUCATION AND TRAINING") + f"\n{body.unit_name.upper()}"
    )
    motto = w.t("CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM", "SOCIALIST REPUBLIC OF VIET NAM")
    ministry = w.t("Bộ Giáo dục và Đào tạo", "Ministry of Education and Training")
    leadership = w.t(f"Lãnh đạo {ministry}", f"the leadership of the {ministry}")
    day = f"{datetime.fromtimestamp(body.as_of / 1e6, VIETNAM):%d/%m/%Y}"
    return Document(
        office=office,
        number=w.t(f"Số: {number}", f"No. {number}"),
        motto=(motto, w.t("Độc lập - Tự do - Hạnh phúc", "Independence - Freedom - Happiness")),
        place_and_date=_place_and_date(body, w),
        title=w.t("BÁO CÁO", "STATEMENT"),
        subject=w.t(
            f"Về mức sẵn sàng của các điểm cầu, mốc {gate}", f"On the readiness of the sites, for the gate {gate}"
        ),
        meeting=f"{body.session} ({body.event})",
        to=w.t("Kính gửi: ", "To: ") + (leadership if is_country else w.t(ministry, f"the {ministry}")) + ".",
        sections=short,
        signatures=(
            _signature(w, w.t("NGƯỜI ĐỀ XUẤT", "PROPOSED BY"), signed.proposed),
            _signature(w, w.t("NGƯỜI PHÊ DUYỆT", "APPROVED BY"), signed.approved),
        ),
        receivers=(
            w.t("Như trên;", "As above;"),
            w.t("VNPT và các chi nhánh;", "VNPT and its branches;"),
            w.t("Lưu.", "File."),
        ),
        annexes=annexes,
        enclosed=w.t(f"(Kèm theo Báo cáo số {number} ngày {day})", f"(Enclosed with statement no. {number}, {day})"),
        foot=w.t(
            f"Số liệu lúc {w.date(body.as_of)}. Chính sách {body.policy[:16]}. sha256 {signed.sha256}",
            f"Figures of {w.date(body.as_of)}. Policy {body.policy[:16]}. sha256 {signed.sha256}",
        ),
    )


def _set_apart(sections: Iterable[Section], w: Words) -> tuple[tuple[Section, ...], tuple[Annex, ...]]:
    """Make annexes of the long and wide tables, and say in their sections which."""
    short: list[Section] = []
    annexes: list[Annex] = []
    for section in sections:
        kept, said = [], list(section.sentences)
        for table in map(_without_empty, section.tables):
            if len(table.rows) <= _MOST_ROWS and not table.is_wide:
                kept.append(table)
                continue
            annexes.append(Annex(f"{w.t('Phụ lục', 'Annex')} {_ANNEXES[len(annexes)]}", table))
            said.append(f"{table.caption}: {annexes[-1].name}.")
        short.append(Section(section.heading, tuple(said), tuple(kept)))
    return tuple(short), tuple(annexes)


def _without_empty(table: Table) -> Table:
    """Leave out the columns in which nothing stands."""
    full = [n for n in range(len(table.head)) if not table.rows or any(row[n] not in ("", None) for row in table.rows)]
    rows = tuple(tuple(row[n] for n in full) for row in table.rows)
    return table._replace(head=tuple(table.head[n] for n in full), rows=rows)


def _conclusion(body: Body, w: Words) -> Section:
    whole = figures.whole(body.sites)
    place = body.unit_name or w.t("cả nước", "the whole country")
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
    return Section(w.t("Kết luận", "Conclusion"), sentences, (tables.by_role(body, w),))


def _proven(body: Body, w: Words) -> Section:
    said = w.t(
        "Bằng chứng theo nguồn, mới nhất và cũ nhất lúc nào; điều chỉ khai báo không đủ để đạt.",
        "Evidence by source, its newest and its oldest; what is only declared never makes a site ready.",
    )
    of_country = (tables.by_province(body, w), tables.by_province_2025(body, w)) if body.unit is None else ()
    return Section(w.t("Những gì đã chứng minh", "What is proven"), (said,), (tables.proofs(body, w), *of_country))


def _interactive(body: Body, w: Words) -> Section:
    counts = {code: sum(one.conclusion == code for one in body.interactive) for code in CODE_NAMES}
    told = ", ".join(f"{w.name(CODE_NAMES, code).lower()} {w.number(n)}" for code, n in counts.items())
    said = w.t(
        f"{w.number(len(body.interactive))} điểm cầu tương tác: {told}.",
        f"{w.number(len(body.interactive))} interactive sites: {told}.",
    )
    reasons = Counter(reason for one in body.interactive for reason in one.reasons).most_common()
    why = "; ".join(f"{w.name(REASON_NAMES, reason)} {w.number(n)}" for reason, n in reasons)
    because = (w.t(f"Lý do, theo số điểm cầu: {why}.", f"Why, by sites: {why}."),) if why else ()
    return Section(w.t("Điểm cầu tương tác", "Interactive sites"), (said, *because), (tables.interactive(body, w),))


def _left(body: Body, w: Words) -> Section:
    return Section(
        w.t("Việc còn lại", "What is left"),
        tuple(_how_many(body, w)),
        (tables.open_sites(body, figures.open_sites(body)[:MOST_OPEN], w),),
    )


def _how_many(body: Body, w: Words) -> Iterator[str]:
    """Say how many sites are open, and where those are listed that print has no room for."""
    count = sum(site.is_open for site in body.sites)
    yield w.t(
        f"Còn {w.number(count)} điểm cầu có việc phải làm.", f"{w.number(count)} sites have something left to do."
    )
    if count > MOST_OPEN:
        yield w.t(
            f"Bản in ghi {w.number(MOST_OPEN)} điểm cầu đầu, tương tác và nặng nhất trước; "
            f"đủ {w.number(count)} điểm cầu ở tệp xlsx kèm theo.",
            f"Print lists the first {w.number(MOST_OPEN)}, the interactive and the worst before the others; "
            f"all {w.number(count)} are in the enclosed xlsx file.",
        )


def _capacity(body: Body, w: Words) -> Section:
    unconfirmed = sum(one.state == "unconfirmed" for one in body.capacities)
    short = sum(one.state == "short" for one in body.capacities)
    said = w.t(
        f"Phép đo từng đường truyền không chứng minh được dung lượng chung; VNPT xác nhận. "
        f"Chưa xác nhận {unconfirmed}, chưa đủ {short} trên {len(body.capacities)} dòng.",
        f"Tests of single lines cannot prove what the network carries for all; VNPT confirms it. "
        f"Not confirmed {unconfirmed}, short {short} of {len(body.capacities)} rows.",
    )
    return Section(w.t("Dung lượng mạng", "Capacity of the network"), (said,), (tables.capacities(body, w),))


def _proposals(body: Body, w: Words) -> Section:
    said = w.t(
        "Những việc sửa mang lại nhiều chỗ nhất, tính khi chỉ còn một lý do chưa đạt.",
        "The repairs that bring the most seats, counted where nothing else is in the way.",
    )
    by_province = tables.repairs(body, figures.repairs(body)[:MOST_REPAIRS], w)
    of_all = tables.repairs(body, figures.repairs_of_all(body)[:MOST_REPAIRS], w)
    told = (of_all, by_province) if body.unit is None else (by_province,)
    return Section(w.t("Đánh giá và đề xuất", "Assessment and proposals"), (said,), told)


def _share(w: Words, part: Coverage, whole: Coverage) -> str:
    kinds = (w.t("điểm cầu", "sites"), w.t("trường", "schools"), w.t("chỗ", "seats"))
    return ", ".join(
        f"{w.number(some)}/{w.number(every)} {kind} ({decimal(100 * some / every, w)}%)" if every else f"0 {kind}"
        for some, every, kind in zip(part, whole, kinds, strict=True)
    )


def _place_and_date(body: Body, w: Words) -> str:
    day = datetime.fromtimestamp(body.as_of / 1e6, VIETNAM)
    place = body.unit_name.removeprefix("Tỉnh ").removeprefix("Thành phố ") or "Hà Nội"
    # The decree writes days below ten and the months one and two with a zero.
    month = f"{day.month:02}" if day.month < 3 else str(day.month)
    return w.t(f"{place}, ngày {day:%d} tháng {month} năm {day.year}", f"{place}, {day:%d/%m/%Y}")


def _signature(w: Words, role: str, who: tuple[str, int] | None) -> Signature:
    return Signature(role, who[0] if who else "", w.date(who[1]) if who else w.t("chưa ký", "not signed"))
