r"""The registry: what the sound system lists, and what the privacy settings allow.

HKLM\SOFTWARE\Microsoft\Windows\CurrentVersion\MMDevices\Audio\Capture\{0d0f...}         DeviceState = 1
HKCU\Software\Microsoft\Windows\CurrentVersion\CapabilityAccessManager\ConsentStore
    \webcam                                                                             Value = Allow
    \webcam\NonPackaged                                                                 Value = Allow
    \webcam\NonPackaged\C:#Program Files#Zoom#zoom.exe                                  LastUsedTimeStop = 0
"""

from __future__ import annotations

import sys
from typing import Dict, Iterator, List, Optional, Union

from agent.platforms.windows.sources import Consent, Endpoint

if sys.platform != "win32":
    raise ImportError("only on Windows")
import winreg

_ENDPOINTS = r"SOFTWARE\Microsoft\Windows\CurrentVersion\MMDevices\Audio"
_CONSENTS = r"SOFTWARE\Microsoft\Windows\CurrentVersion\CapabilityAccessManager\ConsentStore"
_ACCESS = winreg.KEY_READ | winreg.KEY_WOW64_64KEY  # a 32-bit Python is shown other branches otherwise
_HIVES = (winreg.HKEY_LOCAL_MACHINE, winreg.HKEY_CURRENT_USER)


def endpoints() -> List[Endpoint]:
    """Return what captures and renders, plugged in or not; raises OSError."""
    found = []
    for flow in ("Capture", "Render"):
        for name in _names(winreg.HKEY_LOCAL_MACHINE, rf"{_ENDPOINTS}\{flow}"):
            state = value(winreg.HKEY_LOCAL_MACHINE, rf"{_ENDPOINTS}\{flow}\{name}", "DeviceState")
            if isinstance(state, int):
                found.append(Endpoint(flow=flow.lower(), state=state))
    return found


def consents() -> Dict[str, Consent]:
    """Return what is allowed and in use; raises NotImplementedError before Windows 10, which has no such settings."""
    try:
        _names(winreg.HKEY_LOCAL_MACHINE, _CONSENTS)
    except FileNotFoundError as error:
        raise NotImplementedError("no privacy settings") from error
    return {name: _consent(name) for name in ("webcam", "microphone")}


def value(hive: int, path: str, name: str) -> Optional[Union[str, int, bytes]]:
    """Return a value of a key, None when there is no such key or value; raises OSError, PermissionError among them."""
    try:
        with winreg.OpenKey(hive, path, 0, _ACCESS) as key:
            found: Union[str, int, bytes] = winreg.QueryValueEx(key, name)[0]
            return found
    except FileNotFoundError:
        return None


def _consent(name: str) -> Consent:
    desktop = rf"{name}\NonPackaged"
    said = [value(hive, rf"{_CONSENTS}\{part}", "Value") for hive in _HIVES for part in (name, desktop)]
    return Consent(
        values=[word for word in said if isinstance(word, str)],
        is_in_use=any(value(hive, path, "LastUsedTimeStop") == 0 for hive in _HIVES for path in _programs(hive, name)),
    )


def _programs(hive: int, name: str) -> Iterator[str]:
    """Yield the keys of the programs that have used a device. Their names tell people's names: they stay here."""
    for part in (name, rf"{name}\NonPackaged"):
        try:
            yield from (rf"{_CONSENTS}\{part}\{program}" for program in _names(hive, rf"{_CONSENTS}\{part}"))
        except FileNotFoundError:
            continue


def _names(hive: int, path: str) -> List[str]:
    with winreg.OpenKey(hive, path, 0, _ACCESS) as key:
        return [winreg.EnumKey(key, index) for index in range(winreg.QueryInfoKey(key)[0])]
