"""A UPS as Network UPS Tools tells of it, by the lines of its protocol (RFC 9271) on this machine's port 3493.

LIST UPS                          ->  BEGIN LIST UPS / UPS office "APC Back-UPS" / END LIST UPS
GET VAR office battery.charge     ->  VAR office battery.charge "98"
"""

from __future__ import annotations

import socket
from typing import List, Optional

_PLACE = ("127.0.0.1", 3493)
_TIMEOUT_S = 1.0
_MOST_LINES = 50


def ups() -> Optional[str]:
    """Return the name of the first UPS, None when there is none or nobody watches it."""
    for line in _ask("LIST UPS"):
        words = line.split(" ")
        if words[0] == "UPS" and len(words) > 1:
            return words[1]
    return None


def battery_pct() -> Optional[float]:
    """Return the charge of the first UPS in percent, None when it does not tell; raises ValueError of nonsense."""
    name = ups()
    if name is None:
        return None
    for line in _ask(f"GET VAR {name} battery.charge"):
        if line.startswith("VAR "):
            return float(line.rpartition(" ")[2].strip('"'))
    return None


def _ask(question: str) -> List[str]:
    """Return the lines of an answer; none when nobody listens, as on nearly every machine."""
    try:
        with socket.create_connection(_PLACE, _TIMEOUT_S) as connection:
            connection.sendall(f"{question}\nLOGOUT\n".encode("ascii"))
            with connection.makefile("r", encoding="utf-8", errors="replace") as answer:
                return [line.strip() for line, _ in zip(answer, range(_MOST_LINES))]
    except OSError:
        return []
