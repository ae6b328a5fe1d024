"""What a device and a probe server say to each other: JSON over HTTP/1.1, plain, so that it passes a school's proxy.

GET  /v1/nonce                     a Nonce
POST /v1/slots                     an Ask; answered by a Granted, a Booked or a Refused
GET  /v1/slots/{token}/download    bytes, paced by the server
GET  /v1/slots/{token}/arrivals    a line `seconds bytes` for each 100 ms of the upload, as they arrive
POST /v1/slots/{token}/upload      bytes, paced by the device
POST /v1/slots/{token}/end         answered by an Ended
GET  /v1/slots/{token}/mini/       what speedtest-cli asks of a server of its own, in a slot for it
"""

from __future__ import annotations

from typing import Optional, Tuple, Union

from pydantic import Field, TypeAdapter
from typing_extensions import Annotated, Literal

from contract.fields import Count, Device, Message, matching, text
from contract.findings import Link, Rate, Seconds
from contract.privacy import OfCourse, OfDevice, OfNetwork

HEADER = "Diemcau-Probe"  # on every answer: what comes without it is somebody else's, a login page most likely

Token = matching("[A-Za-z0-9_-]{22,64}")  # at least 128 random bits, base64url
NonceText = matching("[A-Za-z0-9_.-]{16,128}")
Purpose = Literal["schedule", "command", "person"]
RefusalCode = Literal["wrong_answer", "old_nonce", "not_selected", "stopped", "needs_consent", "bad_request"]


class Nonce(Message):
    """A number that is good for one Ask."""

    nonce: NonceText  # type: ignore[valid-type]
    ends_in_s: Seconds


class Ask(Message):
    """A device asks for a slot; `answer` is `contract.permit.answer` over the nonce and all the rest."""

    device: OfDevice[Device]
    nonce: OfCourse[NonceText]  # type: ignore[valid-type]
    test: OfCourse[Literal["line", "speedtest", "check"]]  # a check is answered, and no slot comes of it
    purpose: OfCourse[Purpose]
    link: OfNetwork[Optional[Link]] = None  # of the default route
    is_consented: OfCourse[bool] = False  # a person at the site agreed to spend a metered line's bytes
    answer: OfDevice[matching("[0-9a-f]{64}")]  # type: ignore[valid-type]

    @property
    def asked(self) -> Tuple[str, ...]:
        """Everything that the answer vouches for, beside the nonce."""
        return self.device, self.test, self.purpose, self.link or "", str(self.is_consented)


class DirectionNeed(Message):
    """What one direction must carry."""

    ready_mbps: Rate
    minimum_mbps: Rate


class Stream(Message):
    """The stream of packets that the path is measured by, each way."""

    packets_per_s: Annotated[int, Field(ge=1, le=2_000)]
    packets: Annotated[int, Field(ge=1, le=60_000)]
    up_bytes: Annotated[int, Field(ge=44, le=1_400)]  # of a UDP payload
    down_bytes: Annotated[int, Field(ge=44, le=1_400)]


class Granted(Message):
    """Leave to load the network now, once, for one test."""

    state: Literal["granted"] = "granted"
    token: Token  # type: ignore[valid-type]
    download: DirectionNeed
    upload: DirectionNeed
    bitrate_mbps: Rate  # of the event
    is_watched: bool  # the event is only watched here: its playback is predicted
    is_thorough: bool  # both directions are tested, even when the first one fails
    stream: Stream
    most_down_bytes: Count
    most_up_bytes: Count
    provider: Optional[text(64)] = None  # type: ignore[valid-type]  # whose address we come from, when that is known


class Booked(Message):
    """Not now: come back then, and it will be your turn."""

    state: Literal["booked"] = "booked"
    in_s: Seconds


class Refused(Message):
    """No slot, and no use in asking again before something has changed."""

    state: Literal["refused"] = "refused"
    code: RefusalCode
    most_bytes: Optional[Count] = None  # what the test could cost, to who must consent to it


class Ended(Message):
    """How the test looked from the server."""

    is_server_limited: bool  # then its outcome says nothing, and it is repeated
    again_in_s: Optional[Seconds] = None
    sent_bytes: Count
    received_bytes: Count


Answer = TypeAdapter(Annotated[Union[Granted, Booked, Refused], Field(discriminator="state")])
