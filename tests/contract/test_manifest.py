"""What leaves a site is listed field by field, out of the fields themselves, and none is left without a class."""

from __future__ import annotations

from pathlib import Path

import pytest

from contract import findings, manifest, wire
from contract.fields import Count, Message
from contract.privacy import OfMachine, Privacy

PAGE = Path(__file__).parents[2] / "docs" / "manifest.md"


class Inner(Message):
    named: OfMachine[Count]
    unnamed: Count


class Outer(Message):
    inner: OfMachine[Inner | None] = None


def test_the_page_is_the_fields() -> None:
    told = "write it anew and look at the difference: python -m contract.manifest > docs/manifest.md"
    assert PAGE.read_text(encoding="utf-8") == manifest.page(), told


def test_a_field_without_a_class_is_told_by_its_place_however_deep_it_lies() -> None:
    with pytest.raises(manifest.Unclassified, match=r"Outer\.inner\.unnamed has no privacy class"):
        list(manifest.fields_of(Outer, "Outer"))


def test_every_message_that_a_site_sends_is_in_it() -> None:
    listed = {entry.message for entry in manifest.manifest()}
    assert listed == {"Frame", "EnrolmentRequest", "Ask", *(kind.capitalize() for kind in wire.UP)}


def test_every_finding_of_every_kind_is_in_it() -> None:
    listed = {entry.field for entry in manifest.manifest() if entry.message == "Report"}
    for kind in findings.KINDS:
        name = kind.model_fields["kind"].default
        for field in kind.model_fields:
            path = f"measurements.findings.{name}.{field}"
            assert any(entry == path or entry.startswith(f"{path}.") for entry in listed), path


def test_every_class_is_used_and_only_enrolment_sends_secrets() -> None:
    entries = manifest.manifest()
    assert {entry.privacy for entry in entries} == set(Privacy)
    assert {entry.message for entry in entries if entry.privacy is Privacy.SECRET} == {"EnrolmentRequest"}
