"""Where the agent keeps its things on this machine.

settings.json  ca.pem  password  permit_key  site  server   written by enrolment
ca.asked.pem                                                there while the centre is asked to enrol
machine.json                                                what machine was enrolled, see `agent.original`
enrolment.json                                              a request that waits, see `agent.pending`
last_line                                                   see `agent.last_line`
last_report.json                                            what the last round measured, for whoever looks here
asleep                                                      there while the machine sleeps, see `agent.sleep`
lock                                                        held by the resident, see `agent.lock`
stop                                                        asks the resident to end, see `agent.stopping`
log/agent.log                                               what the resident says, see `agent.log`
spool/<device>/                                             reports not yet acknowledged, see `agent.spool`
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Mapping

SETTINGS = "settings.json"
CA = "ca.pem"
PASSWORD = "password"  # noqa: S105 - a file's name
PERMIT_KEY = "permit_key"
SITE = "site"
SERVER = "server"  # the address that enrolment was asked at
ASKED_CA = "ca.asked.pem"  # there while the centre is asked
REQUEST = "enrolment.json"
MACHINE = "machine.json"
LAST_LINE = "last_line"
LAST_REPORT = "last_report.json"
ASLEEP = "asleep"
LOCK = "lock"
STOP = "stop"
LOG = "log/agent.log"
ALL = (
    *(SETTINGS, CA, PASSWORD, PERMIT_KEY, SITE, SERVER, ASKED_CA, REQUEST, MACHINE),
    *(LAST_LINE, LAST_REPORT, ASLEEP, LOCK, STOP, LOG),
)  # each file that is not the spool's: none of their names tells anything of a person
SYSTEM_HOME = Path("/var/lib/diemcau-agent")  # of an agent that the .deb installed, under a user of its own


def home(environ: Mapping[str, str] = os.environ, platform: str = sys.platform) -> Path:
    """Return the agent's folder: DIEMCAU_AGENT_HOME, else the operating system's place for a person's programs."""
    chosen = environ.get("DIEMCAU_AGENT_HOME")
    if chosen:
        return Path(chosen).absolute()
    person = Path(environ.get("HOME") or environ.get("USERPROFILE") or Path.home())
    if platform == "win32":
        return Path(environ.get("LOCALAPPDATA") or person / "AppData" / "Local") / "DiemCau"
    if platform == "darwin":
        return person / "Library" / "Application Support" / "DiemCau"
    return Path(environ.get("XDG_STATE_HOME") or person / ".local" / "state") / "diemcau-agent"


def spool(folder: Path, device: str) -> Path:
    """Return where a device's spool lies under the agent's folder; a new identity starts with an empty one."""
    return folder / "spool" / device


def nearest(folder: Path) -> Path:
    """Return the folder, or before it exists the nearest one above it: on the same disk, most likely."""
    return next(place for place in (folder, *folder.parents) if place.exists())


def make_private(folder: Path) -> Path:
    """Make the folder, readable by its owner alone, and return it."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    folder.chmod(0o700)
    return folder


def write_private(file: Path, content: bytes) -> None:
    """Write a file that its owner alone may read, whole or not at all, also through a power cut."""
    draft = file.with_name(file.name + ".new")
    if draft.exists():
        draft.unlink()
    with os.fdopen(os.open(str(draft), os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as stream:
        stream.write(content)
        stream.flush()
        os.fsync(stream.fileno())
    draft.replace(file)
    if os.name == "posix":  # the new name lasts only once its folder is on disk too
        descriptor = os.open(str(file.parent), os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
