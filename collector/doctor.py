"""Checks what the centre needs before it can run, and says of each what is wrong and what to do."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import NamedTuple
from urllib.parse import urlsplit

from cryptography import x509
from sqlalchemy import inspect
from sqlalchemy.exc import SQLAlchemyError

from collector import supervisor
from collector.broker_parts import ANSWER_S, MosquittoMissingError, is_missing
from collector.parts import Part, parts
from collector.store.tables import report
from contract.languages import say
from provisioning.settings import Settings
from provisioning.store.engine import open_engine

_RENEWED_BEFORE = timedelta(days=20)  # a running centre renews 30 days before the end


class Check(NamedTuple):
    """One check: what was looked at, whether it is well, and what was seen or what to do."""

    subject: str
    is_ok: bool
    text: str


def examine(settings: Settings) -> list[Check]:
    """Return what was found, in the order in which to mend it."""
    return [
        Check(say("cài đặt", "settings"), True, str(settings.home)),
        _database(settings),
        *_certificates(settings, datetime.now(UTC)),
        *_brokers(settings),
        *_parts(settings),
    ]


def _database(settings: Settings) -> Check:
    subject = say("cơ sở dữ liệu", "database")
    engine = open_engine(settings.database)
    try:
        is_made = inspect(engine).has_table(report.name)
    except SQLAlchemyError as error:
        first = str(error).partition("\n")[0]
        return Check(
            subject,
            False,
            say(f"không mở được: {first}. Xem lại database_url.", f"cannot be opened: {first}. Look at database_url."),
        )
    if not is_made:
        return Check(subject, False, say("chưa có bảng. Chạy: ", "no tables yet. Run: ") + "diemcau-collector migrate")
    return Check(subject, True, engine.url.render_as_string(hide_password=True))


def _certificates(settings: Settings, now: datetime) -> Iterator[Check]:
    for name in ("ca.pem", "server.pem"):
        path = settings.folder("ca") / name
        if not path.exists():
            text = say("chưa có. Chạy: diemcau-provision init", "is missing. Run: diemcau-provision init")
            yield Check(name, False, text)
            continue
        ends = x509.load_pem_x509_certificate(path.read_bytes()).not_valid_after_utc
        is_ok = ends - now > _RENEWED_BEFORE
        text = say(f"hết hạn {ends:%d/%m/%Y}", f"ends {ends:%Y-%m-%d}")
        if not is_ok:
            text += say(
                ". Khởi động lại `diemcau-collector run` để gia hạn.", ". Restart `diemcau-collector run` to renew it."
            )
        yield Check(name, is_ok, text)


def _brokers(settings: Settings) -> Iterator[Check]:
    if is_missing(settings):
        yield Check("mosquitto", False, str(MosquittoMissingError()))
    for url in settings.broker_urls:  # the embedded one is among the parts
        address = urlsplit(url)
        try:
            socket.create_connection((address.hostname or "", address.port or 8883), ANSWER_S).close()
        except OSError as error:
            text = say(f"không kết nối được: {error}", f"cannot be reached: {error}")
            yield Check(url, False, text)
        else:
            yield Check(url, True, say("nhận kết nối", "accepts connections"))


def _parts(settings: Settings) -> Iterator[Check]:
    is_run = supervisor.is_running(settings.home)
    if not is_run:
        yield Check("run", True, say("chưa chạy. Chạy: ", "does not run. Run: ") + "diemcau-collector run")
    for part in parts(settings):
        if part.is_up is not None and part.is_up():
            yield Check(part.name, True, say("đang chạy", "running"))
        elif is_run:
            yield _silent(part, settings)
        else:
            yield _idle(part)


def _silent(part: Part, settings: Settings) -> Check:
    """Tell of a part that `run` started: a port of it that is taken is taken by itself."""
    if part.is_up is None:
        return Check(part.name, True, say("đã khởi động; không có cách hỏi nó", "started; it cannot be asked"))
    log = settings.folder("log") / f"{part.name}.log"
    return Check(
        part.name,
        False,
        say(
            f"không trả lời (đang khởi động, hoặc có lỗi). Xem {log}",
            f"no answer (it starts, or has failed). See {log}",
        ),
    )


def _idle(part: Part) -> Check:
    taken = [port for port in part.ports if not port.is_free()]
    if taken:
        return Check(part.name, False, " ".join(port.taken_text() for port in taken))
    numbers = ", ".join(str(port.number) for port in part.ports)
    return Check(part.name, True, say("chưa chạy; cổng trống: ", "not running; free ports: ") + (numbers or "-"))
