"""The settings file that enrolment or a bundle writes and the agent reads (JSON, no secrets in it)."""

from __future__ import annotations

from pydantic import Field

from contract.fields import BrokerUrl, Device, Host, Message, Port, list_of


class ProbeServerAddress(Message):
    """Where to measure against until a plan says otherwise."""

    host: Host
    http_port: Port
    udp_port: Port


class AgentSettings(Message):
    """What the resident agent needs to know; `agent.settings` reads the same file without pydantic."""

    device: Device
    brokers: list_of(BrokerUrl, 8) = Field(min_length=1)  # type: ignore[valid-type]
    ca_file: str = "ca.pem"  # beside the settings; the only authority trusted for brokers
    password_file: str = "password"  # noqa: S105 - a path; beside the settings
    probe_server: ProbeServerAddress
    tick_s: int = Field(default=60, ge=1, le=3600)
    keepalive_s: int = Field(default=45, ge=5, le=3600)
    light_round_s: int = Field(default=3600, ge=10, le=86_400)  # every probe but the line
    line_round_s: int = Field(default=43_200, ge=10, le=604_800)  # the line: the probe that costs traffic
    spool_cap_bytes: int = Field(default=16 * 1024 * 1024, ge=65_536)
