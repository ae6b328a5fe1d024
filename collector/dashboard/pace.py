"""How often a password may be guessed: after wrong ones, a login is looked at again only after a while.

Per login, never per address: a province's offices share a few addresses. Kept in memory, since one process serves the
pages: a restart gives whoever guesses a few tries more.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable
from typing import NamedTuple

from provisioning.codes import delay_s
from provisioning.people import Person

LONGEST_DELAY_S = 60  # enough against guessing, and not long enough for keeping a colleague out
MOST_LOGINS = 10_000  # remembered at once; those that failed longest ago are forgotten first
AT_ONCE = 4  # one look at a password takes 64 MiB


class TooSoon(Exception):
    """A try that is not looked at; `wait_s` until the next one is."""

    def __init__(self, wait_s: int) -> None:
        super().__init__(f"{wait_s} s")
        self.wait_s = wait_s


class _Wrong(NamedTuple):
    tries: int
    next_at: int  # microseconds UTC


class Pace:
    """Counts the wrong tries of each login, whether there is such an account or not."""

    def __init__(self) -> None:
        self._wrong: OrderedDict[str, _Wrong] = OrderedDict()
        self._looking = threading.Semaphore(AT_ONCE)

    def try_once(self, login: str, now_us: int, look: Callable[[], Person | None]) -> Person | None:
        """Return what `look` finds, None for a wrong password; raises TooSoon without looking."""
        self._refuse_too_soon(login, now_us)
        with self._looking:
            self._refuse_too_soon(login, now_us)  # others may have guessed wrong meanwhile
            person = look()
            self._count(login, person is not None, now_us)
        return person

    def _refuse_too_soon(self, login: str, now_us: int) -> None:
        wrong = self._wrong.get(login)
        if wrong is not None and now_us < wrong.next_at:
            raise TooSoon(-(-(wrong.next_at - now_us) // 1_000_000))

    def _count(self, login: str, is_right: bool, now_us: int) -> None:
        before = self._wrong.pop(login, _Wrong(0, 0))
        if is_right:
            return
        tries = before.tries + 1
        self._wrong[login] = _Wrong(tries, now_us + min(delay_s(tries), LONGEST_DELAY_S) * 1_000_000)
        while len(self._wrong) > MOST_LOGINS:
            self._wrong.popitem(last=False)
