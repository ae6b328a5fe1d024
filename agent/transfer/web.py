"""Reaches the probe server over plain HTTP, through the machine's proxy where there is one, and knows its answers."""

from __future__ import annotations

import base64
import http.client
import socket
import struct
from typing import NamedTuple, Optional

from agent import proxy
from agent.unmeasured import ProbeError
from contract.probing import HEADER

_TIMEOUT_S = 10.0
_MOST_ANSWER_BYTES = 16_384


class Web(NamedTuple):
    """Where a probe server answers, and by which proxy."""

    host: str
    port: int
    through: Optional[proxy.Proxy]

    def connect(self) -> http.client.HTTPConnection:
        """Return a connection to the probe server, or to the proxy; raises OSError."""
        to = self.through or self
        connection = http.client.HTTPConnection(to.host, to.port, timeout=_TIMEOUT_S)
        connection.connect()
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

    def fetch(self, method: str, path: str, body: bytes = b"") -> bytes:
        """Return the answer to a small request; raises ProbeError when it is not the probe server's, or OSError."""
        connection = self.connect()
        try:
            tcp = self.begin(connection, method, path, len(body))
            tcp.sendall(body)
            return ours(connection.getresponse()).read(_MOST_ANSWER_BYTES)
        except http.client.HTTPException as error:
            raise not_ours() from error
        finally:
            connection.close()


def reach(host: str, port: int) -> Web:
    """Return how a probe server is reached from here."""
    return Web(host, port, proxy.find(host, scheme="http"))


def ours(response: http.client.HTTPResponse) -> http.client.HTTPResponse:
    """Return the answer if the probe server gave it, and gave what was asked for; raises ProbeError."""
    if response.getheader(HEADER) is None:
        raise not_ours()
    if response.status != 200:
        raise ProbeError("refused", f"the probe server answered {response.status}")
    return response


def not_ours() -> ProbeError:
    """Return the error of an answer that somebody else gave: a login page, or a proxy that does not let us through."""
    return ProbeError("portal", "another server answered: a login page of the network, or its proxy")


def reset(connection: http.client.HTTPConnection, tcp: socket.socket) -> None:
    """Break a connection off at once, so that nothing that is under way is sent any more."""
    tcp.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()
    tcp.close()
