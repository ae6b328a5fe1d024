"""What can be wrong with what a person asked for, told in both languages."""

from __future__ import annotations

from contract.languages import say


class ProvisioningError(Exception):
    """Something asked for cannot be done; both texts say why and what to do next."""

    def __init__(self, vi: str, en: str) -> None:
        super().__init__(en)
        self.vi = vi
        self.en = en

    def __str__(self) -> str:
        return say(self.vi, self.en)
