"""Sites, schools and seats of a whole country: the same in every view, every file, both structures, and each part."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from collections.abc import Callable, Iterable, Iterator
from io import BytesIO
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import docx
import pypdfium2
import pytest
from python_calamine import CalamineWorkbook
from starlette.testclient import TestClient

from collector.dashboard.app import build_app
from collector.dashboard.words import Words
from collector.statement import figures, whose
from collector.statement.body import Body
from collector.statement.document import Signed, plain
from collector.statement.draw import draw
from collector.statement.figures import Coverage, Covered
from collector.statement.forms import BY_NAME
from collector.statement.make import make
from collector.store.queries.sessions import all_sessions
from collector.store.scope import country
from contract.reasons import LEVELS
from provisioning import people
from provisioning.settings import Settings
from provisioning.store.engine import open_engine, writing
from tests.collector.statement.filled import fill

NOW = 1_692_061_200_000_000  # 2023-08-15 01:00 UTC
PASSWORD = "mat-khau-dai"
SESSIONS = pytest.mark.parametrize("number", [1, 2])
Made = Callable[[int, str], Body]


@pytest.fixture(scope="module")
def engine(migrated_sqlite: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    path = tmp_path_factory.mktemp("country") / "diemcau.db"
    shutil.copy(migrated_sqlite, path)
    opened = open_engine(f"sqlite:///{path}")
    with writing(opened) as connection:
        fill(connection, NOW)
    yield opened
    opened.dispose()


@pytest.fixture(scope="module")
def browser(engine: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    with writing(engine) as connection:
        people.add_person(connection, "ministry", "Minh", PASSWORD, "ministry", (), "test", NOW)
    app = build_app(engine, Settings(home=tmp_path_factory.mktemp("home")), now=lambda: NOW)
    with TestClient(app, base_url="https://testserver", follow_redirects=False) as client:
        assert client.post("/login", data={"login": "ministry", "password": PASSWORD}).status_code == 303
        yield client


@pytest.fixture(scope="module")
def made(engine: Any) -> Made:
    """A function that makes the statement of a session, of the country or of a province."""

    def of(number: int, code: str = "") -> Body:
        with engine.connect() as connection:
            session = next(one for one in all_sessions(connection) if one.id == number)
            sight, place = whose.at(country(connection), session.id, code)
            return make(sight, session, place, NOW)

    return of


def total(parts: Iterable[Coverage]) -> Coverage:
    return Coverage(*(sum(kind) for kind in zip(*parts, strict=True)))


def numbers(page: str, label: str) -> list[int]:
    """Return the counts below a heading of a page."""
    (found,) = re.findall(rf'<nav aria-label="{label}">.*?</nav>', page, re.DOTALL)
    return [int(text.replace(".", "")) for text in re.findall(r"<b>([\d.]+)</b>", found)]


def by_level(covered: Covered) -> dict[str, int]:
    return {level: getattr(covered, level).sites for level in LEVELS}


@SESSIONS
def test_pages_and_programs_count_the_sites_of_the_statement(browser: TestClient, made: Made, number: int) -> None:
    body = made(number, "")
    whole, by_province = figures.whole(body.sites), figures.cover(body.sites, lambda site: site.province)
    assert min(by_level(whole).values()) > 0
    for address, label in (("/", "Theo mức"), ("/sites", "Theo mức")):
        told = numbers(browser.get(f"{address}?session={number}").text, label)
        assert told == [by_level(whole)[level] for level in reversed(LEVELS)]
    summary = browser.get(f"/api/v1/summary?session={number}").json()
    assert (summary["sites"], summary["levels"]) == (whole.whole.sites, by_level(whole))
    units = browser.get(f"/api/v1/units?session={number}").json()["items"]
    assert {one["code"]: one["levels"] for one in units if one["sites"]} == {
        province: by_level(covered) for province, covered in by_province.items()
    }
    pages = (browser.get(f"/units?session={number}&kind=provinces&page={page}").text for page in (1, 2))
    row = re.compile(r'scope="row"><a href="/units/(\d\d)\?.*?data-label="Điểm cầu">.*?>([\d.]+)<', re.DOTALL)
    assert {code: int(told) for page in pages for code, told in row.findall(page) if told != "0"} == {
        province: covered.whole.sites for province, covered in by_province.items()
    }


@SESSIONS
def test_its_page_tells_the_same(browser: TestClient, made: Made, number: int) -> None:
    whole = figures.whole(made(number, "").sites)
    send = {"headers": {"Sec-Fetch-Site": "same-origin"}}
    at = browser.post(f"/statements?session={number}", **send).headers["location"]
    rows = re.findall(r"<tr><td>Tổng</td>(.*?)</tr>", browser.get(at).text)
    wanted = plain(whole.whole, Words("vi", NOW))
    assert [re.findall(r">([\d.]+)<", row)[-3:] for row in rows] == [wanted] * 3


@SESSIONS
def test_lists_and_their_workbook_hold_the_schools_and_seats_of_the_statement(
    browser: TestClient, made: Made, number: int
) -> None:
    body = made(number, "")
    wanted = {one.code: (one.level, one.schools, one.seats) for one in body.sites}
    listed = browser.get(f"/api/v1/sites?session={number}&limit=1000").json()["items"]
    assert {one["code"]: (one["level"], one["schools"], one["seats"] or 0) for one in listed} == wanted
    book = CalamineWorkbook.from_filelike(BytesIO(browser.get(f"/sites.xlsx?session={number}").content))
    head, *rows = book.get_sheet_by_index(0).to_python()
    at = {name: head.index(name) for name in ("Mã", "Mức", "Số trường", "Số chỗ")}
    w = Words("vi", NOW)
    exported = {row[at["Mã"]]: tuple(row[at[name]] or 0 for name in ("Mức", "Số trường", "Số chỗ")) for row in rows}
    assert exported == {code: (w.level(level), schools, seats) for code, (level, schools, seats) in wanted.items()}


@SESSIONS
def test_63_provinces_34_provinces_and_roles_come_to_the_country(made: Made, number: int) -> None:
    body = made(number, "")
    whole = figures.whole(body.sites)
    assert whole.whole == Coverage(
        len(body.sites), sum(one.schools for one in body.sites), sum(one.seats for one in body.sites)
    )
    assert any(one.schools == 5 and one.seats for one in body.sites)  # a shared venue: its seats are there once
    for key in (lambda site: site.province, lambda site: site.role, lambda site: (site.province, site.role)):
        parts = figures.cover(body.sites, key).values()
        assert Covered(*(total(levels) for levels in zip(*parts, strict=True))) == whole
    merged = [one.covered for one in figures.merged(body)]
    assert Covered(*(total(levels) for levels in zip(*merged, strict=True))) == whole
    assert (len(figures.cover(body.sites, lambda site: site.province)), len(merged)) == (63, 34)


def test_each_provinces_own_statement_tells_its_row_in_the_countrys(made: Made) -> None:
    for number in (1, 2):
        body = made(number, "")
        rows = figures.cover(body.sites, lambda site: site.province)
        for province, covered in list(rows.items())[number - 1 :: 2]:  # one makes half of them, to be quick
            own = made(number, province)
            assert figures.whole(own.sites) == covered
            wanted = {one.site for one in body.interactive if one.province == province}
            assert {one.site for one in own.interactive} == wanted


@SESSIONS
def test_every_file_tells_the_totals_of_the_statement(made: Made, number: int) -> None:
    body = made(number, "")
    w, signed = Words("vi", NOW), Signed(1, body.sha256)
    whole = figures.whole(body.sites)
    document = draw(body, signed, w)
    sums = [table.rows[-1][-3:] for table in _all_tables(document) if table.has_sum]
    assert sums == [whole.whole] * 3  # by role, by the 63, by the 34

    told = json.loads(BY_NAME["json"].write(body, signed, w))["figures"]
    assert Coverage(**told["whole"]["whole"]) == whole.whole
    for parts in ("by_province", "by_province_2025"):
        assert total(Coverage(**one["whole"]) for one in told[parts]) == whole.whole

    written = docx.Document(BytesIO(BY_NAME["docx"].write(body, signed, w)))
    last = [[cell.text for cell in table.rows[-1].cells] for table in written.tables]
    assert [row[-3:] for row in last if row[0] == "Tổng"] == [plain(whole.whole, w)] * 3

    pdf = pypdfium2.PdfDocument(BY_NAME["pdf"].write(body, signed, w))
    printed = " ".join(" ".join(page.get_textpage().get_text_range() for page in pdf).split())
    assert len(re.findall(rf"Tổng [\d. ]+ {re.escape(' '.join(plain(whole.whole, w)))}", printed)) == 3

    first, _, left, annex = _sheets(BY_NAME["xlsx"].write(body, signed, w))
    assert [[one for one in row if one != ""][-3:] for row in first if row[0] == "Tổng"] == [list(whole.whole)] * 3
    assert len(left) - 1 == sum(one.is_open for one in body.sites)
    seats, schools = (annex[0].index(name) for name in ("Số chỗ", "Trường"))
    counted = len(annex) - 1, sum(row[schools] for row in annex[1:]), sum(row[seats] for row in annex[1:])
    assert counted == whole.whole


def test_libreoffice_opens_the_docx_and_reads_the_figures_of_the_json(made: Made, tmp_path: Path) -> None:
    if shutil.which("soffice") is None:
        pytest.fail("LibreOffice opens the statement here: install libreoffice-writer-nogui")
    body = made(1, "")
    w, signed = Words("vi", NOW), Signed(1, body.sha256)
    (tmp_path / "statement.docx").write_bytes(BY_NAME["docx"].write(body, signed, w))
    own = f"-env:UserInstallation=file://{tmp_path}/office"
    convert = ("soffice", own, "--headless", "--convert-to", "fodt", "--outdir", tmp_path, tmp_path / "statement.docx")
    subprocess.run(convert, check=True, capture_output=True, timeout=300)
    read = _tables_of(tmp_path / "statement.fodt")
    for table in _all_tables(draw(body, signed, w)):
        assert [_letters(table.head), *(_letters(plain(row, w)) for row in table.rows)] in read
    told = json.loads(BY_NAME["json"].write(body, signed, w))["figures"]["by_province_2025"]
    rows = [row for table in read for row in table]
    for one in told:
        wanted = _letters([one["name"], *plain(Coverage(**one["whole"]), w)])
        assert any([row[0], *row[-3:]] == wanted for row in rows)


def _tables_of(file: Path) -> list[list[list[str]]]:
    """Return the texts of a flat OpenDocument's tables, without what is between words."""
    table, row, cell = (
        f"{{urn:oasis:names:tc:opendocument:xmlns:table:1.0}}table{end}" for end in ("", "-row", "-cell")
    )
    return [
        [_letters("".join(one.itertext()) for one in line.iter(cell)) for line in found.iter(row)]
        for found in ElementTree.parse(file).iter(table)
    ]


def _letters(texts: Iterable[str]) -> list[str]:
    return ["".join(text.split()) for text in texts]


def _all_tables(document: Any) -> list[Any]:
    return [table for section in document.sections for table in section.tables] + [
        annex.table for annex in document.annexes
    ]


def _sheets(file: bytes) -> list[list[list[Any]]]:
    book = CalamineWorkbook.from_filelike(BytesIO(file))
    return [book.get_sheet_by_name(name).to_python() for name in book.sheet_names]
