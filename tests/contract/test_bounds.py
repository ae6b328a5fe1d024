"""How large, how long and of which letters a field may be: up to there both readers take it, and no further."""

from __future__ import annotations

import copy
import re
from typing import Any

import pytest

from contract import wire
from tests.contract.kinds import KINDS, SMALL, agree, places, write

RANGES = [  # message, field, least, most
    *(("ack", "upto", 0, wire.MAX_INT), ("presence", "connection", 0, wire.MAX_INT)),
    *(
        ("command", "expires_in_s", 0, 604_800),
        ("plan", "version", 0, wire.MAX_INT),
        ("plan", "epoch", 0, wire.MAX_INT),
    ),
    *(("plan", port, 1, 65_535) for port in ("http_port", "udp_port")),
    *(("snapshot", name, 0, 10_000) for name in ("sent", "received")),
    *(("snapshot", name, 0, 1_000_000) for name in ("rtt_ms", "jitter_ms")),
    *(("snapshot", name, 0, wire.MAX_INT) for name in ("connection", "mono_ms", "wall_us", "accepted_upto", "spooled")),
    *(("snapshot", name, 0, wire.MAX_INT) for name in ("dropped_from", "dropped_to", "uptime_s")),
]
SIZES: list[tuple[str, str, int, int, Any]] = [  # message, field, shortest, longest, made of
    *(("ack", "spool_id", 16, 16, "a"), ("snapshot", "spool_id", 16, 16, "a"), ("snapshot", "boot_id", 8, 36, "a")),
    *(("command", "id", 1, 32, "a"), ("command", "probes", 0, 16, ["a"]), ("snapshot", "done", 0, 100, ["a"])),
    *(("plan", "id", 1, 32, "a"), ("plan", "shards", 1, 16, "a"), ("plan", "host", 1, 253, "a")),
    ("plan", "probe_servers", 0, 16, SMALL["plan"]["probe_servers"]),
]


def _accepts(name: str, field: str, value: Any) -> bool:
    message = copy.deepcopy(SMALL[name])
    container = next(container for container, key in places(message) if key == field)
    container[field] = value
    return agree(KINDS[name], write(message))


@pytest.mark.parametrize(("name", "field", "least", "most"), RANGES)
def test_a_number_is_taken_up_to_its_bounds_and_no_further(name: str, field: str, least: int, most: int) -> None:
    assert [_accepts(name, field, n) for n in (least - 1, least, most, most + 1)] == [False, True, True, False]


@pytest.mark.parametrize(("name", "field", "shortest", "longest", "part"), SIZES)
def test_a_text_or_list_is_taken_up_to_its_length_and_no_further(
    name: str, field: str, shortest: int, longest: int, part: Any
) -> None:
    sizes = (shortest, longest, longest + 1, *(size for size in (shortest - 1,) if size >= 0))
    assert [_accepts(name, field, part * size) for size in sizes] == [True, True, False, False][: len(sizes)]


@pytest.mark.parametrize(
    ("name", "field", "alphabet"),
    [
        *(("ack", "spool_id", "[0-9a-f]"), ("snapshot", "spool_id", "[0-9a-f]"), ("snapshot", "boot_id", "[0-9a-f-]")),
        *(("command", "id", "[a-z0-9_.-]"), ("plan", "id", "[a-z0-9_.-]")),
        *(("plan", "shards", "[0-9a-f]"), ("plan", "host", "[A-Za-z0-9.:-]")),
    ],
)
def test_an_identifier_is_made_of_its_letters_alone(name: str, field: str, alphabet: str) -> None:
    for letter in [*map(chr, range(0x250)), "\u0663", "\u202e", "\uff11"]:
        assert _accepts(name, field, letter * 16) == bool(re.fullmatch(alphabet, letter)), letter
