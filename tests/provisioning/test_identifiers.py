from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from provisioning import identifiers
from provisioning.identifiers import LETTERS, Code, IdentifierError, parse_code, parse_site

letters = st.sampled_from(LETTERS)
secrets = st.text(letters, min_size=10, max_size=10)
sites = st.text(letters, min_size=6, max_size=6).map(lambda text: text + identifiers.check_letter(text))
codes = st.builds(Code, sites, secrets)


@given(codes)
def test_a_printed_code_reads_as_itself(code: Code):
    assert parse_code(code.printed()) == code


@given(codes, st.data())
def test_every_single_wrong_letter_is_caught(code: Code, data: st.DataObject):
    printed = code.printed().replace("-", "")
    place = data.draw(st.integers(0, len(printed) - 1))
    wrong = data.draw(letters.filter(lambda letter: letter != printed[place]))
    with pytest.raises(IdentifierError):
        parse_code(printed[:place] + wrong + printed[place + 1 :])


@given(codes, st.data())
def test_any_two_different_letters_swapped_are_caught(code: Code, data: st.DataObject):
    printed = list(code.printed().replace("-", ""))
    one, other = data.draw(st.tuples(st.integers(0, 17), st.integers(0, 17)))
    if printed[one] == printed[other]:
        return
    # The last letter is the sum itself, with weight 1, which no other place has.
    printed[one], printed[other] = printed[other], printed[one]
    with pytest.raises(IdentifierError):
        parse_code("".join(printed))


@pytest.mark.parametrize("between", ["", " ", "-", " - ", "\u2013", "\u00a0", "\t"])
def test_case_spaces_hyphens_and_letters_that_look_alike_do_not_matter(between: str):
    code = Code("00110A" + identifiers.check_letter("00110A"), "0123401234")
    typed = between.join(code.printed().replace("-", "")).lower().replace("0", "o", 2).replace("1", "l", 1)
    assert parse_code(f" {typed.replace('1', 'I', 1)} ") == code


@pytest.mark.parametrize(
    "typed", ["", "K7QF2MX", "U" * 18, "0" * 17, "0" * 19, "00000*" + "0" * 12, "é" * 18, "٠" * 18]
)
def test_what_is_no_code_is_refused(typed: str):
    with pytest.raises(IdentifierError):
        parse_code(typed)


def test_site_ids_and_device_ids_have_their_form_and_differ():
    made = {identifiers.new_site() for _ in range(200)}
    assert {parse_site(site.lower()) for site in made} == made
    assert len(made) > 190
    devices = {identifiers.new_device() for _ in range(200)}
    assert len(devices) == 200
    assert all(len(name) == 10 and name.startswith("d-") and name == name.lower() for name in devices)
