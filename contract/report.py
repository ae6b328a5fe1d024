"""The report: what one round of probes on one device measured."""

from __future__ import annotations

from typing import Optional, Tuple

from pydantic import Field, ValidationError, model_validator
from typing_extensions import Annotated, Literal

from contract import clock, wire
from contract.fields import BootId, Count, Device, Message, Name, list_of, text
from contract.findings import Findings

VERSION: Literal[1] = 1


class Moment(Message):
    """One instant on the device; `contract.clock.Moment` as a message."""

    boot_id: BootId
    mono_ms: Count
    wall_us: Count

    def as_clock(self) -> clock.Moment:
        """Return the same moment in the form that `contract.clock` computes with."""
        return clock.Moment(self.boot_id, self.mono_ms, self.wall_us)


class Failure(Message):
    """Why a measurement has no findings."""

    code: Literal["timeout", "crashed", "unreachable", "refused", "denied", "unsupported", "error"]
    text: text(300)  # type: ignore[valid-type]


class Measurement(Message):
    """One run of one probe: when, how long, and what it found or why it failed."""

    probe: Name
    version: Annotated[int, Field(ge=1, le=10_000)]
    started: Moment
    duration_ms: Count
    findings: Optional[Findings] = None
    failure: Optional[Failure] = None

    @model_validator(mode="after")
    def _one_of_the_two(self) -> Measurement:
        if (self.findings is None) == (self.failure is None):
            raise ValueError("a measurement has either findings or a failure")
        return self


class Report(Message):
    """The measurements of one round. Which site it speaks for is the registry's to say, not the report's."""

    v: Literal[1] = VERSION
    device: Device
    occasion: Literal["start", "schedule", "change", "command", "once"]
    done: list_of(Name, 16) = ()  # type: ignore[valid-type]  # commands that this round carried out
    measurements: list_of(Measurement, 16)  # type: ignore[valid-type]


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


def _refusal(error: ValidationError) -> Tuple[str, str]:
    problems = error.errors(include_url=False, include_context=False, include_input=False)
    first = problems[0]
    detail = f"{'.'.join(map(str, first['loc']))}: {first['msg']}"[:300]
    kinds = {problem["type"] for problem in problems}
    if "json_invalid" in kinds:
        return "not_json", detail
    if any(problem["loc"] == ("v",) for problem in problems):
        return "future_version", detail
    if "finite_number" in kinds:
        return "not_finite", detail
    if any("must be NFC" in problem["msg"] for problem in problems):
        return "bad_text", detail
    return "wrong_type", detail
