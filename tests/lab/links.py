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


def kernel(rate_mbps: float, bucket_bytes: float = 0) -> Way:
    """Return a way of the kernel's own shapers, which delay nothing."""
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
    Link("tbf 4, bucket of 2 MB", kernel(4, 2e6), kernel(4), "tbf"),
    Link("tbf 8", kernel(8), kernel(3), "tbf"),
    Link("htb 4", kernel(4), kernel(2), "htb"),
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

_EARLIER = (  # held out on 2026-11-25, seen since
    Link("fibre 65/60", Way(65, delay_ms=3, queue_ms=90), Way(60, delay_ms=3, queue_ms=90), is_real=True),
    Link(
        "fibre 100/95, short queue", Way(100, delay_ms=10, queue_ms=30), Way(95, delay_ms=10, queue_ms=30), is_real=True
    ),
    Link("fibre 180/110 to the other end of the country", Way(180, delay_ms=17), Way(110, delay_ms=17), is_real=True),
    Link("fibre 250/240", Way(250, delay_ms=2, queue_ms=50), Way(240, delay_ms=2, queue_ms=50), is_real=True),
    Link(
        "4G in town, 38/14",
        Way(38, delay_ms=28, jitter_ms=5, jitter_hold_ms=15, queue_ms=500),
        Way(14, delay_ms=28, jitter_ms=7, jitter_hold_ms=15, queue_ms=500),
        is_real=True,
    ),
    Link(
        "4G in a village, 9.5/2.6",
        Way(9.5, delay_ms=45, jitter_ms=12, jitter_hold_ms=25, queue_ms=800),
        Way(2.6, delay_ms=45, jitter_ms=16, jitter_hold_ms=25, queue_ms=800),
    ),
    Link(
        "4G at the edge of its cell, 3.1/0.6",
        Way(3.1, delay_ms=70, jitter_ms=20, jitter_hold_ms=30, queue_ms=1500, bursts=(0.001, 3)),
        Way(0.6, delay_ms=70, jitter_ms=25, jitter_hold_ms=30, queue_ms=1500, bursts=(0.001, 3)),
    ),
    Link(
        "crowded in the evening, 4.55/12",
        Way(4.55, delay_ms=13, jitter_ms=4, queue_ms=120, loss=0.0005),
        Way(12, delay_ms=13),
    ),
    Link("less crowded, 5.9/4", Way(5.9, delay_ms=13, jitter_ms=4, queue_ms=120), Way(4, delay_ms=13)),
    Link("bucket of 8 needs, 3.75, on 220", Way(3.75, 5e6, 220, delay_ms=6), Way(10, delay_ms=6)),
    Link("bucket of 5 needs, up 1.1, on 40", Way(35, delay_ms=9), Way(1.1, 940_000, 40, delay_ms=9)),
    Link(
        "policer of 80 ms, 11/3.2",
        Way(11, 110_000, queue_bytes=7_500, delay_ms=18),
        Way(3.2, 32_000, queue_bytes=6_000, delay_ms=18),
    ),
    Link("tbf 6.2/1.8, bucket of 2.2 MB", kernel(6.2, 2.2e6)._replace(peak_mbps=120), kernel(1.8), "tbf"),
    Link("htb 11/1.3, bucket of 0.6 MB", kernel(11), kernel(1.3, 600_000), "htb"),
    Link("loss 0.4 %, 13/4", Way(13, delay_ms=12, loss=0.004), Way(4, delay_ms=12, loss=0.004)),
    Link("loss of 12 in a row, 22/9", Way(22, delay_ms=9, bursts=(0.004, 12)), Way(9, delay_ms=9, bursts=(0.004, 12))),
    Link(
        "much jitter, 3.6/2.2",
        Way(3.6, delay_ms=20, jitter_ms=25, jitter_hold_ms=60),
        Way(2.2, delay_ms=20, jitter_ms=25, jitter_hold_ms=60),
    ),
    Link(
        "abroad, with a sea cable cut, 14/4.5",
        Way(14, delay_ms=135, queue_ms=250),
        Way(4.5, delay_ms=135, queue_ms=250),
    ),
    Link("upload far too slow, 48/0.7", Way(48, delay_ms=14), Way(0.7, delay_ms=14, queue_ms=900)),
    Link("hardly a line, 0.8/0.4", Way(0.8, delay_ms=32, queue_ms=1200), Way(0.4, delay_ms=32, queue_ms=1200)),
)

TUNED: tuple[Link, ...] = (
    *_FIRST,
    *_KERNELS,
    *_DEEP,
    *_LOSSY,
    *(link._replace(is_real=True) for link in _REAL),
    *_EARLIER,
)


def for_need(down_mbps: float, up_mbps: float, links: tuple[Link, ...]) -> tuple[Link, ...]:
    """Return the links around another need: as much above or below it; real ones stay as they are."""
    return tuple(link.scaled(down_mbps / DOWN_MBPS, up_mbps / UP_MBPS) for link in links)
