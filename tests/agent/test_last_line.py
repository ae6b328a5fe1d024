from __future__ import annotations

import pytest

from agent import last_line
from agent.last_line import LastLine
from contract.clock import Moment

HOUR_S = 3600.0
HOUR_US = 3_600_000_000
THEN = Moment("b0070000-0000-4000-8000-000000000001", 50_000_000, 1_800_000_000_000_000)


def later(hours: float, boot_id: str = THEN.boot_id) -> Moment:
    return Moment(boot_id, THEN.mono_ms + int(hours * 3_600_000), THEN.wall_us + int(hours * HOUR_US))


@pytest.mark.parametrize(
    ("last", "now", "hours"),
    [
        (None, later(0), 0),  # never measured
        (LastLine(THEN, True), later(0), 12),
        (LastLine(THEN, True), later(5), 7),
        (LastLine(THEN, True), later(12), 0),
        (LastLine(THEN, True), later(99), 0),
        (LastLine(THEN, False), later(0), 1),  # failed, or cut off
        (LastLine(THEN, False), later(2), 0),
        (LastLine(THEN, True), later(5, boot_id="b0070000-0000-4000-8000-000000000002"), 7),
        (LastLine(THEN, True), later(-5, boot_id="b0070000-0000-4000-8000-000000000002"), 0),  # an empty battery
    ],
)
def test_the_line_waits_for_what_is_left_of_its_period(last, now, hours):
    assert last_line.wait_s(last, now, 12 * HOUR_S, HOUR_S) == pytest.approx(hours * HOUR_S)


def test_a_line_that_failed_never_waits_longer_than_one_that_was_measured():
    assert last_line.wait_s(LastLine(THEN, False), later(0), 60.0, HOUR_S) == 60.0


@pytest.mark.parametrize("is_measured", [True, False])
def test_what_is_written_is_read_again(tmp_path, is_measured):
    last_line.write(tmp_path / "last_line", LastLine(THEN, is_measured))
    assert last_line.read(tmp_path / "last_line") == LastLine(THEN, is_measured)


@pytest.mark.parametrize(
    "content",
    [b"", b"{}", b"[]", b"\xff", b"{", b'{"boot_id": "b", "mono_ms": [], "wall_us": 1, "is_measured": true}'],
)
def test_a_file_that_cannot_be_read_means_never(tmp_path, content):
    (tmp_path / "last_line").write_bytes(content)
    assert last_line.read(tmp_path / "last_line") is None
    assert last_line.read(tmp_path / "none") is None
