"""What conclusions, actions and their reasons are called, Vietnamese and English."""

from __future__ import annotations

CODE_NAMES = {
    "eligible": ("Đủ điều kiện", "Eligible"),
    "eligible_with_backup": ("Đủ điều kiện kèm phương án dự phòng", "Eligible with the backup"),
    "not_eligible": ("Chưa đủ điều kiện", "Not eligible yet"),
}
ACTION_NAMES = {
    "use": ("Gọi phát biểu", "Call on it"),
    "use_backup": ("Dùng phương án dự phòng", "Use its backup"),
    "move_to_venue": ("Chuyển sang {venue}", "Move to {venue}"),
    "do_not_call": ("Không gọi phát biểu", "Do not call on it"),
    "watch_only": ("Chỉ theo dõi", "Let it only watch"),
}
REASON_NAMES = {
    "own_at_risk": ("thiết bị chính có nguy cơ", "its own equipment is at risk"),
    "own_unknown": ("thiết bị chính chưa được kiểm chứng", "its own equipment is not proven"),
    "own_expired": ("kết quả của thiết bị chính đã quá hạn", "the results of its own equipment have expired"),
    "own_not_ready": ("thiết bị chính chưa đạt", "its own equipment is not ready"),
    "own_away": ("thiết bị chính đang mất kết nối", "its own equipment is not connected"),
    "backup_missing": ("chưa có phương án dự phòng", "it has no backup"),
    "backup_at_risk": ("dự phòng có nguy cơ", "its backup is at risk"),
    "backup_unknown": ("dự phòng chưa được kiểm chứng", "its backup is not proven"),
    "backup_expired": ("kết quả kiểm tra dự phòng đã quá hạn", "the test of its backup has expired"),
    "backup_not_ready": ("dự phòng chưa đạt", "its backup is not ready"),
    "backup_away": ("dự phòng đang mất kết nối", "its backup is not connected"),
    "capacity_unconfirmed": ("VNPT chưa xác nhận dung lượng", "VNPT has not confirmed the capacity"),
    "capacity_short": ("dung lượng VNPT xác nhận chưa đủ", "the capacity that VNPT confirmed falls short"),
    "nobody_speaks": ("trong phạm vi này chưa có điểm cầu tương tác", "there is no interactive site here yet"),
    "sites_eligible_with_backup": ("có điểm cầu phải dùng dự phòng", "some sites depend on their backup"),
    "sites_not_eligible": ("có điểm cầu chưa đủ điều kiện", "some sites are not eligible yet"),
}
