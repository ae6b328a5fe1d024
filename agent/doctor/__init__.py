"""What is wrong on this machine, and what to do: checks in groups, in the order in which a person should mend things.

To add one: its function `look(machine) -> Answer` in the file of its group, and its line here.
"""

from __future__ import annotations

from agent.doctor import computer, equipment, identity, network, running, servers
from agent.doctor.check import Check, Group

GROUPS = (
    Group(
        "Máy tính",
        "This computer",
        (
            Check("software", "Phiên bản", "Versions", computer.software),
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
            Check("camera", "Camera", "Camera", equipment.camera),
            Check("microphone", "Micrô", "Microphone", equipment.microphone),
            Check("speaker", "Loa", "Speakers", equipment.speaker),
            Check("screen", "Màn hình", "Screen", equipment.screen),
            Check("power", "Nguồn điện", "Power", equipment.power),
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
            Check("probe_http", "Máy chủ đo, TCP", "Probe server, TCP", servers.probe_http, ("portal",), 5.0),
            Check("probe_udp", "Máy chủ đo, UDP", "Probe server, UDP", servers.probe_udp, ("portal",), 5.0),
            Check("offset", "Giờ so với máy chủ đo", "Clock against the server", servers.offset, ("probe_udp",)),
        ),
    ),
)
CHECKS = tuple(check for group in GROUPS for check in group.checks)
