"""Puts off modules that the resident's libraries import and it never uses; imported before all else, to save memory.

A stand-in lies in `sys.modules` in place of each. Whoever imports it gets the stand-in; whoever uses anything of it
gets the real module, which is loaded at that moment and takes its place. What each weighs is in ADR 0017.
"""

from __future__ import annotations

import sys
from importlib import import_module
from types import ModuleType
from typing import Any, Dict

_SYSTEMS = {"win32": "Windows", "darwin": "Darwin", "linux": "Linux"}
PUT_OFF: Dict[str, Dict[str, Any]] = {  # with what a stand-in answers itself
    "ipaddress": {},  # urllib.parse: an IPv6 address in brackets
    "locale": {},  # subprocess: pipes of text
    "logging": {"DEBUG": 10, "INFO": 20, "WARNING": 30, "ERROR": 40},  # paho: for a logger that nobody has given it
    "platform": {"system": lambda: _SYSTEMS.get(sys.platform, sys.platform)},  # paho: whether this is Windows
    "urllib.request": {},  # paho: proxies; brings http.client and email along
    "uuid": {},  # paho: a client id that nobody has chosen
}


class _StandIn(ModuleType):
    """Loads the module of its name when anything of it is used."""

    def __getattr__(self, attribute: str) -> Any:
        name = self.__name__
        if sys.modules.get(name) is self:
            del sys.modules[name]
        return getattr(import_module(name), attribute)


def _put_off(name: str) -> None:
    stand_in = _StandIn(name)
    vars(stand_in).update(PUT_OFF[name])
    sys.modules[name] = stand_in
    package, _, child = name.rpartition(".")
    if package:  # `import a.b` sets the attribute only when it loads
        setattr(import_module(package), child, stand_in)


for _name in PUT_OFF:
    if _name not in sys.modules:
        _put_off(_name)
