"""Vietnamese first, English second: both texts stand side by side where they are used."""

from __future__ import annotations

import os
from typing import Mapping


def language(environ: Mapping[str, str] = os.environ) -> str:
    """Return the language to speak at a terminal: DIEMCAU_LANG, else English only where the locale is English."""
    chosen = environ.get("DIEMCAU_LANG", "")
    if chosen in ("vi", "en"):
        return chosen
    locale = environ.get("LC_ALL") or environ.get("LC_MESSAGES") or environ.get("LANG") or ""
    return "en" if locale.startswith("en") else "vi"


def say(vi: str, en: str) -> str:
    """Return the text in the language of this terminal."""
    return en if language() == "en" else vi
