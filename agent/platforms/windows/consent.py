"""What the privacy settings of Windows 10 and later allow."""

from __future__ import annotations

from typing import Optional

from agent.platforms.windows.sources import Consent


def is_allowed(consent: Consent) -> Optional[bool]:
    """Tell whether programs may use the device: each setting must allow it. None when there is no setting."""
    values = consent["values"]
    return all(value == "Allow" for value in values) if values else None
