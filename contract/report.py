"""The report: what one round of probes on one device measured."""

from __future__ import annotations

import math
from typing import Optional, Tuple

from pydantic import Field, ValidationError, model_validator
from pydantic_core import ErrorDetails
from typing_extensions import Annotated, Literal

from contract import clock, wire
from contract.fields import BootId, Count, Device, Message, Name, is_clean, list_of, text
from contract.findings import Findings
from contract.privacy import OfCourse, OfDevice, OfMachine

VERSION = 1


class Moment(Message):
    """One instant on the device; `contract.clock.Moment` as a message."""

    boot_id: OfDevice[BootId]
    mono_ms: OfCourse[Count]
    wall_us: OfCourse[Count]

    def as_clock(self) -> clock.Moment:
        """Return the same moment in the form that `contract.clock` computes with."""
        return clock.Moment(self.boot_id, self.mono_ms, self.wall_us)


FailureCode = Literal[
    "timeout",
    "crashed",
    "unreachable",
    "refused",
    "needs_consent",
    "denied",
    "unsupported",
    "portal",
    "proxy",
    "error",
]


class Failure(Message):
    """Why a measurement has no findings."""

    code: OfCourse[FailureCode]
    text: OfCourse[text(300)]  # type: ignore[valid-type]


class Measurement(Message):
    """One run of one probe: when, how long, and what it found or why it failed."""

    probe: OfCourse[Name]
    version: OfCourse[Annotated[int, Field(ge=1, le=10_000)]]
    started: OfCourse[Moment]
    duration_ms: OfCourse[Count]
    findings: OfCourse[Optional[Findings]] = None
    failure: OfCourse[Optional[Failure]] = None

    @model_validator(mode="after")
    def _one_of_the_two(self) -> Measurement:
        if (self.findings is None) == (self.failure is None):
            raise ValueError("a measurement has either findings or a failure")
        return self


class Report(Message):
    """The measurements of one round. Which site it speaks for is the registry's to say, not the report's."""

    v: OfCourse[Annotated[int, Field(ge=1, le=VERSION)]] = VERSION  # `Literal[1]` would take true and 1.0 as well
    device: OfDevice[Device]
    occasion: OfCourse[Literal["start", "schedule", "change", "command", "once"]]
    done: OfCourse[list_of(Name, 16)] = ()  # type: ignore[valid-type]  # commands that this round carried out
    measurements: OfCourse[list_of(Measurement, 16)]  # type: ignore[valid-type]
    is_clock_plausible: OfMachine[Optional[bool]] = None  # its wall clock can be right; None: an older agent


class UnusableReport(ValueError):
    """A report body that cannot be used; `reason` is one of REFUSALS."""

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(f"{reason}: {detail}")
        self.reason = reason
        self.detail = detail


REFUSALS = (
    "damaged",  # the spool found the stored body changed, and sent it empty
    "too_large",
    "not_json",
    "not_finite",
    "bad_text",
    "future_version",
    "wrong_type",
    "wrong_device",
    "unknown_device",
    "revoked",
    "not_processed",  # a fault of ours; kept to be looked into
)


def read_body(body: bytes, device: str) -> Report:
    """Read a report's body as sent by `device`; raises UnusableReport with the reason to count it under."""
    if not body:
        raise UnusableReport("damaged", "the stored report was found changed on the device")
    if len(body) > wire.MAX_REPORT_BYTES:
        raise UnusableReport("too_large", f"{len(body)} bytes, at most {wire.MAX_REPORT_BYTES}")
    try:
        report = Report.model_validate_json(body)
    except ValidationError as error:
        raise UnusableReport(*_refusal(error)) from error
    except RecursionError as error:
        raise UnusableReport("not_json", "nested too deep") from error
    if report.device != device:
        raise UnusableReport("wrong_device", f"speaks for {report.device}")
    return report


_PRECEDENCE = ("not_json", "future_version", "not_finite", "bad_text", "wrong_type")


def _refusal(error: ValidationError) -> Tuple[str, str]:
    """Return the reason to count it under, and what is wrong where."""
    problems = error.errors(include_url=False, include_context=False)
    reasons = [_reason(problem) for problem in problems]
    worst = min(range(len(problems)), key=lambda n: _PRECEDENCE.index(reasons[n]))
    place = ".".join(map(str, problems[worst]["loc"]))  # empty where nothing could be read
    return reasons[worst], ": ".join(filter(None, (place, problems[worst]["msg"])))[:300]


def _reason(problem: ErrorDetails) -> str:
    found = problem["input"]
    if problem["type"] == "json_invalid":
        return "not_json"
    if isinstance(found, float) and not math.isfinite(found):
        return "not_finite"
    if problem["loc"] == ("v",) and problem["type"] == "less_than_equal":
        return "future_version"
    return "bad_text" if isinstance(found, str) and not is_clean(found) else "wrong_type"
