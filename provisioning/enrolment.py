"""The steps by which a device comes into the registry: a code and a password in, an identity out. No web here.

1 read the code             a mistyping is told before it costs a try
2 find the site's code      unknown site: the same answer as for a wrong code
3 keep the pace             slowed per site after wrong tries
4 compare the code          wrong: counted; ended: closed
5 recognise the device      the same password again is the same device, so a lost answer does no harm; from another
                            machine (a copied disk, or new hardware) that is noted
6 admit the device          the first by itself; a further one by the same code waits for approval
7 tell the broker           only then is there an answer
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Engine, Row, func, select, update

from contract.enrolment import EnrolmentAnswer, EnrolmentRefusal, EnrolmentRequest
from provisioning import audit, codes, credentials, identifiers, site_links
from provisioning.settings import Settings
from provisioning.store.engine import record_changes, writing
from provisioning.store.tables import code, device, site

OTHER_MACHINE = "device enrolled from another machine"  # in the audit

_REFUSALS = {
    "bad_code": (
        "Mã chưa đúng dạng: xem lại từng chữ trên phiếu của điểm cầu rồi gõ lại.",
        "The code is mistyped: compare each letter with the site's sheet and type it again.",
    ),
    "wrong_code": (
        "Mã không đúng. Kiểm tra phiếu mới nhất của điểm cầu, hoặc xin cấp mã mới.",
        "The code is not right. Look at the site's newest sheet, or ask for a new code.",
    ),
    "slow_down": (
        "Đã thử sai nhiều lần. Vui lòng đợi {wait} rồi thử lại.",
        "Too many wrong tries. Please wait {wait} and try again.",
    ),
    "busy": (
        "Trung tâm đang bận. Vui lòng đợi {wait} rồi thử lại.",
        "The centre is busy. Please wait {wait} and try again.",
    ),
    "revoked": (
        "Thiết bị này đã bị thu hồi. Liên hệ đầu mối của Sở để được cấp mã mới.",
        "This device was revoked. Ask your department's contact for a new code.",
    ),
    "closed": (
        "Mã đã hết hạn. Liên hệ đầu mối của Sở để được cấp mã mới.",
        "The code has ended. Ask your department's contact for a new one.",
    ),
}


class RefusedError(Exception):
    """The device is not enrolled; the refusal says why."""

    def __init__(self, kind: str, retry_after_s: int | None = None) -> None:
        super().__init__(kind)
        vi, en = (text.format(wait=wait) for text, wait in zip(_REFUSALS[kind], _wait(retry_after_s or 0), strict=True))
        self.refusal = EnrolmentRefusal.model_validate(
            {"code": kind, "vi": vi, "en": en, "retry_after_s": retry_after_s}
        )


def _wait(seconds: int) -> tuple[str, str]:
    """Return a wait in words, in both languages, never shorter than it is."""
    minutes = -(-seconds // 60)
    return (f"{seconds} giây", f"{seconds} s") if seconds < 60 else (f"{minutes} phút", f"{minutes} min")


@dataclass(frozen=True)
class Enrolment:
    """What enrolling needs: the registry, the keys, what to answer, and how the broker is told."""

    engine: Engine
    settings: Settings
    code_key: bytes
    permit_master: bytes
    link_key: bytes
    ca_pem: str
    tell_broker: Callable[[], object]

    def enrol(self, request: EnrolmentRequest, now_us: int) -> EnrolmentAnswer:
        """Take a device into the registry and the broker; raises RefusedError."""
        tried = read_code(request.code)
        refused: RefusedError | None = None
        with writing(self.engine) as connection:
            try:
                held = find_code(connection, tried)
                keep_pace(held, now_us)
                compare_code(connection, self.code_key, tried, held, now_us)
                known = recognise_device(connection, held, request, now_us)
                admitted = known or admit_device(connection, held, request, now_us)
            except RefusedError as error:  # leaves the transaction whole: a counted failure must stay
                refused = error
        if refused is not None:
            raise refused
        if admitted.state == "active":
            self.tell_broker()
        return self._answer(admitted)

    def _answer(self, admitted: Row[Any]) -> EnrolmentAnswer:
        settings = self.settings
        return EnrolmentAnswer(
            device=admitted.name,
            state="admitted" if admitted.state == "active" else "waiting",
            site_name=admitted.site_name,
            brokers=settings.brokers,
            ca_pem=self.ca_pem,
            permit_key=credentials.permit_key(self.permit_master, admitted.name, admitted.generation),
            probe_host=settings.public_host,
            probe_http_port=settings.probe_http_port,
            probe_udp_port=settings.probe_udp_port,
            page=site_links.address(settings, self.link_key, admitted.site_code, admitted.link_generation),
        )


def read_code(text: str) -> identifiers.Code:
    """Read the typed code; refuses a mistyped one as bad_code."""
    try:
        return identifiers.parse_code(text)
    except identifiers.IdentifierError as error:
        raise RefusedError("bad_code") from error


def find_code(connection: Connection, tried: identifiers.Code) -> Row[Any]:
    """Return the code row of the site and hold it to the end, so that tries at one site come one by one."""
    query = select(code).join(site, site.c.id == code.c.site_id).where(site.c.code == tried.site)
    held = connection.execute(query.with_for_update(of=code)).one_or_none()
    if held is None:
        raise RefusedError("wrong_code")
    return held


def keep_pace(held: Row[Any], now_us: int) -> None:
    """Refuse to look at a try before the site's delay is over."""
    if now_us < held.next_try_at:
        raise RefusedError("slow_down", -((now_us - held.next_try_at) // 1_000_000))


def compare_code(connection: Connection, key: bytes, tried: identifiers.Code, held: Row[Any], now_us: int) -> None:
    """Count a wrong code and refuse it; refuse a right one that has ended."""
    if not codes.is_right(key, tried, held.verifier):
        wait_s = codes.count_failure(connection, held.site_id, held.failures, now_us)
        raise RefusedError("wrong_code", wait_s or None)
    if held.failures:
        codes.forget_failures(connection, held.site_id)
    if now_us >= held.ends_at:
        raise RefusedError("closed")


def recognise_device(connection: Connection, held: Row[Any], request: EnrolmentRequest, now_us: int) -> Row[Any] | None:
    """Return the site's device that has this password, or None; refuses a revoked one."""
    for row in connection.execute(_device_rows().where(device.c.site_id == held.site_id)):
        if credentials.is_password(request.password, row.bcrypt):
            if row.state == "revoked":
                raise RefusedError("revoked")
            if request.machine not in (None, row.machine):
                _note_machine(connection, row, request.machine, now_us)
            return row
    return None


def _note_machine(connection: Connection, known: Row[Any], machine: str | None, now_us: int) -> None:
    """Write down that a device's password came from another machine than before: who runs the centre must know."""
    connection.execute(update(device).where(device.c.name == known.name).values(machine=machine))
    if known.machine is not None:
        audit.append(connection, known.name, OTHER_MACHINE, known.name, {"before": known.machine}, now_us)
        record_changes(connection, [("device", known.id)])


def admit_device(connection: Connection, held: Row[Any], request: EnrolmentRequest, now_us: int) -> Row[Any]:
    """Write a new device with its audit and change rows: the code's first is active, a further one waits as a spare."""
    since = select(func.count()).where(device.c.site_id == held.site_id, device.c.enrolled_at >= held.made_at)
    is_first = connection.scalar(since) == 0
    verifiers = credentials.make_verifiers(request.password)
    row = new_row(identifiers.new_device(), held.site_id, verifiers, request.machine, now_us, is_first=is_first)
    name = row["name"]
    device_id = connection.scalar(device.insert().values(row).returning(device.c.id))
    admitted = connection.execute(_device_rows().where(device.c.name == name)).one()
    audit.append(connection, name, "device enrolled", name, {"site": held.site_id, "state": admitted.state}, now_us)
    record_changes(connection, [("device", device_id)])
    return admitted


def new_row(
    name: str, site_id: int, verifiers: credentials.Verifiers, machine: str | None, now_us: int, *, is_first: bool
) -> dict[str, Any]:
    """Return the registry's row of a new device: a site's first is active, a further one waits as a spare."""
    return {
        "name": name,
        "site_id": site_id,
        "state": "active" if is_first else "waiting",
        "is_spare": not is_first,
        "generation": 1,
        **verifiers._asdict(),
        "machine": machine,
        "enrolled_at": now_us,
    }


def _device_rows() -> Any:
    return select(
        device.c.id,
        device.c.name,
        device.c.machine,
        device.c.state,
        device.c.generation,
        device.c.bcrypt,
        site.c.name.label("site_name"),
        site.c.code.label("site_code"),
        site.c.link_generation,
    ).join(site, site.c.id == device.c.site_id)
