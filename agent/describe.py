"""Findings, failures and the spool's books in plain words, Vietnamese or English."""

from __future__ import annotations

from typing import Any, Callable, Dict, List, Optional, Sequence, Tuple

from agent.spool import Counters, Spooled
from contract import reasons
from contract.findings import (
    Camera,
    Clock,
    Direction,
    Display,
    Fact,
    Host,
    Line,
    Network,
    Path,
    Playback,
    Power,
    Software,
    Sound,
)
from contract.languages import language, say
from contract.report import Measurement, Report

_PROBES = {
    "host": ("Máy tính", "Machine"),
    "network": ("Kết nối mạng", "Network"),
    "path": ("Chất lượng mạng", "Network path"),
    "software": ("Phần mềm", "Software"),
    "clock": ("Đồng hồ", "Clock"),
    "camera": ("Camera", "Camera"),
    "sound": ("Micrô và loa", "Microphone and speakers"),
    "display": ("Màn hình", "Screen"),
    "power": ("Nguồn điện", "Power"),
    "line": ("Đường truyền", "Line"),
    "speedtest": ("Speedtest", "Speedtest"),
}
_LINKS = {
    "ethernet": ("dây mạng", "cable"),
    "wifi": ("Wi-Fi", "Wi-Fi"),
    "mobile": ("mạng di động", "mobile"),
    "other": ("loại khác", "other"),
}
_HEALTH = {"good": ("tốt", "good"), "worn": ("đã mòn", "worn"), "failing": ("sắp hỏng", "failing")}
_PLUGS = {"internal": ("màn hình liền máy", "built in"), "other": ("loại khác", "other")}  # the others name themselves
Row = Tuple[str, str]
NOT_ENROLLED = "not-enrolled"  # the device in a report of a machine that is none


def probe_name(name: str) -> str:
    """Return what a probe measures, in words."""
    return say(*_PROBES.get(name, (name, name)))


def link_name(link: str) -> str:
    """Return what a machine is connected by, in words."""
    return say(*_LINKS[link])


def table(report: Report) -> str:
    """Return the findings of a report as a table to read."""
    return "\n".join(line for measurement in report.measurements for line in _lines(measurement, report.device))


def waiting(counters: Counters, oldest: Optional[Spooled], now_us: int, set_aside: int) -> str:
    """Return what a spool holds: how much waits, since when, and what was lost."""
    lines = [
        say(
            f"{counters.spooled} báo cáo đang chờ gửi; {counters.acked_upto} đã được trung tâm xác nhận.",
            f"{counters.spooled} reports wait to be sent; {counters.acked_upto} are settled by the centre.",
        )
    ]
    if oldest is not None and oldest.spooled_us:
        age = duration(max(0, now_us - oldest.spooled_us) // 1_000_000)
        lines.append(say(f"Báo cáo cũ nhất đã chờ {age}.", f"The oldest has waited for {age}."))
    if counters.dropped_ever:
        lines.append(
            say(
                f"{counters.dropped_ever} báo cáo cũ nhất đã phải bỏ vì hết chỗ; trung tâm sẽ được báo.",
                f"{counters.dropped_ever} of the oldest were dropped for lack of room; the centre is told.",
            )
        )
    if set_aside:
        lines.append(
            say(
                "Tệp lưu bị hỏng nên đã được để riêng và thay bằng tệp mới.",
                "The spool's file was damaged; it was set aside and a new one was opened.",
            )
        )
    return "\n".join(lines)


def duration(seconds: int) -> str:
    """Return a duration in the largest unit that fits."""
    for size, vi, en in ((86_400, "ngày", "d"), (3600, "giờ", "h"), (60, "phút", "min")):
        if seconds >= size:
            return f"{seconds // size} {say(vi, en)}"
    return f"{seconds} {say('giây', 's')}"


def _lines(measurement: Measurement, device: str) -> List[str]:
    title = probe_name(measurement.probe)
    if measurement.failure is not None:
        if device == NOT_ENROLLED and measurement.failure.code == "unreachable":  # no probe server is known
            return [
                f"{title}: " + say("chưa đo được vì máy chưa đăng ký", "not measured: this machine is not enrolled")
            ]
        why, detail = _shown(measurement.failure.code), measurement.failure.text
        return [f"{title}: " + say(why, f"{why} ({detail})")]  # the detail is for technicians, and English
    rows = _ROWS.get(type(measurement.findings), lambda _: [])(measurement.findings)
    return [title, *(f"  {label:<30}{value}" for label, value in rows)]


def _shown(value: Any, unit: str = "") -> str:
    return reasons.show(value, unit, language())


def _fact(fact: Fact[Any], words: Callable[[Any], str]) -> str:
    return words(fact.value) if fact.value is not None else _shown(fact.why)


def _quantity(fact: Fact[Any], unit: str) -> str:
    return _fact(fact, lambda value: _shown(value, unit))


def _yes_or_no(fact: Fact[bool]) -> str:
    return _fact(fact, lambda value: say("có", "yes") if value else say("không", "no"))


def _host(host: Host) -> List[Row]:
    return [
        (say("Số nhân xử lý", "Processors"), _fact(host.cpu_count, str)),
        (say("Bộ xử lý bận", "Processor busy"), _quantity(host.cpu_pct, "%")),
        (say("Tổng bộ nhớ", "Memory"), _quantity(host.memory_total_bytes, "byte")),
        (say("Bộ nhớ trống", "Free memory"), _quantity(host.memory_available_bytes, "byte")),
        (say("Dung lượng ổ đĩa", "Disk"), _quantity(host.disk_total_bytes, "byte")),
        (say("Ổ đĩa trống", "Free disk"), _quantity(host.disk_free_bytes, "byte")),
        (say("Máy chạy liên tục", "Up for"), _fact(host.uptime_s, duration)),
        (say("Nhiệt độ", "Temperature"), _quantity(host.temperature_c, "°C")),
        (say("Tình trạng ổ đĩa", "Disk health"), _fact(host.disk_health, lambda v: say(*_HEALTH[v]))),
    ]


def _network(network: Network) -> List[Row]:
    return [
        (say("Kiểu kết nối", "Link"), _fact(network.link, link_name)),
        (say("Tốc độ cổng mạng", "Link speed"), _quantity(network.link_speed_mbps, "Mbit/s")),
        (say("Số cổng mạng đang bật", "Interfaces up"), _fact(network.interfaces_up, str)),
        (say("Có đường ra mạng", "Has a default route"), _yes_or_no(network.has_default_route)),
        (say("Song công (full duplex)", "Full duplex"), _yes_or_no(network.is_full_duplex)),
        (say("Sóng Wi-Fi", "Wi-Fi signal"), _quantity(network.wifi_signal_pct, "%")),
        (say("Số cổng mạng di động", "Mobile interfaces"), _fact(network.mobile_interfaces, str)),
        (say("Dấu của bộ định tuyến", "Mark of the router"), _fact(network.gateway, str)),
    ]


def _path(path: Path) -> List[Row]:
    return [
        (say("Mất gói", "Packet loss"), f"{_shown(path.loss_pct, '%')} ({path.sent - path.received}/{path.sent})"),
        (say("Độ trễ khứ hồi", "Round trip"), _quantity(path.rtt_ms, "ms")),
        (say("Độ trễ khứ hồi, p95", "Round trip, p95"), _quantity(path.rtt_p95_ms, "ms")),
        (say("Độ rung (jitter)", "Jitter"), _quantity(path.jitter_ms, "ms")),
        (say("Gói đến sai thứ tự", "Packets out of order"), str(path.reordered)),
        *_path_in_depth(path),
        (say("Máy chủ đo", "Probe server"), path.server),
    ]


def _path_in_depth(path: Path) -> List[Row]:
    return [
        (say("Mất gói, ít nhất", "Packet loss, at least"), _quantity(path.loss_low_pct, "%")),
        (say("Mất gói, nhiều nhất", "Packet loss, at most"), _quantity(path.loss_high_pct, "%")),
        (say("Gói mất chiều đi", "Packets lost on the way out"), _fact(path.lost_up, str)),
        (say("Gói mất chiều về", "Packets lost on the way back"), _fact(path.lost_down, str)),
        (say("Gói mất liền nhau, nhiều nhất", "Most packets lost in a row"), _fact(path.longest_loss, str)),
        (say("Độ trễ khứ hồi, p99", "Round trip, p99"), _quantity(path.rtt_p99_ms, "ms")),
        (say("Tốc độ gửi gói đo, chiều đi", "Rate of the packets out"), _quantity(path.up_mbps, "Mbit/s")),
        (say("Tốc độ gửi gói đo, chiều về", "Rate of the packets back"), _quantity(path.down_mbps, "Mbit/s")),
        (say("Điểm chất lượng thoại (R)", "Voice quality (R)"), _quantity(path.r_factor, "")),
    ]


def _software(software: Software) -> List[Row]:
    return [
        (say("Phiên bản phần mềm kiểm tra", "Agent version"), software.agent_version),
        (say("Phiên bản Python", "Python version"), software.python_version),
        (say("Hệ điều hành", "Operating system"), _fact(software.os_name, str)),
        (say("Phiên bản hệ điều hành", "System version"), _fact(software.os_version, str)),
        (say("Kiến trúc máy", "Architecture"), _fact(software.architecture, str)),
        (say("Bản hệ điều hành", "Distribution"), _fact(software.distribution, str)),
    ]


def _clock(clock: Clock) -> List[Row]:
    def words(offset_ms: float) -> str:
        seconds = _shown(round(abs(offset_ms) / 1000, 1), say("giây", "s"))
        ahead, behind = say(f"nhanh {seconds}", f"{seconds} ahead"), say(f"chậm {seconds}", f"{seconds} behind")
        return ahead if offset_ms >= 0 else behind

    return [
        (say("Lệch giờ so với máy chủ", "Clock offset from the server"), _fact(clock.offset_ms, words)),
        (say("Múi giờ", "Time zone"), _quantity(clock.utc_offset_min, "UTC")),
    ]


def _camera(camera: Camera) -> List[Row]:
    return [
        (say("Số camera", "Cameras"), _fact(camera.camera_count, str)),
        (say("Mã loại camera (USB)", "Models (USB)"), _fact(camera.models, _listed)),
        (say("Camera được phép dùng", "Camera allowed"), _yes_or_no(camera.is_allowed)),
        (say("Camera đang được dùng", "Camera in use"), _yes_or_no(camera.is_in_use)),
    ]


def _sound(sound: Sound) -> List[Row]:
    return [
        (say("Số micrô", "Microphones"), _fact(sound.microphone_count, str)),
        (say("Số loa", "Speakers"), _fact(sound.speaker_count, str)),
        (say("Số giắc chưa cắm gì", "Jacks with nothing plugged in"), _fact(sound.unplugged_count, str)),
        (say("Micrô được phép dùng", "Microphone allowed"), _yes_or_no(sound.is_microphone_allowed)),
        (say("Micrô đang được dùng", "Microphone in use"), _yes_or_no(sound.is_microphone_in_use)),
    ]


def _display(display: Display) -> List[Row]:
    return [
        (say("Số màn hình", "Screens"), _fact(display.display_count, str)),
        (say("Cắm bằng", "Plugged in by"), _fact(display.plugs, _plugs)),
        (say("Bề ngang", "Width"), _quantity(display.width_px, say("điểm ảnh", "px"))),
        (say("Bề cao", "Height"), _quantity(display.height_px, say("điểm ảnh", "px"))),
        (say("Đường chéo", "Diagonal"), _quantity(display.diagonal_cm, "cm")),
        (say("Màn hình có loa", "Screen has speakers"), _yes_or_no(display.has_speakers)),
    ]


def _plugs(plugs: Sequence[str]) -> str:
    return _listed([say(*_PLUGS[plug]) if plug in _PLUGS else plug.upper() for plug in plugs])


def _listed(texts: Sequence[str]) -> str:
    return ", ".join(texts) or say("không có", "none")


def _power(power: Power) -> List[Row]:
    return [
        (say("Đang dùng điện lưới", "On mains"), _yes_or_no(power.is_on_mains)),
        (say("Pin còn", "Battery"), _quantity(power.battery_pct, "%")),
        (say("Thấy bộ lưu điện (UPS)", "UPS seen"), _yes_or_no(power.has_ups)),
        (say("Bộ lưu điện còn", "UPS battery"), _quantity(power.ups_battery_pct, "%")),
    ]


def _line(line: Line) -> List[Row]:
    return [
        *_rate(say("Tải xuống", "Download"), line, line.download_mbps),
        *_rate(say("Tải lên", "Upload"), line, line.upload_mbps),
        *_direction(say("Chiều tải xuống", "Downstream"), line, line.download),
        *_direction(say("Chiều tải lên", "Upstream"), line, line.upload),
        *_playback(line.playback),
        (say("Độ trễ khứ hồi", "Round trip"), _quantity(line.round_trip_ms, "ms")),
        (say("Bị ảnh hưởng bởi", "Disturbed by"), _listed([_shown(one) for one in line.disturbances])),
        (say("Kiểu kết nối", "Link"), _fact(line.link, link_name)),
        (say("Dấu của bộ định tuyến", "Mark of the router"), _fact(line.gateway, str)),
        (say("Nhà mạng nhìn thấy", "Provider seen"), _fact(line.provider, str)),
        (say("Đã tải xuống", "Downloaded"), _shown(line.received_bytes, "byte")),
        (say("Đã tải lên", "Uploaded"), _shown(line.sent_bytes, "byte")),
        (say("Máy chủ đo", "Probe server"), line.server),
        (say("Cách đo", "Method"), _shown(line.method)),
    ]


def _rate(label: str, line: Line, rate_mbps: Optional[float]) -> List[Row]:
    """Return the rate; a threshold test goes little further than the need, which does not make a line slow."""
    if rate_mbps is None:
        return []
    tested = say(" (giữ vững được, trong mức đã thử)", " (sustained, as far as was tried)")
    return [(label, _shown(rate_mbps, "Mbit/s") + (tested if line.method == "threshold" else ""))]


def _direction(label: str, line: Line, found: Optional[Direction]) -> List[Row]:
    if found is None:
        return [(label, _shown("skipped"))] if line.method == "threshold" else []
    between = f"{_shown(found.low_mbps)} – {_shown(found.high_mbps, 'Mbit/s')}"
    minimum = (
        []
        if found.minimum is None
        else [(say("  So với mức tối thiểu", "  Against the minimum"), _shown(found.minimum))]
    )
    return [
        (label, _shown(found.outcome)),
        (say("  Mức cần", "  Need"), _shown(found.need_mbps, "Mbit/s")),
        (say("  Mức tối thiểu", "  Minimum"), _shown(found.minimum_mbps, "Mbit/s")),
        *minimum,
        (say("  Tốc độ đo được", "  Rate"), f"{_shown(found.rate_mbps, 'Mbit/s')} ({between})"),
        (say("  Lượng đã truyền", "  Moved"), _shown(found.moved_bytes, "byte")),
        (say("  Đo trong", "  Took"), _shown(found.took_s, say("giây", "s"))),
        (say("  Độ trễ tăng thêm khi tải", "  Delay added under load"), _quantity(found.added_delay_ms, "ms")),
    ]


def _playback(found: Optional[Playback]) -> List[Row]:
    if found is None:
        return []
    seconds = say("giây", "s")
    return [
        (say("Dự báo khi xem", "Playback foreseen"), ""),
        (say("  Hình chạy sau", "  Starts after"), _quantity(found.startup_s, seconds)),
        (say("  Số lần dừng hình", "  Stalls"), str(found.stalls)),
        (say("  Thời gian dừng hình", "  Time stalled"), _shown(found.rebuffer_pct, "%")),
    ]


_ROWS: Dict[Any, Callable[[Any], List[Row]]] = {
    Host: _host,
    Network: _network,
    Path: _path,
    Software: _software,
    Clock: _clock,
    Camera: _camera,
    Sound: _sound,
    Display: _display,
    Power: _power,
    Line: _line,
}
