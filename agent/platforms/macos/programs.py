"""The programs that macOS is read by, and what they answer."""

from __future__ import annotations

import json
import threading
from functools import lru_cache
from typing import Any, Dict, List, Optional, Tuple

from agent.platforms.machine import Machine

PROFILE = (
    *("system_profiler", "-json", "-timeout", "10"),  # seconds; what takes longer is left out
    *("SPCameraDataType", "SPAudioDataType", "SPDisplaysDataType"),
    *("SPNetworkDataType", "SPAirPortDataType", "SPStorageDataType"),
)
BATTERIES = ("pmset", "-g", "batt")
VERSION = ("sw_vers",)
_asking = threading.Lock()  # lru_cache alone lets threads that come together ask each for itself


def told(machine: Machine, kind: str) -> List[Dict[str, Any]]:
    """Return what system_profiler tells of a kind of device; raises NotImplementedError when it does not know it."""
    with _asking:
        profile, error = _profile(machine)
    if error is not None:
        raise error
    if kind not in profile:
        raise NotImplementedError(kind)
    found: List[Dict[str, Any]] = profile[kind]
    return found


@lru_cache(maxsize=1)
def _profile(machine: Machine) -> Tuple[Dict[str, Any], Optional[Exception]]:
    """Ask system_profiler once: a failure is kept too, or every fact would wait for it again."""
    try:
        return json.loads(machine.run(PROFILE)), None
    except (OSError, RuntimeError, ValueError) as error:
        return {}, error
