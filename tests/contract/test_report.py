"""What a report's body must be, and under which reason one that is not is counted."""

from __future__ import annotations

import contextlib
import copy
import json
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contract import findings, wire
from contract.fields import is_clean
from contract.report import REFUSALS, UnusableReport, read_body

DEVICE = "d-0123456789"
quick = settings(deadline=None, max_examples=200)


def _body(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False).encode("utf-8", "surrogatepass")


def _refused(body: bytes) -> str:
    with pytest.raises(UnusableReport) as refusal:
        read_body(body, DEVICE)
    assert refusal.value.reason in REFUSALS
    assert is_clean(refusal.value.detail)
    return refusal.value.reason


def _leaves(value: Any) -> Iterator[tuple[Any, Any]]:
    """Yield every (container, key) of a value that holds no further values."""
    for key in list(value) if isinstance(value, dict) else range(len(value)):
        if isinstance(value[key], dict | list):
            yield from _leaves(value[key])
        else:
            yield value, key


@pytest.fixture
def value(full_report: dict[str, Any]) -> dict[str, Any]:
    return copy.deepcopy(full_report)


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"", "damaged"),
        (b" " * (wire.MAX_REPORT_BYTES + 1), "too_large"),
        (b"x", "not_json"),
        (b"{", "not_json"),
        (b"\xef\xbb\xbf{}", "not_json"),
        (b'{"device": "\\ud800"}', "not_json"),
        (b'{"device": "\xff"}', "not_json"),
        (b'{"v": 1, "device": "a\x00"}', "not_json"),  # a bare control character is no JSON
        (b"[" * 30_000, "not_json"),
        (b'{"v": 1, "x": ' + b"[" * 10_000 + b"]" * 10_000 + b"}", "not_json"),
        (b'{"v": 2}', "future_version"),
        (b'{"v": 2, "device": {}}', "future_version"),
        (b'{"v": true}', "wrong_type"),
        (b'{"v": 1.0}', "wrong_type"),
        (b'{"v": 0}', "wrong_type"),
        (b'{"v": "2"}', "wrong_type"),
        (b"null", "wrong_type"),
        (b"[]", "wrong_type"),
        (b"{}", "wrong_type"),
    ],
)
def test_a_body_that_cannot_be_used_is_refused_with_its_reason(body: bytes, reason: str) -> None:
    assert _refused(body) == reason


def test_a_full_report_is_read_whole(value: dict[str, Any]) -> None:
    report = read_body(_body(value), DEVICE)

    assert report.model_dump(mode="json", exclude_none=True) == value
    assert {m.findings.kind for m in report.measurements if m.findings} == {
        model.model_fields["kind"].default for model in findings.KINDS
    }


def test_a_report_that_speaks_for_another_device_is_refused(value: dict[str, Any]) -> None:
    assert _refused(_body({**value, "device": "d-9876543210"})) == "wrong_device"


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity", "1e999", "-1e999"])
def test_no_field_takes_a_number_that_is_not_finite(value: dict[str, Any], number: str) -> None:
    for container, key in _leaves(value):
        was, container[key] = container[key], "@"
        assert _refused(_body(value).replace(b'"@"', number.encode())) == "not_finite", key
        container[key] = was


@pytest.mark.parametrize("text", ["a\x00", "a\nb", "\x1b[31m", "\u202eabc", "a\u200b", "Trươ\u0300ng", "\ue000"])
def test_no_field_takes_a_text_that_could_deceive(value: dict[str, Any], text: str) -> None:
    for container, key in _leaves(value):
        was, container[key] = container[key], text
        assert _refused(_body(value)) == "bad_text", key
        container[key] = was


def test_a_text_that_is_too_long_is_refused(value: dict[str, Any]) -> None:
    value["measurements"][2]["findings"]["server"] = "x" * 254
    assert _refused(_body(value)) == "wrong_type"


@pytest.mark.parametrize("wrong", [None, True, "1", 1.5, -1, 2**63, [], {}])
def test_a_count_is_a_count(value: dict[str, Any], wrong: Any) -> None:
    for place in (value["measurements"][0], value["measurements"][0]["started"]):
        name = "duration_ms" if "duration_ms" in place else "mono_ms"
        was, place[name] = place[name], wrong
        assert _refused(_body(value)) == "wrong_type"
        place[name] = was


@pytest.mark.parametrize(
    "fact", [{}, {"value": None}, {"why": None}, {"value": 1, "why": "denied"}, {"why": "because"}, 1, None]
)
def test_a_fact_has_either_a_value_or_a_known_reason_why_not(value: dict[str, Any], fact: Any) -> None:
    value["measurements"][0]["findings"]["cpu_count"] = fact
    assert _refused(_body(value)) == "wrong_type"


def test_a_measurement_has_either_findings_or_a_failure(value: dict[str, Any]) -> None:
    failure = {"code": "timeout", "text": "quá thời gian"}
    value["measurements"][0]["failure"] = failure
    assert _refused(_body(value)) == "wrong_type"
    del value["measurements"][0]["findings"]
    assert read_body(_body(value), DEVICE).measurements[0].failure is not None
    del value["measurements"][0]["failure"]
    assert _refused(_body(value)) == "wrong_type"


def test_findings_of_a_kind_unknown_here_are_accepted_and_judged_by_nobody(value: dict[str, Any]) -> None:
    later: dict[str, Any] = {"kind": "hologram", "brightness": {"value": 3}, "deep": [[1.5]]}
    value["measurements"][0]["findings"] = later

    measurement = read_body(_body(value), DEVICE).measurements[0]

    assert measurement.findings == findings.Unknown(kind="hologram")


@pytest.mark.parametrize("kind", [None, 7, "", "x" * 33, ["host"]])
def test_findings_without_a_readable_kind_are_refused(value: dict[str, Any], kind: Any) -> None:
    value["measurements"][0]["findings"]["kind"] = kind
    assert _refused(_body(value)) == "wrong_type"


def test_fields_of_a_later_version_are_ignored_wherever_they_stand(value: dict[str, Any]) -> None:
    expected = read_body(_body(value), DEVICE)
    for place in (value, value["measurements"][0], *(m["findings"] for m in value["measurements"])):
        place["later"] = {"x": [1.5, "\u202e"]}
    value["measurements"][0]["started"]["later"] = 1

    assert read_body(_body(value), DEVICE) == expected


def test_more_measurements_than_there_can_be_are_refused(value: dict[str, Any]) -> None:
    value["measurements"] = value["measurements"][:1] * 17
    assert _refused(_body(value)) == "wrong_type"


@quick
@given(st.binary(max_size=400))
def test_arbitrary_bytes_raise_nothing_but_a_refusal(body: bytes) -> None:
    _refused(body)


@quick
@given(data=st.data())
def test_a_report_changed_on_the_way_is_read_or_refused(full_report: dict[str, Any], data: st.DataObject) -> None:
    body = bytearray(_body(full_report))
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(body) - 1))
        change = st.one_of(st.binary(max_size=3), st.sampled_from([b"NaN", b"\\u0000", b"[", b'"', b"-", b"\xed\xa0"]))
        body[at : at + data.draw(st.integers(0, 3))] = data.draw(change)
    with contextlib.suppress(UnusableReport):
        assert read_body(bytes(body), DEVICE).device == DEVICE


VALUES = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=40)),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=8), inner, max_size=3)),
    max_leaves=6,
)


@quick
@given(data=st.data())
def test_a_report_with_any_value_in_any_place_is_read_or_refused(
    full_report: dict[str, Any], data: st.DataObject
) -> None:
    value = copy.deepcopy(full_report)
    container, key = data.draw(st.sampled_from(list(_leaves(value))))
    container[key] = data.draw(VALUES)
    with contextlib.suppress(UnusableReport):
        assert json.dumps(read_body(_body(value), DEVICE).model_dump(mode="json"), allow_nan=False)
