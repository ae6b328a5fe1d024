"""The folder by which a simulator is told what to play, and in which it tells what it did.

devices.jsonl    credentials, a device a line, as `diemcau-provision devices issue --out` writes them
codes.jsonl      enrolment codes for those that enrol like anybody: code, server, ca_file
traits.jsonl     what a country knows of itself: device (or code), medium, role, district, provider, ...
scenario.json    seed, name of the scenario, when its faults begin
labels.jsonl     written: which device plays what
progress.json    written: how it goes, every second

Only the first is needed.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from contract.fields import BrokerUrl, Device, list_of
from contract.languages import say

DEVICES, CODES, TRAITS, SCENARIO = "devices.jsonl", "codes.jsonl", "traits.jsonl", "scenario.json"
LABELS, PROGRESS = "labels.jsonl", "progress.json"


class FolderError(ValueError):
    """A file of the folder cannot be used; the text says which and why."""


class _Row(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


class Credentials(_Row):
    """As whom a device connects, and to which brokers."""

    device: Device
    password: str
    brokers: list_of(BrokerUrl, 8) = Field(min_length=1)  # type: ignore[valid-type]
    ca_file: str = ""
    permit_key: str = ""  # by which it may ask for its line to be tested; empty: it invents when


class EnrolmentCode(_Row):
    """What stands on the sheet of a site that has not enrolled yet."""

    code: str
    server: str  # https://host:port
    ca_file: str


class Traits(_Row):
    """What is known of a site before anybody measures; what is not known is as at most sites."""

    device: str = ""  # or its code:
    code: str = ""
    medium: str = "pc"
    role: str = "view"
    province: str = ""
    district: str = ""
    provider: str = "vnpt"
    download_mbps: float = 80.0  # of the package
    upload_mbps: float = 80.0
    bitrate_mbps: float = 5.0  # of the event


Row = TypeVar("Row", bound=_Row)


class Folder:
    """Reads and writes the files; raises FolderError."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def devices(self) -> list[Credentials]:
        """Return the credentials."""
        return list(self._rows(DEVICES, Credentials))

    def codes(self) -> list[EnrolmentCode]:
        """Return the codes to enrol by."""
        return list(self._rows(CODES, EnrolmentCode)) if (self.path / CODES).exists() else []

    def traits(self) -> dict[str, Traits]:
        """Return the traits by device or code."""
        rows = self._rows(TRAITS, Traits) if (self.path / TRAITS).exists() else ()
        return {row.device or row.code: row for row in rows}

    def scenario(self) -> dict[str, Any]:
        """Return what the scenario's file says; nothing where there is none."""
        path = self.path / SCENARIO
        if not path.exists():
            return {}
        try:
            found = json.loads(path.read_text(encoding="utf-8"))
        except ValueError as error:
            raise FolderError(f"{path}: {error}") from error
        if not isinstance(found, dict):
            raise FolderError(say(f"{path}: phải là một đối tượng JSON.", f"{path}: must be a JSON object."))
        return found

    def write_labels(self, labels: Iterable[dict[str, Any]]) -> None:
        """Write which device plays what."""
        lines = (json.dumps(label, ensure_ascii=False) + "\n" for label in labels)
        (self.path / LABELS).write_text("".join(lines), encoding="utf-8")

    def write(self, name: str, progress: dict[str, Any]) -> None:
        """Write how it goes; whoever reads finds the file before or this one, whole."""
        draft = self.path / f".{name}"
        draft.write_text(json.dumps(progress, ensure_ascii=False), encoding="utf-8")
        draft.replace(self.path / name)

    def _rows(self, name: str, kind: type[Row]) -> Iterator[Row]:
        path = self.path / name
        try:
            with path.open(encoding="utf-8") as file:
                for number, line in enumerate(file, 1):
                    try:
                        yield kind.model_validate_json(line)
                    except ValidationError as error:
                        problem = error.errors(include_url=False, include_input=False)[0]
                        where = ".".join(map(str, problem["loc"]))
                        raise FolderError(f"{path}:{number}: {where}: {problem['msg']}") from error
        except (OSError, UnicodeDecodeError) as error:
            raise FolderError(f"{path}: {error}") from error
