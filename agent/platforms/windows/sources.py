"""What Windows is asked, and how answers are recorded and read back.

A recording is one JSON document: for each source its answer, or why there was none.

    {"devices": {"value": {"camera": [...], ...}}, "rssi_dbm": {"why": "absent"}, "wmi": {"why": "error"}, ...}

An answer holds no name of a device, person or network, and no serial number: what could hold one is cut off where it
is read.
"""

from __future__ import annotations

import sys
import threading
from functools import lru_cache, partial
from typing import Any, Callable, Dict, List, Mapping, NamedTuple, Optional, TypedDict, TypeVar

from agent.facts import fact
from agent.platforms.machine import Machine

_Answer = TypeVar("_Answer")
_RAISED = {"absent": LookupError, "denied": PermissionError, "unsupported": NotImplementedError, "error": RuntimeError}


class Device(TypedDict):
    """A device that is present."""

    id: str  # its instance id without the last part, which may be a serial number: USB\VID_046D&PID_0825&MI_00
    driver: str  # usbvideo, usbscan, CmBatt ...; empty without one
    is_working: bool  # neither disabled nor without its driver


class Monitor(TypedDict):
    """A screen that is plugged in, with what it says of itself (`agent.platforms.edid.Edid`)."""

    is_working: bool
    edid: Optional[Dict[str, Any]]


class Endpoint(TypedDict):
    """A microphone or speaker, as the sound system lists it."""

    flow: str  # capture, render
    state: int  # DEVICE_STATE_* of mmdeviceapi.h


class Consent(TypedDict):
    """What the privacy settings say of cameras or microphones."""

    values: List[str]  # Allow or Deny: of the machine, of the person, each for all programs and for desktop programs
    is_in_use: bool


class Waves(TypedDict):
    """How many devices record and play, by the oldest interface there is."""

    inputs: int
    outputs: int


class Supply(TypedDict):
    """SYSTEM_POWER_STATUS of winbase.h."""

    ac_line: int
    battery_flag: int
    battery_pct: int


class Interface(TypedDict):
    """A network interface: what is of use in MIB_IF_ROW2 of netioapi.h."""

    index: int
    type: int  # IF_TYPE_* of ipifcons.h
    medium: int  # NDIS_PHYSICAL_MEDIUM of ntddndis.h
    is_filter: bool  # a layer over an interface that is listed itself
    is_up: bool
    is_default: bool  # packets to the world leave by it
    speed_bps: int
    driver: str  # usbrndis6 ...; empty without one


class Sources(NamedTuple):
    """What Windows is asked: each returns its answer, or raises why there is none."""

    devices: Callable[[], Dict[str, List[Device]]]  # by class: camera, image, battery
    monitors: Callable[[], List[Monitor]]
    endpoints: Callable[[], List[Endpoint]]
    consents: Callable[[], Dict[str, Consent]]  # webcam, microphone
    waves: Callable[[], Waves]
    supply: Callable[[], Supply]
    interfaces: Callable[[], List[Interface]]
    rssi_dbm: Callable[[], int]  # how strong the Wi-Fi is that we are connected to
    wmi: Callable[[], Dict[str, Any]]  # by class, see `agent.platforms.windows.powershell`


@lru_cache(maxsize=1)
def of(machine: Machine) -> Sources:
    """Return the sources of the Windows that we run on; each is asked when it is first needed, and never again."""
    if sys.platform != "win32":
        raise NotImplementedError("only Windows can be asked")
    from agent.platforms.windows import powershell
    from agent.platforms.windows.native import iphlpapi, kernel32, registry, setupapi, winmm, wlanapi

    return Sources(
        devices=_once(setupapi.devices),
        monitors=_once(setupapi.monitors),
        endpoints=_once(registry.endpoints),
        consents=_once(registry.consents),
        waves=_once(winmm.waves),
        supply=_once(kernel32.supply),
        interfaces=_once(iphlpapi.interfaces),
        rssi_dbm=_once(wlanapi.rssi_dbm),
        wmi=_once(lambda: powershell.ask(machine.run)),
    )


def record(sources: Sources) -> Dict[str, Any]:
    """Ask every source and return the recording."""
    return {name: fact(ask).model_dump(exclude_none=True) for name, ask in sources._asdict().items()}


def recorded(recording: Mapping[str, Any]) -> Sources:
    """Return sources that answer as a recording says; one that it does not name has no answer."""
    return Sources(*(partial(_answer, recording.get(name, {"why": "absent"})) for name in Sources._fields))


def _answer(answer: Mapping[str, Any]) -> Any:
    if "value" in answer:
        return answer["value"]
    raise _RAISED[answer["why"]]("as recorded")


def _once(ask: Callable[[], _Answer]) -> Callable[[], _Answer]:
    """Return what asks at its first call alone: a source that was too slow once must not cost each probe its time.

    Whoever calls meanwhile, from another thread, waits for that answer.
    """
    asking = threading.Lock()
    answers: List[_Answer] = []
    errors: List[Exception] = []

    def answer() -> _Answer:
        with asking:
            if not answers and not errors:
                try:
                    answers.append(ask())
                except Exception as error:  # noqa: BLE001 - kept, and raised at each call
                    errors.append(error)
        if errors:
            raise errors[0]
        return answers[0]

    return answer
