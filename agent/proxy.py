"""The HTTP proxy that this machine is told to use: by the environment, on Windows else by its Internet settings.

Of the environment `https_proxy`, `http_proxy` and `no_proxy`, also in capitals; not `all_proxy`, nor the settings of
macOS and of Linux desktops. `urllib.request.getproxies` would cost the resident several megabytes, and what is needed
seldom is imported late for the same reason.
"""

from __future__ import annotations

import os
import re
import socket
import sys
from typing import Mapping, NamedTuple, Optional, Tuple
from urllib.parse import quote, unquote, urlsplit

_LOOPBACK = ("localhost", "::1")
_MOST_ANSWER_BYTES = 8192
_SUCCESS = re.compile(rb"HTTP/1\.\d 2\d\d\b")
_PORT = 8080  # what a proxy without a port is taken to mean
_INTERNET_SETTINGS = r"Software\Microsoft\Windows\CurrentVersion\Internet Settings"


class ProxyError(OSError):
    """The proxy cannot be reached, or does not let us through; the text says which and how."""


class Proxy(NamedTuple):
    """An HTTP proxy, and who we are to it."""

    host: str
    port: int
    credentials: str = ""  # `name:password`, from its address; empty: it is not told who we are

    @property
    def url(self) -> str:
        """Its address, without credentials."""
        return f"http://{self.host}:{self.port}"

    @property
    def with_credentials(self) -> str:
        """Its address with them, as urllib takes it."""
        before = quote(self.credentials, safe=":") + "@" if self.credentials else ""
        return f"http://{before}{self.host}:{self.port}"


def find(host: str, environ: Mapping[str, str] = os.environ, scheme: str = "https") -> Optional[Proxy]:
    """Return the proxy by which to reach a host, over TLS unless it is by http; None: directly, as ourselves always."""
    if is_loopback(host):
        return None
    variable = f"{scheme}_proxy"
    address = environ.get(variable) or environ.get(variable.upper()) or ""
    exceptions = environ.get("no_proxy") or environ.get("NO_PROXY") or ""
    if address:
        is_direct = any(_is_within(host, name.strip()) for name in exceptions.split(",") if name.strip())
    else:
        address, exceptions = _internet_settings(scheme)
        is_direct = any(_matches(host, pattern.strip()) for pattern in exceptions.split(";") if pattern.strip())
    return None if is_direct or not address else _read(address)


def is_loopback(host: str) -> bool:
    """Tell whether this is the machine itself."""
    return host in _LOOPBACK or host.startswith("127.")


def connect(through: Proxy, host: str, port: int, timeout_s: float) -> socket.socket:
    """Return a TCP connection to the host by the proxy's CONNECT (RFC 9110, section 9.3.6); raises ProxyError."""
    try:
        tcp = socket.create_connection((through.host, through.port), timeout_s)
    except OSError as error:
        raise ProxyError(f"{through.url}: {error}") from error
    try:
        tcp.sendall(_request(through, f"{host}:{port}"))
        status = _status(tcp)
    except OSError as error:
        tcp.close()
        raise ProxyError(f"{through.url}: {error}") from error
    if not _SUCCESS.match(status):
        tcp.close()
        raise ProxyError(f"{through.url}: {status.decode('latin-1')[:80] or 'no answer'}")
    return tcp


def _request(through: Proxy, target: str) -> bytes:
    lines = [f"CONNECT {target} HTTP/1.1", f"Host: {target}"]
    if through.credentials:
        import base64

        lines.append("Proxy-Authorization: Basic " + base64.b64encode(through.credentials.encode()).decode("ascii"))
    return "\r\n".join([*lines, "", ""]).encode("latin-1")


def _status(tcp: socket.socket) -> bytes:
    """Read the proxy's answer to its end, no byte further: what follows is the other side's. Return its first line."""
    answer = b""
    while not answer.endswith(b"\r\n\r\n") and len(answer) < _MOST_ANSWER_BYTES:
        byte = tcp.recv(1)
        if not byte:
            break
        answer += byte
    return answer.partition(b"\r\n")[0]


def _is_within(host: str, name: str) -> bool:
    name = name.lstrip(".").lower()
    return name == "*" or host.lower() == name or host.lower().endswith("." + name)


def _matches(host: str, pattern: str) -> bool:
    import fnmatch

    return "." not in host if pattern == "<local>" else fnmatch.fnmatch(host.lower(), pattern.lower())


def _read(address: str) -> Optional[Proxy]:
    """Read an address such as `http://name:password@host:3128` or `host:3128`; None when it is none."""
    try:
        parts = urlsplit(address if "://" in address else f"http://{address}")
        port = parts.port or _PORT
    except ValueError:
        return None
    if not parts.hostname:
        return None
    credentials = f"{unquote(parts.username)}:{unquote(parts.password or '')}" if parts.username else ""
    return Proxy(parts.hostname, port, credentials)


def _internet_settings(scheme: str) -> Tuple[str, str]:
    """Return the address of Windows' proxy, empty when none is on, and the hosts that are reached without it."""
    if sys.platform != "win32":
        return "", ""
    import winreg

    try:
        with winreg.OpenKey(winreg.HKEY_CURRENT_USER, _INTERNET_SETTINGS) as key:
            if not winreg.QueryValueEx(key, "ProxyEnable")[0]:
                return "", ""
            address = str(winreg.QueryValueEx(key, "ProxyServer")[0])
            try:
                exceptions = str(winreg.QueryValueEx(key, "ProxyOverride")[0])
            except OSError:
                exceptions = ""
    except OSError:
        return "", ""
    return of_scheme(address, scheme), exceptions


def of_scheme(servers: str, scheme: str = "https") -> str:
    """Return the proxy for a scheme of a ProxyServer value: one for all, or `http=host:port;https=host:port`."""
    if "=" not in servers:
        return servers
    named = dict(part.strip().partition("=")[::2] for part in servers.split(";"))
    return named.get(scheme, "")
