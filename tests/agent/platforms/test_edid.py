"""What a screen says of itself is read, whatever it says; and nothing in a recording tells whose it is."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.platforms.edid import Edid, EdidError, anonymous, parse

SIZES = ((3840, 2160, 122, 69), (1366, 768, 31, 17), (1280, 800, 0, 0), (4095, 4095, 255, 255))


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize(("told", "has_sound"), [(True, True), (False, False), (None, False)])
def test_size_and_sound_are_read(edid, size, told, has_sound):
    assert parse(edid(*size, told)) == Edid(*size, has_sound)


@given(st.binary(max_size=400))
def test_anything_else_is_refused_in_one_way(content):
    with pytest.raises(EdidError):
        parse(content)


@given(st.data())
def test_a_cut_or_changed_edid_is_read_or_refused(edid, data):
    whole = edid(1920, 1080, 53, 30, True)
    changed = bytearray(whole[: data.draw(st.integers(0, len(whole)))])
    if changed:
        changed[data.draw(st.integers(0, len(changed) - 1))] = data.draw(st.integers(0, 255))
    try:
        assert isinstance(parse(bytes(changed)), Edid)
    except EdidError:
        assert bytes(changed) != whole


def test_a_damaged_extension_is_not_believed(edid):
    damaged = bytearray(edid(1920, 1080, 53, 30, True))
    damaged[200] ^= 1
    assert parse(bytes(damaged)).has_sound is False


@pytest.mark.parametrize("size", SIZES)
def test_without_serial_number_and_name_it_says_the_same(edid, size):
    whole = edid(*size, True)
    clean = anonymous(whole)
    assert parse(clean) == parse(whole)
    for personal in (b"TV co Lan", (0x5EC12E7).to_bytes(4, "little")):
        assert personal in whole
        assert personal not in clean


@given(st.binary(max_size=400))
def test_what_is_no_edid_gives_nothing_away(content):
    assert anonymous(content) == b""
