"""Where the centre keeps its things and on which ports its parts answer: file, then environment.

$DIEMCAU_HOME/{ca,secrets,broker,db,log}     each 0700
$DIEMCAU_HOME/settings.json                  what differs from the defaults below
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal, NamedTuple

from pydantic import BaseModel, ConfigDict, Field, ValidationError, ValidationInfo, field_validator
from pydantic_core import PydanticCustomError

from contract.languages import say

if TYPE_CHECKING:
    from pydantic_core import ErrorDetails

PortNumber = Annotated[int, Field(ge=1, le=65_535)]
ProbeServerText = Annotated[str, Field(pattern=r"^[A-Za-z0-9.-]{1,253}:[0-9]{1,5}:[0-9]{1,5}$")]
FOLDERS = ("ca", "secrets", "broker", "db", "log")
LOOPBACK = ("127.0.0.1", "localhost")
_LISTS = ("broker_edge_ports", "broker_urls", "probe_servers")


class ProbedAt(NamedTuple):
    """Where a probe server answers devices."""

    host: str
    http_port: int
    udp_port: int


class Settings(BaseModel):
    """The centre's settings. Each can be set in settings.json or as DIEMCAU_<NAME>; secrets only as files."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    home: Path
    database_url: str = ""  # empty: SQLite under home
    host: str = "127.0.0.1"  # where the web, enrolment and probe server listen
    public_host: str = "127.0.0.1"  # what devices are told; in the server certificates
    web_port: int = Field(default=8080, ge=0, le=65_535)
    enrolment_port: int = Field(default=8443, ge=1, le=65_535)
    broker: Literal["nats", "mosquitto"] = "nats"
    broker_port: int = Field(default=8883, ge=1, le=65_535)  # of nats
    broker_monitor_port: int = Field(default=8222, ge=1, le=65_535)  # of nats; loopback only
    broker_edge_ports: tuple[PortNumber, ...] = Field(default=(8883, 8884, 8885, 8886), min_length=1, max_length=8)
    is_broker_plain: bool = False  # no TLS; on loopback only
    broker_urls: tuple[str, ...] = ()  # empty: the brokers of `run`
    probe_http_port: int = Field(default=8090, ge=1, le=65_535)
    probe_udp_port: int = Field(default=8862, ge=1, le=65_535)
    probe_servers: tuple[ProbeServerText, ...] = ()  # host:http port:UDP port; empty: the one of `run`
    probe_capacity_mbps: int = Field(default=1000, ge=1, le=1_000_000)  # that line tests may load it with at once
    probe_province_mbps: int = Field(default=300, ge=1, le=1_000_000)  # of it, the tests of a province
    probe_district_mbps: int = Field(default=200, ge=1, le=1_000_000)  # and of a district, or a commune
    pages_url: str = ""  # where people open the centre's pages; empty: this machine's web port
    call_vnpt: str = ""  # whom a site calls, as its own page tells it: "1800 1260, nhánh 9"
    call_department: str = ""
    call_ministry: str = ""
    centre_url: str = ""  # where a probe server elsewhere finds the web; empty: on this machine
    is_demo: bool = False  # allows basic auth on the API

    @field_validator("is_broker_plain")
    @classmethod
    def _never_beyond_this_machine(cls, value: bool, others: ValidationInfo) -> bool:
        if value and others.data.get("public_host") not in LOOPBACK:
            raise PydanticCustomError("plain_beyond_loopback", "passwords would travel in the clear")
        return value

    @property
    def database(self) -> str:
        """The database's URL."""
        return self.database_url or f"sqlite:///{self.folder('db') / 'diemcau.db'}"

    @property
    def brokers(self) -> tuple[str, ...]:
        """The URLs devices and the collector connect to."""
        scheme = "mqtt" if self.is_broker_plain else "mqtts"
        return self.broker_urls or tuple(f"{scheme}://{self.public_host}:{port}" for port in self.broker_ports)

    @property
    def broker_ports(self) -> tuple[int, ...]:
        """Where the brokers of `run` listen: one of nats, or each edge of Mosquitto."""
        return (self.broker_port,) if self.broker == "nats" else self.broker_edge_ports

    @property
    def broker_host(self) -> str:
        """The address on which the brokers of `run` listen."""
        return "127.0.0.1" if self.is_broker_plain else self.host

    @property
    def server_names(self) -> tuple[str, ...]:
        """The names and addresses that the servers' certificate stands for."""
        return ("localhost", "127.0.0.1", self.public_host)

    @property
    def enrolment_url(self) -> str:
        """Where devices enrol, as it stands on a sheet."""
        return f"https://{self.public_host}:{self.enrolment_port}"

    @property
    def page_url(self) -> str:
        """Where people open the centre's pages."""
        return self.pages_url.rstrip("/") or f"http://{self.public_host}:{self.web_port}"

    @property
    def probed(self) -> tuple[ProbedAt, ...]:
        """The probe servers that devices are told of; each serves its share of them."""
        if not self.probe_servers:
            return (ProbedAt(self.public_host, self.probe_http_port, self.probe_udp_port),)
        return tuple(
            ProbedAt(host, int(http), int(udp)) for host, http, udp in (t.split(":") for t in self.probe_servers)
        )

    @property
    def centre(self) -> str:
        """Where the probe server finds the web."""
        return self.centre_url.rstrip("/") or f"http://{reachable(self.host)}:{self.web_port}"

    def folder(self, name: str) -> Path:
        """Return one of the folders under home, made on first use and readable by its owner alone."""
        if name not in FOLDERS:
            raise ValueError(f"no folder {name!r}: {', '.join(FOLDERS)}")
        path = self.home / name
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
        return path


def reachable(host: str) -> str:
    """Return the address by which this machine reaches what listens on `host`."""
    return "127.0.0.1" if host == "0.0.0.0" else host  # noqa: S104 - compared, not bound


def load(environ: Mapping[str, str] = os.environ) -> Settings:
    """Read the settings of $DIEMCAU_HOME (default ~/.diemcau); raises ValueError that says what is wrong."""
    home = Path(environ.get("DIEMCAU_HOME") or Path.home() / ".diemcau").absolute()
    file = home / "settings.json"
    values = _read(file) if file.exists() else {}
    variables = {}
    for name in Settings.model_fields:
        variable = f"DIEMCAU_{name.upper()}"
        if name != "home" and variable in environ:
            raw = environ[variable]
            values[name] = tuple(raw.split(",")) if name in _LISTS else raw
            variables[name] = variable
    try:
        return Settings(home=home, **values)
    except ValidationError as error:
        texts = (_wrong(str(wrong["loc"][0]), wrong, file, variables) for wrong in error.errors(include_url=False))
        raise ValueError("\n".join(texts)) from error


def _read(file: Path) -> dict[str, Any]:
    try:
        values = json.loads(file.read_text(encoding="utf-8"))
    except json.JSONDecodeError as error:
        raise ValueError(
            say(
                f"{file}, dòng {error.lineno}, cột {error.colno}: không đúng dạng JSON ({error.msg}).",
                f"{file}, line {error.lineno}, column {error.colno}: this is not JSON ({error.msg}).",
            )
        ) from error
    except UnicodeDecodeError as error:
        raise ValueError(say(f"{file}: phải lưu bằng UTF-8.", f"{file}: must be saved in UTF-8.")) from error
    if not isinstance(values, dict) or "home" in values:
        raise ValueError(
            say(
                f'{file}: phải có dạng {{"tên": giá trị}}, và không có "home" (đó là nơi đặt tệp này).',
                f'{file}: must be of the form {{"name": value}}, without "home", which is where it lies.',
            )
        )
    return values


def _wrong(name: str, wrong: ErrorDetails, file: Path, variables: Mapping[str, str]) -> str:
    """Return the place of a wrong setting, and what it must be."""
    place = variables.get(name) or f"{file}, {name}"
    bounds = wrong.get("ctx", {})
    text = {
        "extra_forbidden": say("không có cài đặt tên này", "there is no such setting"),
        "int_parsing": say("phải là số nguyên", "must be a whole number"),
        "int_type": say("phải là số nguyên", "must be a whole number"),
        "greater_than_equal": say(f"phải từ {bounds.get('ge')} trở lên", f"must be {bounds.get('ge')} or more"),
        "less_than_equal": say(f"không được quá {bounds.get('le')}", f"must be {bounds.get('le')} or less"),
        "bool_parsing": say("phải là true hoặc false", "must be true or false"),
        "string_type": say('phải là chữ trong dấu "..."', 'must be text in "..."'),
        "string_pattern_mismatch": say("phải có dạng máy:cổng:cổng", "must be of the form host:port:port"),
        "literal_error": say(f"phải là {bounds.get('expected')}", f"must be {bounds.get('expected')}"),
        "plain_beyond_loopback": say(
            "chỉ dùng được khi public_host là 127.0.0.1 hoặc localhost: mật khẩu sẽ đi không mã hóa",
            "needs a public_host of 127.0.0.1 or localhost: passwords would travel in the clear",
        ),
        "tuple_type": say('phải là danh sách ["...", "..."]', 'must be a list ["...", "..."]'),
    }.get(wrong["type"], wrong["msg"])
    return f"{place}: {text}."
