"""What each probe of a device would find: believable values of the contract's models, a little different each time."""

from __future__ import annotations

import random
from typing import Any

from collector.judge.needs import Need
from collector.simulator.nature import Nature
from contract import __version__

_GB = 1_000_000_000
_PACE = 1.25  # a line test is paced at so many times the need
_SPREAD = 0.03  # of a rate, each way: the interval that a test ends with
_STREAM_PACKETS, _GLANCE_PACKETS = 500, 100

Findings = dict[str, Any]


def _fact(value: Any) -> dict[str, Any]:
    return {"value": value}


_ABSENT = {"why": "absent"}
_UNSUPPORTED = {"why": "unsupported"}


def host(nature: Nature, uptime_s: int, chance: random.Random) -> Findings:
    """Invent processor, memory and disk with room to spare."""
    _, _, _, processors, memory_gb, disk_gb, _ = nature.model
    return {
        "kind": "host",
        "cpu_count": _fact(processors),
        "cpu_pct": _fact(round(chance.uniform(2.0, 45.0), 1)),
        "memory_total_bytes": _fact(memory_gb * _GB),
        "memory_available_bytes": _fact(int(memory_gb * _GB * chance.uniform(0.35, 0.7))),
        "disk_total_bytes": _fact(disk_gb * _GB),
        "disk_free_bytes": _fact(int(disk_gb * _GB * chance.uniform(0.2, 0.7))),
        "uptime_s": _fact(uptime_s),
        "temperature_c": _UNSUPPORTED,
        "disk_health": _fact("good"),
    }


def network(nature: Nature, chance: random.Random) -> Findings:
    """Invent the way to the network."""
    link = nature.line.link
    is_wired = link == "ethernet"
    return {
        "kind": "network",
        "link": _fact(link),
        "link_speed_mbps": _fact(1000.0) if is_wired else _UNSUPPORTED,
        "interfaces_up": _fact(1),
        "has_default_route": _fact(True),
        "is_full_duplex": _fact(True) if is_wired else _UNSUPPORTED,
        "wifi_signal_pct": _fact(round(chance.uniform(60.0, 95.0))) if link == "wifi" else _ABSENT,
        "mobile_interfaces": _fact(int(link == "mobile")),
    }


def software(nature: Nature) -> Findings:
    """Invent the system; a hostile device says here whatever might run on a page or in a sheet."""
    system, version, distribution, *_ = nature.model
    first, second = (*nature.texts, distribution, version)[:2]
    return {
        "kind": "software",
        "agent_version": __version__,
        "python_version": "3.8.10" if version.startswith("6.1.7601") else "3.13.1",
        "os_name": _fact(system),
        "os_version": _fact(second),
        "architecture": _fact("AMD64" if system == "Windows" else "x86_64"),
        "distribution": _fact(first),
    }


def clock(off_s: float, chance: random.Random) -> Findings:
    """Invent how far the clock is off: what it really is off, and the error of asking over the network."""
    offset_ms = off_s * 1000 + chance.gauss(0.0, 2.0)
    return {"kind": "clock", "offset_ms": _fact(round(offset_ms, 1)), "utc_offset_min": _fact(420)}


def camera(nature: Nature) -> Findings:
    """Invent the cameras."""
    has = nature.equipment
    return {
        "kind": "camera",
        "camera_count": _fact(has.cameras),
        "models": _fact([nature.camera_model] * has.cameras),
        "is_allowed": _fact(has.is_camera_allowed),
        "is_in_use": _fact(False),
    }


def sound(nature: Nature) -> Findings:
    """Invent microphones and speakers."""
    has = nature.equipment
    return {
        "kind": "sound",
        "microphone_count": _fact(has.microphones),
        "speaker_count": _fact(has.speakers),
        "unplugged_count": _fact(0),
        "is_microphone_allowed": _fact(has.is_microphone_allowed),
        "is_microphone_in_use": _fact(False),
    }


def display(nature: Nature) -> Findings:
    """Invent the screens."""
    count = nature.equipment.displays
    if not count:
        return {
            "kind": "display",
            "display_count": _fact(0),
            "plugs": _fact([]),
            **dict.fromkeys(("width_px", "height_px", "diagonal_cm", "has_speakers"), _ABSENT),
        }
    return {
        "kind": "display",
        "display_count": _fact(count),
        "plugs": _fact(["hdmi"] * count),
        "width_px": _fact(1920),
        "height_px": _fact(1080),
        "diagonal_cm": _fact(55 if count == 1 else 140),
        "has_speakers": _fact(count > 1),
    }


def power(_: Nature) -> Findings:
    """Invent a desktop on mains."""
    return {
        "kind": "power",
        "is_on_mains": _fact(True),
        "battery_pct": _ABSENT,
        "has_ups": _fact(False),
        "ups_battery_pct": _ABSENT,
    }


def path(nature: Nature, *, is_stream: bool, chance: random.Random) -> Findings:
    """Invent what a stream of packets found, or beside no line test the small one."""
    line = nature.line
    sent = _STREAM_PACKETS if is_stream else _GLANCE_PACKETS
    lost = sum(chance.random() < line.loss_pct / 100 for _ in range(sent)) if line.loss_pct else 0
    rtt_ms = line.rtt_ms * chance.uniform(0.95, 1.1)
    found: Findings = {
        "kind": "path",
        "server": _server(nature),
        "sent": sent,
        "received": sent - lost,
        "reordered": 0,
        "loss_pct": round(100 * lost / sent, 3),
        "rtt_ms": _fact(round(rtt_ms, 3)),
        "rtt_p95_ms": _fact(round(rtt_ms + line.jitter_ms * 2, 3)),
        "rtt_p99_ms": _fact(round(rtt_ms + line.jitter_ms * 3, 3)),
        "jitter_ms": _fact(round(line.jitter_ms * chance.uniform(0.8, 1.2), 3)),
        "longest_loss": _fact(min(lost, 1)),
    }
    if is_stream:
        found["lost_up"], found["lost_down"] = _fact(lost // 2), _fact(lost - lost // 2)
        found["r_factor"] = _fact(round(92.5 - rtt_ms * 0.03 - 100 * lost / sent * 2.5, 1))
    return found


def line(nature: Nature, chance: random.Random) -> Findings:
    """Invent a line test: paced, a good line shows no more than the pace; the other way is not tried in vain."""
    found_line, needs = nature.line, nature.needs
    down = _direction(needs.download, found_line.download_mbps, chance)
    up = None
    if down["outcome"] == "carries":
        up = _direction(needs.upload, found_line.upload_mbps, chance)
    found: Findings = {
        "kind": "line",
        "method": "threshold",
        "server": _server(nature),
        "download_mbps": down["rate_mbps"],
        "round_trip_ms": _fact(round(found_line.rtt_ms, 3)),
        "received_bytes": down["moved_bytes"],
        "sent_bytes": up["moved_bytes"] if up else 40_000,
        "download": down,
        "link": _fact(found_line.link),
        "provider": _fact(found_line.provider) if found_line.provider else _ABSENT,
    }
    if up:
        found |= {"upload": up, "upload_mbps": up["rate_mbps"]}
    if nature.traits.role == "view":
        found["playback"] = _playback(found_line.download_mbps, nature.traits.bitrate_mbps)
    return found


def _direction(need: Need, real_mbps: float, chance: random.Random) -> Findings:
    carries = real_mbps >= need.ready_mbps
    rate_mbps = min(real_mbps, need.ready_mbps * _PACE) * chance.uniform(0.99, 1.0)
    low_mbps = max(rate_mbps * (1 - _SPREAD), need.ready_mbps) if carries else rate_mbps * (1 - _SPREAD)
    took_s = chance.uniform(1.5, 4.0) if carries else chance.uniform(3.0, 9.0)
    found: Findings = {
        "outcome": "carries" if carries else "fails",
        "need_mbps": need.ready_mbps,
        "minimum_mbps": need.minimum_mbps,
        "rate_mbps": round(rate_mbps, 3),
        "low_mbps": round(low_mbps, 3),
        "high_mbps": round(rate_mbps * (1 + _SPREAD), 3),
        "moved_bytes": int(rate_mbps * took_s * 125_000),
        "took_s": round(took_s, 3),
        "added_delay_ms": _fact(round(chance.uniform(2.0, 45.0), 3)),
    }
    if not carries:
        found["minimum"] = "above" if real_mbps >= need.minimum_mbps else "below"
    return found


def _playback(download_mbps: float, bitrate_mbps: float) -> Findings:
    lacking = max(0.0, 1 - download_mbps / bitrate_mbps)
    return {
        "startup_s": _fact(round(1.2 + 8 * lacking, 3)),
        "stalls": int(lacking * 20),
        "rebuffer_pct": round(100 * lacking, 3),
    }


def _server(nature: Nature) -> str:
    return nature.texts[0] if nature.texts else "do.mau.invalid"
