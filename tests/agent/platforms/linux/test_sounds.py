from __future__ import annotations

import pytest

from agent.platforms.linux import sounds

CARDS = """\
 0 [PCH            ]: HDA-Intel - HDA Intel PCH
                      HDA Intel PCH at 0xf7f10000 irq 31
 1 [C920           ]: USB-Audio - HD Pro Webcam C920
                      HD Pro Webcam C920 at usb-0000:00:14.0-2, high speed
 2 [Loopback       ]: Loopback - Loopback
                      Loopback 1"""
ANALOG = "00-00: ALC257 Analog : ALC257 Analog : playback 1 : capture 1"
HDMI = "00-03: HDMI 0 : HDMI 0 : playback 1\n00-07: HDMI 1 : HDMI 1 : playback 1"
WEBCAM = "01-00: USB Audio : USB Audio : capture 1"
LOOPBACK = "02-00: Loopback PCM : Loopback PCM : playback 8 : capture 8"
TELEVISION = "monitor_present\t\t1\neld_valid\t\t1\nmonitor_name\t\tSAMSUNG"
NOBODY = "monitor_present\t\t0\neld_valid\t\t0"


@pytest.mark.parametrize(
    ("pcm", "screens", "microphones", "speakers"),
    [
        ((), (), 0, 0),
        ((ANALOG,), (), 1, 1),
        ((ANALOG, WEBCAM), (), 2, 1),
        ((HDMI,), (NOBODY, NOBODY), 0, 0),  # a card has its HDMI outputs with nothing plugged in too
        ((HDMI,), (TELEVISION, NOBODY), 0, 1),
        ((ANALOG, HDMI, WEBCAM, LOOPBACK), (TELEVISION,), 2, 2),  # what goes from program to program is no hardware
    ],
)
def test_what_records_and_what_plays_is_counted(machine, pcm, screens, microphones, speakers):
    files = {"proc/asound/cards": CARDS, "proc/asound/pcm": "\n".join(pcm)}
    files.update({f"proc/asound/card0/eld#2.{n}": content for n, content in enumerate(screens)})
    found = sounds.read(machine(files))
    assert (found.microphone_count.value, found.speaker_count.value) == (microphones, speakers)


def test_without_a_driver_there_is_no_sound_and_without_proc_nothing_is_known(machine, tmp_path):
    there = machine({})
    assert sounds.read(there).speaker_count.value == 0
    assert sounds.read(there._replace(root=tmp_path / "nothing")).speaker_count.why == "absent"
