"""The kinds of field that messages are made of, as pydantic types."""

from __future__ import annotations

import unicodedata
from typing import Any, ClassVar, Tuple

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field
from typing_extensions import Annotated, Self  # `typing` has them from Python 3.9 and 3.11 on

from contract import wire


def is_clean(text: str) -> bool:
    """Tell whether a text may travel: NFC, with no control, bidi, surrogate, private or unassigned character."""
    if text.isascii():
        return text.isprintable()  # the same, much sooner
    return unicodedata.is_normalized("NFC", text) and not any(
        unicodedata.category(c) in ("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp") for c in text
    )


def _clean(text: str) -> str:
    if not is_clean(text):
        raise ValueError("must be NFC, without control, bidi or unassigned characters")
    return text


def _json_list(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value


def text(most: int) -> Any:
    """Return the type of a text of 1 to `most` characters that is clean to store, print and compare."""
    return Annotated[str, Field(min_length=1, max_length=most), AfterValidator(_clean)]


def matching(pattern: str) -> Any:
    """Return the type of an identifier of this form."""
    return Annotated[str, Field(pattern=rf"^(?:{pattern})$")]  # pydantic's `$` is the very end, before no newline


def list_of(item: Any, most: int) -> Any:
    """Return the type of a tuple of at most `most` items, read from a JSON list."""
    return Annotated[Tuple[item, ...], Field(max_length=most), BeforeValidator(_json_list)]


Count = Annotated[int, Field(ge=0, le=wire.MAX_INT)]
SpoolId = matching("[0-9a-f]{16}")
BootId = matching("[0-9a-f-]{8,36}")
Device = matching("[a-z0-9-]{8,32}")
Name = matching("[a-z0-9_.-]{1,32}")
Host = matching("[A-Za-z0-9.:-]{1,253}")
BrokerUrl = matching(r"mqtts?://[A-Za-z0-9.-]{1,253}:[0-9]{1,5}")
Port = Annotated[int, Field(ge=1, le=65_535)]
Milliseconds = Annotated[float, Field(ge=0, le=1e6, allow_inf_nan=False)]


class Message(BaseModel):
    """What every message shares: strict types, unknown fields ignored, values that do not change."""

    model_config = ConfigDict(strict=True, extra="ignore", frozen=True)


class CompactMessage(Message):
    """A message that stands in `wire` too: one JSON object of at most `most_bytes`."""

    most_bytes: ClassVar[int] = wire.MAX_MESSAGE_BYTES

    @classmethod
    def decode(cls, payload: bytes) -> Self:
        """Read a message; raises a ValueError (WireError, or pydantic's ValidationError) that says what is wrong."""
        return cls.model_validate(wire.load_json(payload, cls.most_bytes))
