"""Evidence out of a report: one fact per measurement, dated by the collector's clock minus the measurement's age.

Its time is uncertain when the age rests on the device's wall clock, and marked so too when that clock cannot be right.
"""

from __future__ import annotations

import json
from typing import NamedTuple

from contract import clock, findings
from contract.report import Report
from contract.wire import Frame


class Fact(NamedTuple):
    """One row of evidence to be."""

    fact: str
    findings: str | None  # JSON
    failure: str | None  # JSON
    measured_at: int
    is_time_uncertain: bool


def facts(report: Report, frame: Frame, received_at: int) -> list[Fact]:
    """Return the facts of a report; findings of a kind unknown here are left with the report."""
    sent = clock.Moment(frame.boot_id, frame.mono_ms, frame.wall_us)
    found = []
    for measurement in report.measurements:
        if isinstance(measurement.findings, findings.Unknown):
            continue
        age, is_uncertain = clock.age_us(measurement.started.as_clock(), sent)
        found.append(
            Fact(
                measurement.probe if measurement.findings is None else measurement.findings.kind,
                None if measurement.findings is None else measurement.findings.model_dump_json(exclude_none=True),
                None if measurement.failure is None else json.dumps(measurement.failure.model_dump()),
                received_at - age,
                is_uncertain or report.is_clock_plausible is False,
            )
        )
    return found
