"""Site ids, device ids and enrolment codes: made at random, printed in groups, read forgivingly.

    K7QF2MX                 a site: 6 letters and a check letter
    K7QF2MX-ABCDE-FGHJK-4   its enrolment code: the site, 10 secret letters (50 bits) and a check letter
    d-7k2m9x4q              a device

The letters are Crockford's base 32 (crockford.com/base32.html): no I, L, O, U. The check letter is a sum over the
field of 32 elements with a different weight at each place, so it catches every single wrong letter and every two
letters swapped; Crockford's own, modulo 37, needs symbols that many keyboards hide.
"""

from __future__ import annotations

import re
import secrets
from typing import NamedTuple

LETTERS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
SITE_LETTERS = 6
SECRET_LETTERS = 10
DEVICE_LETTERS = 8

_VALUES = {letter: value for value, letter in enumerate(LETTERS)}
_READ_AS = str.maketrans({"O": "0", "I": "1", "L": "1"})
_BETWEEN = re.compile(r"[\s\u00ad\u2010-\u2015\u2212_.-]+")  # spaces, and the hyphens that programs put for ours
_POLYNOMIAL = 0b100101  # x^5 + x^2 + 1, primitive: its powers of x give 31 different weights


class IdentifierError(ValueError):
    """The text is no identifier of ours: too short, too long, a strange letter, or mistyped."""


class Code(NamedTuple):
    """An enrolment code: whose it is, and what proves it."""

    site: str
    secret: str

    def printed(self) -> str:
        """Return the code as it stands on a sheet."""
        half = SECRET_LETTERS // 2
        return "-".join((self.site, self.secret[:half], self.secret[half:], check_letter(self.site + self.secret)))


def new_site() -> str:
    """Return a site id; in a country of 40,000 sites one in 27,000 exists already, so look before use."""
    return _with_check(_random(SITE_LETTERS))


def new_code(site: str) -> Code:
    """Return a code for the site."""
    return Code(site, _random(SECRET_LETTERS))


def new_device() -> str:
    """Return a device id."""
    return f"d-{_random(DEVICE_LETTERS).lower()}"


def parse_site(text: str) -> str:
    """Read a site id as typed; raises IdentifierError."""
    return _checked(_letters(text, SITE_LETTERS + 1))


def parse_code(text: str) -> Code:
    """Read an enrolment code as typed; raises IdentifierError before a try is spent on a typing error."""
    letters = _checked(_letters(text, SITE_LETTERS + 1 + SECRET_LETTERS + 1))
    return Code(_checked(letters[: SITE_LETTERS + 1]), letters[SITE_LETTERS + 1 : -1])


def check_letter(letters: str) -> str:
    """Return the letter that makes a mistyping of these letters show."""
    total, weight = 0, 1
    for letter in letters:
        weight = _times(weight, 2)
        total ^= _times(weight, _VALUES[letter])
    return LETTERS[total]


def _random(count: int) -> str:
    return "".join(secrets.choice(LETTERS) for _ in range(count))


def _with_check(letters: str) -> str:
    return letters + check_letter(letters)


def _letters(text: str, count: int) -> str:
    letters = _BETWEEN.sub("", text).upper().translate(_READ_AS)
    if len(letters) != count or not set(letters) <= set(LETTERS):
        raise IdentifierError(f"must be {count} letters and digits")
    return letters


def _checked(letters: str) -> str:
    if check_letter(letters[:-1]) != letters[-1]:
        raise IdentifierError("mistyped: the check letter does not fit")
    return letters


def _times(a: int, b: int) -> int:
    product = 0
    while b:
        if b & 1:
            product ^= a
        a <<= 1
        if a & 0b100000:
            a ^= _POLYNOMIAL
        b >>= 1
    return product
