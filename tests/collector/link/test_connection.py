"""Where the collector connects to; what it does there is tested over the real broker, in tests/e2e and tests/faults."""

from __future__ import annotations

from typing import Any

import pytest

from collector.link.connection import Connection


def connection(url: str) -> Connection:
    def ignore(_: Any) -> None:
        """Nothing comes."""

    return Connection(url, 0, "password", None, ignore, ignore)


@pytest.mark.parametrize("url", ["mqtt://broker.example:1883", "tcp://127.0.0.2:1883", "broker.example"])
def test_the_password_never_leaves_this_machine_in_the_clear(url: str) -> None:
    with pytest.raises(ValueError, match="in the clear"):
        connection(url)


@pytest.mark.parametrize("url", ["mqtts://broker.example:8883", "mqtt://127.0.0.1:1883", "mqtt://localhost:1883"])
def test_tls_or_loopback_is_allowed(url: str) -> None:
    assert connection(url).url == url
