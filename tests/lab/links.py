"""The links that the line test is held to, made for a need of 5 Mbit/s down and 1.5 up; for others see `for_need`."""

from __future__ import annotations

from tests.lab.link import Link, Way

DOWN_MBPS, UP_MBPS = 5.0, 1.5  # the need that the rates below are chosen around
_DOWN_NEED_S, _UP_NEED_S = DOWN_MBPS * 125_000, UP_MBPS * 125_000  # bytes
_KERNEL = Way(0, delay_ms=0)


def _both(name: str, way: Way) -> Link:
    return Link(name, way, way)


def _bucket(rate_mbps: float, seconds: float) -> Way:
    """A bucket that holds so many seconds of its own rate."""
    return Way(rate_mbps, bucket_bytes=rate_mbps * 125_000 * seconds)


def _deep(rate_mbps: float, need_bytes: float, times: float) -> Way:
    """A bucket of 8 need-seconds on a line that refills it at `rate_mbps` and empties it `times` as fast."""
    return Way(rate_mbps, bucket_bytes=8 * need_bytes, peak_mbps=times * rate_mbps)


def _policer(rate_mbps: float) -> Way:
    return Way(rate_mbps, bucket_bytes=rate_mbps * 12_500, queue_bytes=6000)


def _kernel(rate_mbps: float, bucket_bytes: float = 0) -> Way:
    return _KERNEL._replace(rate_mbps=rate_mbps, bucket_bytes=bucket_bytes)


_FIRST = (  # of the prototype
    *(_both(f"clean {mbps:g}", Way(mbps)) for mbps in (2, 4, 4.6, 5.6, 8, 16, 50, 200)),
    *(_both(f"bucket of 1.5 s, {mbps:g}", _bucket(mbps, 1.5)) for mbps in (2, 4, 8, 16)),
    *(_both(f"bucket of {s:g} s, {mbps:g}", _bucket(mbps, s)) for s, mbps in ((4, 4), (4, 8), (10, 4))),
    _both("policer 8", _policer(8)),
    _both("policer 4", _policer(4)),
    Link("upload too slow, 20/1", Way(20), Way(1)),
    _both("far away, 8", Way(8, delay_ms=100)),
    _both("long queue, 8", Way(8, queue_ms=2000)),
)
_KERNELS = (
    Link("tbf 4, bucket of 2 MB", _kernel(4, 2e6), _kernel(4), "tbf"),
    Link("tbf 8", _kernel(8), _kernel(3), "tbf"),
    Link("htb 4", _kernel(4), _kernel(2), "htb"),
)
_DEEP = (  # the worst that a test may not be fooled by
    *(Link(f"bucket of 8 needs, 4, peak {times}", _deep(4, _DOWN_NEED_S, times), Way(4)) for times in (3, 40)),
    Link("bucket of 8 needs, 3, peak 10", _deep(3, _DOWN_NEED_S, 10), Way(3)),
    *(Link(f"bucket of 8 needs, up 1.2, peak {times}", Way(16), _deep(1.2, _UP_NEED_S, times)) for times in (10, 40)),
)
_LOSSY = (
    Link("loss 0.2 %", Way(16, loss=0.002), Way(8, loss=0.002)),
    Link("loss 1 %", Way(16, delay_ms=5, loss=0.01), Way(8, delay_ms=5, loss=0.01)),
)
_REAL = (  # products as they are sold in Vietnam; the mean fixed line has 272/202 Mbit/s (VNNIC, September 2025)
    _both("fibre 80/80", Way(80, delay_ms=6)),
    _both("fibre 150/150", Way(150, delay_ms=8)),
    Link("fibre 300/200", Way(300, delay_ms=4), Way(200, delay_ms=4)),
    Link("4G 25/8", Way(25, delay_ms=40, jitter_ms=6, queue_ms=400), Way(8, delay_ms=40, jitter_ms=8, queue_ms=400)),
    Link("ADSL 12/1", Way(12, delay_ms=20), Way(1, delay_ms=20, queue_ms=600)),
    Link("satellite 20/3", Way(20, delay_ms=290, queue_ms=300), Way(3, delay_ms=290, queue_ms=300)),
    Link(
        "Wi-Fi with bursts of loss",
        Way(40, delay_ms=8, jitter_ms=2, bursts=(0.002, 4)),
        Way(30, delay_ms=8, jitter_ms=2, bursts=(0.002, 4)),
    ),
)

TUNED: tuple[Link, ...] = (
    *_FIRST,
    *_KERNELS,
    *_DEEP,
    *_LOSSY,
    *(link._replace(is_real=True) for link in _REAL),
)

# A third of all: written while the test was being tuned, kept apart from it, never run by it until tuning had ended.
HELD_OUT: tuple[Link, ...] = (
    Link("3.7/3", Way(3.7, delay_ms=9), Way(3, delay_ms=9)),
    Link("6.7/2.1", Way(6.7, delay_ms=22), Way(2.1, delay_ms=22)),
    Link("30/1.2", Way(30, delay_ms=12), Way(1.2, delay_ms=12, queue_ms=350)),
    Link("30/1.95", Way(30, delay_ms=12), Way(1.95, delay_ms=12, queue_ms=350)),
    Link("bucket of 6 needs, 3.8", Way(3.8, 3.75e6, 23, delay_ms=11), Way(6, delay_ms=11)),
    Link("bucket of 8 needs, 2.5, on 100", Way(2.5, 5e6, 100, delay_ms=4), Way(2.5, delay_ms=4)),
    Link("bucket of 8 needs, 3.95 and 1.18", Way(3.95, 5e6, 60), Way(1.18, 1.5e6, 30)),
    Link("bucket of 7 needs, up 1", Way(45, delay_ms=7), Way(1, 1.3e6, 6, delay_ms=7)),
    Link("bucket of 3 s, 9/3", Way(9, 3.4e6, 90, delay_ms=18), Way(3, 1.1e6, 30, delay_ms=18)),
    Link("policer of 250 ms, 12/5", Way(12, 375_000, queue_bytes=15_000), Way(5, 156_000, queue_bytes=9_000)),
    Link("policer of 50 ms, 3.5", Way(3.5, 22_000, queue_bytes=4_500, delay_ms=25), Way(10, delay_ms=25)),
    Link("htb 3.5, bucket of 1 MB", _kernel(3.5, 1e6), _kernel(2), "htb"),
    Link("tbf 7/2.2, bucket of 3 MB", _kernel(7, 3e6), _kernel(2.2), "tbf"),
    Link(
        "short pauses, 20/10",
        Way(20, delay_ms=6, pause_every_ms=900, pause_ms=80),
        Way(10, delay_ms=6, pause_every_ms=900, pause_ms=80),
    ),
    Link("long pauses, 4.8", Way(4.8, pause_every_ms=2000, pause_ms=300), Way(4.8)),
    Link("reordering, 18/6", Way(18, reorder=0.005, reorder_ms=6), Way(6, reorder=0.005, reorder_ms=6)),
    Link(
        "3G 7.2/2",
        Way(7.2, delay_ms=60, jitter_ms=12, jitter_hold_ms=20, queue_ms=1000),
        Way(2, delay_ms=60, jitter_ms=15, jitter_hold_ms=20, queue_ms=1000),
    ),
    Link("fibre 120/40 behind weak Wi-Fi", Way(24, 0, jitter_ms=5, loss=0.001), Way(18, 0, jitter_ms=5, loss=0.001)),
    Link("upload with a queue of 3 s, 15/1.9", Way(15, delay_ms=10), Way(1.9, delay_ms=10, queue_ms=3000)),
)

LINKS = TUNED + HELD_OUT


def for_need(down_mbps: float, up_mbps: float, links: tuple[Link, ...] = LINKS) -> tuple[Link, ...]:
    """Return the links around another need: as much above or below it; real ones stay as they are."""
    return tuple(link.scaled(down_mbps / DOWN_MBPS, up_mbps / UP_MBPS) for link in links)
