"""Reaches the probe server over plain HTTP, through the machine's proxy where there is one, and knows its answers."""

from __future__ import annotations

import base64
import http.client
import socket
import struct
from contextlib import suppress
from typing import NamedTuple, Optional

from agent import proxy
from agent.unmeasured import ProbeError
from contract.probing import HEADER

_TIMEOUT_S = 10.0
_HEAD_S = 3.0  # the server sends it before it has anything to send: who shows it later has waited for the body
_MOST_ANSWER_BYTES = 16_384
_PROXY_TROUBLE = (407, 502, 503, 504)
_NETWORK_LOGIN = 511  # RFC 6585


class Web(NamedTuple):
    """Where a probe server answers, and by which proxy."""

    host: str
    port: int
    through: Optional[proxy.Proxy]

    def connect(self, timeout_s: float = _TIMEOUT_S) -> http.client.HTTPConnection:
        """Return a connection to the probe server, or to the proxy; raises OSError: ProxyError of that."""
        to = self.through or self
        connection = http.client.HTTPConnection(to.host, to.port, timeout=timeout_s)
        try:
            connection.connect()
        except OSError as error:
            if self.through is not None:
                raise proxy.ProxyError(f"{self.through.url}: {error}") from error
            raise
        connection.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return connection

    def begin(self, connection: http.client.HTTPConnection, method: str, path: str, length: int = 0) -> socket.socket:
        """Send the head of a request and return its socket, which the answer would close otherwise."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        target = f"http://{host}:{self.port}{path}" if self.through else path
        connection.putrequest(method, target, skip_host=True, skip_accept_encoding=True)
        connection.putheader("Host", f"{host}:{self.port}")
        if self.through and self.through.credentials:
            told = base64.b64encode(self.through.credentials.encode()).decode("ascii")
            connection.putheader("Proxy-Authorization", f"Basic {told}")
        if method == "POST":
            connection.putheader("Content-Length", str(length))
        connection.endheaders()
        return connection.sock

    def fetch(self, method: str, path: str, body: bytes = b"", timeout_s: float = _TIMEOUT_S) -> bytes:
        """Return the answer to a small request; raises ProbeError when it is not the probe server's, or OSError."""
        connection = self.connect(timeout_s)
        try:
            tcp = self.begin(connection, method, path, len(body))
            tcp.sendall(body)
            with self._ours(connection.getresponse()) as response:
                return response.read(_MOST_ANSWER_BYTES)
        except OSError:  # before the next one: a connection that ends without an answer is both
            raise
        except http.client.HTTPException as error:
            raise ProbeError("portal", "another server answered, and not in HTTP") from error
        finally:
            connection.close()

    def stream(self, connection: http.client.HTTPConnection, tcp: socket.socket) -> http.client.HTTPResponse:
        """Return the answer that has begun; raises ProbeError when it is not ours or held back, or OSError."""
        tcp.settimeout(_HEAD_S)
        try:
            return self._ours(connection.getresponse())
        except socket.timeout as error:
            code = "unreachable" if self.through is None else "proxy"
            text = "nothing of an answer came for three seconds: a proxy or an antivirus may wait until it is whole"
            raise ProbeError(code, text) from error
        except http.client.HTTPException as error:
            if isinstance(error, OSError):
                raise
            raise ProbeError("portal", "another server answered, and not in HTTP") from error

    def _ours(self, response: http.client.HTTPResponse) -> http.client.HTTPResponse:
        """Return the answer if the probe server gave it, and gave what was asked for; raises ProbeError."""
        status = response.status
        if response.getheader(HEADER) is not None and status == 200:
            return response
        response.close()
        if response.getheader(HEADER) is None:
            if status in _PROXY_TROUBLE or (self.through and status >= 400 and status != _NETWORK_LOGIN):
                what = "the proxy wants to know who we are" if status == 407 else "the proxy does not let us through"
                raise ProbeError("proxy", f"{what}: HTTP {status}")
            raise ProbeError("portal", f"another server answered, HTTP {status}: a login page of the network")
        raise ProbeError("refused", f"the probe server answered {status}")


def reach(host: str, port: int) -> Web:
    """Return how a probe server is reached from here."""
    return Web(host, port, proxy.find(host, scheme="http"))


def reset(connection: http.client.HTTPConnection, tcp: socket.socket) -> None:
    """Break a connection off at once, so that nothing that is under way is sent any more."""
    with suppress(OSError):  # the other end was sooner
        tcp.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()
    tcp.close()
