"""A recording of a machine's equipment: how it was read and what came of it, for the developers to replay.

Nothing in it tells whose machine it is: each platform copies only what its readers read, and takes names, serial
numbers and addresses out of that.
"""

from __future__ import annotations

import json

import contract
from agent import platforms
from agent.schedule import EQUIPMENT
from contract.report import Report

KINDS = ("network", *EQUIPMENT)


def recorded(body: bytes) -> str:
    """Return the recording, as JSON, of the machine we run on and of what a report of it found."""
    name = platforms.name_of()
    report = Report.model_validate_json(body)
    findings = [m.findings for m in report.measurements if m.findings is not None and m.findings.kind in KINDS]
    recording = {
        "agent": contract.__version__,
        "platform": name,
        "machine": platforms.reader(name).record(platforms.this_machine()),
        "findings": {found.kind: found.model_dump(mode="json", exclude_none=True) for found in findings},
    }
    return json.dumps(recording, ensure_ascii=False, indent=1, sort_keys=True)
