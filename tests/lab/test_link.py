"""The lab's links are what they are configured to be, by their own logs, and leave nothing behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from itertools import pairwise
from pathlib import Path

import pytest

from tests.lab import links, log, stream
from tests.lab.held_out import HELD_OUT
from tests.lab.link import Link, Way, running, sweep
from tests.lab.links import TUNED


def namespaces(pid):
    return list(Path("/run/netns").glob(f"dc-lab-{pid}x*"))


@pytest.mark.parametrize("by", ["tbf", "htb"])
def test_a_link_of_the_kernel_has_its_rate_in_both_directions(by, tmp_path):
    link = Link("kernel", Way(8, delay_ms=0, queue_ms=2000), Way(2, delay_ms=0, queue_ms=2000), by)
    with running(link, tmp_path) as lab:
        for side, rate_mbps in (("server", 8), ("site", 2)):
            arrivals = stream.run(lab, side, rate_mbps * 60, 1500, 0.0001)
            seconds = (arrivals[-1].received_ns - arrivals[0].received_ns) / 1e9
            assert len(arrivals) * 1514 * 8 / 1e6 / seconds == pytest.approx(rate_mbps, rel=0.05)


def test_an_emulated_link_has_the_rate_delay_and_loss_it_is_configured_with(tmp_path):
    link = Link("emulated", Way(20, delay_ms=30, loss=0.1), Way(4, delay_ms=10, queue_ms=3000))
    with running(link, tmp_path, has_rows=True, seed=1) as lab:
        came_down = stream.run(lab, "server", 1000, 200, 0.0005)
        stream.run(lab, "site", 400, 1000, 0.0001)
    packets = log.read(lab.packets_file)
    down = [packet for packet in packets if packet.way == "down"]
    assert [packet.sequence for packet in down] == list(range(1000))
    assert {packet.sequence for packet in down if packet.departure_s} == {arrival.sequence for arrival in came_down}
    assert 0.07 < log.loss(down) < 0.13
    assert min(log.delays_ms(down)) == pytest.approx(30.08, abs=0.05)
    up = [packet for packet in packets if packet.way == "up"]
    leaving = [packet.departure_s for packet in up]
    assert 1000 * 8 * (len(up) - 1) / (leaving[-1] - leaving[0]) / 1e6 == pytest.approx(4, rel=0.01)
    assert log.loss(up) == 0
    counts = lab.counts()["down"]
    assert counts["in_packets"] == counts["out_packets"] + counts["lost_packets"] == 1000


def test_a_bucket_lets_its_bytes_through_at_the_peak_and_a_full_queue_drops(tmp_path):
    link = Link("bucket", Way(2, bucket_bytes=100_000, peak_mbps=40, queue_bytes=30_000, delay_ms=0), Way(2))
    with running(link, tmp_path, has_rows=True) as lab:
        stream.run(lab, "server", 200, 1000, 0.0002)  # at 40 Mbit/s
    packets = log.read(lab.packets_file)
    leaving = [packet.departure_s for packet in packets if packet.departure_s is not None]
    assert leaving[99] - leaving[0] < 0.1  # at the rate alone it would be 0.4 s
    assert log.loss(packets) == pytest.approx(70 / 200, abs=0.1)  # neither in the bucket nor in the queue
    assert lab.counts()["down"]["dropped_packets"] == 200 - len(leaving)


def test_bursts_jitter_reordering_and_pauses_are_seen_in_the_log(tmp_path):
    down = Way(50, delay_ms=5, bursts=(0.1, 5), jitter_ms=4, jitter_hold_ms=1)
    up = Way(50, delay_ms=5, reorder=0.1, reorder_ms=20, pause_every_ms=250, pause_ms=100)
    with running(Link("uneven", down, up), tmp_path, has_rows=True, seed=3) as lab:
        stream.run(lab, "server", 2000, 200, 0.0005)
        stream.run(lab, "site", 1000, 200, 0.0005)
    packets = log.read(lab.packets_file)
    lost = [packet.departure_s is None for packet in packets if packet.way == "down"]
    runs = sum(here and not before for before, here in pairwise([False, *lost]))
    assert sum(lost) / runs == pytest.approx(5, abs=2.5)
    assert 0.3 < log.jitter_ms(packet for packet in packets if packet.way == "down") < 8
    came_up = [packet for packet in packets if packet.way == "up"]
    order = [packet.sequence for packet in sorted(came_up, key=lambda packet: packet.departure_s)]
    assert order != sorted(order) == list(range(1000))
    assert 90 < max(log.delays_ms(came_up)) < 140


def test_nothing_is_left_of_a_link_nor_of_what_ran_on_it(tmp_path):
    with running(Link("short", Way(8), Way(8)), tmp_path) as lab:
        sleeper = lab.start("site", ["sleep", "60"])
        forgotten = subprocess.Popen(["ip", "netns", "exec", lab.namespaces["server"], "sleep", "60"])
        assert len(namespaces(os.getpid())) == 2
    assert not namespaces(os.getpid())
    assert sleeper.poll() is not None
    assert forgotten.wait(5) == -signal.SIGKILL


def test_a_link_is_gone_when_its_test_fails(tmp_path):
    def test():
        with running(Link("kernel", *[Way(8, delay_ms=0)] * 2, "tbf"), tmp_path):
            assert len(namespaces(os.getpid())) == 3
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        test()
    assert not namespaces(os.getpid())


def test_what_a_killed_run_left_is_swept_by_the_next(tmp_path):
    code = f"""
import os, signal
from pathlib import Path
from tests.lab.link import Link, Way, running
with running(Link("killed", Way(8), Way(8)), Path({str(tmp_path)!r})) as lab:
    lab.start("server", ["sleep", "60"])
    os.kill(os.getpid(), signal.SIGKILL)
"""
    killed = subprocess.Popen([sys.executable, "-c", code])
    killed.wait(30)
    assert len(namespaces(killed.pid)) == 2
    sweep()
    assert not namespaces(killed.pid)


def test_every_link_of_the_table_has_a_name_of_its_own_and_the_kernel_takes_its_own(tmp_path):
    assert len({link.name for link in TUNED + HELD_OUT}) == len(TUNED + HELD_OUT)
    for link in links.for_need(10, 10, TUNED):
        if link.by != "emulator":
            with running(link, tmp_path) as lab:
                assert lab.sent() == (0, 0)
