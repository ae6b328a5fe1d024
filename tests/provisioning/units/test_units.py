from __future__ import annotations

import csv
import unicodedata
from importlib import resources
from types import SimpleNamespace

import pytest
from sqlalchemy import Engine

from provisioning.store.engine import writing
from provisioning.units.build_units import official
from provisioning.units.load import load_units, units_as_of
from provisioning.units.match import UnitIndex

TONES = "\u0300\u0301\u0303\u0309\u0323"


def table(name: str) -> list[dict[str, str]]:
    text = (resources.files("provisioning.units") / name).read_text(encoding="utf-8")
    return list(csv.DictReader(text.splitlines()))


@pytest.fixture(scope="module")
def index() -> UnitIndex:
    rows = table("units_2023.csv")
    return UnitIndex(
        SimpleNamespace(id=row["code"], level=int(row["level"]), name=row["name"], parent_id=row["parent_code"] or None)
        for row in rows
    )


def test_the_country_of_2023_has_63_provinces_and_705_districts_and_loading_again_adds_nothing(engine: Engine):
    with writing(engine) as connection:
        assert load_units(connection) == 63 + 705
        assert load_units(connection) == 0
        rows = units_as_of(connection, "2023-08-15")
        assert units_as_of(connection, "2025-07-01") == []
    by_id = {row.id: row for row in rows}
    names = {(row.code, row.name, by_id[row.parent_id].name) for row in rows if row.level == 2}
    assert ("004", "Quận Long Biên", "Thành phố Hà Nội") in names
    assert ("769", "Thành phố Thủ Đức", "Thành phố Hồ Chí Minh") in names
    assert [row.code for row in rows][:2] == ["01", "02"]


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ("Thành phố Hà Nội", "01"),
        ("ha noi", "01"),
        ("TP. Hồ Chí Minh", "79"),
        ("TPHCM", "79"),
        ("TP HCM", "79"),
        ("Tỉnh Đắk Lắk", "66"),
        ("Đắc Lắc", "66"),
        ("Bà Rịa-Vũng Tàu", "77"),
        ("THỪA THIÊN – HUẾ", "46"),
        ("Hòa Bình", "17"),
        ("Hoà Bình", "17"),
        ("Tỉnh Huế", "46"),
    ],
)
def test_a_province_is_found_as_people_write_it(index: UnitIndex, typed: str, code: str):
    assert index.province(typed).unit_id == code


@pytest.mark.parametrize(
    ("province", "typed", "code"),
    [
        ("79", "Quận 1", "760"),
        ("79", "Q.1", "760"),
        ("79", "q1", "760"),
        ("79", "Quận 01", "760"),
        ("79", "Quận 10", "771"),
        ("79", "TP Thủ Đức", "769"),
        ("54", "tp tuy hoà", "555"),
        ("54", "TP. Tuy Hòa", "555"),
        ("31", "Thuỷ Nguyên", "311"),
        ("31", "Thủy Nguyên", "311"),
        ("38", "Quan Hóa", "385"),
        ("38", "Huyện Quan Hoá", "385"),
        ("42", "TX Kỳ Anh", "449"),
        ("42", "Huyện Kỳ Anh", "447"),
        ("74", "Thị xã Tân Uyên", "723"),  # a city since 2023
    ],
)
def test_a_district_is_found_as_people_write_it(index: UnitIndex, province: str, typed: str, code: str):
    assert index.district(province, typed).unit_id == code


def sounds(word: str) -> tuple[str, str]:
    """Return the letters of a syllable and its tone, wherever that is placed."""
    letters = unicodedata.normalize("NFD", word.casefold())
    return "".join(c for c in letters if c not in TONES), "".join(c for c in letters if c in TONES)


def test_a_syllable_of_the_units_names_is_spelled_in_one_way() -> None:
    spelled: dict[tuple[str, str], set[str]] = {}
    for row in (*table("units_2023.csv"), *table("provinces_2025.csv")):
        for word in row["name"].casefold().split():
            spelled.setdefault(sounds(word), set()).add(word)
    assert [words for words in spelled.values() if len(words) > 1] == []


@pytest.mark.parametrize(
    ("source", "name"),
    [
        ("Tỉnh Hoà  Bình", "Tỉnh Hòa Bình"),
        ("Thành Phố Tuy Hoà", "Thành phố Tuy Hòa"),
        ("Huyện Thuỷ Nguyên", "Huyện Thủy Nguyên"),
        ("Huyện Kiến Thuỵ", "Huyện Kiến Thụy"),
        ("Quận Hoàn Kiếm", "Quận Hoàn Kiếm"),  # a letter follows: the tone stays on the second vowel
        ("Huyện Quỳnh Phụ", "Huyện Quỳnh Phụ"),
        ("Huyện Quỳ Hợp", "Huyện Quỳ Hợp"),  # qu is one consonant
        ("Thị xã Hòa Thành", "Thị xã Hòa Thành"),
    ],
)
def test_the_tone_of_two_vowels_at_the_end_is_on_the_first(source: str, name: str) -> None:
    assert official(source) == name


def test_a_name_that_two_districts_share_is_not_guessed(index: UnitIndex):
    found = index.district("42", "Kỳ Anh")
    assert found.unit_id is None
    assert set(found.suggestions) == {"Huyện Kỳ Anh", "Thị xã Kỳ Anh"}


@pytest.mark.parametrize(("typed", "meant"), [("Hà Gian", "Tỉnh Hà Giang"), ("Ninh Bìn", "Tỉnh Ninh Bình")])
def test_a_mistyped_name_is_answered_with_the_nearest(index: UnitIndex, typed: str, meant: str):
    found = index.province(typed)
    assert found.unit_id is None
    assert meant in found.suggestions


@pytest.mark.parametrize("typed", ["", "?", "Atlantis", "Quận", "1"])
def test_nonsense_finds_nothing(index: UnitIndex, typed: str):
    assert index.province(typed).unit_id is None
