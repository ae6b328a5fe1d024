"""Findings and books as people read them at a terminal."""

from __future__ import annotations

import pytest

from agent import describe
from agent.probes import PROBES
from agent.spool import Counters, Spooled
from collector.dashboard import labels
from contract import findings
from contract.report import Failure, Measurement, Moment, Report

DEVICE = "dev-00000001"
NOW_US = 1_800_000_000_000_000


def fact(value):
    return {"value": value}


ABSENT = {"why": "absent"}
PATH = findings.Path.model_validate(
    {"server": "s", "sent": 100, "received": 98, "reordered": 0, "loss_pct": 2.0}
    | {"rtt_ms": fact(8.125), "rtt_p95_ms": fact(120.4), "jitter_ms": ABSENT, "r_factor": fact(91.26)}
)
DOWN = {"outcome": "carries", "need_mbps": 6.0, "minimum_mbps": 2.5, "rate_mbps": 7.4, "low_mbps": 7.1} | {
    "high_mbps": 7.6,
    "moved_bytes": 8,
    "took_s": 5.7,
    "added_delay_ms": fact(21.0),
}
UP = {**DOWN, "outcome": "fails", "minimum": "above", "rate_mbps": 4.2}
THRESHOLD = {"method": "threshold", "server": "s", "round_trip_ms": fact(8.0), "received_bytes": 1, "sent_bytes": 1}
TESTED = findings.Line.model_validate(
    THRESHOLD
    | {"download_mbps": 7.4, "upload_mbps": 4.2, "download": DOWN, "upload": UP, "disturbances": ["weak_wifi"]}
    | {"playback": {"startup_s": fact(1.5), "stalls": 2, "rebuffer_pct": 0.4}, "link": fact("wifi")}
)
LINE = findings.Line.model_validate(
    {"method": "m", "server": "s", "download_mbps": 94.13, "upload_mbps": 4.25, "round_trip_ms": fact(8.0)}
    | {"received_bytes": 1, "sent_bytes": 1}
)
NETWORK = findings.Network.model_validate(
    {"link": fact("wifi"), "link_speed_mbps": ABSENT, "interfaces_up": fact(1), "has_default_route": fact(False)}
)


WORDS = {"disk_health": "good", "models": ["046d:0825"], "plugs": ["hdmi"]}  # the others may be 1 or true


def whole(kind):
    """Return findings of a kind with a value for every fact."""
    values = {}
    for name, field in kind.model_fields.items():
        is_bool = "bool" in str(field.annotation)
        values[name] = fact(WORDS.get(name, True if is_bool else 1))
    return kind.model_validate({**values, "kind": kind.model_fields["kind"].default})


SOFTWARE = findings.Software.model_validate(
    {"agent_version": "1", "python_version": "3.8.0"}
    | {name: fact(name) for name in ("os_name", "os_version", "architecture", "distribution")}
)


def clock(offset_ms):
    return findings.Clock.model_validate({"offset_ms": fact(offset_ms), "utc_offset_min": fact(420)})


def shown(monkeypatch, lang, *found, failure=None):
    monkeypatch.setenv("DIEMCAU_LANG", lang)
    started = Moment(boot_id="b0070000", mono_ms=1, wall_us=1)
    base = {"version": 1, "started": started, "duration_ms": 1}
    measurements = [Measurement(probe=f.kind, findings=f, **base) for f in found]
    if failure:
        measurements.append(Measurement(probe="line", failure=failure, **base))
    return describe.table(Report(device=DEVICE, occasion="once", measurements=tuple(measurements)))


def test_numbers_and_words_are_those_of_the_reader(monkeypatch):
    table = shown(monkeypatch, "vi", PATH, LINE, NETWORK, clock(-1500.0))
    for told in ("2% (2/100)", "8,12 ms", "120 ms", "không có số liệu", "4,25 Mbit/s", "Wi-Fi", "chậm 1,5 giây"):
        assert told in table
    table = shown(monkeypatch, "en", PATH, LINE, NETWORK, clock(2000.0))
    for told in ("8.12 ms", "no value", "4.25 Mbit/s", "Wi-Fi", "2 s ahead"):
        assert told in table


def test_a_failure_is_told_in_words_and_its_detail_only_to_who_reads_english(monkeypatch):
    failure = Failure(code="timeout", text="the probe did not end in its time")
    assert shown(monkeypatch, "vi", failure=failure) == "Đường truyền: quá thời gian"
    assert shown(monkeypatch, "en", failure=failure) == "Line: timed out (the probe did not end in its time)"


def changed(value):
    """Return another value of the same kind."""
    if isinstance(value, findings.Fact):
        return findings.Fact(why="denied")
    return value + 7 if isinstance(value, int | float) else value + "-other"


NESTED = {"download": None, "upload": None, "playback": None, "disturbances": ("busy_processor",)}
WHOLE = tuple(map(whole, (findings.Host, findings.Camera, findings.Sound, findings.Display, findings.Power)))
SAMPLES = (*WHOLE, NETWORK, PATH, SOFTWARE, clock(1.0), TESTED)


@pytest.mark.parametrize("lang", ["vi", "en"])
@pytest.mark.parametrize("sample", SAMPLES, ids=lambda sample: sample.kind)
def test_a_finding_is_called_what_the_dashboard_calls_it(monkeypatch, lang, sample):
    monkeypatch.setenv("DIEMCAU_LANG", lang)
    models = {type(sample), *({findings.Direction, findings.Playback} if sample is TESTED else ())}
    names = {
        labels.FINDINGS[field][lang == "en"] for model in models for field in model.model_fields if field != "kind"
    }
    assert {label.strip() for label, _ in describe._ROWS[type(sample)](sample)} <= names
    assert describe.probe_name(sample.kind) == labels.PROBES[sample.kind][lang == "en"]


def test_every_finding_of_every_kind_is_shown(monkeypatch):
    assert {type(sample) for sample in SAMPLES} == set(findings.KINDS)
    for sample in SAMPLES:
        for name in set(type(sample).model_fields) - {"kind"}:
            value = NESTED[name] if name in NESTED else changed(getattr(sample, name))
            other = sample.model_copy(update={name: value})
            assert shown(monkeypatch, "vi", other) != shown(monkeypatch, "vi", sample), (sample.kind, name)


@pytest.mark.parametrize("part", ["download", "playback"])
def test_every_part_of_an_outcome_and_of_the_playback_is_shown(monkeypatch, part):
    found = getattr(TESTED, part)
    for name in type(found).model_fields:
        value = {"outcome": "unsure", "minimum": "below"}.get(name) or changed(getattr(found, name))
        other = TESTED.model_copy(update={part: found.model_copy(update={name: value})})
        assert shown(monkeypatch, "vi", other) != shown(monkeypatch, "vi", TESTED), (part, name)


def test_a_direction_that_was_not_tried_says_why(monkeypatch):
    only_down = findings.Line.model_validate(
        {**THRESHOLD, "download": {**DOWN, "outcome": "fails", "minimum": "below"}}
    )
    table = shown(monkeypatch, "vi", only_down)
    assert "chưa thử, vì chiều kia đã không đủ" in table
    assert "thử đến mức cần" in table
    assert "threshold" not in table
    assert "dưới mức tối thiểu" in table


def test_a_time_zone_is_told_as_people_write_it(monkeypatch):
    assert "UTC+7:00" in shown(monkeypatch, "vi", clock(1.0))


def test_findings_of_a_later_version_are_named_and_nothing_worse(monkeypatch):
    assert shown(monkeypatch, "vi", findings.Unknown(kind="hologram")) == "hologram"


def test_every_probe_has_a_name_of_its_own():
    assert len({describe.probe_name(probe.name) for probe in PROBES} - {probe.name for probe in PROBES}) == len(PROBES)


def test_the_books_tell_what_waits_since_when_and_what_was_lost(monkeypatch):
    monkeypatch.setenv("DIEMCAU_LANG", "vi")
    oldest = Spooled("0" * 16, 5, b"x", NOW_US - 7_300_000_000)
    told = describe.waiting(Counters("0" * 16, 20, 0, 5, 4), oldest, NOW_US, 1).splitlines()
    assert told[0].startswith("16 báo cáo đang chờ gửi")
    assert told[1] == "Báo cáo cũ nhất đã chờ 2 giờ."
    assert told[2].startswith("4 báo cáo cũ nhất đã phải bỏ")
    assert "hỏng" in told[3]
    assert len(describe.waiting(Counters("0" * 16, 20, 20, 21, 0), None, NOW_US, 0).splitlines()) == 1


@pytest.mark.parametrize(
    ("seconds", "text"), [(0, "0 giây"), (59, "59 giây"), (60, "1 phút"), (7200, "2 giờ"), (200_000, "2 ngày")]
)
def test_a_duration_is_told_in_its_largest_unit(seconds, text, monkeypatch):
    monkeypatch.setenv("DIEMCAU_LANG", "vi")
    assert describe.duration(seconds) == text
