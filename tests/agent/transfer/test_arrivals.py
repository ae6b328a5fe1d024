"""What the server tells of an upload, when it breaks."""

import http.client
from types import SimpleNamespace

import pytest

from agent.transfer.upload import Arrivals


def arrivals(*blocks):
    left = list(blocks)

    def read1(size):
        block = left.pop(0)
        if isinstance(block, Exception):
            raise block
        return block

    return Arrivals(SimpleNamespace(read1=read1))


def test_a_line_may_come_in_parts():
    told = arrivals(b"0.1 5\n0.", b"1 6\n")
    assert told.read() + told.read() == [(0.1, 5), (0.1, 6)]
    assert not told.is_over


@pytest.mark.parametrize("block", [b"", OSError(), http.client.IncompleteRead(b""), b"<html>\n", b"0.1 x\n"])
def test_a_telling_that_breaks_is_over(block):
    told = arrivals(block)
    assert told.read() == []
    assert told.is_over


def test_what_came_before_an_unreadable_line_counts():
    told = arrivals(b"0.1 5\nHTTP/1.1\n")
    assert told.read() == [(0.1, 5)]
    assert told.is_over
