from __future__ import annotations

import pytest

from agent.doctor import equipment
from agent.doctor.check import OK, SKIPPED, WARNING
from contract.findings import Fact, Power

YES, NO, UNTOLD = Fact(value=True), Fact(value=False), Fact(why="unsupported")


@pytest.mark.parametrize(
    ("count", "allowed", "state", "words"),
    [
        (Fact(value=2), YES, OK, "có 2."),
        (Fact(value=1), UNTOLD, OK, "có 1."),
        (Fact(value=0), UNTOLD, WARNING, "không thấy cái nào."),
        (Fact(value=1), NO, WARNING, "hệ điều hành không cho chương trình dùng camera."),
        (Fact(why="denied"), YES, SKIPPED, "không đủ quyền"),
    ],
)
def test_what_is_missing_or_blocked_is_a_warning_with_the_centres_own_words(count, allowed, state, words):
    answer = equipment.of_count(count, "camera_missing", allowed, "camera_blocked")
    assert (answer.state, answer.text) == (state, words)
    assert bool(answer.next_step) == (state == WARNING)


@pytest.mark.parametrize(
    ("mains", "battery", "state", "words"),
    [
        (YES, UNTOLD, OK, "dùng điện lưới."),
        (NO, Fact(value=41.0), WARNING, "đang chạy bằng pin, còn 41%."),
        (NO, UNTOLD, WARNING, "đang chạy bằng pin."),
        (UNTOLD, UNTOLD, SKIPPED, "hệ thống không cho biết"),
    ],
)
def test_a_machine_on_its_battery_is_told_to_plug_the_charger_in(mains, battery, state, words):
    answer = equipment.of_power(Power(is_on_mains=mains, battery_pct=battery, has_ups=NO, ups_battery_pct=UNTOLD))
    assert (answer.state, answer.text) == (state, words)


def test_each_is_read_from_the_machine_itself(stranger):
    for look in (equipment.camera, equipment.microphone, equipment.speaker, equipment.screen, equipment.power):
        answer = look(stranger)
        assert answer.state in (OK, WARNING, SKIPPED)
        assert answer.text
