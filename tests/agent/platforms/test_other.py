from __future__ import annotations

import pytest

from agent.platforms import other
from agent.platforms.machine import Machine, run


@pytest.mark.parametrize(
    ("name", "link"),
    [("Wi-Fi", "wifi"), ("Wireless Network Connection 2", "wifi"), ("Ethernet 3", "ethernet")],
)
def test_windows_names_tell_the_link(name, link):
    assert other.link_by_name(name) == link


def test_a_name_that_tells_nothing_is_unsupported():
    with pytest.raises(NotImplementedError):
        other.link_by_name("vEthernót")


def test_any_machine_is_read_by_psutil(tmp_path):
    assert other.network(Machine(tmp_path, run)).interfaces_up.value is not None


def test_what_nobody_reads_says_that_it_is_not_supported(tmp_path):
    found = other.READER.camera(Machine(tmp_path, run))
    assert {fact.why for _, fact in found if fact != "camera"} == {"unsupported"}
