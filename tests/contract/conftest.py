"""One message of every kind, with the values that the goldens keep."""

from __future__ import annotations

from typing import Any

import pytest

from contract import downlink, enrolment, findings, report, settings, uplink, wire

SPOOL_ID = "00000000000000a1"
BOOT_ID = "b0070000-0000-4000-8000-000000000001"
WALL_US = 1_692_061_200_000_000  # 2023-08-15 01:00 UTC


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--update-golden",
        action="store_true",
        help="add what today's code writes to tests/contract/golden (give it with the path tests/contract)",
    )


def _fact(value: Any) -> dict[str, Any]:
    return {"value": value}


WHY = ("denied", "unsupported", "absent", "error")
FINDINGS = (
    findings.Host.model_validate(
        {
            "cpu_count": _fact(4),
            "cpu_pct": _fact(12.5),
            "memory_total_bytes": _fact(8_241_090_560),
            "memory_available_bytes": _fact(4_123_456_789),
            "disk_total_bytes": _fact(256_060_514_304),
            "disk_free_bytes": {"why": "denied"},
            "uptime_s": _fact(86_400),
            "temperature_c": _fact(61.5),
            "disk_health": _fact("worn"),
        }
    ),
    findings.Network.model_validate(
        {
            "link": _fact("wifi"),
            "link_speed_mbps": {"why": "unsupported"},
            "interfaces_up": _fact(2),
            "has_default_route": _fact(True),
            "is_full_duplex": {"why": "unsupported"},
            "wifi_signal_pct": _fact(64.0),
            "mobile_interfaces": _fact(0),
            "gateway": _fact("5e01"),
        }
    ),
    findings.Path.model_validate(
        {
            "server": "do.vnpt.vn",
            "sent": 100,
            "received": 99,
            "reordered": 1,
            "loss_pct": 1.0,
            "rtt_ms": _fact(8.125),
            "rtt_p95_ms": _fact(20.5),
            "jitter_ms": {"why": "absent"},
        }
    ),
    findings.Software.model_validate(
        {
            "agent_version": "0.1.0",
            "python_version": "3.11.2",
            "os_name": _fact("Windows 10 Tiếng Việt"),
            "os_version": _fact("10.0.19045"),
            "architecture": {"why": "error"},
            "distribution": _fact("Windows 10 Pro 22H2"),
        }
    ),
    findings.Clock.model_validate({"offset_ms": _fact(-1250.5), "utc_offset_min": _fact(420)}),
    findings.Camera.model_validate(
        {
            "camera_count": _fact(1),
            "models": _fact(["046d:0825"]),
            "is_allowed": _fact(True),
            "is_in_use": {"why": "unsupported"},
        }
    ),
    findings.Sound.model_validate(
        {
            "microphone_count": _fact(1),
            "speaker_count": _fact(2),
            "unplugged_count": _fact(1),
            "is_microphone_allowed": _fact(False),
            "is_microphone_in_use": {"why": "denied"},
        }
    ),
    findings.Display.model_validate(
        {
            "display_count": _fact(2),
            "plugs": _fact(["internal", "hdmi"]),
            "width_px": _fact(1920),
            "height_px": _fact(1080),
            "diagonal_cm": _fact(140),
            "has_speakers": _fact(True),
        }
    ),
    findings.Power.model_validate(
        {
            "is_on_mains": _fact(True),
            "battery_pct": {"why": "absent"},
            "has_ups": _fact(True),
            "ups_battery_pct": _fact(98.0),
        }
    ),
    findings.Line.model_validate(
        {
            "method": "speedtest-mini",
            "server": "do.vnpt.vn",
            "download_mbps": 94.1,
            "upload_mbps": 40.3,
            "round_trip_ms": _fact(8.1),
            "received_bytes": 25_000_000,
            "sent_bytes": 10_000_000,
        }
    ),
)
_DIRECTION = {
    "outcome": "fails",
    "minimum": "above",
    "need_mbps": 6.0,
    "minimum_mbps": 2.5,
    "rate_mbps": 4.1,
    "low_mbps": 3.9,
    "high_mbps": 4.3,
    "moved_bytes": 2_100_000,
    "took_s": 3.2,
    "added_delay_ms": _fact(41.5),
}
LINE_TEST = (
    findings.Line.model_validate(
        {
            "method": "threshold",
            "server": "do.vnpt.vn",
            "download_mbps": 4.1,
            "round_trip_ms": _fact(8.1),
            "received_bytes": 2_100_000,
            "sent_bytes": 40_000,
            "download": _DIRECTION,
            "playback": {"startup_s": _fact(9.5), "stalls": 2, "rebuffer_pct": 6.25},
            "disturbances": ["other_traffic"],
            "link": _fact("ethernet"),
            "provider": _fact("vnpt"),
            "gateway": {"why": "absent"},
        }
    ),
    findings.Path.model_validate(
        {
            **FINDINGS[2].model_dump(exclude_unset=True),
            "loss_low_pct": _fact(0.2),
            "loss_high_pct": _fact(5.4),
            "lost_up": _fact(1),
            "lost_down": _fact(0),
            "r_factor": _fact(88.5),
        }
    ),
)
FRAME = wire.Frame(SPOOL_ID, 7, 9, 2, 3, 5, BOOT_ID, 123_456, WALL_US)


def _measurement(probe: str, **result: Any) -> report.Measurement:
    started = report.Moment(boot_id=BOOT_ID, mono_ms=120_000, wall_us=WALL_US - 3_456_000)
    return report.Measurement(probe=probe, version=1, started=started, duration_ms=250, **result)


def _report(occasion: Any, *measurements: report.Measurement, done: tuple[str, ...] = ()) -> report.Report:
    return report.Report(device="d-0123456789", occasion=occasion, done=done, measurements=measurements)


def _snapshot(**changed: Any) -> uplink.Snapshot:
    counters = {"accepted_upto": 9, "spooled": 2, "dropped_from": 3, "dropped_to": 5}
    moment = {"boot_id": BOOT_ID, "mono_ms": 123_456, "wall_us": WALL_US}
    readings = {"uptime_s": 86_400, "sent": 10, "received": 9, "rtt_ms": 8.125, "jitter_ms": 0.5, "done": ("c1", "c2")}
    values = {"connection": 3, "spool_id": SPOOL_ID, **moment, **counters, **readings, **changed}
    return uplink.Snapshot(**values)


def _plan(*servers: tuple[str, str]) -> downlink.Plan:
    at = {"http_port": 8080, "udp_port": 8620}
    probe_servers = tuple(downlink.ProbeServer(shards=shards, host=host, **at) for shards, host in servers)
    return downlink.Plan(id="2023-08-15", version=12, epoch=1_692_061_200, probe_servers=probe_servers)


def _refused(code: Any, retry_after_s: int | None = None) -> enrolment.EnrolmentRefusal:
    texts = {"vi": "Mã không đúng, xem lại phiếu.", "en": "Wrong code: look at the sheet."}
    return enrolment.EnrolmentRefusal(code=code, retry_after_s=retry_after_s, **texts)


_FAILURES: tuple[Any, ...] = (
    "timeout",
    "crashed",
    "unreachable",
    "refused",
    "denied",
    "unsupported",
    "portal",
    "error",
)
_BROKERS = ("mqtts://1.dc.vnpt.vn:8883", "mqtt://127.0.0.1:1883")
_PROBE_SERVER: dict[str, Any] = {"host": "do.vnpt.vn", "http_port": 8080, "udp_port": 8620}
EXAMPLES: dict[str, Any] = {
    "ack-settled": downlink.Ack(spool_id=SPOOL_ID, upto=7),
    "command-inventory": downlink.Command(id="c2", kind="inventory", expires_in_s=0, probes=()),
    "command-live": downlink.Command(id="live", kind="live", expires_in_s=18_000, probes=()),
    "command-reload": downlink.Command(id="c3", kind="reload", expires_in_s=604_800, probes=()),
    "command-run": downlink.Command(id="c1", kind="run", expires_in_s=3600, probes=("line", "path")),
    "enrolment_answer-admitted": enrolment.EnrolmentAnswer(
        device="d-0123456789",
        state="admitted",
        site_name="Trường THPT Chu Văn An",
        brokers=_BROKERS,
        ca_pem="-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n",
        permit_key="0f" * 32,
        probe_host="do.vnpt.vn",
        probe_http_port=8080,
        probe_udp_port=8620,
    ),
    "enrolment_answer-page": enrolment.EnrolmentAnswer(
        device="d-0123456789",
        state="waiting",
        site_name="Trường THPT Chu Văn An",
        brokers=_BROKERS,
        ca_pem="-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n",
        permit_key="0f" * 32,
        probe_host="do.vnpt.vn",
        probe_http_port=8080,
        probe_udp_port=8620,
        page="https://diemcau.moet.gov.vn/my/K7QF2MX-7H3QZV9W0A2B4C6D8EFGHJKMNP",
    ),
    "enrolment_refusal-busy": _refused("busy", 30),
    "enrolment_refusal-slow_down": _refused("slow_down", 30),
    "enrolment_refusal-wrong_code": _refused("wrong_code"),
    "enrolment_request-clone": enrolment.EnrolmentRequest(code="ABC1234-DEFGH", password="x" * 22, machine="9f" * 32),
    "enrolment_request-plain": enrolment.EnrolmentRequest(code="ABC1234-DEFGH", password="aB-_5" * 8),
    "plan-dry_run": _plan(("0123456789abcdef", "do.vnpt.vn")).model_copy(
        update={"dry_run": downlink.DryRun(id="d12", checks=("equipment", "line"), spread_s=200, is_elsewhere=True)}
    ),
    "plan-none": _plan(),
    "plan-one": _plan(("0123456789abcdef", "do.vnpt.vn")),
    "plan-two": _plan(("01234567", "192.0.2.1"), ("89abcdef", "2001:db8::1")),
    "presence-connected": uplink.Presence(connection=3, state="connected"),
    "presence-asleep": uplink.Presence(connection=4, state="asleep"),
    "presence-awake": uplink.Presence(connection=5, state="connected", slept_s=34_200),
    "presence-lost": uplink.Presence(connection=3, state="lost"),
    "presence-stopped": uplink.Presence(connection=4, state="stopped"),
    "report-failures": _report(
        "schedule", *(_measurement("line", failure=report.Failure(code=c, text=f"thử: {c}")) for c in _FAILURES)
    ),
    "report-ten_kinds": _report("command", *(_measurement(f.kind, findings=f) for f in FINDINGS), done=("c1",)),
    "report-line_test": _report("schedule", *(_measurement(f.kind, findings=f) for f in LINE_TEST)),
    "report-wrong_clock": _report("start", _measurement("clock", findings=FINDINGS[4])).model_copy(
        update={"is_clock_plausible": False}
    ),
    "settings-all": settings.AgentSettings(
        device="d-0123456789",
        brokers=_BROKERS,
        ca_file="khác.pem",
        password_file="mật khẩu",
        probe_server=settings.ProbeServerAddress(**_PROBE_SERVER),
        tick_s=1,
        keepalive_s=5,
        light_round_s=10,
        line_round_s=10,
        spool_cap_bytes=65_536,
    ),
    "settings-plain": settings.AgentSettings(
        device="d-0123456789", brokers=_BROKERS[:1], probe_server=settings.ProbeServerAddress(**_PROBE_SERVER)
    ),
    "snapshot-full": _snapshot(),
    "snapshot-no_answer": _snapshot(received=0, rtt_ms=None, jitter_ms=None, done=(), dropped_from=0, dropped_to=0),
}


@pytest.fixture(scope="session")
def examples() -> dict[str, Any]:
    """Every message, by `message-variant`."""
    return EXAMPLES


@pytest.fixture(scope="session")
def frame() -> wire.Frame:
    return FRAME


@pytest.fixture(scope="session")
def full_report(examples: dict[str, Any]) -> dict[str, Any]:
    """A report with findings of every kind, as JSON values; a test changes a deep copy."""
    return dict(examples["report-ten_kinds"].model_dump(mode="json", exclude_none=True))
