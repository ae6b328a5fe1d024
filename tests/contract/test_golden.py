"""Every message ever sent parses for ever: a file in golden/ is added, never changed and never removed."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from contract import downlink, enrolment, settings, uplink, wire
from contract.report import read_body

GOLDEN = Path(__file__).with_name("golden")
DEVICE = "d-0123456789"


def _report(payload: bytes) -> Any:
    return read_body(wire.decode_report(payload)[1], DEVICE)


READERS: dict[str, tuple[Callable[[bytes], Any], ...]] = {  # by everybody who reads the message
    "ack": (wire.decode_ack, downlink.Ack.decode),
    "command": (wire.decode_command, downlink.Command.decode),
    "enrolment_answer": (enrolment.EnrolmentAnswer.model_validate_json,),
    "enrolment_refusal": (enrolment.EnrolmentRefusal.model_validate_json,),
    "enrolment_request": (enrolment.EnrolmentRequest.model_validate_json,),
    "plan": (wire.decode_plan, downlink.Plan.decode),
    "presence": (wire.decode_presence, uplink.Presence.decode),
    "report": (_report,),
    "settings": (settings.AgentSettings.model_validate_json,),
    "snapshot": (wire.decode_snapshot, uplink.Snapshot.decode),
}
WIRE = {"ack": wire.Ack, "command": wire.Command, "presence": wire.Presence, "snapshot": wire.Snapshot}


def _kept(example: str) -> list[bytes]:
    return [file.read_bytes() for file in sorted(GOLDEN.glob(f"{example}.*"))]


def _sent_today(example: str, message: Any, frame: wire.Frame) -> bytes:
    """Return what the code that sends this message would send now."""
    kind = example.partition("-")[0]
    if kind == "report":
        return wire.encode_report(frame, message.model_dump_json(exclude_none=True).encode())
    if kind == "plan":
        servers = tuple(wire.ProbeServer(**dict(server)) for server in message.probe_servers)
        dry_run = message.dry_run and wire.DryRun(**dict(message.dry_run))
        return wire.encode(wire.Plan(**{**dict(message), "probe_servers": servers, "dry_run": dry_run}))
    if kind in WIRE:
        return wire.encode(WIRE[kind](**dict(message)))
    return bytes(message.model_dump_json().encode())


def _holds(understood: Any, sent: Any) -> bool:
    """Tell whether every value that was sent stands where it stood; fields may have been added beside it."""
    if isinstance(sent, dict):
        return all(name in understood and _holds(understood[name], sent[name]) for name in sent)
    if isinstance(sent, list):
        return len(sent) == len(understood) and all(map(_holds, understood, sent))
    return bool(understood == sent)


@pytest.mark.parametrize("file", sorted(GOLDEN.iterdir()), ids=lambda file: file.name)
def test_what_was_ever_sent_is_read_to_this_day(file: Path) -> None:
    example, digest, _ = file.name.split(".")
    payload = file.read_bytes()

    assert hashlib.sha256(payload).hexdigest()[:8] == digest, "a golden is never edited: the old message was sent"
    *by_device, by_model = READERS[example.partition("-")[0]]
    for read in by_device:
        read(payload)
    sent = json.loads(payload[payload.index(b"{") :])
    assert _holds(by_model(payload).model_dump(mode="json"), sent), "a field that was sent is not understood any more"


def test_what_we_send_today_is_among_the_goldens(
    examples: dict[str, Any], frame: wire.Frame, request: pytest.FixtureRequest
) -> None:
    for example, message in examples.items():
        payload = _sent_today(example, message, frame)
        if request.config.getoption("--update-golden", default=False) and payload not in _kept(example):
            suffix = "bin" if example.startswith("report") else "json"
            digest = hashlib.sha256(payload).hexdigest()[:8]
            (GOLDEN / f"{example}.{digest}.{suffix}").write_bytes(payload)
        assert payload in _kept(example), f"{example} is written otherwise now: pytest tests/contract --update-golden"


def test_what_we_send_today_is_read_as_what_was_meant(examples: dict[str, Any], frame: wire.Frame) -> None:
    for example, message in examples.items():
        payload = _sent_today(example, message, frame)
        assert READERS[example.partition("-")[0]][-1](payload) == message


def test_every_message_has_a_golden(examples: dict[str, Any]) -> None:
    assert {example.partition("-")[0] for example in examples} == READERS.keys()
    assert {file.name.partition("-")[0] for file in GOLDEN.iterdir()} == READERS.keys()
