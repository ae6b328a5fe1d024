"""The round child: `python -I -m agent.round` runs probes, builds and validates the report, prints it and ends.

On stdin: one JSON object (`agent.child.Request` with `measured`, what an earlier child of this round achieved, `later`,
the probes whose turn comes another time, and `boot_id`, so that both speak of the same boot).
On stdout, one line per event: `begin NAME VERSION DEADLINE_S`, then while that probe runs `at STEP [SHARE MBPS]` (what
goes on, how much of it is over, how fast it goes), `refused CODE MOST_BYTES` (why it may not load the line, what it
could cost) and `again IN_S` (it should be measured anew), then `measured JSON`, or `later IN_S` when it is not our
turn; at the end `report JSON`.
"""

from __future__ import annotations

import faulthandler
import json
import os
import sys
import unicodedata
from pathlib import Path
from typing import Any, BinaryIO, Dict, List, Sequence

from agent.child import Server
from agent.probes import PROBES, Probe
from agent.probes.context import Context, Shared
from agent.unmeasured import NotNow, ProbeError
from contract.clock import Clock
from contract.probing import Purpose
from contract.report import Failure, Measurement, Moment, Report

_PURPOSES: Dict[str, Purpose] = {"command": "command", "once": "person"}
_MOST_TEXT = 300  # characters, what a failure holds
_ORPHAN_S = 10.0  # beyond a probe's deadline: the parent should have ended us, so it is gone


def main(probes: Sequence[Probe] = PROBES) -> None:
    """Carry out the request on stdin."""
    request = json.load(sys.stdin.buffer)
    _converse(request, probes, _take_stdout())
    os._exit(0)  # a probe's threads must not keep us


def _converse(request: Dict[str, Any], probes: Sequence[Probe], out: BinaryIO) -> None:
    clock = Clock(request["boot_id"])
    server = Server(**request["server"]) if request["server"] else None
    wanted = chosen(request["probes"], probes, is_by_person=request["occasion"] == "once")
    context = Context(
        Path(request["home"]),
        server,
        device=request["device"],
        together=tuple(probe.name for probe in wanted),
        shared=Shared(),
        purpose=_PURPOSES.get(request["occasion"], "schedule"),
        tell=lambda step: _say(out, f"at {step}"),
        again=lambda in_s: _say(out, f"again {in_s:.0f}"),
        refused=lambda code, most_bytes: _say(out, f"refused {code} {most_bytes}"),
        is_consented=request.get("is_consented", False),
        is_public=request.get("is_public", False),
    )
    measured = [Measurement.model_validate(value) for value in request["measured"]]
    over = {measurement.probe for measurement in measured}.union(request.get("later", ()))
    for probe in wanted:
        if probe.name in over:
            continue
        _say(out, f"begin {probe.name} {probe.version} {probe.deadline_s}")
        _end_with_parent(probe.deadline_s)
        try:
            measurement = measure(probe, context, clock)
        except NotNow as booked:
            _say(out, f"later {booked.in_s:.1f}")
            continue
        measured.append(measurement)
        _say(out, f"measured {measurement.model_dump_json(exclude_none=True)}")
    report = Report(
        device=request["device"],
        occasion=request["occasion"],
        done=tuple(request["done"]),
        is_clock_plausible=request["is_clock_plausible"],
        measurements=tuple(measured),
    )
    _say(out, f"report {report.model_dump_json(exclude_none=True)}")


def chosen(names: Sequence[str], probes: Sequence[Probe], *, is_by_person: bool) -> List[Probe]:
    """Return the probes with these names, in their own order; all of them when no name is given.

    Those on demand only when a person at the site names them: 40,000 machines must never be told to run one.
    """
    return [
        probe
        for probe in probes
        if (probe.name in names and is_by_person if probe.is_on_demand else not names or probe.name in names)
    ]


def measure(probe: Probe, context: Context, clock: Clock) -> Measurement:
    """Run one probe; whatever it raises becomes a failed measurement. Raises NotNow alone."""
    started = clock.now()
    findings, failure = None, None
    try:
        findings = probe.measure(context)
    except NotNow:
        raise
    except ProbeError as error:
        failure = Failure(code=error.code, text=_clean(str(error)))
    except Exception as error:  # noqa: BLE001 - a probe may raise anything, and costs no more than its measurement
        # Never the message itself: it may hold a path with a person's name.
        failure = Failure(code="error", text=_clean(f"{type(error).__name__} {getattr(error, 'strerror', '') or ''}"))
    return Measurement(
        probe=probe.name,
        version=probe.version,
        started=Moment(**started._asdict()),
        duration_ms=clock.now().mono_ms - started.mono_ms,
        findings=findings,
        failure=failure,
    )


def _clean(text: str) -> str:
    """Return a text that may travel, whatever an operating system wrote into it."""
    printable = "".join(letter if letter.isprintable() else " " for letter in unicodedata.normalize("NFC", text))
    return printable.strip()[:_MOST_TEXT] or "no text"


def _take_stdout() -> BinaryIO:
    """Keep the real stdout for our lines and give descriptor 1 away: importing speedtest wraps it, and may close it."""
    out = os.fdopen(os.dup(1), "wb", buffering=0)
    null = os.open(os.devnull, os.O_WRONLY)
    os.dup2(null, 1)
    os.close(null)
    return out


def _say(out: BinaryIO, line: str) -> None:
    view = memoryview(line.encode("utf-8") + b"\n")
    while view:
        view = view[out.write(view) :]


def _end_with_parent(deadline_s: float) -> None:
    """End this process by a watchdog when nobody does it for us, so that no child is ever left behind."""
    faulthandler.dump_traceback_later(deadline_s + _ORPHAN_S, exit=True, file=sys.stderr)


if __name__ == "__main__":
    main()
