"""Does the same for several things side by side, waiting no longer than agreed."""

from __future__ import annotations

import socket
import threading
import time
from typing import Callable, Dict, Optional, Sequence


def together(do: Callable[[str], object], names: Sequence[str], within_s: float) -> Dict[str, Optional[Exception]]:
    """Do it with each of the names; return what each raised: None if nothing, socket.timeout if it was late."""
    raised: Dict[str, Optional[Exception]] = {}

    def attempt(name: str) -> None:
        try:
            do(name)
        except Exception as error:  # noqa: BLE001 - the caller tells it to a person, whatever it is
            raised[name] = error
        else:
            raised[name] = None

    threads = [threading.Thread(target=attempt, args=(name,), daemon=True) for name in names]
    for thread in threads:
        thread.start()
    end_s = time.monotonic() + within_s
    for thread in threads:
        thread.join(max(0.0, end_s - time.monotonic()))
    return {name: raised.get(name, socket.timeout()) for name in names}
