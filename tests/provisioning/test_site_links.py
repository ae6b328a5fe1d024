from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import insert

from provisioning import site_links
from provisioning.errors import ProvisioningError
from provisioning.identifiers import LETTERS
from provisioning.store.engine import writing
from provisioning.store.tables import site, unit

KEY = b"k" * 32
CODES = ("K7QF2MX", "AAAAAAA")


@pytest.fixture
def connection(engine):
    with writing(engine) as opened:
        unit_id = opened.execute(
            insert(unit).values(code="01", level=1, name="Hà Nội", valid_from="2023-01-01").returning(unit.c.id)
        ).scalar_one()
        for code in CODES:
            opened.execute(insert(site).values(code=code, name=code, unit_id=unit_id, created_at=0))
        yield opened


def test_a_link_opens_its_own_site(connection):
    for code in CODES:
        assert site_links.site_of(connection, KEY, site_links.token(KEY, code, 0)) == code


def test_no_change_of_one_letter_opens_anything(connection):
    right = site_links.token(KEY, CODES[0], 0)
    for place, was in enumerate(right):
        for letter in LETTERS.replace(was, "")[:4] + "-é":
            if letter != was:
                assert site_links.site_of(connection, KEY, right[:place] + letter + right[place + 1 :]) is None


def test_the_proof_of_one_site_does_not_open_another(connection):
    _, _, proof = site_links.token(KEY, CODES[0], 0).partition("-")
    assert site_links.site_of(connection, KEY, f"{CODES[1]}-{proof}") is None


@pytest.mark.parametrize("text", ["", "-", CODES[0], CODES[0] + "-", "ZZZZZZZ-" + "0" * 26])
def test_what_is_no_link_opens_nothing(connection, text):
    assert site_links.site_of(connection, KEY, text) is None


def test_another_key_makes_other_links(connection):
    assert site_links.site_of(connection, KEY, site_links.token(b"x" * 32, CODES[0], 0)) is None


def test_a_renewed_link_ends_the_one_before_and_no_other(connection):
    old, other = (site_links.token(KEY, code, 0) for code in CODES)
    generation = site_links.renew(connection, CODES[0], "noc", 1)
    assert site_links.site_of(connection, KEY, old) is None
    assert site_links.site_of(connection, KEY, site_links.token(KEY, CODES[0], generation)) == CODES[0]
    assert site_links.site_of(connection, KEY, other) == CODES[1]


def test_an_unknown_site_has_no_link_to_renew(connection):
    with pytest.raises(ProvisioningError, match="ZZZZZZZ"):
        site_links.renew(connection, "ZZZZZZZ", "noc", 1)


@given(st.binary(min_size=16, max_size=64), st.integers(0, 1000))
def test_a_link_is_made_of_letters_that_can_be_read_aloud(key, generation):
    code, _, proof = site_links.token(key, "K7QF2MX", generation).partition("-")
    assert code == "K7QF2MX"
    assert len(proof) == 26
    assert set(proof) <= set(LETTERS)
