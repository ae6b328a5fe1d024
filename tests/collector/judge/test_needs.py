"""What line tests ask for is what lines are judged by."""

from __future__ import annotations

import pytest

from collector.judge.load import load_policy
from collector.judge.needs import Need, needs
from collector.judge.policy import Policy


@pytest.mark.parametrize(
    ("role", "medium", "bitrate_mbps", "download", "upload"),
    [
        ("interactive", "pc", 5.0, (6.0, 2.5), (6.0, 2.0)),
        ("interactive", "mytv", 8.0, (6.0, 2.5), (6.0, 2.0)),
        ("view", "pc", 8.0, (6.0, 3.0), (0.5, 0.2)),
        ("view", "mytv", 5.0, (7.5, 5.5), (0.5, 0.2)),
        ("view", "mytv", 8.0, (12.0, 8.8), (0.5, 0.2)),
    ],
)
def test_the_needs_are_the_limits_of_role_and_medium_at_the_events_bitrate(
    policy: Policy,
    role: str,
    medium: str,
    bitrate_mbps: float,
    download: tuple[float, float],
    upload: tuple[float, float],
) -> None:
    found = needs(policy, role, medium, bitrate_mbps)
    assert found.download == pytest.approx(download)
    assert found.upload == pytest.approx(upload)


def test_a_direction_without_a_limit_needs_nothing(policy_text: str) -> None:
    without = load_policy(policy_text).model_copy(update={"limits": {}})
    assert needs(without, "view", "pc", 5.0).upload == Need(0.0, 0.0)
