"""How the agent came here: by a bundle, which knows where to enrol and starts the resident itself, or by hand."""

from __future__ import annotations

import os
import sys
from typing import Mapping

from contract.languages import say


def by_bundle(environ: Mapping[str, str] = os.environ) -> bool:
    """Tell whether a bundle's own command line has started this."""
    return "DIEMCAU_AGENT_SERVER" in environ


def how_to_enrol(environ: Mapping[str, str] = os.environ, platform: str = sys.platform) -> str:
    """Return what a person does here to enrol: a command, or an entry of the start menu."""
    if not by_bundle(environ):
        return say("diemcau-agent enrol MÃ --server https://…", "diemcau-agent enrol CODE --server https://…")
    if platform == "win32":
        return say("mở Start, Điểm Cầu, Gõ mã", "open Start, Điểm Cầu, Gõ mã")
    return say("sudo diemcau-agent enrol MÃ", "sudo diemcau-agent enrol CODE")
