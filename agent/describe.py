"""Findings, failures and the spool's books in plain words, Vietnamese or English."""

from __future__ import annotations

from typing import Any, Callable, Dict, List, Optional, Tuple

from agent.spool import Counters, Spooled
from contract.findings import Clock, Fact, Host, Line, Network, Path, Software
from contract.languages import say
from contract.report import Measurement, Report

_PROBES = {
    "host": ("Máy tính", "Computer"),
    "network": ("Mạng", "Network"),
    "path": ("Đường đi tới máy chủ đo", "Path to the probe server"),
    "software": ("Phần mềm", "Software"),
    "clock": ("Đồng hồ", "Clock"),
    "line": ("Đường truyền", "Line"),
}
_FAILURES = {
    "timeout": ("không xong trong thời gian cho phép", "did not end in its time"),
    "crashed": ("phép đo bị ngắt giữa chừng", "the measurement was cut off"),
    "unreachable": ("không tới được máy chủ đo", "the probe server cannot be reached"),
    "refused": ("máy chủ đo từ chối", "the probe server refused"),
    "denied": ("hệ điều hành không cho phép", "the operating system does not allow it"),
    "unsupported": ("chưa đo được trên máy này", "cannot be measured on this machine yet"),
    "error": ("lỗi khi đo", "an error while measuring"),
}
_WHYS = {
    "denied": ("không được phép đọc", "may not be read"),
    "unsupported": ("máy này không cho biết", "not told by this machine"),
    "absent": ("không có", "none"),
    "error": ("lỗi khi đọc", "error while reading"),
}
_LINKS = {
    "ethernet": ("dây mạng", "cable"),
    "wifi": ("Wi-Fi", "Wi-Fi"),
    "mobile": ("mạng di động", "mobile"),
    "other": ("loại khác", "other"),
}
Row = Tuple[str, str]


def probe_name(name: str) -> str:
    """Return what a probe measures, in words."""
    return say(*_PROBES.get(name, (name, name)))


def table(report: Report) -> str:
    """Return the findings of a report as a table to read."""
    return "\n".join(line for measurement in report.measurements for line in _lines(measurement))


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


def _lines(measurement: Measurement) -> List[str]:
    title = probe_name(measurement.probe)
    if measurement.failure is not None:
        failure = measurement.failure
        why = say(*_FAILURES[failure.code])
        return [f"{title}: {why} ({failure.text})"]
    rows = _ROWS.get(type(measurement.findings), lambda _: [])(measurement.findings)
    return [title, *(f"  {label:<28}{value}" for label, value in rows)]


def _fact(fact: Fact[Any], words: Callable[[Any], str]) -> str:
    return words(fact.value) if fact.value is not None else say(*_WHYS[fact.why or "error"])


def _ms(value: float) -> str:
    return f"{value:.1f} ms"


def _gib(value: int) -> str:
    return f"{value / 2**30:.1f} GiB"


def _host(host: Host) -> List[Row]:
    return [
        (say("Bộ xử lý đang bận", "Processor busy"), _fact(host.cpu_pct, lambda v: f"{v:.0f} %")),
        (say("Bộ nhớ còn trống", "Memory available"), _fact(host.memory_available_bytes, _gib)),
        (say("Đĩa còn trống", "Disk free"), _fact(host.disk_free_bytes, _gib)),
        (say("Đã bật được", "Up for"), _fact(host.uptime_s, duration)),
    ]


def _network(network: Network) -> List[Row]:
    return [
        (say("Kết nối bằng", "Connected by"), _fact(network.link, lambda v: say(*_LINKS[v]))),
        (say("Tốc độ cổng", "Link speed"), _fact(network.link_speed_mbps, lambda v: f"{v:.0f} Mbit/s")),
        (
            say("Có đường ra mạng", "Has a default route"),
            _fact(network.has_default_route, lambda v: say("có", "yes") if v else say("không", "no")),
        ),
    ]


def _path(path: Path) -> List[Row]:
    return [
        (say("Mất gói", "Packets lost"), f"{path.loss_pct:.1f} % ({path.sent - path.received}/{path.sent})"),
        (say("Thời gian đi về", "Round trip"), _fact(path.rtt_ms, _ms)),
        (say("Đi về chậm nhất (95 %)", "Round trip, 95 %"), _fact(path.rtt_p95_ms, _ms)),
        (say("Dao động", "Jitter"), _fact(path.jitter_ms, _ms)),
    ]


def _software(software: Software) -> List[Row]:
    return [
        (say("Phiên bản", "Version"), software.agent_version),
        (say("Hệ điều hành", "Operating system"), _fact(software.os_name, str)),
        (say("Bản", "Release"), _fact(software.os_version, str)),
    ]


def _clock(clock: Clock) -> List[Row]:
    ahead = say("nhanh {:.1f} giây", "{:.1f} s ahead")
    behind = say("chậm {:.1f} giây", "{:.1f} s behind")
    return [
        (
            say("So với trung tâm", "Against the centre"),
            _fact(clock.offset_ms, lambda v: (ahead if v >= 0 else behind).format(abs(v) / 1000)),
        )
    ]


def _line(line: Line) -> List[Row]:
    return [
        (say("Tải xuống", "Download"), f"{line.download_mbps:.1f} Mbit/s"),
        (say("Tải lên", "Upload"), f"{line.upload_mbps:.1f} Mbit/s"),
        (say("Thời gian đi về", "Round trip"), _fact(line.round_trip_ms, _ms)),
    ]


_ROWS: Dict[Any, Callable[[Any], List[Row]]] = {
    Host: _host,
    Network: _network,
    Path: _path,
    Software: _software,
    Clock: _clock,
    Line: _line,
}
