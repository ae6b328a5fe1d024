"""What a device sends to enrol and what it is told: JSON over HTTPS."""

from __future__ import annotations

from typing import Optional

from pydantic import Field
from typing_extensions import Annotated, Literal

from contract.fields import BrokerUrl, Device, Host, Message, Port, list_of, matching, text
from contract.privacy import OfDevice, Secret

Password = matching("[A-Za-z0-9_-]{22,64}")  # at least 128 random bits, base64url


class EnrolmentRequest(Message):
    """A code from the site's sheet, and the password the device made and saved before asking."""

    code: Secret[text(64)]  # type: ignore[valid-type]
    password: Secret[Password]  # type: ignore[valid-type]
    machine: OfDevice[Optional[text(64)]] = None  # type: ignore[valid-type]  # a hash of machine facts, to recognise clones


class EnrolmentAnswer(Message):
    """The device's identity and where to connect; given only after the broker knows the device."""

    device: Device
    state: Literal["admitted", "waiting"]
    site_name: text(200)  # type: ignore[valid-type]
    brokers: list_of(BrokerUrl, 8)  # type: ignore[valid-type]
    ca_pem: Annotated[str, Field(max_length=16_384)]
    permit_key: matching("[0-9a-f]{64}")  # type: ignore[valid-type]  # K: answers a probe server's nonce
    probe_host: Host
    probe_http_port: Port
    probe_udp_port: Port
    page: Optional[text(300)] = None  # type: ignore[valid-type]  # the site's own page, for whoever has the link


class EnrolmentRefusal(Message):
    """Why a device was not enrolled and what to do next, in both languages, and when a new try makes sense."""

    code: Literal["bad_code", "wrong_code", "slow_down", "busy", "revoked", "closed", "bad_request"]
    vi: str
    en: str
    retry_after_s: Optional[int] = None
