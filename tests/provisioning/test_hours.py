"""Hours are read as people write them, written in one form, and refused in words."""

from __future__ import annotations

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from provisioning import hours
from provisioning.hours import DAY_MIN, DAYS_EN, Hours, HoursError, Span


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("T2-T6 07:00-17:00; T7 07:00-11:30", "T2-T6 07:00-17:00; T7 07:00-11:30"),
        ("Mon-Fri 07:00-17:00; Sat 07:00-11:30", "T2-T6 07:00-17:00; T7 07:00-11:30"),
        ("thứ 2 - thứ 6, chủ nhật 7h–11h30, 13h – 17h;", "T2-T6 07:00-11:30, 13:00-17:00; CN 07:00-11:30, 13:00-17:00"),
        ("T2,T4 7:00-8:00", "T2 07:00-08:00; T4 07:00-08:00"),
        ("Thu 7:00-8:00", "T5 07:00-08:00"),  # Thursday, not "thứ"
        ("monday 13h-17h; Mon 7h-11h", "T2 07:00-11:00, 13:00-17:00"),
        ("Thứ hai - thứ sáu: 7h-17h; Thứ bảy 7h-11h30", "T2-T6 07:00-17:00; T7 07:00-11:30"),
        ("CN 20:00-02:00", "CN 20:00-02:00"),
        ("T2-CN 00:00-24:00", "T2-CN 00:00-24:00"),
        ("T7 18:00-00:00", "T7 18:00-24:00"),
    ],
)
def test_hours_are_read_in_both_languages_and_written_in_one_form(text: str, written: str) -> None:
    assert hours.write(hours.read(text)) == written


def test_a_span_that_ends_before_it_starts_ends_on_the_next_day() -> None:
    assert hours.read("CN 20:00-02:00").week[6] == (Span(20 * 60, DAY_MIN + 2 * 60),)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "tells no hours"),
        (" ; ", "tells no hours"),
        ("07:00-17:00", '"07:00-17:00" is not understood'),
        ("T2", '"t2" is not understood'),
        ("T8 07:00-17:00", '"t8" is not understood'),
        ("T6-T2 07:00-17:00", '"t6-t2" is not understood'),
        ("T2-T3-T4 07:00-17:00", '"t2-t3-t4" is not understood'),
        ("T2 7-17", '"t2 7-17" is not understood'),
        ("T2 07:00", '"07:00" is not understood'),
        ("T2 07:00-07:00", '"07:00-07:00" is not understood'),
        ("T2 24:00-07:00", '"24:00-07:00" is not understood'),
        ("T2 07:60-08:00", '"07:60" is not understood'),
        ("T2 07:00-24:01", '"24:01" is not understood'),
        ("T2-T6 07:00-17:00; T3 16:00-18:00", "Tue has two spans that overlap"),
        ("T2-CN " + ", ".join(f"{hour}h-{hour}h30" for hour in range(24)), "has too many spans"),
    ],
)
def test_what_tells_no_hours_is_refused_with_an_example_of_what_does(text: str, said: str) -> None:
    with pytest.raises(HoursError) as refusal:
        hours.read(text)
    assert said in refusal.value.en
    if "not understood" in said:
        assert "Mon-Fri 07:00-17:00" in refusal.value.en
        assert "T2-T6 07:00-17:00" in refusal.value.vi


@st.composite
def days(draw: st.DrawFn) -> tuple[Span, ...]:
    """Spans of one day, apart from each other; the last may end on the next day."""
    marks = sorted(draw(st.sets(st.integers(0, DAY_MIN - 1), max_size=4)))
    spans = [Span(start, end) for start, end in zip(marks[::2], marks[1::2], strict=False)]
    if len(marks) % 2:
        spans.append(Span(marks[-1], marks[-1] + draw(st.integers(1, DAY_MIN - 1))))
    return tuple(spans)


@given(st.lists(days(), min_size=7, max_size=7).filter(any))
def test_what_was_written_reads_as_the_same_in_both_languages(week: list[tuple[Span, ...]]) -> None:
    held = Hours(tuple(week))
    assume(len(hours.write(held)) <= hours.MOST_TEXT)
    assert hours.read(hours.write(held)) == held
    assert hours.read(hours.write(held, DAYS_EN)) == held


_WORDS = (
    "T2",
    "T7",
    "CN",
    "Mon",
    "Sun",
    "Thứ 2",
    "-",
    "–",
    ",",
    ";",
    " ",
    "7",
    "07:00",
    "24:00",
    "h",
    "7h30",
    "²",
    "٧",
)


@given(st.one_of(st.text(max_size=80), st.lists(st.sampled_from(_WORDS), max_size=12).map("".join)))
def test_any_text_is_read_so_that_it_can_be_written_or_is_refused(text: str) -> None:
    try:
        held = hours.read(text)
    except HoursError:
        return
    assert hours.read(hours.write(held)) == held
