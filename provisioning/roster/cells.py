"""What a cell of a roster may hold: each reader takes the cleaned text and returns the value, or raises CellError."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping

from contract.fields import is_clean
from provisioning import hours
from provisioning.store.folding import fold

MAX_TEXT = 200
_INVISIBLE = re.compile("[\u00ad\u200b\u200c\u200d\u2060\ufeff]")  # left by web pages and word processors: harmless
_GUARDED = re.compile(r"'+[=+\-@\t\r]")
_TO_GUARD = re.compile(r"'*[=+\-@\t\r]")
_SCIENTIFIC = re.compile(r"\d+([.,]\d+)?[eE]\+?\d+")
_GROUPED = re.compile(r"\d{1,3}([. ,]\d{3})+")


class CellError(ValueError):
    """The cell cannot be used; both texts say why."""

    def __init__(self, vi: str, en: str) -> None:
        super().__init__(en)
        self.vi = vi
        self.en = en


def clean(raw: str) -> str:
    """Return the text in NFC with single spaces, without the guard that `guard` puts; raises CellError."""
    if "\n" in raw or "\r" in raw:
        # Also how a forgotten quotation mark shows, which would otherwise swallow the rows that follow.
        raise CellError("có xuống dòng trong ô; hãy viết trên một dòng", "has a line break; write it on one line")
    guarded = _GUARDED.match(raw.strip()) is not None
    text = " ".join(_INVISIBLE.sub("", unicodedata.normalize("NFC", raw)).split())
    text = text[1:] if guarded else text
    if not guarded and text[:1] in ("=", "@"):
        raise CellError("bắt đầu như một công thức; hãy ghi giá trị", "begins like a formula; write the value")
    if not is_clean(text):
        codes = ", ".join(f"U+{ord(c):04X}" for c in text if not is_clean(c))[:80]
        raise CellError(f"có ký tự không nhìn thấy được ({codes})", f"has characters that cannot be seen ({codes})")
    if len(text) > MAX_TEXT:
        raise CellError(f"dài quá {MAX_TEXT} ký tự", f"is longer than {MAX_TEXT} characters")
    return text


def guard(text: str) -> str:
    """Return the text so that no spreadsheet takes it for a formula."""
    return f"'{text}" if _TO_GUARD.match(text) else text


def read_text(text: str) -> str:
    """Return the text as it is."""
    return text


def read_key(text: str) -> str:
    """Return a code or key; refuses what a spreadsheet has made a number of."""
    if _SCIENTIFIC.fullmatch(text):
        raise CellError(
            "đã bị bảng tính đổi thành số; hãy định dạng cột là Văn bản rồi nhập lại",
            "was made a number by the spreadsheet; format the column as text and enter it again",
        )
    return text


def read_count(text: str) -> int:
    """Return a count from 0 to 100,000; "1.200" is 1200."""
    digits = re.sub(r"[. ,]", "", text) if _GROUPED.fullmatch(text) else text
    if not re.fullmatch(r"[0-9]{1,6}", digits) or int(digits) > 100_000:
        raise CellError("phải là số nguyên từ 0 đến 100.000", "must be a whole number from 0 to 100,000")
    return int(digits)


def read_order(text: str) -> int:
    """Return a place in an order, from 1."""
    order = read_count(text)
    if order == 0:
        raise CellError("phải từ 1; để trống nếu không phát biểu", "must be 1 or more; leave it empty for nobody")
    return order


def read_yes(text: str) -> bool:
    """Return whether a mark is set: "có", "x", or "không"."""
    return _YES_OR_NO(text) == "yes"


def read_mbps(text: str) -> float:
    """Return a rate above 0, up to 100,000 Mbit/s, with decimal comma or point."""
    number = text.replace(",", ".")
    if not re.fullmatch(r"[0-9]{1,6}(\.[0-9]{1,3})?", number) or not 0 < float(number) <= 100_000:
        raise CellError("phải là tốc độ tính bằng Mbit/s, ví dụ 50", "must be a rate in Mbit/s, for example 50")
    return float(number)


def read_megabytes(text: str) -> int:
    """Return how many megabytes one test may move, from 1 to 1,000; "20 MB" is 20."""
    digits = re.sub(r"\s*MB$", "", text, flags=re.IGNORECASE)
    if not re.fullmatch(r"[0-9]{1,4}", digits) or not 1 <= int(digits) <= 1000:
        raise CellError("phải là số MB từ 1 đến 1.000, ví dụ 20", "must be MB from 1 to 1,000, for example 20")
    return int(digits)


def read_phone(text: str) -> str:
    """Return a telephone number as digits; gives back the first 0 that spreadsheets take away."""
    digits = re.sub(r"[ .()-]", "", text)
    if not re.fullmatch(r"\+?[0-9]{8,15}", digits):
        raise CellError("phải là một số điện thoại", "must be one telephone number")
    return f"0{digits}" if re.fullmatch(r"[2-9][0-9]{8}", digits) else digits


def read_hours(text: str) -> str:
    """Return hours as `provisioning.hours` writes them; "Mon-Fri 7h-17h" is "T2-T6 07:00-17:00"."""
    try:
        return hours.write(hours.read(text))
    except hours.HoursError as error:
        raise CellError(error.vi, error.en) from error


def one_of(words: Mapping[str, tuple[str, ...]]) -> Callable[[str], str]:
    """Return a reader of a fixed choice: value to the words for it, of which the first is shown."""
    values = {fold(word): value for value, synonyms in words.items() for word in (value, *synonyms)}
    shown = ", ".join(synonyms[0] for synonyms in words.values())

    def read(text: str) -> str:
        if fold(text) not in values:
            raise CellError(f"phải là một trong: {shown}", f"must be one of: {', '.join(words)}")
        return values[fold(text)]

    return read


_YES_OR_NO = one_of({"yes": ("có", "x", "1"), "no": ("không", "0")})
