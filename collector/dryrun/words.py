"""The names, Vietnamese and English, of what campaigns have as codes: for pages and terminal alike."""

from __future__ import annotations

Names = dict[str, tuple[str, str]]

CHECKS: Names = {
    "equipment": ("Kết nối và thiết bị", "Reachability and equipment"),
    "line": ("Đường truyền", "Line"),
    "rehearsal": ("Diễn tập hai chiều", "Two-way rehearsal"),
}
STATES: Names = {
    "planned": ("Đã lên kế hoạch", "Planned"),
    "running": ("Đang chạy", "Running"),
    "paused": ("Tạm dừng", "Paused"),
    "stopped": ("Đã dừng", "Stopped"),
    "ended": ("Đã xong", "Ended"),
}
OUTCOMES: Names = {
    "": ("Chưa có kết quả", "No result yet"),
    "carries": ("Đủ sức tải", "Carries"),
    "fails": ("Không đủ", "Falls short"),
    "unsure": ("Chưa chắc", "Unsure"),
    "done": ("Đã kiểm tra", "Checked"),
    "not_done": ("Không kiểm tra được", "Could not be checked"),
}
HAVING: Names = {  # the same, of so many sites, as it stands within a sentence
    "": ("chưa có kết quả", "without a result yet"),
    "carries": ("đủ sức tải", "carrying"),
    "fails": ("không đủ", "falling short"),
    "unsure": ("chưa chắc", "unsure"),
    "done": ("đã kiểm tra", "checked"),
    "not_done": ("không kiểm tra được", "not checked"),
}
WAVES: Names = {
    "0": ("Điểm cầu tương tác", "Interactive sites"),
    "1": ("Vùng khó khăn", "Hard to reach"),
    "2": ("Các điểm cầu khác", "All others"),
}
REASONS: Names = {
    "off": ("Chưa bật máy", "Machine is off"),
    "not_enrolled": ("Chưa đăng ký máy nào", "No machine enrolled"),
    "needs_consent": ("Chưa ai đồng ý cho đo qua 4G", "Nobody consented to a test over 4G"),
    "outside_hours": ("Ngoài giờ mở máy", "Outside its hours"),
    "holiday": ("Ngày nghỉ", "Holiday"),
    "session": ("Đang có buổi họp", "A session runs"),
    "power_cut": ("Cắt điện có báo trước", "Announced power cut"),
    "left_roster": ("Không còn trong danh sách", "Left the roster"),
    "no_turn": ("Hết giờ mà chưa đến lượt", "The window ended before its turn"),
    "stopped": ("Đợt bị dừng trước khi đến lượt", "Stopped before its turn"),
    "download": ("Tải xuống không đủ", "Download falls short"),
    "upload": ("Tải lên không đủ", "Upload falls short"),
    "unsure": ("Đường truyền chập chờn, chưa kết luận được", "The line wavers: no conclusion"),
    "server_limit": ("Máy chủ đo quá tải", "The probe server was at its limit"),
    "weak_wifi": ("Sóng Wi-Fi yếu", "Weak Wi-Fi"),
    "other_traffic": ("Máy khác đang dùng mạng", "Other machines used the line"),
    "busy_processor": ("Máy đang bận", "The machine was busy"),
    "unreachable": ("Không tới được máy chủ đo", "Probe server out of reach"),
    "portal": ("Mạng đòi đăng nhập", "The network wants a login"),
    "proxy": ("Proxy không cho qua", "A proxy is in the way"),
    "refused": ("Máy chủ đo từ chối", "Refused by the probe server"),
    "timeout": ("Đo quá lâu", "Took too long"),
    "crashed": ("Phần mềm gặp lỗi", "The program failed"),
    "denied": ("Hệ thống không cho đo", "Denied by the system"),
    "unsupported": ("Máy không hỗ trợ", "Not supported there"),
    "error": ("Lỗi khi đo", "Error while measuring"),
    "not_rehearsed": ("Chưa diễn tập", "Not rehearsed"),
    "not_seen": ("Không nhìn thấy", "Not seen"),
    "not_heard": ("Không nghe thấy", "Not heard"),
}
SERVER: Names = {"server": ("máy chủ đo", "the probe server itself")}
