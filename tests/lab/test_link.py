"""The lab's links are what they are configured to be, by their own logs, and leave nothing behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.lab import links, log
from tests.lab.link import Link, Way, running, sweep

# In a namespace: so many packets of so many bytes to an address, so many seconds apart.
SEND = """
import socket, sys, time
address, number, size, gap_s = sys.argv[1], *map(float, sys.argv[2:])
with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
    began_s = time.monotonic()
    for sequence in range(int(number)):
        time.sleep(max(0, began_s + sequence * gap_s - time.monotonic()))
        sender.sendto(sequence.to_bytes(4, "big") + bytes(int(size) - 32), (address, 9000))
"""
# Takes packets until none comes for a second; tells bytes of IP packets, and seconds from first to last.
RECEIVE = """
import socket, time
with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as receiver:
    receiver.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 22)
    receiver.bind(("", 9000))
    print("ready", flush=True)
    received, times = 0, []
    while True:
        receiver.settimeout(1 if times else 10)
        try:
            received += len(receiver.recv(2048)) + 28
        except TimeoutError:
            break
        times.append(time.monotonic())
print(received, times[-1] - times[0])
"""


def send(lab, side, packets, size, gap_s):
    """Send a stream from one end; return the bytes that came to the other, and in how many seconds."""
    other = "server" if side == "site" else "site"
    address = lab.server_address if side == "site" else lab.site_address
    receiver = lab.start(other, [sys.executable, "-c", RECEIVE], stdout=subprocess.PIPE, text=True)
    assert receiver.stdout.readline() == "ready\n"
    lab.run(side, [sys.executable, "-c", SEND, address, packets, size, gap_s], check=True)
    received, seconds = receiver.communicate(timeout=30)[0].split()
    return int(received), float(seconds)


def namespaces(pid):
    return list(Path("/run/netns").glob(f"dc-lab-{pid}x*"))


@pytest.mark.parametrize("by", ["tbf", "htb"])
def test_a_link_of_the_kernel_has_its_rate_in_both_directions(by, tmp_path):
    link = Link("kernel", Way(8, delay_ms=0, queue_ms=2000), Way(2, delay_ms=0, queue_ms=2000), by)
    with running(link, tmp_path) as lab:
        for side, rate_mbps in (("server", 8), ("site", 2)):
            received, seconds = send(lab, side, rate_mbps * 60, 1500, 0.0001)
            assert received * 1514 / 1500 * 8 / 1e6 / seconds == pytest.approx(rate_mbps, rel=0.05)


def test_an_emulated_link_has_the_rate_delay_and_loss_it_is_configured_with(tmp_path):
    link = Link("emulated", Way(20, delay_ms=30, loss=0.1), Way(4, delay_ms=10, queue_ms=3000))
    with running(link, tmp_path, has_rows=True, seed=1) as lab:
        send(lab, "server", 1000, 200, 0.001)
        send(lab, "site", 400, 1000, 0.0001)
    packets = log.read(lab.packets_file)
    down = [packet for packet in packets if packet.way == "down"]
    assert [packet.sequence for packet in down] == list(range(1000))
    assert 0.07 < log.loss(down) < 0.13
    assert min(log.delays_ms(down)) == pytest.approx(30.08, abs=0.05)
    up = [packet for packet in packets if packet.way == "up"]
    leaving = [packet.departure_s for packet in up]
    assert 1000 * 8 * (len(up) - 1) / (leaving[-1] - leaving[0]) / 1e6 == pytest.approx(4, rel=0.01)
    assert log.loss(up) == 0
    counts = lab.counts()["down"]
    assert counts["in_packets"] == counts["out_packets"] + counts["lost_packets"] + counts["dropped_packets"]
    assert counts["lost_packets"] == sum(packet.departure_s is None for packet in down)


def test_a_bucket_lets_its_bytes_through_at_the_peak_and_a_full_queue_drops(tmp_path):
    link = Link("bucket", Way(2, bucket_bytes=100_000, peak_mbps=40, queue_bytes=30_000, delay_ms=0), Way(2))
    with running(link, tmp_path, has_rows=True) as lab:
        send(lab, "server", 200, 1000, 0.0002)  # at 40 Mbit/s
    packets = log.read(lab.packets_file)
    leaving = [packet.departure_s for packet in packets if packet.departure_s is not None]
    assert leaving[99] - leaving[0] < 0.1  # at the rate alone it would be 0.4 s
    assert log.loss(packets) == pytest.approx(70 / 200, abs=0.1)  # neither in the bucket nor in the queue
    assert lab.counts()["down"]["dropped_packets"] == 200 - len(leaving)


def test_bursts_jitter_reordering_and_pauses_are_seen_in_the_log(tmp_path):
    down = Way(50, delay_ms=5, bursts=(0.1, 5), jitter_ms=4, jitter_hold_ms=1)
    up = Way(50, delay_ms=5, reorder=0.1, reorder_ms=20, pause_every_ms=500, pause_ms=100)
    with running(Link("uneven", down, up), tmp_path, has_rows=True, seed=3) as lab:
        send(lab, "server", 2000, 200, 0.001)
        send(lab, "site", 1000, 200, 0.001)
    packets = log.read(lab.packets_file)
    lost = [p.departure_s is None for p in packets if p.way == "down"]
    runs = sum(here and not before for before, here in zip([False, *lost], lost, strict=False))
    assert sum(lost) / runs == pytest.approx(5, abs=2.5)
    assert 1 < log.jitter_ms(p for p in packets if p.way == "down") < 8
    order = [p.sequence for p in sorted(packets, key=lambda p: p.departure_s or 0) if p.way == "up"]
    assert order != sorted(order)
    assert set(order) == set(range(1000))
    assert 90 < max(log.delays_ms(p for p in packets if p.way == "up")) < 140


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


def test_every_link_of_the_table_is_one_that_the_emulator_or_the_kernel_takes(tmp_path):
    assert len({link.name for link in links.LINKS}) == len(links.LINKS)
    for link in links.for_need(10, 10):
        with running(link, tmp_path) as lab:
            assert lab.sent() == (0, 0)
