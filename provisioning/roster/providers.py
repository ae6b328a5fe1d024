"""Who carries lines: the names people write, brought to one code each."""

from __future__ import annotations

import re

from provisioning.store.folding import fold

_KNOWN = {
    "vnpt": "VNPT",
    "vinaphone": "VNPT",
    "viettel": "Viettel",
    "fpt": "FPT Telecom",
    "mobifone": "MobiFone",
    "cmc": "CMC Telecom",
    "sctv": "SCTV",
    "vtvcab": "VTVcab",
}


def provider_of(text: str) -> tuple[str, str]:
    """Return a provider's code and name: "VNPT Hà Nội" is vnpt; an unknown one is known by what was written."""
    words = re.findall(r"[a-z0-9]+", fold(text))
    for word in words:
        if word in _KNOWN:
            name = _KNOWN[word]
            return fold(name.split()[0]), name
    return "-".join(words) or fold(text), text
