"""The file for VNPT: what its technician needs to see of this machine, without secrets and nothing personal."""

from __future__ import annotations

import io
import json
import re
import stat
import time
import zipfile
from pathlib import Path
from typing import Callable, Iterator, List, Sequence, Tuple

from agent import log, paths
from agent.doctor.check import Subject
from agent.doctor.examine import Result, as_json
from agent.doctor.scrub import known_here, scrub
from agent.spool import SpoolError, beside_the_resident
from contract.languages import say

_MOST_BYTES = 2 * log.MOST_BYTES  # of one file; ours are smaller
_MOST_REPORTS = 5
_OURS = (*paths.ALL, f"{paths.LOG}.1", "log", "spool")
_OF_SPOOL = re.compile(r"spool/[a-z0-9-]{8,32}(?:/[0-9]+\.db(?:-wal|-shm|-journal)?)?")
_README = """\
Tệp này do lệnh "diemcau-agent doctor --bundle" ghi ra, để VNPT xem máy bị gì.
This file was written by "diemcau-agent doctor --bundle", for VNPT to see what is wrong.

doctor.json       kết quả kiểm tra / what the checks say
settings.json     cài đặt / settings
files.txt         tệp trong thư mục của phần mềm: quyền, cỡ, giờ / files in its folder: mode, size, time
log/              nhật ký / log
reports/          lượt đo gần nhất và báo cáo còn chờ gửi / the last round and reports that wait
spool.json        sổ của bộ nhớ chờ / the spool's books

Không có trong tệp / Not inside: mật khẩu, khóa, mã đăng ký, tên người, tên máy, địa chỉ IP và MAC, đường dẫn riêng
(passwords, keys, codes, people's and machines' names, IP and MAC addresses, private paths). Chỗ bị bỏ được thay bằng
<secret>, <code>, <name>, <address>, ~. Hãy mở ra xem trước khi gửi. / Look before you send.
"""


class BundleError(Exception):
    """The bundle was not written; the text says why and what to do."""


def write(file: Path, subject: Subject, results: Sequence[Result]) -> str:
    """Write the bundle and return, in words, what is in it and where it lies; raises BundleError."""
    known = known_here(subject.home, subject.read, subject.server)
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as bundle:
        for name, text in _contents(subject, results, lambda text: scrub(text, known)):
            bundle.writestr(name, text)
        names = ", ".join(bundle.namelist())
    try:
        _keep(file, packed.getvalue())
    except FileExistsError as error:
        raise BundleError(taken(file)) from error
    except OSError as error:
        why = error.strerror or error
        raise BundleError(
            say(
                f"Không ghi được {file} ({why}). Hãy chọn thư mục khác, ví dụ Desktop, USB, hoặc /tmp trên Linux.",
                f"Cannot write {file} ({why}). Choose another folder: the desktop, a USB stick, or /tmp on Linux.",
            )
        ) from error
    return say(
        f"Đã ghi {file.absolute()}\n  Bên trong: {names}.\n"
        "  Không có mật khẩu, khóa, mã, tên người, tên máy; địa chỉ mạng thì chỉ có của trung tâm. Hãy gửi cho VNPT.",
        f"Written: {file.absolute()}\n  Inside: {names}.\n"
        "  No passwords, keys, codes or names of people and machines; of addresses only the centre's. Send it to VNPT.",
    )


def taken(file: Path) -> str:
    """Return what to say of a file that exists, and is never replaced."""
    return say(f"Đã có tệp {file}. Hãy chọn tên khác.", f"{file} exists already. Choose another name.")


def _keep(file: Path, content: bytes) -> None:
    """Write a file that was not there, whole or not at all; whoever is to send it may read it."""
    with file.open("xb") as stream:
        try:
            stream.write(content)
            stream.flush()
        except OSError:
            stream.truncate(0)  # so that it cannot be taken for a whole one
            raise


def _contents(subject: Subject, results: Sequence[Result], clean: Callable[[str], str]) -> Iterator[Tuple[str, str]]:
    """Yield name and text of each file; what becomes JSON is cleaned before, as escapes could hide a name."""
    home = subject.home
    yield "README.txt", _README
    yield "doctor.json", as_json([Result(*map(clean, result)) for result in results])
    yield "settings.json", _settings(subject, clean)
    yield "files.txt", clean("\n".join(_listing(home)))
    for file in (home / paths.LOG, log.before(home / paths.LOG)):
        if file.exists():
            yield f"log/{file.name}", clean(_read(file))
    if (home / paths.LAST_REPORT).exists():
        yield "reports/last.json", clean(_read(home / paths.LAST_REPORT))
    if subject.read is not None and paths.spool(home, subject.read.device).exists():
        yield from _spool(subject, clean)


def _read(file: Path) -> str:
    try:
        return file.read_bytes()[-_MOST_BYTES:].decode("utf-8", "replace")
    except OSError as error:
        return f"cannot be read: {error.strerror or error}\n"


def _settings(subject: Subject, clean: Callable[[str], str]) -> str:
    """Return what the agent understands of its settings, never the file itself: anybody may have written into it."""
    if subject.read is None:
        return json.dumps({"problem": clean(str(subject.problem))}, ensure_ascii=False)
    read = subject.read._asdict()
    shown = {**read, "folder": "~", "probe_server": subject.read.probe_server._asdict()}
    texts = {name: clean(value) for name, value in read.items() if isinstance(value, str)}
    return clean(json.dumps({**shown, **texts}, indent=2, ensure_ascii=False))


def _listing(home: Path) -> Iterator[str]:
    """Yield mode, size, time and name of each file of ours; of others only how many there are."""
    others = 0
    for path in sorted(home.rglob("*")):
        name = path.relative_to(home).as_posix()
        if name not in _OURS and not _OF_SPOOL.fullmatch(name):  # whose name may tell anything
            others += 1
            continue
        try:
            found = path.lstat()
        except OSError:  # gone since
            continue
        when = time.strftime("%Y-%m-%d %H:%M:%S %z", time.localtime(found.st_mtime))
        yield f"{stat.filemode(found.st_mode)} {found.st_size:>10} {when} {name}"
    yield f"others: {others}"


def _spool(subject: Subject, clean: Callable[[str], str]) -> Iterator[Tuple[str, str]]:
    held = beside_the_resident(subject.settings, subject.clock)
    waiting: List[Tuple[int, bytes]] = []
    try:
        counters = held.counters()
        waiting = [(report.seq, report.body) for report in held.after(0, _MOST_REPORTS)]
        books = json.dumps({**counters._asdict(), "spooled": counters.spooled, "set_aside": held.set_aside}, indent=2)
    except SpoolError as error:
        books = json.dumps({"problem": clean(str(error))}, ensure_ascii=False)
    finally:
        held.close()
    yield "spool.json", books
    for seq, body in waiting:
        yield f"reports/{seq}.json", clean(body.decode("utf-8", "replace"))
