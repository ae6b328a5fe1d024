"""The mark of a router: what it tells apart, and what it keeps to itself."""

from types import SimpleNamespace

import pytest

from agent import gateway, identity
from agent.facts import unsupported


def mark(home, read):
    return gateway.mark(
        SimpleNamespace(home=home, machine=None, reader=SimpleNamespace(gateway=lambda machine: read()))
    )


@pytest.fixture
def enrolled(tmp_path):
    def enrolled(name):
        identity.keep_password(tmp_path / name)
        return tmp_path / name

    return enrolled


def test_a_device_knows_its_router_again_however_the_system_writes_it(enrolled):
    home = enrolled("a")
    found, again = (mark(home, lambda a=a: a).value for a in ("00:00:5E:00:53:0A", "00:00:5e:00:53:0a"))
    assert found == again
    assert len(found) == 4


def test_a_device_tells_its_routers_apart(enrolled):
    home = enrolled("a")
    marks = {mark(home, lambda n=n: f"00:00:5e:00:53:{n:02x}").value for n in range(8)}
    assert len(marks) > 4  # two of them may share one, once in 2,300 times


def test_another_device_gives_the_same_routers_other_marks(enrolled):
    routers = [f"00:00:5e:00:53:{number:02x}" for number in range(8)]
    ours, theirs = ([mark(enrolled(name), lambda r=r: r).value for r in routers] for name in ("a", "b"))
    assert ours != theirs


def test_a_machine_that_is_not_enrolled_or_cannot_tell_says_why(tmp_path, enrolled):
    assert mark(tmp_path / "nobody", lambda: "00:00:5e:00:53:01").why == "absent"
    assert mark(enrolled("a"), unsupported).why == "unsupported"
