"""The parts that `diemcau-collector run` runs: their commands, their ports, and whether each answers."""

from __future__ import annotations

import socket
from collections.abc import Callable
from typing import NamedTuple

from contract.languages import say

ANSWER_S = 2.0  # a part on this machine answers well within it


class Port(NamedTuple):
    """A port that a part listens on, and the setting that chooses it."""

    setting: str
    host: str
    number: int
    is_udp: bool = False

    def is_free(self) -> bool:
        """Tell whether we could listen on it."""
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM if self.is_udp else socket.SOCK_STREAM) as probe:
            if not self.is_udp:
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # as servers do after a restart
            try:
                probe.bind((self.host, self.number))
            except OSError:
                return False
        return True

    def taken_text(self) -> str:
        """Return what to do when it is not free."""
        variable = f"DIEMCAU_{self.setting.upper()}"
        return say(
            f"Cổng {self.number} ({self.host}) đang bị chương trình khác dùng. Đặt cổng khác bằng {variable}.",
            f"Port {self.number} ({self.host}) is taken by another program. Choose another with {variable}.",
        )


class Part(NamedTuple):
    """One child process: how to start it, where it listens, and whether it answers."""

    name: str
    command: tuple[str, ...]
    is_up: Callable[[], bool]
    ports: tuple[Port, ...] = ()
