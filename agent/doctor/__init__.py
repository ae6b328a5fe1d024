"""What is wrong on this machine, and what to do: checks in groups, in the order in which a person should mend things.

To add one: its function `look(subject) -> Answer` in the file of its group, and its line here.
"""

from __future__ import annotations

from agent.doctor import computer, equipment, identity, network, running, servers
from agent.doctor.check import Check, Group

_PROGRAM_S = 16.0  # PowerShell or system_profiler may be asked, which answers within 15 s or not at all

GROUPS = (
    Group(
        "Máy tính",
        "This computer",
        (
            Check("software", "Phiên bản", "Versions", computer.software, (), _PROGRAM_S),
            Check("clock", "Ngày giờ", "Clock", computer.clock),
            Check("disk", "Ổ đĩa", "Disk", computer.disk, (), 8.0),
            Check("memory", "Bộ nhớ", "Memory", computer.memory),
            Check("processor", "Bộ xử lý", "Processor", computer.processor),
        ),
    ),
    Group(
        "Trang thiết bị",
        "Equipment",
        (
            Check("camera", "Camera", "Camera", equipment.camera, (), _PROGRAM_S),
            Check("microphone", "Micrô", "Microphone", equipment.microphone, (), _PROGRAM_S),
            Check("speaker", "Loa", "Speakers", equipment.speaker, (), _PROGRAM_S),
            Check("screen", "Màn hình", "Screen", equipment.screen, (), _PROGRAM_S),
            Check("power", "Nguồn điện", "Power", equipment.power, (), _PROGRAM_S),
            Check("link", "Kết nối mạng", "Network link", equipment.link, (), _PROGRAM_S),
        ),
    ),
    Group(
        "Đăng ký",
        "Enrolment",
        (
            Check("settings", "Đăng ký và cài đặt", "Enrolment and settings", identity.settings),
            Check("identity", "Tệp danh tính", "Identity files", identity.secrets, ("settings",)),
            Check("machine", "Đúng máy đã đăng ký", "The machine that was enrolled", identity.original, ("settings",)),
            Check("authority", "Chứng thư gốc", "The authority's certificate", identity.authority, ("settings",)),
        ),
    ),
    Group(
        "Phần mềm kiểm tra",
        "The agent",
        (
            Check("resident", "Chạy thường trực", "Running", running.resident, ("settings",)),
            Check("autostart", "Tự chạy khi bật máy", "Starting by itself", running.autostart, ("settings",)),
            Check("last_round", "Lượt đo gần nhất", "The last round", running.last_round, ("settings",)),
            Check("spool", "Bộ nhớ chờ", "The spool", running.spool, ("settings", "disk")),
        ),
    ),
    Group(
        "Mạng",
        "Network",
        (
            Check("network", "Đường ra mạng", "The way out", network.way_out),
            Check("proxy", "Proxy", "Proxy", network.proxy, ("settings", "network")),
            Check("dns", "Tra tên máy chủ", "Servers' names", network.names, ("settings", "network"), 5.0),
            Check("portal", "Trang đăng nhập mạng", "Network login page", network.portal, ("dns",)),
        ),
    ),
    Group(
        "Máy chủ",
        "Servers",
        (
            Check(
                "enrolment",
                "Máy chủ đăng ký",
                "Enrolment server",
                servers.enrolment,
                ("authority", "proxy", "portal"),
                7.0,
            ),
            Check("brokers", "Máy chủ MQTT", "Brokers", servers.brokers, ("identity", "authority", "portal"), 7.0),
            Check("probe_http", "Máy chủ đo, TCP", "Probe server, TCP", servers.probe_http, ("portal",), 7.0),
            Check(
                "permit",
                "Quyền đo đường truyền",
                "Leave for a line test",
                servers.permit,
                ("identity", "probe_http"),
                2.0,
            ),
            Check("probe_udp", "Máy chủ đo, UDP", "Probe server, UDP", servers.probe_udp, ("portal",), 5.0),
            Check("offset", "Giờ so với máy chủ đo", "Clock against the server", servers.offset, ("probe_udp",)),
        ),
    ),
)
CHECKS = tuple(check for group in GROUPS for check in group.checks)
