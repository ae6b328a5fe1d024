"""A name, a note or a number as a person types it: cleaned, and refused when nobody could read it."""

from __future__ import annotations

from math import nan

from provisioning.errors import ProvisioningError
from provisioning.roster.cells import CellError, clean


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
    """Return a number with decimal comma or point; not a number for what is none, which no range holds."""
    try:
        return float(text.strip().replace(" ", "").replace(",", "."))
    except ValueError:
        return nan
