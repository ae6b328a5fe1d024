"""The document by which a probe server knows its devices: what each needs, where it lies, what is allowed.

On the way and on disk it is written as lines, each a document with a share of the devices: so that reading 40,000 of
them holds up no transfer.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import Literal, NamedTuple

from pydantic import Field

from contract import transfer
from contract.fields import Count, Device, Message, Name
from contract.findings import Rate
from contract.probing import DirectionNeed, Stream

_SHARE = 200  # devices in a line: about a millisecond of reading


class Needs(Message):
    """What some sites need of their line, and how it is measured there."""

    download: DirectionNeed
    upload: DirectionNeed
    bitrate_mbps: Rate
    is_watched: bool
    is_thorough: bool
    stream: Stream

    @property
    def peak_bps(self) -> int:
        """The highest rate of a line test: that of the direction that needs more."""
        return int(transfer.PEAK * max(self.download.ready_mbps, self.upload.ready_mbps) * 1e6)

    @property
    def need_class(self) -> str:
        """What tests that cost alike have in common."""
        both = " both" if self.is_thorough else ""
        return f"{self.download.ready_mbps:g}/{self.upload.ready_mbps:g}{both}"


class Client(NamedTuple):
    """A device that may ask."""

    generation: Count  # of its key
    needs: Count | None  # index into Document.needs; None: its site takes part in nothing
    units: tuple[str, ...]  # that its site lies in, the smallest last
    most_mobile_bytes: Count | None = None  # a test over 4G may move; None: nobody at the site consented
    wave: Count | None = None  # index into DryRun.waves; None: not in the dry run, or done with it
    openings: Count | None = None  # index into DryRun.openings; None: its site can be tested at any time


class Wave(NamedTuple):
    """Sites of a dry run that come together; seconds."""

    opens_s: Count  # after the dry run began
    spread_s: Count  # over which those of them come


class DryRun(Message):
    """A dry run: who is in none of its waves is not tested by schedule while it goes on. Times in microseconds UTC."""

    id: Name
    state: Literal["running", "paused", "stopped"]
    began_at: Count  # as if it had never been paused
    until_at: Count  # then all is as if there had been none
    again_s: Count  # paused: those who ask come again after once to twice so long
    waves: tuple[Wave, ...] = ()
    openings: tuple[tuple[tuple[Count, Count], ...], ...] = ()  # from when to when some sites can be tested


class Document(Message):
    """What the centre tells its probe servers. A newer one has a higher version."""

    version: Count = 0
    needs: tuple[Needs, ...] = ()
    devices: dict[Device, Client] = Field(default_factory=dict)
    prefixes: tuple[tuple[str, str], ...] = ()  # public addresses, as a network, and the code of whose they are
    dry_run: DryRun | None = None
    is_stopped: bool = False  # nothing is granted, and what runs is broken off


def write(document: Document) -> bytes:
    """Return the document as lines, the first one with all but the devices."""
    parts = [document.model_copy(update={"devices": {}})]
    parts += (Document.model_construct(version=document.version, devices=share) for share in _shares(document.devices))
    return b"\n".join(part.model_dump_json(exclude_defaults=True).encode() for part in parts)


def read(lines: bytes) -> Document:
    """Read what `write` wrote; raises ValueError (pydantic's ValidationError) when it is none."""
    parts = [Document.model_validate_json(line) for line in lines.split(b"\n")]
    devices: dict[str, Client] = {}
    for part in parts:
        devices.update(part.devices)
    return parts[0].model_copy(update={"devices": devices})


def _shares(devices: dict[str, Client]) -> Iterator[dict[str, Client]]:
    items = iter(devices.items())
    while share := dict(islice(items, _SHARE)):
        yield share
