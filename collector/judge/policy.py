"""The policy: which facts a role and medium need, whose word counts, how long it counts, and the limits."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal, NamedTuple, get_args

from pydantic import BaseModel, ConfigDict, Field, PrivateAttr, model_validator

SEED = Path(__file__).with_name("policy.toml")

Source = Literal["agent", "browser", "screen_code", "technician", "rehearsal"]  # what is only declared proves nothing
Role = Literal["interactive", "view"]
Medium = Literal["pc", "room", "mytv"]
Hours = Annotated[float, Field(gt=0, strict=True)]
Amount = Annotated[float, Field(ge=0, strict=True)]
_ROLES = get_args(Role)
_MEDIA = get_args(Medium)


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class Limit(_Strict):
    """A pair of bounds, on the low or on the high side."""

    at_least: Amount | None = None
    minimum: Amount | None = None
    at_most: Amount | None = None
    maximum: Amount | None = None
    bitrate: Annotated[bool, Field(strict=True)] = False

    @model_validator(mode="after")
    def _one_side(self) -> Limit:
        low = self.at_least is not None and self.minimum is not None and self.at_most is self.maximum is None
        high = self.at_most is not None and self.maximum is not None and self.at_least is self.minimum is None
        if not (low or high):
            raise ValueError("a limit has either at_least and minimum, or at_most and maximum")
        if self.ready != self.beyond and (self.ready > self.beyond) != low:
            raise ValueError("the minimum lies below at_least, the maximum above at_most")
        return self

    @property
    def is_low(self) -> bool:
        """Whether values below are the bad ones."""
        return self.at_least is not None

    @property
    def ready(self) -> float:
        """The bound of ready."""
        return self.at_least if self.at_least is not None else self.at_most or 0.0

    @property
    def beyond(self) -> float:
        """The bound past which a site is not ready."""
        return self.minimum if self.minimum is not None else self.maximum or 0.0


class Bounds(NamedTuple):
    """A limit as it holds for one participation, in the metric's own unit."""

    ready: float
    beyond: float
    is_low: bool

    def level(self, value: float) -> str:
        """Return ready, at_risk or not_ready."""
        sign = 1 if self.is_low else -1
        if sign * value >= sign * self.ready:
            return "ready"
        return "at_risk" if sign * value >= sign * self.beyond else "not_ready"


class Policy(_Strict):
    """The whole policy; `sha256` names the text it was read from."""

    version: Literal[1]
    needs: dict[Role, dict[Medium, tuple[str, ...]]]
    sources: dict[str, tuple[Source, ...]]
    validity_h: dict[str, dict[str, Hours]]
    limits: dict[str, dict[str, dict[str, Limit]]]
    sha256: str = Field(default="", exclude=True)
    _bounds: dict[tuple[str, str, str, float], dict[str, Bounds]] = PrivateAttr(default_factory=dict)  # found so far

    @model_validator(mode="after")
    def _complete(self) -> Policy:
        for role in _ROLES:
            if set(self.needs.get(role, {})) != set(_MEDIA) or not all(self.needs[role].values()):
                raise ValueError(f"needs.{role} must name the facts for {', '.join(_MEDIA)}")
        return self

    @model_validator(mode="after")
    def _limits_are_somebodys(self) -> Policy:
        whom = {"any", *_ROLES, *(f"{role}-{medium}" for role in _ROLES for medium in _MEDIA)}
        for who in self.limits.keys() - whom:
            raise ValueError(f"limits.{who}: must be one of {', '.join(sorted(whom))}")
        return self

    def needed(self, role: str, medium: str) -> tuple[str, ...]:
        """Return the facts a participation of this role and medium needs."""
        return self.needs[role][medium]  # type: ignore[index]

    def validity_us(self, fact: str, gate: str) -> int:
        """Return how old evidence of a fact may be at a gate, in microseconds."""
        return int(self.validity_h[fact][gate] * 3_600_000_000)

    def bounds(self, role: str, medium: str, fact: str, bitrate_mbps: float) -> dict[str, Bounds]:
        """Return the limits of a fact's metrics for this role and medium; the more special one wins."""
        key = role, medium, fact, bitrate_mbps
        if key not in self._bounds:
            self._bounds[key] = self._find_bounds(*key)
        return self._bounds[key]

    def _find_bounds(self, role: str, medium: str, fact: str, bitrate_mbps: float) -> dict[str, Bounds]:
        found: dict[str, Bounds] = {}
        for who in ("any", role, f"{role}-{medium}"):
            for metric, limit in self.limits.get(who, {}).get(fact, {}).items():
                scale = bitrate_mbps if limit.bitrate else 1.0
                found[metric] = Bounds(limit.ready * scale, limit.beyond * scale, limit.is_low)
        return found
