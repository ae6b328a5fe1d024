"""What codes are called: levels, owners, facts and words; and what a reason says, filled by a verdict's parameters.

Numbers among the parameters are shown in its parameter `unit`. The reasons themselves are in `reason_table.py`.
"""

from __future__ import annotations

from typing import Any, Mapping

from contract.reason_table import REASONS as REASONS

LEVELS = ("ready", "at_risk", "unknown", "not_ready")  # from best to worst
OWNERS = ("vnpt", "other_provider", "site", "department", "ministry")

LEVEL_NAMES = {
    "ready": ("Đạt", "Ready"),
    "at_risk": ("Có nguy cơ", "At risk"),
    "unknown": ("Chưa rõ", "Unknown"),
    "not_ready": ("Chưa đạt", "Not ready"),
}
OWNER_NAMES = {
    "vnpt": ("VNPT", "VNPT"),
    "other_provider": ("Nhà mạng khác", "Other provider"),
    "site": ("Điểm cầu", "Site"),
    "department": ("Sở", "Department"),
    "ministry": ("Bộ", "Ministry"),
}
FACT_NAMES = {
    "line": ("Đường truyền", "Line"),
    "path": ("Chất lượng mạng", "Network path"),
    "host": ("Máy tính", "Machine"),
    "camera": ("Camera", "Camera"),
    "sound": ("Micrô và loa", "Microphone and speakers"),
    "display": ("Màn hình", "Screen"),
    "clock": ("Đồng hồ", "Clock"),
    "presence": ("Có mặt", "Presence"),
    "picture_sound": ("Hình và tiếng", "Picture and sound"),
    "rehearsal": ("Diễn tập hai chiều", "Two-way rehearsal"),
}
WORDS = {  # words that parameters and findings hold: why there is no value, what a presence says, outcomes of a line
    "timeout": ("quá thời gian", "timed out"),
    "crashed": ("phép đo bị ngắt giữa chừng", "the probe crashed"),
    "unreachable": ("không tới được máy chủ đo", "the probe server cannot be reached"),
    "refused": ("máy chủ đo từ chối", "the probe server refused"),
    "needs_consent": ("chưa có đồng ý cho đo qua 4G", "nobody has consented to a test over 4G"),
    "denied": ("không đủ quyền", "not permitted"),
    "unsupported": ("hệ thống không cho biết", "the system does not tell"),
    "portal": ("mạng đòi đăng nhập trước", "the network asks to log in first"),
    "proxy": ("proxy của mạng này không cho qua", "the proxy of this network does not let us through"),
    "absent": ("không có số liệu", "no value"),
    "error": ("lỗi khi đo", "error"),
    "lost": ("mất liên lạc", "lost"),
    "stopped": ("đã tắt", "stopped"),
    "asleep": ("đang ngủ", "asleep"),
    "carries": ("đủ", "carries the need"),
    "fails": ("không đủ", "falls short of the need"),
    "unsure": ("chưa chắc", "unsure"),
    "threshold": ("thử đến mức cần", "up to the need"),  # how a line was tested
    "skipped": ("chưa thử, vì chiều kia đã không đủ", "not tried: the other direction had failed"),
    "above": ("trên mức tối thiểu", "above the minimum"),
    "below": ("dưới mức tối thiểu", "below the minimum"),
    "other_traffic": ("máy đang tải thứ khác", "other traffic on the machine"),
    "weak_wifi": ("sóng Wi-Fi yếu", "weak Wi-Fi"),
    "busy_processor": ("máy quá bận", "busy processor"),
    "server_limit": ("máy chủ đo hết sức", "probe server at its limit"),
}
_BYTES = ((1e9, "GB"), (1e6, "MB"), (1e3, "kB"))
_LONG_MS = (  # times that nobody reads in milliseconds, from 10 s on
    (31_557_600_000, "năm", "years"),
    (86_400_000, "ngày", "days"),
    (3_600_000, "giờ", "h"),
    (60_000, "phút", "min"),
    (1_000, "giây", "s"),
)
_DECIMALS = {"Mbit/s": 3}  # at most; of any other unit two
_POINT_AND_COMMA = str.maketrans(".,", ",.")


def text(code: str, params: Mapping[str, Any], lang: str) -> str:
    """Return what a reason says, in `vi` or `en`; a code of a later version says itself."""
    reason = REASONS.get(code)
    if reason is None:
        return code
    shown = {name: show(params.get(name, "?"), str(params.get("unit", "")), lang) for name in reason.params}
    return (reason.en if lang == "en" else reason.vi).format_map(shown)


def show(value: Any, unit: str, lang: str) -> str:
    """Return a parameter as people read it: 4.25 of unit Mbit/s as `4,25 Mbit/s`; a word by its translation.

    Of unit UTC, minutes as people write a time zone: 420 as `UTC+7:00`.
    """
    if isinstance(value, str):
        return WORDS.get(value, (value, value))[lang == "en"]
    if unit == "UTC":
        return f"UTC{'-' if value < 0 else '+'}{abs(value) // 60}:{abs(value) % 60:02}"
    if unit == "byte":
        scale, unit = next(((scale, name) for scale, name in _BYTES if abs(value) >= scale), (1, "byte"))
        value /= scale
    elif unit == "ms" and abs(value) >= 10_000:
        scale, *names = next(long for long in _LONG_MS if abs(value) >= long[0])
        value, unit = value / scale, names[lang == "en"]
    if unit == "byte" and lang == "en" and value != 1:
        unit = "bytes"
    number = _number(value, _DECIMALS.get(unit, 2))
    if lang != "en":
        number = number.translate(_POINT_AND_COMMA)
    return f"{number} {unit}".replace(" %", "%").strip()


def _number(value: float, decimals: int) -> str:
    """Return three digits: 5.96 must not read as the 6 that it falls short of, nor what is small as nothing."""
    least = 10**-decimals
    if 0 < abs(value) < least / 2:
        return f"< {least:.{decimals}f}"
    return f"{round(value, decimals):.3g}" if abs(value) < 100 else f"{value:,.0f}"


def next_step(code: str, lang: str) -> str:
    """Return what to do next about a reason, empty when there is nothing to do."""
    reason = REASONS.get(code)
    if reason is None:
        return ""
    return reason.next_en if lang == "en" else reason.next_vi
