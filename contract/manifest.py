"""The list of everything that leaves a site: each field of each message, with its class, out of the fields themselves.

python -m contract.manifest > docs/manifest.md
"""

from __future__ import annotations

from typing import Any, Iterator, List, NamedTuple, Type

from pydantic import BaseModel

from contract import findings, wire
from contract.enrolment import EnrolmentRequest
from contract.privacy import Privacy
from contract.probing import Ask
from contract.report import Report
from contract.uplink import Presence, Snapshot

_FRAME = {  # a tuple of the standard library, which has no room for a class beside a type
    "spool_id": Privacy.DEVICE,
    "seq": Privacy.BOOKS,
    "accepted_upto": Privacy.BOOKS,
    "spooled": Privacy.BOOKS,
    "dropped_from": Privacy.BOOKS,
    "dropped_to": Privacy.BOOKS,
    "boot_id": Privacy.DEVICE,
    "mono_ms": Privacy.COURSE,
    "wall_us": Privacy.COURSE,
}
_MESSAGES = (Report, Snapshot, Presence, EnrolmentRequest, Ask)


class Unclassified(LookupError):
    """A field that would leave a site and that nobody has given a class; the text names it."""


class Entry(NamedTuple):
    """One field that leaves a site."""

    message: str
    field: str  # its path within the message: measurements.findings.host.cpu_count
    privacy: Privacy


def manifest() -> List[Entry]:
    """Return every field that leaves a site; raises Unclassified."""
    entries = [Entry("Frame", name, _FRAME[name]) for name in wire.Frame._fields]
    for message in _MESSAGES:
        entries += fields_of(message, message.__name__)
    return entries


def fields_of(model: Type[BaseModel], message: str, path: str = "") -> Iterator[Entry]:
    """Yield the fields of a model and of the models inside it; a fact is one field. Raises Unclassified."""
    for name, field in model.model_fields.items():
        privacy = next((mark for mark in field.metadata if isinstance(mark, Privacy)), None)
        if privacy is None:
            raise Unclassified(f"{message}.{path}{name} has no privacy class (contract/privacy.py)")
        inside = _models_in(field.annotation)
        for inner in inside:
            kind = f"{inner.model_fields['kind'].default}." if inner in findings.KINDS else ""
            yield from fields_of(inner, message, f"{path}{name}.{kind}")
        if not inside:
            yield Entry(message, path + name, privacy)


def _models_in(annotation: Any) -> List[Type[BaseModel]]:
    """Return the models that a type holds, however deep; facts are no models here: they hold one value."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [] if issubclass(annotation, findings.Fact) else [annotation]
    return [model for part in getattr(annotation, "__args__", ()) for model in _models_in(part)]


def page() -> str:
    """Return the manifest as the page of the documents."""
    rows = [f"| `{entry.message}` | `{entry.field}` | {entry.privacy.name.lower()} |" for entry in manifest()]
    classes = [f"| {privacy.name.lower()} | {privacy.value[0]} | {privacy.value[1]} |" for privacy in Privacy]
    return "\n".join([_HEAD, *classes, _TABLE, *rows, ""])


_HEAD = """\
# Những gì rời khỏi điểm cầu / What leaves a site

Written by `python -m contract.manifest > docs/manifest.md` out of the fields themselves; a test holds it equal to
them, so a field that is added shows as a line of this page. There is nothing else: no picture, no sound, no name of a
person, a machine or a Wi-Fi network, no address of the machine (`server` is the centre's own), no serial number,
nothing of what is on the screen. What each field means: [probes.md](probes.md), [messages.md](messages.md).

Trang này do chương trình ghi ra từ chính các trường dữ liệu; ngoài những trường này không có gì khác rời khỏi điểm
cầu: không hình, không tiếng, không tên người, tên máy, tên Wi-Fi, địa chỉ hay số sê-ri.

What any connection shows to whoever it reaches is not in this list: the public address that it comes from.

| Loại / Class | Nghĩa | Meaning |
|---|---|---|"""
_TABLE = """
## Từng trường / Field by field

| Thông điệp / Message | Trường / Field | Loại / Class |
|---|---|---|"""


if __name__ == "__main__":
    print(page(), end="")  # noqa: T201 - this is what it is for
