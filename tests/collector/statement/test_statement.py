"""A statement: made once, the same figures in every form, proposed by one person and approved by another."""

from __future__ import annotations

import json
import re
from io import BytesIO
from typing import Any
from zipfile import ZipFile

import docx
import pypdfium2
import pytest
from python_calamine import CalamineWorkbook
from sqlalchemy import insert, select, update

from collector.dashboard.words import Words
from collector.intake.ingest import ingest
from collector.judge.load import load_policy
from collector.judge.policy import SEED
from collector.statement import figures, whose
from collector.statement.body import Body, sha256
from collector.statement.document import Signed, plain
from collector.statement.draw import draw
from collector.statement.forms import BY_NAME
from collector.statement.make import make
from collector.store import scope, statements
from collector.store.queries.sessions import all_sessions
from collector.store.scope import Sight
from collector.store.scope import country as whole_country
from collector.store.tables import statement
from provisioning.errors import ProvisioningError
from provisioning.people import Person
from provisioning.store.engine import writing
from provisioning.store.tables import audit, device, participation, person, school, session, site, unit
from provisioning.units.merged import provinces_2025
from tests.collector.statement.filled import HOSTILE

HOUR = 3_600_000_000
DAY = 24 * HOUR
POLICY = load_policy(SEED.read_text(encoding="utf-8"))
FORMULA = "=1+1"
LAN = Person(1, "lan", "Trần Thị Lan", "noc")
MINH = Person(2, "minh", "Phạm Văn Minh", "ministry")


@pytest.fixture
def place(country: Any) -> Any:
    """One interactive site and two that watch, 380 seats, three schools; nothing is proven of any."""
    for name, role in (("Sở", "interactive"), (FORMULA, "view"), ("Đất Mũi", "view")):
        country.site(name, role=role)
    with writing(country.engine) as connection:
        for number, seats in enumerate((80, 100, 200), start=1):
            chosen = participation.c.site_id == number
            connection.execute(update(participation).where(chosen).values(seats=seats))
            values = {"code": f"s{number}", "name": f"Trường {number}", "site_id": number}
            connection.execute(insert(school).values(values))
        connection.execute(update(site).where(site.c.id == 2).values(code="B000002"))
        for one in (LAN, MINH):
            connection.execute(insert(person).values(login=one.login, name=one.name, duty=one.duty, password="-"))
    return country


@pytest.fixture
def body(place: Any, now: int) -> Body:
    with place.engine.connect() as connection:
        return make(whole_country(connection), all_sessions(connection)[0], None, now)


@pytest.fixture
def number(place: Any, body: Body, now: int) -> int:
    with writing(place.engine) as connection:
        return statements.keep(connection, place.session_id, None, body, "terminal:root", now)


def kept(connection: Any, number: int) -> statements.Kept:
    found = statements.find(whole_country(connection), number)
    assert found is not None
    return found


def numbers_of(text: str) -> list[str]:
    return re.findall(r"\d[\d.,]*", text)


def test_the_body_counts_sites_schools_and_seats_once_and_claims_nothing_unproven(body: Body) -> None:
    whole = figures.whole(body.sites)
    assert whole.whole == (3, 3, 380)
    assert whole.ready == (0, 0, 0)
    assert whole.unknown == (3, 3, 380)
    assert body.conclusion == "not_eligible"
    assert [one.conclusion for one in body.interactive] == ["not_eligible"]


def test_how_a_speaker_stands_is_told_once_though_its_evidence_has_expired_since_it_was_judged(
    place: Any, now: int
) -> None:
    sender = place.device("d-00000001", "Sở")
    ingest(place.engine, [sender.presence("connected", at=now), sender.report(1)], POLICY, now)
    levels = {}
    for at in (now, now + 48 * HOUR):  # and nobody has judged anew
        with place.engine.connect() as connection:
            found = make(whole_country(connection), all_sessions(connection)[0], None, at)
        (speaker,) = found.interactive
        (listed,) = (one for one in found.sites if one.role == "interactive")
        assert listed.level == speaker.level
        assert (figures.whole(found.sites).ready.sites == 1) == (speaker.level == "ready")
        levels[at] = speaker.level, {one.reason for one in listed.findings}
    assert levels[now] == ("ready", set())
    assert levels[now + 48 * HOUR] == ("unknown", {"expired"})


def test_a_speaker_is_held_to_the_gate_of_now_though_it_was_judged_for_an_earlier_one(place: Any, now: int) -> None:
    starts_at, later = now + 15 * DAY, now + 9 * DAY  # before T-14d; between T-7d and T-1d, and nobody has judged anew
    with writing(place.engine) as connection:
        connection.execute(update(session).values(starts_at=starts_at, ends_at=starts_at + HOUR))
    sender = place.device("d-00000001", "Sở")
    ingest(place.engine, [sender.presence("connected", at=now), sender.report(1)], POLICY, now)
    with place.engine.connect() as connection:
        bodies = [make(whole_country(connection), all_sessions(connection)[0], None, at) for at in (now, later)]
    told = [(one.level, one.reasons[0]) for body in bodies for one in body.interactive]
    assert told == [("ready", "backup_missing"), ("unknown", "own_expired")]


def test_evidence_of_a_spare_or_a_revoked_device_is_not_told_as_a_proof_of_its_site(place: Any, now: int) -> None:
    sender = place.device("d-00000001", "Sở")
    ingest(place.engine, [sender.report(1)], POLICY, now)
    told = []
    stands: list[dict[str, Any]] = [{"is_spare": True}, {"is_spare": False, "state": "revoked"}, {"state": "active"}]
    for values in stands:
        with writing(place.engine) as connection:
            connection.execute(update(device).values(**values))
            found = make(whole_country(connection), all_sessions(connection)[0], None, now)
        told.append([one.sites for one in found.proofs if one.fact == "line"])
    assert told == [[], [], [1]]


def test_the_country_by_63_and_by_34_comes_to_the_same(body: Body) -> None:
    by_63 = figures.cover(body.sites, lambda one: one.province)
    by_34 = {one.code: one.covered for one in figures.merged(body)}
    assert [covered.whole for covered in by_63.values()] == [covered.whole for covered in by_34.values()]


def test_the_34_provinces_are_made_of_each_of_the_63_once() -> None:
    old = [code for province in provinces_2025() for code in province.merged]
    assert (len(provinces_2025()), len(old), len(set(old))) == (34, 63, 63)
    assert sum(len(province.merged) == 1 for province in provinces_2025()) == 11


def test_what_is_written_reads_back_as_the_same_body_with_the_same_sha256(body: Body) -> None:
    written = body.canonical()
    again = Body.model_validate_json(written)
    assert again == body
    assert sha256(again.canonical()) == sha256(written)


def test_a_repair_counts_the_seats_of_sites_that_nothing_else_holds_back(body: Body) -> None:
    for one in figures.repairs(body):
        assert one.alone.sites <= one.touched.sites
        assert one.alone.seats <= one.touched.seats <= 380


@pytest.mark.parametrize("lang", ["vi", "en"])
def test_every_form_tells_the_figures_of_the_body(body: Body, lang: str, now: int) -> None:
    w, signed = Words(lang, now), Signed(7, sha256(body.canonical()), ("Trần Thị Lan", now))
    document = draw(body, signed, w)
    of_sections = [[list(t.head), *(plain(row, w) for row in t.rows)] for s in document.sections for t in s.tables]
    of_annexes = [[list(one.table.head), *(plain(row, w) for row in one.table.rows)] for one in document.annexes]
    tables = of_sections + of_annexes

    written = docx.Document(BytesIO(BY_NAME["docx"].write(body, signed, w)))
    found = [[[cell.text for cell in row.cells] for row in table.rows] for table in written.tables]
    feet = 1 + len(of_sections)
    assert (found[1:feet], found[feet + 1 :]) == (of_sections, of_annexes)
    told = [paragraph.text for paragraph in written.paragraphs]
    assert set(told) >= {sentence for section in document.sections for sentence in section.sentences}

    pdf = pypdfium2.PdfDocument(BY_NAME["pdf"].write(body, signed, w))
    printed = " ".join(page.get_textpage().get_text_range() for page in pdf)
    wanted = [text for table in tables for row in table for text in row if text and text[0].isdigit()]
    assert set(numbers_of(" ".join(wanted))) <= set(numbers_of(printed))
    assert signed.sha256 in re.sub(r"\s", "", printed)
    assert "Trần Thị Lan" in printed

    parsed = json.loads(BY_NAME["json"].write(body, signed, w))
    assert parsed["figures"]["whole"]["whole"] == {"sites": 3, "schools": 3, "seats": 380}
    assert sha256(Body.model_validate(parsed["body"]).canonical()) == signed.sha256


def test_the_workbook_has_the_same_figures_and_a_row_for_each_site(body: Body, now: int) -> None:
    w, signed = Words("vi", now), Signed(7, sha256(body.canonical()))
    file = BY_NAME["xlsx"].write(body, signed, w)
    book = CalamineWorkbook.from_filelike(BytesIO(file))
    first, *_, annex = (book.get_sheet_by_name(name).to_python() for name in book.sheet_names)
    document = draw(body, signed, w)
    by_role = document.sections[0].tables[0]
    start = next(number for number, row in enumerate(first) if row[0] == by_role.caption)
    for told, row in zip(by_role.rows, first[start + 2 :], strict=False):
        assert row[: len(told)] == [value if isinstance(value, str) else float(value or 0) for value in told]
    assert [row[2] for row in annex[1:]] == [one.name for one in body.sites]
    assert FORMULA in [row[2] for row in annex]
    assert [row[6] for row in annex[1:]] == [one.seats for one in body.sites]


def test_no_text_from_outside_becomes_a_formula_or_a_link(body: Body, now: int) -> None:
    for text in HOSTILE:
        names = dict.fromkeys(("name", "district", "provider", "line", "contact"), text)
        told = {
            "sites": tuple(one._replace(**names) for one in body.sites),
            "interactive": tuple(one._replace(name=text, venue=text) for one in body.interactive),
            "provinces": dict.fromkeys(body.provinces, text),
        }
        bad = body.model_copy(update={**told, "event": text, "session": text})
        signed = Signed(7, bad.sha256, (text, now), (text, now))
        file = BytesIO(BY_NAME["xlsx"].write(bad, signed, Words("vi", now)))
        with ZipFile(file) as archive:
            sheets = [archive.read(name).decode() for name in archive.namelist() if "worksheets/sheet" in name]
            assert not [name for name in archive.namelist() if "rels" in name and "sheet" in name]
        assert len(sheets) == 4
        assert not any(re.search(r"<f[ >/]|hyperlink", sheet) for sheet in sheets)
        file.seek(0)
        book = CalamineWorkbook.from_filelike(file)
        for name in book.sheet_names[2:]:
            assert text in book.get_sheet_by_name(name).to_python()[1]


def test_one_person_proposes_and_another_approves(place: Any, number: int, now: int) -> None:
    with writing(place.engine) as connection:
        statements.propose(connection, kept(connection, number), LAN, now)
        statements.approve(connection, kept(connection, number), MINH, now + 1)
        one = kept(connection, number)
        assert (one.state, one.proposed_by, one.approved_by) == ("approved", "lan", "minh")
        assert whose.signed(connection, one).approved == (MINH.name, now + 1)
        actions = list(connection.execute(select(audit.c.action)).scalars())
    assert actions[-3:] == ["statement made", "statement proposed", "statement approved"]


@pytest.mark.parametrize(
    ("steps", "refusal"),
    [
        (("approve minh",), "not proposed yet"),
        (("propose minh",), "does not propose statements"),
        (("propose lan", "propose lan"), "proposed already"),
        (("propose lan", "approve lan"), "approves no statement"),
        (("propose lan", "approve minh", "approve minh"), "approved already"),
    ],
)
def test_nobody_signs_out_of_turn(place: Any, number: int, now: int, steps: tuple[str, ...], refusal: str) -> None:
    people = {"lan": LAN, "minh": MINH}
    with writing(place.engine) as connection:
        for step in steps[:-1]:
            sign(connection, step, number, people, now)
        with pytest.raises(ProvisioningError) as refused:
            sign(connection, steps[-1], number, people, now)
    assert refusal in refused.value.en


def test_who_proposed_does_not_approve_even_if_the_duty_has_changed_since(place: Any, number: int, now: int) -> None:
    with writing(place.engine) as connection:
        statements.propose(connection, kept(connection, number), LAN, now)
        with pytest.raises(ProvisioningError) as refused:
            statements.approve(connection, kept(connection, number), LAN._replace(duty="ministry"), now)
    assert "another person" in refused.value.en


def test_a_body_changed_in_the_database_is_found_out(place: Any, number: int) -> None:
    with writing(place.engine) as connection:
        changed = kept(connection, number)
        connection.execute(update(statement).values(body=statement.c.body + " "))
        with pytest.raises(ProvisioningError):
            statements.body_of(connection, changed)


def test_a_province_sees_its_own_statements_and_not_the_country_s(place: Any, number: int) -> None:
    with place.engine.connect() as connection:
        assert statements.find(Sight(connection, frozenset({1})), number) is None
        with pytest.raises(ProvisioningError):
            whose.at(Sight(connection, frozenset({1})), place.session_id, "")
        sight, of = whose.at(Sight(connection, frozenset({1})), place.session_id, "01")
    assert (sight.units, of and of.code) == (frozenset({1}), "01")


def test_of_a_statement_only_those_hear_who_see_all_of_what_it_is_of(place: Any, body: Body, now: int) -> None:
    with writing(place.engine) as connection:
        far = {"code": "02", "level": 1, "name": "Tỉnh Hà Giang", "valid_from": "2008-08-01"}
        far_id = connection.execute(insert(unit).values(far).returning(unit.c.id)).scalar_one()
        of_country, own, elsewhere = (
            statements.keep(connection, place.session_id, unit_id, body, "terminal:root", now)
            for unit_id in (None, place.unit_id, far_id)
        )
        changed = scope.place(connection, {statements.KIND: [of_country, own, elsewhere]})
    heard = [changed.seen(seen) for seen in (None, frozenset({place.unit_id}), frozenset({far_id}), frozenset({99}))]
    assert heard == [{"statement": [of_country, own, elsewhere]}, {"statement": [own]}, {"statement": [elsewhere]}, {}]


def sign(connection: Any, step: str, number: int, people: dict[str, Person], now: int) -> None:
    act, login = step.split()
    by = {"propose": statements.propose, "approve": statements.approve}[act]
    by(connection, kept(connection, number), people[login], now)


def test_a_cell_has_a_decimal_where_its_number_has_one() -> None:
    assert plain((24.7, 5539.0, 40068, None, "x"), Words("vi", 0)) == ["24,7", "5.539", "40.068", "", "x"]
