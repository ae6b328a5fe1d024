from __future__ import annotations

import socket
import threading

import pytest

from provisioning.broker import login


@pytest.mark.parametrize("is_plain", [True, False])
@pytest.mark.parametrize("said", [b"", b"HTTP/1.1 400 Bad Request\r\n\r\n", b"\x20\x02\x00"])
def test_what_is_no_broker_gives_no_answer(said: bytes, is_plain: bool) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:

        def answer() -> None:
            connection, _ = server.accept()
            with connection:
                connection.recv(4096)
                connection.sendall(said)

        answering = threading.Thread(target=answer)
        answering.start()
        assert login.is_admitted("127.0.0.1", server.getsockname()[1], "user", "password", is_plain=is_plain) is None
        answering.join()


def test_where_nobody_listens_there_is_no_answer(free_port) -> None:
    assert login.is_admitted("127.0.0.1", free_port(), "user", "password", is_plain=True) is None
