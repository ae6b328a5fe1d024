"""What the judge looks at: one participation, its site's line, the evidence, and who is connected."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple


class Evidence(NamedTuple):
    """One fact about a site: findings, or the failure of the measurement; when, by whom, on which line."""

    id: int
    fact: str
    source: str
    device_id: int | None  # None: of the site itself, whatever machine is there
    is_spare: bool
    findings: dict[str, Any] | None
    failure: dict[str, Any] | None
    measured_at: int
    line_id: int | None
    report_id: int
    earlier: Sequence[Mapping[str, Any]] = ()  # line tests before this one: see `outcomes.remember`


class Line(NamedTuple):
    """The line that carries a site, as declared: provider, package, payer, kind, and what a test on 4G may cost."""

    id: int
    provider: str
    download_mbps: float | None
    upload_mbps: float | None
    paid_by: str
    kind: str = ""  # fibre, cable, mobile, ...; empty: not declared, and then taken for a fixed line
    consented_mb: int | None = None  # what one test over 4G may move; None: nobody has consented


class Presence(NamedTuple):
    """Whether one device of the site is connected."""

    device_id: int
    is_spare: bool
    state: str


class Situation(NamedTuple):
    """Everything that a participation's verdicts depend on, beside policy and time."""

    participation_id: int
    site_id: int
    role: str
    medium: str
    starts_at: int
    bitrate_mbps: float
    line: Line | None
    evidence: tuple[Evidence, ...]
    presence: tuple[Presence, ...]
