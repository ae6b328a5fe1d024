"""The request for enrolment that `enrol --later` keeps until the centre has answered it."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from agent import paths
from contract import wire

_MOST_BYTES = 32 * 1024


class Pending(NamedTuple):
    """What the person gave to enrol with."""

    code: str
    server: str
    ca_pem: str


def keep(folder: Path, pending: Pending) -> None:
    """Keep the request, in place of an earlier one; raises OSError."""
    paths.write_private(paths.make_private(folder) / paths.REQUEST, wire.dump_json(pending._asdict()))


def read(folder: Path) -> Pending:
    """Return the request that is kept; raises OSError when there is none, ValueError when it cannot be read."""
    value = wire.load_json((folder / paths.REQUEST).read_bytes(), _MOST_BYTES)
    try:
        return Pending(*(str(value[name]) for name in Pending._fields))
    except KeyError as error:
        raise ValueError(f"{paths.REQUEST}: {error} is missing") from error


def forget(folder: Path) -> None:
    """Forget the request: it was answered."""
    with suppress(FileNotFoundError):
        (folder / paths.REQUEST).unlink()


def forget_refused(folder: Path, refused: Pending) -> None:
    """Forget this request, unless another has taken its place; a disk that forbids it keeps it, to be refused again."""
    with suppress(OSError, ValueError):
        if read(folder) == refused:
            forget(folder)
