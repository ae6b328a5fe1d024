"""Who may ask: nonces that are good once and for a short time, and the answers that devices give by their key K."""

from __future__ import annotations

import hmac
import secrets
from collections import OrderedDict

from contract import permit
from contract.probing import Ask, RefusalCode
from provisioning.credentials import permit_key

NONCE_S = 30.0


class Permits:
    """Makes nonces and checks answers. A nonce is kept only once it was answered rightly, so asking costs no memory."""

    def __init__(self, master: bytes) -> None:
        self._master = master
        self._key = secrets.token_bytes(32)  # of this process: a nonce of an earlier one is old
        self._used: OrderedDict[str, float] = OrderedDict()  # until when it would have been good

    def nonce(self, now_s: float) -> str:
        """Return a nonce that is good for NONCE_S seconds."""
        text = f"{int(now_s * 1000):x}.{secrets.token_urlsafe(16)}"
        return f"{text}.{self._mac(text)}"

    def check(self, ask: Ask, generation: int | None, now_s: float) -> RefusalCode | None:
        """Tell what is wrong with an answer, None when it is right; then its nonce is used up.

        generation: of the device's key; None: there is no such device, which is told like a wrong answer.
        """
        while self._used and next(iter(self._used.values())) < now_s:
            self._used.popitem(last=False)
        if not self.is_good(ask.nonce, now_s):
            return "old_nonce"
        if not self.is_right(ask, generation or 0) or generation is None:
            return "wrong_answer"
        self._used[ask.nonce] = now_s + NONCE_S
        return None

    def is_good(self, nonce: str, now_s: float) -> bool:
        """Tell whether a nonce is ours, fresh, and not used up."""
        return self._is_fresh(nonce, now_s) and nonce not in self._used

    def is_right(self, ask: Ask, generation: int) -> bool:
        """Tell whether a device with a key of this generation answers so, whatever the nonce is worth."""
        key = permit_key(self._master, ask.device, generation)
        return permit.is_right(key, ask.nonce, ask.asked, ask.answer)

    def _is_fresh(self, nonce: str, now_s: float) -> bool:
        text, _, mac = nonce.rpartition(".")
        if not hmac.compare_digest(self._mac(text), mac):
            return False
        return now_s - int(text.partition(".")[0], 16) / 1000 <= NONCE_S

    def _mac(self, text: str) -> str:
        return hmac.new(self._key, text.encode(), "sha256").hexdigest()[:32]
