"""What WMI alone tells, by one PowerShell that runs `wmi.ps1`.

{"MSFT_PhysicalDisk": [{"BusType": 11, "HealthStatus": 0}], "MSAcpi_ThermalZoneTemperature": "AccessDenied ..."}

The script goes by -Command: the policy that most PCs have (Restricted) forbids script files, also to whoever may change
it, and says nothing of commands. Encoding the command would be taken for malware.
"""

from __future__ import annotations

import json
import os
import pkgutil
from typing import Any, Callable, Dict, List, Sequence

_PROGRAM = r"System32\WindowsPowerShell\v1.0\powershell.exe"  # Windows PowerShell 2 to 5.1; 7 has no Get-WmiObject
_UNSUPPORTED = ("InvalidClass", "InvalidNamespace", "InvalidQuery", "NotSupported", "NotFound")  # ManagementStatus


def ask(run: Callable[[Sequence[str]], str]) -> Dict[str, Any]:
    """Return what the classes named in the script say; raises NotImplementedError without PowerShell, and others."""
    script = pkgutil.get_data("agent.platforms.windows", "wmi.ps1")
    if script is None:
        raise FileNotFoundError("wmi.ps1")
    folder = os.environ.get("SYSTEMROOT", r"C:\Windows")
    command = (rf"{folder}\{_PROGRAM}", "-NoProfile", "-NonInteractive", "-Command", script.decode("ascii"))
    try:
        printed = run(command)
    except FileNotFoundError as error:
        raise NotImplementedError("no PowerShell") from error
    told = json.loads("".join(printed.split()))  # a console breaks long lines; no string of ours holds a space
    if not isinstance(told, dict):
        raise TypeError("not what the script prints")
    return told


def rows(wmi: Dict[str, Any], name: str) -> List[Dict[str, Any]]:
    """Return the rows of a class; raises PermissionError, NotImplementedError and RuntimeError when it gave none."""
    answer = wmi[name]
    if not isinstance(answer, str):
        return answer if isinstance(answer, list) else [answer]
    code, _, error_id = answer.partition(" ")
    if code == "AccessDenied" or "UnauthorizedAccess" in error_id:
        raise PermissionError(name)
    if code in _UNSUPPORTED:
        raise NotImplementedError(name)
    raise RuntimeError(answer)
