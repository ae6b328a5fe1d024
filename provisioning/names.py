"""A name, a note or a number as a person types it: cleaned, and refused when nobody could read it."""

from __future__ import annotations

import re
from math import nan

from provisioning.errors import ProvisioningError
from provisioning.roster.cells import CellError, clean

# Digits in groups of three, as pages show thousands, in Vietnamese and in English.
_GROUPED = re.compile(r"[1-9]\d{0,2}(?:(?:\.\d{3})+(?:,\d+)?|(?:,\d{3})+(?:\.\d+)?)")


def read_name(text: str, vi: str = "Tên", en: str = "The name") -> str:
    """Return a name of 1 to 200 characters; `vi` and `en` say what it names. Raises ProvisioningError."""
    name = read_note(text, vi, en)
    if not name:
        raise ProvisioningError(f"{vi} đang trống; hãy ghi vào.", f"{en} is empty; write one.")
    return name


def read_note(text: str, vi: str = "Ghi chú", en: str = "The note") -> str:
    """Return a note of at most 200 characters, or nothing. Raises ProvisioningError."""
    try:
        return clean(text)
    except CellError as error:
        raise ProvisioningError(f"{vi} {error.vi}.", f"{en} {error.en}.") from error


def read_number(text: str) -> float:
    """Return a number with decimal comma or point; not a number for what is none, which no range holds.

    Groups of three digits are thousands, as pages show them: "1.585" and "1,585" are more than a thousand.
    """
    number = text.strip().replace(" ", "")
    if _GROUPED.fullmatch(number):
        number = number.replace(next(sign for sign in number if not sign.isdigit()), "")
    try:
        return float(number.replace(",", "."))
    except ValueError:
        return nan
