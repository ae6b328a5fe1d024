from __future__ import annotations

import unicodedata

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from provisioning.roster.cells import guard
from provisioning.roster.columns import COLUMNS
from provisioning.roster.read import read

SECOND = {"site_key": "HG-02", "school_code": "0207002", "line_code": "HGG-0002"}


@pytest.mark.parametrize("separator", [",", ";", "\t"])
@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
def test_a_roster_is_read_with_each_separator_and_with_or_without_byte_order_mark(csv_of, separator, mark):
    roster = read(mark + csv_of({}, SECOND, separator=separator))
    assert roster.problems == ()
    assert [(row.number, row.values["site_key"]) for row in roster.rows] == [(2, "HG-01"), (3, "HG-02")]
    values = roster.rows[0].values
    assert (values["staff"], values["role"], values["medium"], values["paid_by"]) == (80, "view", "mytv", "department")


def test_english_headings_and_their_vietnamese_without_diacritics_are_understood(csv_of):
    english = {column.field: column.synonyms[-1] for column in COLUMNS}
    assert read(csv_of({}, headings=english)).problems == ()
    plain = {
        column.field: "".join(c for c in unicodedata.normalize("NFD", column.heading) if not unicodedata.combining(c))
        for column in COLUMNS
    }
    assert read(csv_of({}, headings=plain)).problems == ()


def test_text_comes_out_in_nfc_without_spaces_that_nobody_sees(csv_of):
    typed = unicodedata.normalize("NFD", "\u200b  Trường\u00a0 THPT\ufeff ")
    assert read(csv_of({"site_name": typed})).rows[0].values["site_name"] == "Trường THPT"


@pytest.mark.parametrize(
    ("cell", "column"),
    [
        ({"site_name": "Trường\u202eABC"}, "Tên điểm cầu"),
        ({"site_name": "a\x07b"}, "Tên điểm cầu"),
        ({"site_name": "=HYPERLINK(1)"}, "Tên điểm cầu"),
        ({"address": "dòng 1\ndòng 2"}, "Địa chỉ"),
        ({"address": "x" * 201}, "Địa chỉ"),
        ({"school_code": "2,07E+09"}, "Mã trường"),
        ({"staff": "nhiều"}, "Số cán bộ giáo viên"),
        ({"staff": "-1"}, "Số cán bộ giáo viên"),
        ({"staff": "٣"}, "Số cán bộ giáo viên"),
        ({"role": "khách"}, "Vai trò"),
        ({"medium": "radio"}, "Phương thức"),
        ({"download_mbps": "0"}, "Gói tải xuống (Mbit/s)"),
        ({"upload_mbps": "nhanh"}, "Gói tải lên (Mbit/s)"),
        ({"line_kind": "dây điện"}, "Loại đường truyền"),
        ({"consented_mb": "0"}, "Cho đo qua 4G (MB mỗi lần)"),
        ({"consented_mb": "có"}, "Cho đo qua 4G (MB mỗi lần)"),
        ({"paid_by": "ai đó"}, "Bên trả tiền"),
        ({"contact_phone": "gọi sau"}, "Điện thoại"),
        ({"site_key": ""}, "Mã điểm cầu"),
    ],
)
def test_a_bad_cell_is_told_with_its_row_and_column_and_the_others_are_still_looked_at(csv_of, cell, column):
    roster = read(csv_of({}, SECOND | cell, {"site_key": "HG-03", "seats": "x"}))
    assert [(problem.row, problem.column) for problem in roster.problems] == [(3, column), (4, "Số chỗ")]


@pytest.mark.parametrize(
    ("cell", "value"),
    [
        ({"staff": "1.200"}, 1200),
        ({"staff": "1 200"}, 1200),
        ({"upload_mbps": "1,5"}, 1.5),
        ({"line_kind": "4g"}, "mobile"),
        ({"line_kind": "FTTH"}, "fibre"),
        ({"consented_mb": "20 MB"}, 20),
        ({"contact_phone": "912345678"}, "0912345678"),
        ({"contact_phone": "+84 912.345.678"}, "+84912345678"),
        ({"role": "TƯƠNG TÁC"}, "interactive"),
        ({"medium": "Phong hop"}, "room"),
        ({"site_name": "'=1+1"}, "=1+1"),
    ],
)
def test_what_spreadsheets_do_to_cells_is_undone(csv_of, cell, value):
    roster = read(csv_of(cell))
    assert roster.problems == ()
    assert roster.rows[0].values[next(iter(cell))] == value


@pytest.mark.parametrize(
    "content",
    [b"", b"\xff\xfea\x00", b"PK\x03\x04", "Tên".encode("cp1258", "replace") + b"\xff", b"a,b\n1,2\n"],
)
def test_what_is_no_roster_is_refused_with_a_problem_in_its_first_row(content):
    roster = read(content)
    assert roster.rows == ()
    assert {problem.row for problem in roster.problems} == {1}


def test_missing_doubled_and_unknown_headings_are_told(csv_of):
    roster = read(csv_of({}, headings={"site_name": "Tỉnh", "seats": "Chiều cao"}))
    told = [(problem.column, problem.en) for problem in roster.problems]
    assert told == [
        ("Tên điểm cầu", "this column is missing"),
        ("Tỉnh/Thành phố", "this column stands twice"),
        ("Chiều cao", "this heading is not known"),
    ]


def test_a_forgotten_quotation_mark_does_not_swallow_rows_in_silence(csv_of):
    rows = [{"site_key": f"HG-{i:02}", "address": f"số {i}"} for i in range(6)]
    content = csv_of(*rows).replace("số 1".encode(), '"số 1'.encode()).replace("số 3".encode(), 'số 3"'.encode())
    roster = read(content)
    assert any(problem.row == 3 for problem in roster.problems)
    assert {"HG-00", "HG-04", "HG-05"} <= {row.values["site_key"] for row in roster.rows}


cells = st.one_of(
    st.text(max_size=12), st.sampled_from(["", " ", "'", "=1", "@x", "-5", "1e5", "\x00", "\u202e", "99"])
)


@given(st.data())
def test_no_row_vanishes_whatever_its_cells_hold(csv_of, data):
    names = [column.field for column in COLUMNS]
    changes = st.dictionaries(st.sampled_from(names), cells, max_size=5)
    rows = [{"site_key": f"K{i}"} | data.draw(changes) for i in range(data.draw(st.integers(1, 5)))]
    roster = read(csv_of(*rows))
    wrong = {problem.row for problem in roster.problems}
    accepted = {row.number for row in roster.rows} - wrong
    assert roster.rows_read == len(rows)
    assert accepted | wrong == set(range(2, 2 + len(rows)))


@given(st.binary(max_size=50), st.integers(0))
def test_a_file_damaged_anywhere_has_a_problem_or_still_has_all_its_rows(csv_of, noise, place):
    content = csv_of({}, SECOND, {"site_key": "HG-03"})
    place %= len(content)
    roster = read(content[:place] + noise + content[place:])
    wrong = {problem.row for problem in roster.problems}
    if not wrong:
        assert len(roster.rows) == roster.rows_read >= 3
    elif 1 not in wrong:
        assert len({row.number for row in roster.rows} | wrong) == roster.rows_read


@given(st.text(st.characters(exclude_categories=["C", "Z"]), min_size=1, max_size=20))
@example("=1+1")
@example("'=1+1")
@example("''@x")
def test_a_guarded_text_reads_as_itself_and_is_no_formula(csv_of, text):
    text = unicodedata.normalize("NFC", text)
    guarded = guard(text)
    assert guarded[0] not in "=+-@"
    assert read(csv_of({"site_name": guarded})).rows[0].values["site_name"] == text
