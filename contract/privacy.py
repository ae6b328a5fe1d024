"""What kind of thing each field is that leaves a site. None is for anything personal: such a field may not exist.

A field of a message from a site is written `name: OfMachine[its type]`; `contract.manifest` lists them all, and a test
fails on a field that carries no class.
"""

from __future__ import annotations

from enum import Enum
from typing import TypeVar

from typing_extensions import Annotated

T = TypeVar("T")


class Privacy(Enum):
    """A class of fields: what it tells about, in Vietnamese and English."""

    DEVICE = ("thiết bị nào: mã ngẫu nhiên hoặc mã băm, không có tên", "which device: random ids and hashes, no names")
    MACHINE = ("máy và phần mềm của máy", "the machine and its software")
    EQUIPMENT = (
        "có camera, micrô, loa, màn hình nào; không bao giờ có hình hay tiếng",
        "equipment; never picture or sound",
    )
    NETWORK = (
        "đường mạng tốt đến đâu; không có tên mạng hay địa chỉ",
        "how good the network is; no names, no addresses",
    )
    COURSE = ("đã đo gì, khi nào, kết quả ra sao", "what was measured, when, and how it went")
    BOOKS = ("số báo cáo đã làm, đang chờ, đã bỏ", "how many reports were made, wait, were dropped")
    SECRET = ("chỉ gửi một lần khi đăng ký, qua kết nối mã hóa", "sent once at enrolment, encrypted")


# The same as types: `cpu_count: OfMachine[Fact[Count]]`.
OfDevice = Annotated[T, Privacy.DEVICE]
OfMachine = Annotated[T, Privacy.MACHINE]
OfEquipment = Annotated[T, Privacy.EQUIPMENT]
OfNetwork = Annotated[T, Privacy.NETWORK]
OfCourse = Annotated[T, Privacy.COURSE]
OfBooks = Annotated[T, Privacy.BOOKS]
Secret = Annotated[T, Privacy.SECRET]
