"""Every limit of the seed policy, against the table of the design written out here once more."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import pytest

from collector.judge.rules import RULES

MEDIA = ("pc", "room", "mytv")
AT_LEAST, AT_MOST = 1, -1  # which side is good
TABLE: list[tuple[str, tuple[str, ...], str, str, int, float, float]] = [
    # role, media, fact, metric, good side, ready, not ready beyond; at 5 Mbit/s of bitrate
    ("interactive", MEDIA, "line", "download_mbps", AT_LEAST, 6, 2.5),
    ("interactive", MEDIA, "line", "upload_mbps", AT_LEAST, 6, 2),
    ("interactive", MEDIA, "path", "loss_pct", AT_MOST, 1, 2),
    ("interactive", MEDIA, "path", "jitter_ms", AT_MOST, 30, 50),
    ("interactive", MEDIA, "path", "rtt_ms", AT_MOST, 100, 300),
    ("interactive", MEDIA, "path", "r_factor", AT_LEAST, 80, 70),
    ("interactive", ("pc",), "host", "memory_available_bytes", AT_LEAST, 5e8, 2e8),
    ("interactive", ("pc",), "host", "disk_free_bytes", AT_LEAST, 1e9, 2e8),
    ("interactive", ("pc",), "host", "cpu_pct", AT_MOST, 85, 100),
    ("interactive", ("pc",), "clock", "offset_ms", AT_MOST, 60_000, 300_000),
    ("view", ("mytv",), "line", "download_mbps", AT_LEAST, 7.5, 5.5),
    ("view", ("pc", "room"), "line", "download_mbps", AT_LEAST, 6, 3),
    ("view", MEDIA, "line", "upload_mbps", AT_LEAST, 0.5, 0.2),
    ("view", MEDIA, "path", "loss_pct", AT_MOST, 1, 3),
    ("view", MEDIA, "path", "jitter_ms", AT_MOST, 50, 100),
    ("view", MEDIA, "path", "rtt_ms", AT_MOST, 150, 400),
    ("view", ("pc",), "host", "memory_available_bytes", AT_LEAST, 5e8, 2e8),
    ("view", ("pc",), "host", "disk_free_bytes", AT_LEAST, 1e9, 2e8),
    ("view", ("pc",), "host", "cpu_pct", AT_MOST, 85, 100),
    ("interactive", ("pc",), "camera", "camera_count", AT_LEAST, 1, 1),
    ("interactive", ("pc",), "sound", "microphone_count", AT_LEAST, 1, 1),
    ("interactive", ("pc",), "sound", "speaker_count", AT_LEAST, 1, 1),
    ("interactive", ("pc",), "display", "display_count", AT_LEAST, 1, 1),
    ("view", ("pc",), "sound", "speaker_count", AT_LEAST, 1, 0),
    ("view", ("pc",), "display", "display_count", AT_LEAST, 1, 0),
    ("view", ("pc",), "clock", "offset_ms", AT_MOST, 60_000, 1e13),  # beyond what a report may say: never worse
]


def _cases() -> Iterator[Any]:
    for role, media, fact, metric, side, ready, beyond in TABLE:
        for medium in media:
            better, worse = side * math.inf, -side * math.inf
            at_risk = [math.nextafter(ready, worse), math.nextafter(beyond, better), beyond] if ready != beyond else []
            for value, level in [
                (math.nextafter(ready, better), "ready"),
                (ready, "ready"),
                *((value, "at_risk") for value in at_risk),
                (math.nextafter(beyond, worse), "not_ready"),
            ]:
                yield pytest.param(role, medium, fact, metric, value, level, id=f"{role}-{medium}-{metric}-{value}")


@pytest.mark.parametrize(("role", "medium", "fact", "metric", "value", "level"), list(_cases()))
def test_a_value_is_judged_by_the_limits_of_its_role_and_medium(
    site: Any, role: str, medium: str, fact: str, metric: str, value: float, level: str
) -> None:
    situation = site.situation(role, medium, **{metric: value})

    verdicts = site.verdicts(situation)

    assert verdicts[fact, metric].level == level
    assert verdicts[fact, metric].params["measured"] == value
    assert {key for key, verdict in verdicts.items() if verdict.level != "ready"} == (
        set() if level == "ready" else {(fact, metric)}
    )
    assert site.level(situation) == level


@pytest.mark.parametrize("role", ["interactive", "view"])
@pytest.mark.parametrize("medium", MEDIA)
def test_the_table_holds_every_metric_that_is_judged(site: Any, role: str, medium: str) -> None:
    judged = {key for key in site.verdicts(site.situation(role, medium)) if key[1]}
    assert judged == {(row[2], row[3]) for row in TABLE if row[0] == role and medium in row[1]}
    assert judged <= {(rule.fact, metric) for rule in RULES for metric in rule.metrics}


@pytest.mark.parametrize(("bitrate_mbps", "ready", "beyond"), [(2.0, 3.0, 2.2), (8.0, 12.0, 8.8)])
def test_what_a_mytv_box_needs_follows_the_events_bitrate(
    site: Any, bitrate_mbps: float, ready: float, beyond: float
) -> None:
    for download, level in [
        (ready, "ready"),
        (ready - 0.01, "at_risk"),
        (beyond + 0.01, "at_risk"),
        (beyond - 0.01, "not_ready"),
    ]:
        situation = site.situation("view", "mytv", bitrate_mbps=bitrate_mbps, download_mbps=download)
        assert site.level(situation) == level
        assert site.level(situation._replace(role="interactive")) == site.level(
            situation._replace(role="interactive", bitrate_mbps=5.0)
        )
