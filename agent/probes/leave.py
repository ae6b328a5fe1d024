"""Leave to load the network: a slot of the probe server, or why there is none now."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Iterator, Optional

from agent import identity
from agent.probes.context import Context
from agent.unmeasured import NotNow, ProbeError
from contract.findings import Link
from contract.probing import Booked, Ended, Granted, Refused

if TYPE_CHECKING:  # imported when it measures: rounds without the line are to stay small
    from agent.transfer.web import Web

NO_CONSENT = "this machine is on 4G, and nobody at the site agreed to spend its bytes"
_NOT_NOW = ("not_selected", "stopped")  # by the centre: nothing of this line has failed
_ANOTHER_TIME_S = 3600.0
_REFUSALS = {
    "wrong_answer": "the probe server does not know this device, or its key",
    "old_nonce": "the probe server took too long to be answered",
    "not_selected": "this site is not selected for line tests now",
    "stopped": "line tests are stopped",
    "needs_consent": NO_CONSENT,
    "bad_request": "the probe server does not understand this version",
}


def take(context: Context, web: Web, test: str, link: Optional[Link]) -> Granted:
    """Ask for a slot; raises NotNow when it is booked, OSError, or ProbeError when there is none.

    By schedule, NotNow too when the centre wants no test of this site now.
    """
    from agent.transfer import slot

    try:
        key = identity.permit_key(context.home)
        bytes.fromhex(key)
    except (OSError, ValueError) as error:
        context.refused("no_key", 0)
        raise ProbeError("error", "the permit key cannot be read: enrol this machine again") from error
    answer = slot.ask(web, context.device, key, context.purpose, test, link, is_consented=context.is_consented)
    if isinstance(answer, Booked):
        raise NotNow(answer.in_s)
    if isinstance(answer, Refused) and answer.code in _NOT_NOW and context.purpose == "schedule":
        raise NotNow(_ANOTHER_TIME_S)
    if isinstance(answer, Refused):
        context.refused(answer.code, answer.most_bytes or 0)
        code = "needs_consent" if answer.code == "needs_consent" else "refused"
        raise ProbeError(code, _REFUSALS[answer.code])
    return answer


def give_back(web: Web, granted: Granted) -> Optional[Ended]:
    """Give the slot back; None when that does not come through, twice: what was measured stays all the same."""
    from agent.transfer import slot

    for _ in range(2):
        try:
            return slot.end(web, granted)
        except (OSError, ProbeError):
            continue
    return None


@contextmanager
def told(way_out: str) -> Iterator[None]:
    """Tell trouble with the network as what it is: raises ProbeError for OSError."""
    from agent.proxy import ProxyError

    try:
        yield
    except ProxyError as error:
        # Not its own text: that names the proxy, and a proxy's address stays at the site.
        raise ProbeError("proxy", "the proxy cannot be reached, or does not let us through") from error
    except OSError as error:
        raise ProbeError("unreachable", f"{way_out}: {error.strerror or error}") from error
