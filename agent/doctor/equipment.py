"""Camera, microphone, speakers, screen, power, network link: what a PC needs that is to be seen and heard.

Whether this site needs them depends on its part in the session, which a device does not know: what is missing is a
warning here, and judged at the centre. Words and steps are those of the centre's reasons.
"""

from __future__ import annotations

from typing import Any, Optional

from agent.describe import link_name
from agent.doctor.check import OK, SKIPPED, WARNING, Answer, Subject
from agent.probes.context import Context
from contract import reasons
from contract.findings import Fact, Power
from contract.languages import language, say


def camera(subject: Subject) -> Answer:
    """Tell whether there is a camera that programs may use."""
    context = _context(subject)
    found = context.reader.camera(context.machine)
    return of_count(found.camera_count, "camera_missing", found.is_allowed, "camera_blocked")


def microphone(subject: Subject) -> Answer:
    """Tell whether there is a microphone that programs may use."""
    context = _context(subject)
    found = context.reader.sound(context.machine)
    return of_count(found.microphone_count, "microphone_missing", found.is_microphone_allowed, "microphone_blocked")


def speaker(subject: Subject) -> Answer:
    """Tell whether there is something to hear by."""
    context = _context(subject)
    return of_count(context.reader.sound(context.machine).speaker_count, "speaker_missing")


def screen(subject: Subject) -> Answer:
    """Tell whether there is a screen."""
    context = _context(subject)
    return of_count(context.reader.display(context.machine).display_count, "display_missing")


def power(subject: Subject) -> Answer:
    """Tell whether the machine lives on its battery."""
    context = _context(subject)
    return of_power(context.reader.power(context.machine))


def link(subject: Subject) -> Answer:
    """Tell by what kind of link the machine is on the network, and how fast that is."""
    context = _context(subject)
    found = context.reader.network(context.machine)
    speed_mbps = found.link_speed_mbps.value
    kind = link_name(found.link.value) if found.link.value else ""
    parts = [part for part in (kind, reasons.show(speed_mbps, "Mbit/s", language()) if speed_mbps else "") if part]
    return Answer(OK, ", ".join(parts) + ".") if parts else _untold(found.link)


def of_power(found: Power) -> Answer:
    """Judge what keeps the machine running."""
    if found.is_on_mains.value is None:
        return _untold(found.is_on_mains)
    if found.is_on_mains.value:
        return Answer(OK, say("dùng điện lưới.", "on mains."))
    left = found.battery_pct.value
    much = "" if left is None else say(", còn ", ", ") + reasons.show(left, "%", language())
    return Answer(
        WARNING,
        say(f"đang chạy bằng pin{much}.", f"on its battery{much}."),
        say("Cắm sạc trước buổi họp.", "Plug the charger in before the session."),
    )


def _context(subject: Subject) -> Context:
    return Context(subject.home, None)


def of_count(count: Fact[Any], missing: str, allowed: Optional[Fact[Any]] = None, blocked: str = "") -> Answer:
    """Judge how many there are, and whether the system lets programs use them."""
    if count.value is None:
        return _untold(count)
    if count.value == 0:
        return Answer(WARNING, say("không thấy cái nào.", "none is found."), reasons.next_step(missing, language()))
    if allowed is not None and allowed.value is False:
        return Answer(WARNING, _lowered(reasons.text(blocked, {}, language())), reasons.next_step(blocked, language()))
    return Answer(OK, say(f"có {count.value}.", f"{count.value} found."))


def _lowered(text: str) -> str:
    return text[0].lower() + text[1:] + "."


def _untold(fact: Fact[Any]) -> Answer:
    return Answer(SKIPPED, reasons.show(fact.why, "", language()))
