"""Makes this machine a device of its site: password saved, centre asked with the code, answer written.

Each step can be repeated: the same code and password again is the same device.

`python -I -m agent.enrol FOLDER` asks once for what `agent.pending` keeps there, and tells how it went in a line of
JSON: the resident asks so, in a process of its own, because asking needs pydantic.
"""

from __future__ import annotations

import hashlib
import json
import re
import ssl
import sys
from pathlib import Path
from typing import Any, Dict, NamedTuple

from pydantic import ValidationError

from agent import asking, hardware, identity, moving, original, paths, pending, trust
from agent.asking import EnrolmentError
from contract.clock import Clock
from contract.enrolment import EnrolmentAnswer, EnrolmentRequest
from contract.languages import say
from contract.settings import AgentSettings, ProbeServerAddress


class Authority(NamedTuple):
    """The certificate of the private authority that a centre's servers are trusted by."""

    pem: str

    @property
    def fingerprint(self) -> str:
        """The SHA-256 of the certificate, as 64 hex digits in groups of four, to compare by eye."""
        digits = hashlib.sha256(ssl.PEM_cert_to_DER_cert(self.pem)).hexdigest().upper()
        return " ".join(digits[i : i + 4] for i in range(0, len(digits), 4))

    def has_fingerprint(self, text: str) -> bool:
        """Tell whether the text, in whatever grouping, is this certificate's fingerprint."""
        return re.sub(r"[^0-9A-F]", "", text.upper()) == self.fingerprint.replace(" ", "")


def fetch_authority(server: str) -> Authority:
    """Ask the centre for its authority, unverified: the person must compare the fingerprint. Raises EnrolmentError."""
    return read_authority(asking.fetch(f"{asking.base(server)}/ca.pem", None, asking.unverified()))


def read_authority(pem: bytes) -> Authority:
    """Read an authority's certificate; raises EnrolmentError when it is none, or more than one."""
    try:
        if pem.count(b"-----BEGIN") != 1:  # a second one would be trusted without having been compared
            raise ValueError("not one certificate")
        certificate = ssl.PEM_cert_to_DER_cert(pem.decode("ascii").strip())
        ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(cadata=certificate)
    except (ValueError, ssl.SSLError) as error:
        raise EnrolmentError(
            say("Không đọc được chứng thư gốc (ca.pem).", "The authority's certificate (ca.pem) cannot be read.")
        ) from error
    return Authority(ssl.DER_cert_to_PEM_cert(certificate))


def stay(folder: Path, code: str, clock: Clock) -> None:
    """Raise EnrolmentError when the code would make an enrolled machine another site's; the centre is not asked."""
    now = moving.present(folder, clock)
    if now is not None and now.is_of_another_site(code):
        raise EnrolmentError(moving.refusal(now, is_asked=False))


def enrol(
    folder: Path, server: str, code: str, authority: Authority, clock: Clock, *, may_move: bool = False
) -> EnrolmentAnswer:
    """Enrol this machine and write its settings into `folder`; raises EnrolmentError.

    The password is on disk before the centre is asked, and the settings are written last: while they are missing, the
    machine is not enrolled and everything may be done again. A machine that is enrolled becomes another device only if
    it `may_move`; a copy of one that was not enrolled yet is a device of its own.
    """
    if not may_move:
        stay(folder, code, clock)
    paths.make_private(folder)
    now = hardware.facts()
    password = _password(folder, now, may_move=may_move)
    trusted = folder / paths.ASKED_CA
    paths.write_private(trusted, authority.pem.encode("ascii"))
    try:
        answer = _ask(server, _question(code, password, now), trusted, clock)
    finally:
        trusted.unlink()
    present = None if may_move else moving.present(folder, clock)
    if present is not None and present.device != answer.device:
        raise EnrolmentError(moving.refusal(present, is_asked=True))
    paths.write_private(folder / paths.CA, answer.ca_pem.encode("ascii"))
    identity.keep_permit_key(folder, answer.permit_key)
    paths.write_private(folder / paths.SITE, moving.site_of(code).encode("utf-8"))
    paths.write_private(folder / paths.SERVER, asking.base(server).encode("utf-8"))
    original.keep(folder, now)
    paths.write_private(folder / paths.SETTINGS, settings_from(answer).encode("utf-8"))
    pending.forget(folder)
    return answer


def settings_from(answer: EnrolmentAnswer) -> str:
    """Return the content of the settings file that follows from the centre's answer."""
    probe_server = ProbeServerAddress(
        host=answer.probe_host, http_port=answer.probe_http_port, udp_port=answer.probe_udp_port
    )
    settings = AgentSettings(device=answer.device, brokers=answer.brokers, probe_server=probe_server)
    return settings.model_dump_json(indent=2)


def _password(folder: Path, now: hardware.Facts, *, may_move: bool) -> str:
    """Return the password to ask with, and keep what machine made it while nothing else says whose it is."""
    is_enrolled = (folder / paths.SETTINGS).exists()
    if original.is_copy(folder, now):
        if may_move or not is_enrolled:
            identity.forget_password(folder)  # it is that of the machine that this one was copied from
        if not is_enrolled:
            original.keep(folder, now)
    elif not is_enrolled:
        original.follow(folder, now)
    return identity.keep_password(folder)


def _question(code: str, password: str, now: hardware.Facts) -> EnrolmentRequest:
    try:
        return EnrolmentRequest(code=code.strip(), password=password, machine=hardware.digest(now))
    except ValidationError as error:
        raise EnrolmentError(
            say("Mã không đúng dạng. Hãy gõ lại mã trên phiếu.", "Not a code. Type the code on the sheet again.")
        ) from error


def _ask(server: str, question: EnrolmentRequest, ca_file: Path, clock: Clock) -> EnrolmentAnswer:
    """Ask the centre; once more with dates forgiven when it shows that they were refused by a wrong clock."""
    url, body = f"{asking.base(server)}/enrol", question.model_dump_json().encode()
    wall_us = clock.wall_us()
    try:
        answer = asking.fetch(url, body, trust.context(ca_file, trust.is_plausible(wall_us)))
    except EnrolmentError as error:
        if error.kind != "date" or trust.is_plausible(wall_us, asking.offset_ms(server, wall_us)):
            raise
        answer = asking.fetch(url, body, trust.context(ca_file, is_clock_plausible=False))
    try:
        return EnrolmentAnswer.model_validate_json(answer)
    except ValidationError as error:
        raise EnrolmentError(
            say("Máy chủ trả lời không đúng quy cách.", "The server's answer cannot be understood."), "server"
        ) from error


def enrol_pending(folder: Path, clock: Clock) -> Dict[str, Any]:
    """Enrol by the request that is kept in `folder`; return how it went: kind (`enrolled` or why not), text, wait_s."""
    try:
        kept = pending.read(folder)
        try:
            answer = enrol(folder, kept.server, kept.code, read_authority(kept.ca_pem.encode("ascii")), clock)
        except EnrolmentError as error:
            if error.kind == "wrong_code":  # each further try would slow those of the site's right code
                pending.forget_refused(folder, kept)
            return {"kind": error.kind, "text": str(error), "wait_s": error.wait_s}
    except OSError as error:
        return {"kind": "disk", "text": unusable(folder, error), "wait_s": 0}
    except ValueError:
        text = say("Không đọc được yêu cầu đăng ký đã giữ.", "The request for enrolment that was kept cannot be read.")
        return {"kind": "here", "text": text, "wait_s": 0}
    return {"kind": "enrolled", "text": answer.site_name, "wait_s": 0}


def unusable(folder: Path, error: OSError) -> str:
    """Return which file cannot be read, or that nothing can be written into the agent's folder, and what to do."""
    file = Path(error.filename or folder)
    if file.suffix == ".new" or file in (folder, *folder.parents):  # see `paths.write_private`
        return say(
            f"Không ghi được vào {folder}: {error}. Kiểm tra ổ đĩa còn chỗ trống và quyền ghi.",
            f"Cannot write to {folder}: {error}. Check that the disk has room and that it may be written.",
        )
    return say(
        f"Không đọc được {file}: {error.strerror}. Kiểm tra quyền đọc của tệp ấy; nếu tệp hỏng, đưa cho kỹ thuật viên.",
        f"Cannot read {file}: {error.strerror}. Check that it may be read; if it is broken, show it to a technician.",
    )


if __name__ == "__main__":
    print(json.dumps(enrol_pending(Path(sys.argv[1]), Clock())))  # noqa: T201 - the line that the resident reads
