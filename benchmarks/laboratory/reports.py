"""The real agent's full report, measured once, and its likes from many devices."""

from __future__ import annotations

import json
import time
from pathlib import Path

from agent import identity
from agent.child import Request, Round, Server
from contract.clock import Clock, Moment

GOOD_MBPS, BAD_MBPS = 94.5, 0.5  # above and below every limit of the seed policy
_DEADLINE_S = 120
_AGE_MS = 1000  # between a round's start and the sending of its report


def measure(server: Server, home: Path, device: str, permit_key: str) -> bytes:
    """Run one whole round of the real agent's probes in its child process and return the report's body."""
    identity.keep_permit_key(home, permit_key)
    running = Round(Request(device, "schedule", (), str(home), server), Clock())
    deadline = time.monotonic() + _DEADLINE_S
    while (outcome := running.poll()) is None:
        if time.monotonic() > deadline:
            running.stop()
            raise RuntimeError("the round of probes does not end")
        time.sleep(0.05)
    if outcome.body is None:
        raise RuntimeError(f"the round made no report: {outcome.problem}")
    failures = [m["failure"] for m in json.loads(outcome.body)["measurements"] if "failure" in m]
    if failures:
        raise RuntimeError(f"a full report has findings only: {failures}")
    return outcome.body


def template(body: bytes) -> str:
    """Turn a measured report into a text to be filled by `fill`; all else stays as it was measured."""
    report = json.loads(body)
    report["device"] = "\0device\0"
    for measurement in report["measurements"]:
        measurement["started"] |= {"mono_ms": "\0mono_ms\0", "wall_us": "\0wall_us\0"}
        if measurement["probe"] == "line":
            measurement["findings"]["download_mbps"] = "\0download_mbps\0"
    text = json.dumps(report, ensure_ascii=False, separators=(",", ":")).replace("%", "%%")
    for name, form in (("device", '"%(device)s"'), *((n, f"%({n})s") for n in ("mono_ms", "wall_us", "download_mbps"))):
        text = text.replace(json.dumps(f"\0{name}\0"), form)
    return text


def fill(text: str, device: str, sent: Moment, download_mbps: float) -> bytes:
    """Return the body of a device's report that is sent at a moment, a second after its round began."""
    started = {"mono_ms": sent.mono_ms - _AGE_MS, "wall_us": sent.wall_us - _AGE_MS * 1000}
    return (text % {"device": device, "download_mbps": download_mbps, **started}).encode()
