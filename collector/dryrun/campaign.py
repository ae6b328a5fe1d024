"""A campaign, a dry run that somebody conducts: its states, and what devices are told of it. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from collector.dryrun.checks import BY_DEVICES
from collector.dryrun.prediction import FIRST_TOLD_S, Prediction
from collector.dryrun.selection import Selection
from contract import wire
from contract.clock import HOUR_US, SECOND_US
from provisioning.errors import ProvisioningError

GOES_ON = ("running", "paused")  # states
LASTS_US = 2 * HOUR_US  # a window, unless it is told when it ends; our own choice
LATE_S = 30  # over which devices ask that hear of a campaign when the others have asked
LINGERS_US = HOUR_US  # whoever was booked is turned away for so long after a stop; our own choice
_FROM = {  # acts, and the states of which each needs one
    "start": ("planned",),
    "pause": ("running",),
    "resume": ("paused",),
    "stop": GOES_ON,
    "rehearse": GOES_ON,
    "remove": ("planned",),
}
_STANDS = {  # how a campaign is, and what can be done with it
    "planned": ("chưa bắt đầu: có thể bắt đầu hoặc bỏ", "has not begun: it can be begun or removed"),
    "running": ("đang chạy: có thể tạm dừng hoặc dừng hẳn", "runs: it can be paused or stopped"),
    "paused": ("đang tạm dừng: có thể chạy tiếp hoặc dừng hẳn", "is paused: it can go on or be stopped"),
    "stopped": ("đã dừng hẳn: muốn đo lại thì tạo đợt mới", "was stopped: to test again, make another one"),
    "ended": ("đã xong: muốn đo lại thì tạo đợt mới", "has ended: to test again, make another one"),
}


class Campaign(NamedTuple):
    """A campaign; times in microseconds UTC."""

    id: int
    name: str
    session_id: int
    checks: tuple[str, ...]
    selection: Selection
    opens_at: int
    closes_at: int
    state: str
    prediction: Prediction
    made_by: str
    made_at: int
    started_at: int | None
    ended_at: int | None
    paused_at: int | None
    paused_us: int
    is_elsewhere: bool
    is_any_hour: bool = False
    may_load_sessions: bool = False

    @property
    def code(self) -> str:
        """What devices and probe servers know it by."""
        return f"d{self.id}"

    @property
    def began_at(self) -> int:
        """When it would have been started had it never been paused until now."""
        return (self.started_at or self.opens_at) + self.paused_us

    @property
    def goes_on(self) -> bool:
        """Whether it has begun and has not ended."""
        return self.state in GOES_ON

    def ran_us(self, now: int) -> int:
        """Return for how long it has run, its pauses left out."""
        return max(0, (self.paused_at or self.ended_at or now) - self.began_at)

    def should_be_over(self, now: int) -> bool:
        """Tell whether it runs for longer than was foreseen: it then waits for what nobody foresaw, or who is off."""
        return self.state == "running" and self.ran_us(now) > self.prediction.duration_s * SECOND_US


class CampaignError(ProvisioningError):
    """A campaign that cannot be made, or not be done this with; both texts say what to do."""


def default_end(opens_at: int, sessions_start_at: Iterable[int]) -> int:
    """Return when a window ends unless that is told: before the next session, when nobody is tested, if sooner."""
    return min([opens_at + LASTS_US, *(at for at in sessions_start_at if at > opens_at)])


def check_act(campaign: Campaign, act: str) -> None:
    """Raise CampaignError unless this may be done with a campaign as it stands; act: of _FROM."""
    if campaign.state not in _FROM[act]:
        vi, en = _STANDS[campaign.state]
        raise CampaignError(
            f'Đợt tổng duyệt {campaign.id} "{campaign.name}" {vi}.', f'Dry run {campaign.id} "{campaign.name}" {en}.'
        )


def told_to_devices(campaign: Campaign | None, now: int) -> wire.DryRun | None:
    """Return what the plan says of the campaign that goes on; those who hear of it late ask soon."""
    if campaign is None or campaign.state != "running" or now < campaign.began_at + FIRST_TOLD_S * SECOND_US:
        return None
    checks = tuple(check for check in campaign.checks if check in BY_DEVICES)
    spread_s = campaign.prediction.spread_s
    is_late = now >= campaign.began_at + (FIRST_TOLD_S + spread_s) * SECOND_US
    return wire.DryRun(campaign.code, checks, min(LATE_S, spread_s) if is_late else spread_s, campaign.is_elsewhere)
