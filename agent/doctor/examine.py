"""Runs the checks: each in a thread of its own, as soon as those it needs are done, and none for longer than agreed."""

from __future__ import annotations

import json
import threading
import time
from typing import Dict, Iterator, List, NamedTuple, Optional, Sequence

from agent.doctor.check import BAD, SKIPPED, Answer, Check, Subject
from contract.languages import say


class Result(NamedTuple):
    """What a check answered: the keys of `doctor --json`."""

    name: str
    state: str  # ok, warning, bad, skipped
    text: str
    next_step: str


class Examination:
    """All checks of a machine, begun when this is made."""

    def __init__(self, subject: Subject, checks: Sequence[Check]) -> None:
        """Begin each check that needs no other; the others follow those that they need.

        When one of those is bad, or was skipped for that, a check is skipped.
        """
        self._looks: Dict[str, _Look] = {}
        for check in checks:
            self._looks[check.name] = _Look(check, subject, [self._looks[name] for name in check.needs])

    def results(self) -> Iterator[Result]:
        """Yield the result of each check in their order, as they come."""
        for name, look in self._looks.items():
            answer = look.wait()
            yield Result(name, answer.state, f"{look.check.title}: {answer.text}", answer.next_step)


class _Look:
    """A check under way. Its thread is left behind when it is late: looking up a name, say, cannot be broken off."""

    def __init__(self, check: Check, subject: Subject, needed: List[_Look]) -> None:
        self.check = check
        self.is_over_network: bool = check.name == "network" or any(look.is_over_network for look in needed)
        self.cause: Optional[Check] = None  # the bad check that this one was skipped for
        self._answer: Optional[Answer] = None
        self._until_s: float = max([time.monotonic(), *(look._until_s for look in needed)]) + check.within_s
        self._thread = threading.Thread(target=self._run, args=(subject, needed), daemon=True)
        self._thread.start()

    def wait(self) -> Answer:
        """Return the answer once there is one, or once it is late."""
        self._thread.join(max(0.0, self._until_s - time.monotonic()))
        if self._answer is None:
            self._answer = _late(self.is_over_network)
        return self._answer

    def _run(self, subject: Subject, needed: List[_Look]) -> None:
        for look in needed:
            state = look.wait().state
            self.cause = self.cause or look.cause or (look.check if state == BAD else None)
        answer = _skipped(self.cause) if self.cause else _ask(self.check, subject)
        self._answer = self._answer or answer


def _ask(check: Check, subject: Subject) -> Answer:
    try:
        return check.look(subject)
    except Exception as error:  # noqa: BLE001 - a check that fails is told; the others are still worth having
        return Answer(
            BAD,
            say(f"không kiểm tra được ({error!r}).", f"could not be checked ({error!r})."),
            say("Gửi VNPT tệp của lệnh doctor --bundle.", "Send VNPT the file of doctor --bundle."),
        )


def _skipped(cause: Check) -> Answer:
    return Answer(SKIPPED, say(f"chờ sửa xong “{cause.title}”", f"mend “{cause.title}” first"))


def _late(is_over_network: bool) -> Answer:
    text = say("quá lâu không có câu trả lời.", "no answer for too long.")
    if not is_over_network:
        return Answer(
            BAD,
            text,
            say(
                "Máy đang chậm: đóng bớt chương trình, chờ một phút rồi chạy lại lệnh này.",
                "This machine is slow now: close programs, wait a minute, and run this again.",
            ),
        )
    return Answer(
        BAD,
        text,
        say(
            "Kiểm tra mạng: dây, Wi-Fi, modem; tường lửa có thể đang chặn. Rồi chạy lại lệnh này.",
            "Check the network: cable, Wi-Fi, modem; a firewall may be in the way. Then run this again.",
        ),
    )


def as_json(results: Sequence[Result]) -> str:
    """Return the results as a JSON list of objects."""
    return json.dumps([result._asdict() for result in results], ensure_ascii=False, indent=2)
