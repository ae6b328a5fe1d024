"""The names, Vietnamese and English, of what the contract carries as codes and the pages show as words."""

from __future__ import annotations

from contract.reasons import FACT_NAMES, LEVEL_NAMES, LEVELS

Names = dict[str, tuple[str, str]]

METRICS: Names = {
    "download_mbps": ("Tải xuống", "Download"),
    "upload_mbps": ("Tải lên", "Upload"),
    "loss_pct": ("Mất gói", "Packet loss"),
    "jitter_ms": ("Độ rung (jitter)", "Jitter"),
    "rtt_ms": ("Độ trễ khứ hồi", "Round trip"),
    "r_factor": ("Điểm chất lượng thoại (R)", "Voice quality (R)"),
    "download_delay_ms": ("Độ trễ tăng thêm khi tải xuống", "Delay added by a download"),
    "upload_delay_ms": ("Độ trễ tăng thêm khi tải lên", "Delay added by an upload"),
    "rebuffer_pct": ("Thời gian dừng hình", "Time stalled"),
    "memory_available_bytes": ("Bộ nhớ trống", "Free memory"),
    "disk_free_bytes": ("Ổ đĩa trống", "Free disk"),
    "cpu_pct": ("Bộ xử lý bận", "Processor busy"),
    "camera_count": ("Số camera", "Cameras"),
    "is_allowed": ("Camera được phép dùng", "Camera allowed"),
    "microphone_count": ("Số micrô", "Microphones"),
    "is_microphone_allowed": ("Micrô được phép dùng", "Microphone allowed"),
    "speaker_count": ("Số loa", "Speakers"),
    "display_count": ("Số màn hình", "Screens"),
    "offset_ms": ("Lệch giờ so với máy chủ", "Clock offset from the server"),
}
OWNERS_WITHIN: Names = {  # after "cần", "needs"
    "vnpt": ("VNPT", "VNPT"),
    "other_provider": ("nhà mạng khác", "another provider"),
    "site": ("tự xử lý", "local staff"),
    "department": ("Sở", "the department"),
    "ministry": ("Bộ", "the ministry"),
}
PROOFS: Names = {  # what to do about a fact that people prove, as long as nobody has
    "picture_sound": (
        "Thử hình và tiếng tại điểm cầu, rồi báo kỹ thuật viên VNPT xác nhận.",
        "Try picture and sound at the site, then have a VNPT technician confirm them.",
    ),
    "rehearsal": (
        "Hẹn trung tâm diễn tập: điểm cầu phải được nhìn thấy và nghe thấy.",
        "Arrange a rehearsal with the centre: the site must be seen and heard.",
    ),
}
ANSWERS: Names = {  # what a level means to the people of a site
    "ready": ("Đạt", "Ready"),
    "at_risk": ("Chưa đạt hẳn: có nguy cơ", "Not ready yet: at risk"),
    "not_ready": ("Chưa đạt", "Not ready"),
    "unknown": ("Chưa rõ: chưa đo đủ", "Not known yet: more must be measured"),
}
REASONS: Names = {  # of flags, in short: to choose among
    "never_checked": ("Chưa được kiểm tra", "Never checked"),
    "expired": ("Kết quả quá cũ", "Result too old"),
    "could_not_measure": ("Không đo được", "Could not be measured"),
    "other_line": ("Đo trên đường truyền khác", "Measured on another line"),
    "other_gateway": ("Đã chuyển sang modem khác", "Moved behind another router"),
    "download_low": ("Tải xuống chậm", "Slow download"),
    "upload_low": ("Tải lên chậm", "Slow upload"),
    "unsure": ("Chưa chắc đủ", "Not sure that it is enough"),
    "unconfirmed": ("Mới một lần đo chưa đạt", "Fell short once"),
    "not_tried": ("Chưa thử một chiều", "One direction not tried"),
    "need_changed": ("Mức cần đã đổi", "The need has changed"),
    "other_traffic": ("Máy đang tải thứ khác khi đo", "Other traffic during the test"),
    "weak_wifi": ("Sóng Wi-Fi yếu khi đo", "Weak Wi-Fi during the test"),
    "busy_processor": ("Máy quá bận khi đo", "Machine too busy during the test"),
    "server_limit": ("Máy chủ đo hết sức", "Probe server at its limit"),
    "needs_consent": ("Chưa đồng ý cho đo qua 4G", "No consent to a test over 4G"),
    "download_delay_high": ("Độ trễ khi tải xuống", "Delay under download"),
    "upload_delay_high": ("Độ trễ khi tải lên", "Delay under upload"),
    "playback_stalls": ("Dự báo hình bị dừng", "The picture would stall"),
    "package_low": ("Gói cước thấp hơn mức cần", "Package below the need"),
    "loss_high": ("Mất gói", "Packet loss"),
    "jitter_high": ("Độ rung (jitter) cao", "High jitter"),
    "round_trip_high": ("Độ trễ khứ hồi cao", "High round trip"),
    "voice_poor": ("Chất lượng thoại kém", "Poor voice quality"),
    "memory_low": ("Thiếu bộ nhớ", "Little free memory"),
    "disk_low": ("Ổ đĩa sắp đầy", "Little free disk"),
    "cpu_high": ("Bộ xử lý quá bận", "Processor too busy"),
    "camera_missing": ("Thiếu camera", "Camera missing"),
    "microphone_missing": ("Thiếu micrô", "Microphone missing"),
    "speaker_missing": ("Thiếu loa", "Speaker missing"),
    "display_missing": ("Thiếu màn hình", "Screen missing"),
    "camera_blocked": ("Camera bị chặn", "Camera blocked"),
    "microphone_blocked": ("Micrô bị chặn", "Microphone blocked"),
    "clock_wrong": ("Đồng hồ sai", "Wrong clock"),
    "not_connected": ("Thiết bị chưa kết nối", "Device not connected"),
    "rule_failed": ("Không đánh giá được", "Could not be judged"),
}
ROLES: Names = {"interactive": ("Tương tác", "Interactive"), "view": ("Chỉ xem", "View only")}
MEDIA: Names = {"mytv": ("MyTV", "MyTV"), "pc": ("Máy tính", "PC"), "room": ("Phòng họp", "Meeting room")}
DELIVERIES: Names = {  # how an event comes to a site
    "unicast": ("riêng từng điểm (unicast)", "one stream each (unicast)"),
    "multicast": ("chung một luồng (multicast)", "one stream for all (multicast)"),
}
CAPACITIES: Names = {  # what is known of what the network carries
    "confirmed": ("Đã xác nhận đủ", "Confirmed, and enough"),
    "short": ("Xác nhận chưa đủ", "Confirmed, but short"),
    "unconfirmed": ("Chưa xác nhận", "Not confirmed"),
}
SOURCES: Names = {
    "agent": ("Phần mềm kiểm tra", "Agent"),
    "browser": ("Trình duyệt", "Browser"),
    "screen_code": ("Mã trên màn hình", "Code on the screen"),
    "technician": ("Kỹ thuật viên", "Technician"),
    "rehearsal": ("Diễn tập", "Rehearsal"),
    "declared": ("Tự khai báo", "Declared"),
}
PAYERS: Names = {
    "ministry": ("Bộ trả", "paid by the ministry"),
    "department": ("Sở trả", "paid by the department"),
    "site": ("Điểm cầu trả", "paid by the site"),
}
LINE_KINDS: Names = {
    "fibre": ("cáp quang", "fibre"),
    "cable": ("cáp đồng trục", "cable"),
    "copper": ("cáp đồng", "copper"),
    "leased": ("kênh thuê riêng", "leased line"),
    "mobile": ("4G", "4G"),
    "satellite": ("vệ tinh", "satellite"),
}
STATEMENT_STATES: Names = {
    "made": ("Mới lập, chờ đề xuất", "Made, to be proposed"),
    "proposed": ("Đã đề xuất, chờ phê duyệt", "Proposed, to be approved"),
    "approved": ("Đã phê duyệt", "Approved"),
}
SIGNED_NEXT: Names = {  # by whom
    "made": (
        "Chờ đề xuất: ca trực VNPT, hoặc Sở với biên bản của tỉnh mình.",
        "To be proposed by VNPT's shift, or by a department that of its own province.",
    ),
    "proposed": (
        "Chờ phê duyệt: một người khác, của Bộ hoặc quản trị trung tâm.",
        "To be approved by another person, of the ministry or an administrator.",
    ),
    "approved": ("Số liệu và chữ ký không đổi nữa.", "Figures and signatures never change any more."),
}
GATES: Names = {
    "T-14d": ("14 ngày trước buổi họp", "14 days before the session"),
    "T-7d": ("7 ngày trước buổi họp", "7 days before the session"),
    "T-1d": ("1 ngày trước buổi họp", "1 day before the session"),
    "T-1h": ("1 giờ trước buổi họp", "1 hour before the session"),
    "live": ("trong buổi họp", "during the session"),
}
SHORT_GATES: Names = {  # where there is little room
    "T-14d": ("T-14 ngày", "T-14d"),
    "T-7d": ("T-7 ngày", "T-7d"),
    "T-1d": ("T-1 ngày", "T-1d"),
    "T-1h": ("T-1 giờ", "T-1h"),
}
DUE: Names = {  # what must be done by a gate
    "T-14d": (
        "Danh sách đủ: đầu mối, đường truyền, phương thức, số chỗ",
        "Listed completely: contact, line, medium, seats",
    ),
    "T-7d": ("Đã đăng ký máy và có kết quả đo", "A device has enrolled and reported"),
    "T-1d": ("Đường truyền đạt", "The line carries"),
    "T-1h": ("Điểm cầu tương tác có mặt", "Interactive sites are present"),
}
TESTABLE: Names = {  # of how many sites it is so now
    "": ("Bây giờ đo được", "May be tested now"),
    "session": ("Đang có buổi họp", "A session runs"),
    "power_cut": ("Đang cắt điện", "In a power cut"),
    "holiday": ("Đang nghỉ", "On holiday"),
    "outside_hours": ("Ngoài giờ mở máy", "Outside their hours"),
}
LACKS: Names = {  # what a site lacks of what is due
    "contact": ("đầu mối", "contact"),
    "line": ("đường truyền, mã thuê bao", "line, its id"),
    "seats": ("số chỗ", "seats"),
    "enrolled": ("chưa đăng ký máy", "no device enrolled"),
    "reported": ("chưa có kết quả đo", "nothing measured"),
    "carries": ("đường truyền chưa được kiểm chứng", "line not proven"),
    "present": ("chưa có mặt", "not present"),
}
PRESENCES: Names = {
    "connected": ("Đang kết nối", "Connected"),
    "asleep": ("Đang ngủ", "Asleep"),
    "stopped": ("Đã tắt", "Stopped"),
    "off_hours": ("Ngoài giờ", "Off hours"),
    "power_cut": ("Cắt điện có báo trước", "Announced power cut"),
    "lost": ("Mất liên lạc", "Lost"),
    "never": ("Chưa từng kết nối", "Never connected"),
}
AREAS: Names = {  # what a unit's sites are counted by
    "sites": ("Điểm cầu", "Sites"),
    "needing": ("Cần xử lý", "Need something"),
    "ready": ("Tỉ lệ đạt", "Share ready"),
    **{level: LEVEL_NAMES[level] for level in reversed(LEVELS) if level != "ready"},
    "dropped": ("Mất kết nối cùng lúc", "Disconnected together"),
}
HEARTBEATS: Names = {  # of a half-hour
    "connected": ("Có kết nối", "Connected"),
    "partly": ("Kết nối một phần", "Connected for a part of it"),
    "away": ("Không kết nối trong giờ mở máy", "Away during the site's hours"),
    "off_hours": ("Ngoài giờ mở máy hoặc cắt điện có báo trước", "Outside the site's hours, or an announced power cut"),
    "never": ("Chưa đăng ký", "Not enrolled yet"),
}
PLOTS: Names = {
    "rtt_ms": ("Độ trễ khứ hồi", "Round trip"),
    "jitter_ms": ("Độ rung", "Jitter"),
    "loss_pct": ("Mất gói", "Loss"),
    "line": ("Tốc độ khi đo đường truyền", "Rates of line tests"),
    "download_mbps": ("Tải xuống", "Download"),
    "upload_mbps": ("Tải lên", "Upload"),
}
GONE: Names = {  # what a device that is off hours or without power said last, before when it said it
    "asleep": ("máy ngủ từ", "asleep since"),
    "stopped": ("máy tắt lúc", "shut down at"),
    "lost": ("tin cuối lúc", "last heard at"),
}
WEEKDAYS = (
    ("thứ Hai", "Monday"),
    ("thứ Ba", "Tuesday"),
    ("thứ Tư", "Wednesday"),
    ("thứ Năm", "Thursday"),
    ("thứ Sáu", "Friday"),
    ("thứ Bảy", "Saturday"),
    ("Chủ nhật", "Sunday"),
)
DEVICE_STATES: Names = {
    "active": ("đang dùng", "active"),
    "waiting": ("chờ duyệt", "waiting for approval"),
    "revoked": ("đã thu hồi", "revoked"),
}
OCCASIONS: Names = {
    "start": ("khi khởi động", "at start"),
    "schedule": ("theo lịch hoặc đợt tổng duyệt", "on schedule or by a dry run"),
    "change": ("khi có thay đổi", "on change"),
    "command": ("theo lệnh của trung tâm", "on a command"),
    "once": ("một lần, theo lệnh tại máy", "once, by a command at the machine"),
}
PROBES: Names = {
    **{fact: FACT_NAMES[fact] for fact in ("host", "path", "line", "camera", "sound", "display", "clock")},
    "network": ("Kết nối mạng", "Network"),
    "software": ("Phần mềm", "Software"),
    "power": ("Nguồn điện", "Power"),
}
FINDINGS: Names = {
    **METRICS,
    "cpu_count": ("Số nhân xử lý", "Processors"),
    "memory_total_bytes": ("Tổng bộ nhớ", "Memory"),
    "disk_total_bytes": ("Dung lượng ổ đĩa", "Disk"),
    "uptime_s": ("Máy chạy liên tục", "Up for"),
    "temperature_c": ("Nhiệt độ", "Temperature"),
    "disk_health": ("Tình trạng ổ đĩa", "Disk health"),
    "link": ("Kiểu kết nối", "Link"),
    "link_speed_mbps": ("Tốc độ cổng mạng", "Link speed"),
    "interfaces_up": ("Số cổng mạng đang bật", "Interfaces up"),
    "has_default_route": ("Có đường ra mạng", "Has a default route"),
    "is_full_duplex": ("Song công (full duplex)", "Full duplex"),
    "wifi_signal_pct": ("Sóng Wi-Fi", "Wi-Fi signal"),
    "mobile_interfaces": ("Số cổng mạng di động", "Mobile interfaces"),
    "gateway": ("Dấu của bộ định tuyến", "Mark of the router"),
    "server": ("Máy chủ đo", "Probe server"),
    "sent": ("Gói đã gửi", "Packets sent"),
    "received": ("Gói nhận lại", "Packets received"),
    "reordered": ("Gói đến sai thứ tự", "Packets out of order"),
    "rtt_p95_ms": ("Độ trễ khứ hồi, p95", "Round trip, p95"),
    "loss_low_pct": ("Mất gói, ít nhất", "Packet loss, at least"),
    "loss_high_pct": ("Mất gói, nhiều nhất", "Packet loss, at most"),
    "lost_up": ("Gói mất chiều đi", "Packets lost on the way out"),
    "lost_down": ("Gói mất chiều về", "Packets lost on the way back"),
    "longest_loss": ("Gói mất liền nhau, nhiều nhất", "Most packets lost in a row"),
    "rtt_p99_ms": ("Độ trễ khứ hồi, p99", "Round trip, p99"),
    "up_mbps": ("Tốc độ gửi gói đo, chiều đi", "Rate of the packets out"),
    "down_mbps": ("Tốc độ gửi gói đo, chiều về", "Rate of the packets back"),
    "agent_version": ("Phiên bản phần mềm kiểm tra", "Agent version"),
    "python_version": ("Phiên bản Python", "Python version"),
    "os_name": ("Hệ điều hành", "Operating system"),
    "os_version": ("Phiên bản hệ điều hành", "System version"),
    "architecture": ("Kiến trúc máy", "Architecture"),
    "distribution": ("Bản hệ điều hành", "Distribution"),
    "utc_offset_min": ("Múi giờ", "Time zone"),
    "models": ("Mã loại camera (USB)", "Models (USB)"),
    "is_in_use": ("Camera đang được dùng", "Camera in use"),
    "unplugged_count": ("Số giắc chưa cắm gì", "Jacks with nothing plugged in"),
    "is_microphone_in_use": ("Micrô đang được dùng", "Microphone in use"),
    "plugs": ("Cắm bằng", "Plugged in by"),
    "width_px": ("Bề ngang", "Width"),
    "height_px": ("Bề cao", "Height"),
    "diagonal_cm": ("Đường chéo", "Diagonal"),
    "has_speakers": ("Màn hình có loa", "Screen has speakers"),
    "is_on_mains": ("Đang dùng điện lưới", "On mains"),
    "battery_pct": ("Pin còn", "Battery"),
    "has_ups": ("Thấy bộ lưu điện (UPS)", "UPS seen"),
    "ups_battery_pct": ("Bộ lưu điện còn", "UPS battery"),
    "method": ("Cách đo", "Method"),
    "round_trip_ms": ("Độ trễ khứ hồi", "Round trip"),
    "received_bytes": ("Đã tải xuống", "Downloaded"),
    "sent_bytes": ("Đã tải lên", "Uploaded"),
    "download": ("Chiều tải xuống", "Downstream"),
    "upload": ("Chiều tải lên", "Upstream"),
    "playback": ("Dự báo khi xem", "Playback foreseen"),
    "disturbances": ("Bị ảnh hưởng bởi", "Disturbed by"),
    "provider": ("Nhà mạng nhìn thấy", "Provider seen"),
    "outcome": ("Kết quả", "Outcome"),
    "minimum": ("So với mức tối thiểu", "Against the minimum"),
    "need_mbps": ("Mức cần", "Need"),
    "minimum_mbps": ("Mức tối thiểu", "Minimum"),
    "rate_mbps": ("Tốc độ đo được", "Rate"),
    "low_mbps": ("Tốc độ, ít nhất", "Rate, at least"),
    "high_mbps": ("Tốc độ, nhiều nhất", "Rate, at most"),
    "moved_bytes": ("Lượng đã truyền", "Moved"),
    "took_s": ("Đo trong", "Took"),
    "added_delay_ms": ("Độ trễ tăng thêm khi tải", "Delay added under load"),
    "startup_s": ("Hình chạy sau", "Starts after"),
    "stalls": ("Số lần dừng hình", "Stalls"),
}
VALUES: Names = {  # values of findings that are codes
    "ethernet": ("dây mạng", "cable"),
    "wifi": ("Wi-Fi", "Wi-Fi"),
    "mobile": ("mạng di động", "mobile"),
    "other": ("loại khác", "other"),
    "internal": ("màn hình liền máy", "built in"),
    "hdmi": ("HDMI", "HDMI"),
    "displayport": ("DisplayPort", "DisplayPort"),
    "dvi": ("DVI", "DVI"),
    "vga": ("VGA", "VGA"),
    "good": ("tốt", "good"),
    "worn": ("đã mòn", "worn"),
    "failing": ("sắp hỏng", "failing"),
}
REFUSALS: Names = {
    "damaged": ("Hỏng trên thiết bị", "Damaged on the device"),
    "too_large": ("Quá lớn", "Too large"),
    "not_json": ("Không phải JSON", "Not JSON"),
    "not_finite": ("Số vô cực hoặc không phải số", "Number not finite"),
    "bad_text": ("Ký tự không hợp lệ", "Bad text"),
    "future_version": ("Phiên bản mới hơn trung tâm", "Newer version than the centre's"),
    "wrong_type": ("Sai kiểu dữ liệu", "Wrong type"),
    "wrong_device": ("Mang tên thiết bị khác", "Speaks for another device"),
    "unknown_device": ("Thiết bị không có trong danh bạ", "Unknown device"),
    "revoked": ("Thiết bị đã thu hồi", "Revoked device"),
    "not_processed": ("Lỗi của trung tâm", "A fault of the centre's"),
}
UNATTRIBUTED: Names = {
    "topic": ("Chủ đề không hợp lệ", "Not a topic of ours"),
    "frame": ("Không đọc được dòng đầu", "First line unreadable"),
    "spool": ("Thiết bị mở quá nhiều bộ nhớ chờ trong một ngày", "The device opened too many spools in a day"),
    "snapshot": ("Không đọc được số liệu tức thời", "Snapshot unreadable"),
    "presence": ("Không đọc được tin có mặt", "Presence unreadable"),
    "not_processed": ("Lỗi của trung tâm", "A fault of the centre's"),
}
DUTIES: Names = {
    "viewer": ("Người xem", "Viewer"),
    "unit_officer": ("Cán bộ đơn vị", "Unit officer"),
    "provincial": ("Cấp tỉnh", "Provincial"),
    "vnpt_branch": ("VNPT địa phương", "VNPT branch"),
    "noc": ("Trực mạng VNPT", "VNPT national shift"),
    "ministry": ("Bộ", "Ministry"),
    "admin": ("Quản trị", "Administrator"),
}
_UNITS = {
    "bytes": "byte",
    "pct": "%",
    "ms": "ms",
    "mbps": "Mbit/s",
    "s": "s",
    "c": "°C",
    "cm": "cm",
    "px": "px",
}


def unit_of(field: str) -> str:
    """Return the unit that a field's name ends in, as shown; empty when it has none."""
    if field == "utc_offset_min":
        return "UTC"
    return _UNITS.get(field.rpartition("_")[2], "")
