"""Whose a problem is: by its cause, and by who carries and pays the line."""

from __future__ import annotations

from typing import Any

import pytest

from collector.judge.situation import Line

VNPT = Line(1, "vnpt", 100.0, 100.0, "ministry")
VIETTEL = Line(1, "viettel", 100.0, 100.0, "site")
carriers = pytest.mark.parametrize(
    ("line", "owner"), [(VNPT, "vnpt"), (VIETTEL, "other_provider"), (None, "department")]
)


@carriers
@pytest.mark.parametrize(
    ("metric", "value", "reason"),
    [
        ("download_mbps", 1.0, "download_low"),
        ("upload_mbps", 0.1, "upload_low"),
        ("loss_pct", 2.0, "loss_high"),
        ("jitter_ms", 70.0, "jitter_high"),
        ("rtt_ms", 200.0, "round_trip_high"),
    ],
)
def test_a_bad_line_is_its_carriers_whoever_pays_it(
    site: Any, line: Line | None, owner: str, metric: str, value: float, reason: str
) -> None:
    flags = site.flags(site.situation(line=line, **{metric: value}))
    assert [(flag[1], flag[2]) for flag in flags.values()] == [(reason, owner)]


@carriers
@pytest.mark.parametrize(
    ("metric", "value", "expected"),
    [("loss_pct", 2.0, "site"), ("jitter_ms", 70.0, "site"), ("rtt_ms", 200.0, None), ("download_mbps", 1.0, None)],
)
def test_on_wifi_loss_and_jitter_are_the_sites_to_mend_first(
    site: Any, line: Line | None, owner: str, metric: str, value: float, expected: str | None
) -> None:
    flags = site.flags(site.situation(line=line, link="wifi", **{metric: value}))
    assert [flag[2] for flag in flags.values()] == [expected or owner]


def test_only_the_wifi_of_the_device_that_measured_explains_its_loss(site: Any) -> None:
    others = site.evidence("network", age=0, number=20, device_id=3, link="wifi")
    assert site.flags(site.situation(loss_pct=2.0, add=[others]))["path", "loss_pct"][2] == "vnpt"


@pytest.mark.parametrize("network", [{"findings": None, "failure": {"code": "error"}}, {"link": {"why": "denied"}}])
def test_where_the_link_could_not_be_told_the_carrier_is_asked(site: Any, network: dict[str, Any]) -> None:
    unclear = site.evidence("network", **network)
    assert site.flags(site.situation(loss_pct=2.0, without=["network"], add=[unclear]))["path", "loss_pct"][2] == "vnpt"


@pytest.mark.parametrize(
    ("line", "reason", "owner"),
    [
        (Line(1, "vnpt", 5.9, 100.0, "ministry"), "package_low", "ministry"),
        (Line(1, "viettel", 5.9, 100.0, "ministry"), "package_low", "ministry"),
        (Line(1, "vnpt", 5.9, 100.0, "site"), "package_low", "site"),
        (Line(1, "vnpt", 5.9, 100.0, "department"), "package_low", "site"),
        (Line(1, "vnpt", 6.0, 0.1, "ministry"), "download_low", "vnpt"),  # the package would do
        (Line(1, "vnpt", None, None, "ministry"), "download_low", "vnpt"),  # nobody has said what was bought
    ],
)
def test_a_package_below_the_need_is_a_matter_of_who_pays(site: Any, line: Line, reason: str, owner: str) -> None:
    situation = site.situation(line=line, download_mbps=4.0)
    assert site.flags(situation) == {("line", "download_mbps"): ("at_risk", reason, owner)}
    if reason == "package_low":
        assert site.verdicts(situation)["line", "download_mbps"].params["package"] == 5.9


def test_a_small_package_that_carries_the_need_after_all_is_no_problem(site: Any) -> None:
    assert site.flags(site.situation(line=Line(1, "vnpt", 5.0, 0.1, "ministry"))) == {}


@pytest.mark.parametrize(
    ("metric", "value", "reason"),
    [
        ("memory_available_bytes", 3e8, "memory_low"),
        ("disk_free_bytes", 3e8, "disk_low"),
        ("cpu_pct", 95.0, "cpu_high"),
    ],
)
def test_the_machine_is_the_sites(site: Any, metric: str, value: float, reason: str) -> None:
    assert site.flags(site.situation(**{metric: value})) == {("host", metric): ("at_risk", reason, "site")}
