"""What is drawn by lot for a site of the model event: its line, medium, contact. The same key, the same lot."""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import TypeVar

from provisioning.roster.providers import provider_of
from provisioning.roster.sites import Contact, Line

Value = TypeVar("Value")

_FAMILIES: tuple[str, ...] = (*("Nguyễn",) * 8, *("Trần",) * 3, *("Lê",) * 3, *("Phạm",) * 2)
_FAMILIES += ("Hoàng", "Huỳnh", "Vũ", "Võ", "Phan", "Đặng", "Bùi", "Đỗ", "Hồ", "Ngô", "Dương", "Lý", "Đinh", "Lương")
_NAMES = (  # middle name, given names
    ("Thị", ("An", "Bình", "Châu", "Dung", "Hà", "Hạnh", "Hoa", "Hương", "Lan", "Mai", "Nga", "Ngọc", "Thảo", "Yến")),
    ("Văn", ("Cường", "Dũng", "Đức", "Hải", "Hùng", "Khánh", "Long", "Minh", "Nam", "Quang", "Sơn", "Thắng", "Tuấn")),
    ("Minh", ("Anh", "Châu", "Hằng", "Khoa", "Phương", "Tâm", "Trang", "Trí")),
    ("Thanh", ("Bình", "Hà", "Hải", "Hương", "Sơn", "Tùng", "Vân", "Xuân")),
)
_PROVIDERS = {"VNPT": 58, "Viettel": 30, "FPT Telecom": 8, "MobiFone": 3, "CMC Telecom": 1}
_HARD_PROVIDERS = {"VNPT": 68, "Viettel": 30, "MobiFone": 2}
_MOBILE_PROVIDERS = {"VNPT": 50, "Viettel": 45, "MobiFone": 5}
_KINDS = {  # of line, by what lies in the way
    "": {"fibre": 97, "cable": 1, "copper": 1, "mobile": 1},
    "mountain": {"fibre": 74, "copper": 3, "mobile": 20, "satellite": 3},
    "island": {"fibre": 70, "mobile": 20, "satellite": 10},
    "outpost": {"satellite": 1},
}
_PACKAGES_MBPS = {  # download and upload, by kind
    "fibre": {(80, 80): 35, (100, 100): 25, (150, 150): 20, (200, 200): 12, (300, 300): 8},
    "cable": {(60, 10): 2, (100, 20): 1},
    "copper": {(8, 1): 1, (12, 2): 1, (20, 4): 1},
    "mobile": {(10, 4): 2, (20, 8): 3, (30, 10): 1},
    "satellite": {(4, 1): 2, (8, 2): 1},
}
_HARD_FIBRE_MBPS = {(20, 20): 2, (30, 30): 3, (40, 40): 3, (60, 60): 1}
_CONSENT = {None: 2, 10: 1, 20: 4, 30: 3}  # what one test over 4G may move, in MB; None: not asked yet
_VIEW_MEDIA = {"mytv": 58, "pc": 38, "room": 4}


class Lot:
    """A site's own chance: what it draws depends on the seed and its key alone, whatever else takes part."""

    def __init__(self, seed: int, key: str) -> None:
        self._key = key
        self._chance = random.Random(f"{seed} {key}")  # noqa: S311 - a demo's

    def between(self, least: int, most: int) -> int:
        """Return a whole number, both ends included."""
        return self._chance.randint(least, most)

    def one_of(self, values: Sequence[Value]) -> Value:
        """Return one of the values."""
        return self._chance.choice(values)

    def contact(self) -> Contact:
        """Return an invented person; no telephone number begins with 0000."""
        middle, given = self.one_of(_NAMES)
        name = f"{self.one_of(_FAMILIES)} {middle} {self.one_of(given)}"
        return Contact(name, f"0000{self._chance.randrange(1_000_000):06}")

    def medium(self) -> str:
        """Return by what a place that watches takes part."""
        return self._weighted(_VIEW_MEDIA)

    def line(self, hardness: str) -> Line:
        """Return the line of a site that watches, by what lies in its way."""
        kind = self._weighted(_KINDS[hardness])
        package = _HARD_FIBRE_MBPS if hardness and kind == "fibre" else _PACKAGES_MBPS[kind]
        providers = _HARD_PROVIDERS if hardness else _PROVIDERS
        if kind in ("copper", "satellite"):
            providers = {"VNPT": 1}
        elif kind == "mobile":
            providers = _MOBILE_PROVIDERS
        consented_mb = self._weighted(_CONSENT) if kind == "mobile" else None
        return self._line(self._weighted(providers), self._weighted(package), "site", kind, consented_mb)

    def paid_line(self, kind: str = "fibre") -> Line:
        """Return a line that the ministry pays: of a department, a university, a special site."""
        provider = self._weighted({"VNPT": 85, "Viettel": 12, "FPT Telecom": 3})
        if kind != "fibre":
            return self._line("VNPT", self._weighted(_PACKAGES_MBPS[kind]), "ministry", kind)
        return self._line(provider, self._weighted({(100, 100): 1, (200, 200): 2, (300, 300): 2}), "ministry", kind)

    def _line(
        self, provider: str, package: tuple[int, int], paid_by: str, kind: str, consented_mb: int | None = None
    ) -> Line:
        code, name = provider_of(provider)
        down, up = package
        return Line(code, name, f"DEMO-{self._key}", float(down), float(up), paid_by, kind, consented_mb)

    def _weighted(self, weights: dict[Value, int]) -> Value:
        return self._chance.choices(list(weights), list(weights.values()))[0]
