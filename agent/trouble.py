"""What stands between this machine and a server, told from the error, and what to do about it."""

from __future__ import annotations

import socket
import ssl

from agent import trust
from agent.proxy import ProxyError
from contract.languages import say


class NotAdmittedError(OSError):
    """The broker has answered, and does not admit this device."""


def kind_of(error: Exception) -> str:
    """Return what went wrong: a key of `told`."""
    kinds = (
        (NotAdmittedError, "not_admitted"),
        (ProxyError, "proxy"),
        ((ValueError, FileNotFoundError), "settings"),  # ssl.CertificateError is a ValueError too
        (socket.gaierror, "name"),
        (ConnectionRefusedError, "off"),
        (PermissionError, "blocked"),  # EPERM, EACCES and Windows' WSAEACCES, out of `connect`
        (socket.timeout, "silent"),
    )
    if isinstance(error, ssl.SSLError):
        return "date" if trust.is_about_date(error) else "certificate"
    return next((kind for types, kind in kinds if isinstance(error, types)), "network")


def told(kind: str) -> str:
    """Return what went wrong, in words."""
    return {
        "not_admitted": say(
            "máy chủ không nhận thiết bị này: đang chờ duyệt hoặc đã bị thu hồi",
            "the server does not admit this device: it waits to be admitted, or was revoked",
        ),
        "settings": say("tệp cài đặt của máy này không dùng được", "this machine's settings cannot be used"),
        "name": say("không tìm thấy tên máy chủ", "the server's name is not found"),
        "date": say(
            "theo đồng hồ của máy này, chứng thư của máy chủ đã hết hạn hoặc chưa có hiệu lực",
            "by this computer's clock the server's certificate has expired or is not valid yet",
        ),
        "certificate": say("chứng thư của máy chủ không khớp", "the server's certificate does not fit"),
        "proxy": say(
            "máy chủ proxy mà máy này đang đặt không cho qua", "this computer's proxy does not let us through"
        ),
        "off": say("máy chủ đang tắt", "the server is off"),
        "blocked": say(
            "tường lửa hoặc phần mềm diệt virus đang chặn chương trình này",
            "a firewall or an antivirus on this computer blocks this program",
        ),
        "silent": say("máy chủ không trả lời", "the server does not answer"),
        "network": say("mạng bị gián đoạn", "the network was interrupted"),
    }[kind]


def next_step(kind: str) -> str:
    """Return what to do about it."""
    return {
        "not_admitted": say("Gọi Sở.", "Call the department."),
        "settings": say("Đăng ký lại bằng mã trên phiếu.", "Enrol again with the code on the sheet."),
        "name": say("Kiểm tra mạng và DNS.", "Check the network and DNS."),
        "date": say(
            "Đặt lại ngày giờ của máy; nếu ngày giờ đúng, gọi Sở.",
            "Set this computer's clock; if it is right, call the department.",
        ),
        "certificate": say(
            "Kiểm tra đồng hồ của máy; nếu đúng, hãy đăng ký lại.",
            "Check this computer's clock; if it is right, enrol again.",
        ),
        "proxy": say("Hỏi người quản trị mạng của trường.", "Ask who looks after the network."),
        "off": say("Chờ ít phút; nếu vẫn vậy, gọi Sở.", "Wait some minutes; if it stays, call the department."),
        "blocked": say(
            "Cho phép Điểm Cầu (diemcau-agent) ra mạng trong tường lửa hoặc phần mềm diệt virus của máy này.",
            "Allow Điểm Cầu (diemcau-agent) out in this computer's firewall or antivirus.",
        ),
        "silent": say(
            "Kiểm tra mạng; tường lửa cũng có thể đang chặn cổng này: hỏi người quản trị mạng.",
            "Check the network; a firewall may block this port too: ask who looks after the network.",
        ),
        "network": say("Kiểm tra dây mạng hoặc Wi-Fi.", "Check the cable or the Wi-Fi."),
    }[kind]


def no_connection(kind: str) -> str:
    """Return what the resident says when it has no connection: why, what to do, and that nothing is lost."""
    why, step = told(kind), next_step(kind)
    return say(
        f"Chưa kết nối được với trung tâm: {why}. {step} Máy vẫn đo, giữ kết quả và tự thử lại.",
        f"Not connected to the centre: {why}. {step} It goes on measuring, keeps the reports and tries again.",
    )
