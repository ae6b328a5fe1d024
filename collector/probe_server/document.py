"""The document by which a probe server knows its devices: what each needs, where it lies, what is allowed."""

from __future__ import annotations

from pydantic import Field

from contract.fields import Count, Device, Message
from contract.findings import Rate
from contract.probing import DirectionNeed, Stream


class Needs(Message):
    """What some sites need of their line, and how it is measured there."""

    download: DirectionNeed
    upload: DirectionNeed
    bitrate_mbps: Rate
    is_watched: bool
    is_thorough: bool
    stream: Stream


class Client(Message):
    """A device that may ask."""

    generation: Count  # of its key
    needs: Count  # index into Document.needs
    units: tuple[str, ...]  # that its site lies in, the smallest last
    most_mobile_bytes: Count | None = None  # a test over 4G may move; None: nobody at the site consented


class Document(Message):
    """What the centre tells its probe servers."""

    version: Count = 0
    needs: tuple[Needs, ...] = ()
    devices: dict[Device, Client] = Field(default_factory=dict)
    is_stopped: bool = False  # nothing is granted, and what runs is broken off
