"""The columns of a roster: the heading we write, the headings we also understand, and how a cell is read."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from provisioning.roster import cells
from provisioning.store.folding import fold

ROLES = {"interactive": ("tương tác",), "view": ("chỉ xem", "xem", "theo dõi")}
MEDIA = {"mytv": ("MyTV",), "pc": ("PC", "máy tính"), "room": ("phòng họp", "hội nghị truyền hình")}
LINE_KINDS = {
    "fibre": ("cáp quang", "quang", "FTTH"),
    "cable": ("cáp đồng trục", "truyền hình cáp"),
    "copper": ("cáp đồng", "ADSL", "VDSL"),
    "leased": ("kênh thuê riêng", "kênh riêng", "leased line"),
    "mobile": ("4G", "5G", "3G", "di động", "mạng di động"),
    "satellite": ("vệ tinh", "VSAT"),
}
DELIVERIES = {"unicast": ("unicast", "đơn hướng"), "multicast": ("multicast", "đa hướng")}
PAYERS = {"ministry": ("Bộ",), "department": ("Sở",), "site": ("điểm cầu", "đơn vị", "trường")}


class Column(NamedTuple):
    """One column; `of_site` cells belong to the site, and its further rows may leave them empty."""

    field: str
    heading: str
    synonyms: tuple[str, ...]
    read: Callable[[str], Any] = cells.read_text
    of_site: bool = False
    must_exist: bool = False
    words: Mapping[str, tuple[str, ...]] | None = None


COLUMNS = (
    Column("site_key", "Mã điểm cầu", ("Khóa điểm cầu", "Site key", "Site"), cells.read_key, must_exist=True),
    Column("site_name", "Tên điểm cầu", ("Điểm cầu", "Site name"), of_site=True, must_exist=True),
    Column("province", "Tỉnh/Thành phố", ("Tỉnh", "Tỉnh thành", "Province"), of_site=True, must_exist=True),
    Column("district", "Quận/Huyện", ("Huyện", "Quận/Huyện/Thị xã", "District"), of_site=True),
    Column("address", "Địa chỉ", ("Address",), of_site=True),
    Column("hours", "Giờ mở máy", ("Giờ mở cửa", "Hours"), cells.read_hours, of_site=True),
    Column("hard_to_reach", "Vùng khó tiếp cận", ("Vùng khó", "Hard to reach"), cells.read_yes, of_site=True),
    Column("school_code", "Mã trường", ("School code",), cells.read_key),
    Column("school_name", "Tên trường", ("Trường", "School", "School name")),
    Column("staff", "Số cán bộ giáo viên", ("Số giáo viên", "Staff"), cells.read_count),
    Column("role", "Vai trò", ("Role",), cells.one_of(ROLES), of_site=True, must_exist=True, words=ROLES),
    Column(
        "medium",
        "Phương thức",
        ("Hình thức", "Thiết bị", "Medium"),
        cells.one_of(MEDIA),
        of_site=True,
        must_exist=True,
        words=MEDIA,
    ),
    Column("seats", "Số chỗ", ("Seats",), cells.read_count, of_site=True),
    Column(
        "delivery",
        "Cách phát",
        ("Kiểu phát", "Delivery"),
        cells.one_of(DELIVERIES),
        of_site=True,
        words=DELIVERIES,
    ),
    Column("speaking_order", "Thứ tự phát biểu", ("Phát biểu", "Speaking order"), cells.read_order, of_site=True),
    Column("backup", "Phương án dự phòng", ("Dự phòng", "Backup"), cells.read_key, of_site=True),
    Column("provider", "Nhà mạng", ("Nhà cung cấp", "Provider"), of_site=True),
    Column("line_code", "Mã đường truyền", ("Mã thuê bao", "Line", "Line code"), cells.read_key, of_site=True),
    Column(
        "download_mbps", "Gói tải xuống (Mbit/s)", ("Tải xuống", "Download (Mbit/s)"), cells.read_mbps, of_site=True
    ),
    Column("upload_mbps", "Gói tải lên (Mbit/s)", ("Tải lên", "Upload (Mbit/s)"), cells.read_mbps, of_site=True),
    Column(
        "line_kind",
        "Loại đường truyền",
        ("Loại cáp", "Line kind"),
        cells.one_of(LINE_KINDS),
        of_site=True,
        words=LINE_KINDS,
    ),
    Column(
        "consented_mb",
        "Cho đo qua 4G (MB mỗi lần)",
        ("Cho đo qua 4G", "4G test (MB)"),
        cells.read_megabytes,
        of_site=True,
    ),
    Column("paid_by", "Bên trả tiền", ("Paid by",), cells.one_of(PAYERS), of_site=True, words=PAYERS),
    Column("contact_name", "Đầu mối", ("Người liên hệ", "Contact", "Contact name")),
    Column("contact_phone", "Điện thoại", ("Số điện thoại", "Phone"), cells.read_phone),
)


def folded_heading(text: str) -> str:
    """Return a heading as it is compared: letters and digits without diacritics."""
    return "".join(re.findall(r"[^\W_]+", fold(text)))


BY_HEADING = {
    folded_heading(word): column for column in COLUMNS for word in (column.field, column.heading, *column.synonyms)
}
BY_FIELD = {column.field: column for column in COLUMNS}
