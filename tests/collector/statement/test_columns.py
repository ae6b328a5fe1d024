"""How wide columns are set: all the room, no word torn where there is room for it, and long texts get what is left."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from collector.dashboard.words import Words
from collector.statement.columns import widths_mm
from collector.statement.document import Table

W = Words("vi", 0)
WORDS = st.text("aAbB1ơễ ", max_size=60)


@given(st.integers(1, 9).flatmap(lambda n: st.tuples(st.just(n), st.lists(st.lists(WORDS, min_size=n, max_size=n)))))
def test_the_columns_of_any_table_take_all_the_room_and_each_takes_some(made: tuple[int, list[list[str]]]) -> None:
    columns, rows = made
    table = Table("", tuple(f"Cột {n}" for n in range(columns)), tuple(map(tuple, rows)))
    widths = widths_mm(table, W, 165, 1.6, 2)
    assert abs(sum(widths) - 165) < 1e-6
    assert min(widths) > 0


def test_no_word_is_torn_and_the_long_text_gets_what_is_left() -> None:
    long = "Tốc độ tải xuống 2,16 Mbit/s, cần ít nhất 7,5 Mbit/s; Hình và tiếng: chưa được kiểm tra"
    table = Table(
        "", ("Mã", "Mức", "Lý do", "Số chỗ"), (("PTANMJ8", "Chưa đạt", long, 107), ("ABCDEF2", "Đạt", "", 1040))
    )
    code, level, reason, seats = widths_mm(table, W, 100, 1.6, 2)
    assert code >= 1.6 * len("PTANMJ8") + 2
    assert level >= 1.6 * len("Chưa đạt") + 2
    assert seats < level < reason


def test_a_word_longer_than_a_page_takes_no_more_than_others_leave() -> None:
    table = Table("", ("Điểm cầu", "Mức"), (("x" * 40_000, "Đạt"),))
    name, level = widths_mm(table, W, 165, 1.6, 2)
    assert name > level > 1.6 * len("Đạt")
