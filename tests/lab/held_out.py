"""Links kept apart from tuning: written by somebody who had not seen the line test, used by its benchmark alone.

They were added after the last change of the test (2026-11-26); nothing was tuned by what came of them.
"""

from __future__ import annotations

from tests.lab.link import Link, Way
from tests.lab.links import kernel

HELD_OUT: tuple[Link, ...] = (
    # Faster than 30 Mbit/s
    Link("fibre 45/42", Way(45, delay_ms=7, queue_ms=60), Way(42, delay_ms=7, queue_ms=60), is_real=True),
    Link(
        "fibre 75/70, oversubscribed",
        Way(75, delay_ms=9, jitter_ms=3, jitter_hold_ms=20, queue_ms=110, loss=0.0002),
        Way(70, delay_ms=9, jitter_ms=2, jitter_hold_ms=20, queue_ms=110, loss=0.0002),
        is_real=True,
    ),
    Link(
        "fibre 120/115, long queue",
        Way(120, delay_ms=5, queue_ms=400),
        Way(115, delay_ms=5, queue_ms=400),
        is_real=True,
    ),
    Link(
        "fibre 210/160, from north to south",
        Way(210, delay_ms=21, queue_ms=100),
        Way(160, delay_ms=21, queue_ms=100),
        is_real=True,
    ),
    Link(
        "fibre 290/280, short queue", Way(290, delay_ms=3, queue_ms=25), Way(280, delay_ms=3, queue_ms=25), is_real=True
    ),
    Link(
        "5G in town, 140/32",
        Way(140, delay_ms=14, jitter_ms=3, jitter_hold_ms=5, queue_ms=250),
        Way(32, delay_ms=14, jitter_ms=5, jitter_hold_ms=5, queue_ms=300),
        is_real=True,
    ),
    Link(
        "low satellites, 85/11",
        Way(
            85,
            delay_ms=24,
            jitter_ms=4,
            jitter_hold_ms=15,
            queue_ms=120,
            bursts=(0.0005, 6),
            pause_every_ms=15_000,
            pause_ms=90,
        ),
        Way(
            11,
            delay_ms=24,
            jitter_ms=5,
            jitter_hold_ms=15,
            queue_ms=150,
            bursts=(0.0005, 6),
            pause_every_ms=15_000,
            pause_ms=90,
        ),
        is_real=True,
    ),
    Link(
        "policer of the upload, 55/1.15",
        Way(55, delay_ms=10, queue_ms=80),
        Way(1.15, 14_000, queue_bytes=6_000, delay_ms=10),
    ),
    # Buckets of 2 to 8 need-seconds, refilled too slowly
    Link("bucket of 8 needs, 3.9, on 14", Way(3.9, 5e6, 14, delay_ms=11), Way(5, delay_ms=11)),
    Link(
        "bucket of 6 needs, 3.3, on 95",
        Way(3.3, 3_750_000, 95, delay_ms=30, queue_ms=80),
        Way(7, delay_ms=30, queue_ms=80),
    ),
    Link(
        "bucket of 3 needs, 3.95, on 11.5",
        Way(3.95, 1_875_000, 11.5, delay_ms=7, queue_ms=350),
        Way(2.4, delay_ms=7, queue_ms=350),
    ),
    Link("bucket of 8 needs, up 1.17, on 3.5", Way(18, delay_ms=16), Way(1.17, 1_500_000, 3.5, delay_ms=16)),
    Link("tbf 3.8/2.6, bucket of 4.4 MB", kernel(3.8, 4.4e6)._replace(peak_mbps=60), kernel(2.6), "tbf"),
    Link("htb 7.5/1.1, bucket of 1.3 MB", kernel(7.5), kernel(1.1, 1_300_000), "htb"),
    # Other limits of rate
    Link("boost package, 6.1/2.9, on 50", Way(6.1, 3_100_000, 50, delay_ms=10), Way(2.9, delay_ms=10)),
    Link(
        "policer of 120 ms, 9/2.7",
        Way(9, 135_000, queue_bytes=9_000, delay_ms=8),
        Way(2.7, 40_500, queue_bytes=6_000, delay_ms=8),
    ),
    Link(
        "evening in a hamlet, 5.85/1.75",
        Way(5.85, delay_ms=15, jitter_ms=2, queue_ms=250),
        Way(1.75, delay_ms=15, jitter_ms=2, queue_ms=250),
    ),
    Link("upload a little too slow, 21/1.28", Way(21, delay_ms=11, queue_ms=80), Way(1.28, delay_ms=11, queue_ms=80)),
    # Copper
    Link("VDSL 22/2.1", Way(22, delay_ms=12, queue_ms=150), Way(2.1, delay_ms=12, queue_ms=700), is_real=True),
    Link(
        "ADSL far from its exchange, 6.4/0.55",
        Way(6.4, delay_ms=26, queue_ms=300),
        Way(0.55, delay_ms=26, queue_ms=1800),
        is_real=True,
    ),
    # Air
    Link(
        "4G on the roof, 26/6.5",
        Way(26, delay_ms=33, jitter_ms=7, jitter_hold_ms=8, queue_ms=350),
        Way(6.5, delay_ms=33, jitter_ms=9, jitter_hold_ms=8, queue_ms=450),
        is_real=True,
    ),
    Link(
        "4G in the mountains, 7.2/2.1",
        Way(7.2, delay_ms=52, jitter_ms=15, jitter_hold_ms=20, queue_ms=1100, pause_every_ms=100, pause_ms=8),
        Way(2.1, delay_ms=52, jitter_ms=18, jitter_hold_ms=20, queue_ms=1100, pause_every_ms=100, pause_ms=8),
    ),
    Link(
        "4G in the evening, 4.4/1.33",
        Way(4.4, delay_ms=38, jitter_ms=9, jitter_hold_ms=12, queue_ms=900),
        Way(1.33, delay_ms=38, jitter_ms=12, jitter_hold_ms=12, queue_ms=900),
    ),
    Link(
        "VSAT 10/2.4",
        Way(10, delay_ms=280, jitter_ms=4, queue_ms=450),
        Way(2.4, delay_ms=280, jitter_ms=4, queue_ms=450),
        is_real=True,
    ),
    Link(
        "radio to an island, 12.5/5.5",
        Way(12.5, delay_ms=22, jitter_ms=3, queue_ms=160, bursts=(0.0015, 8), pause_every_ms=2_000, pause_ms=40),
        Way(5.5, delay_ms=22, jitter_ms=3, queue_ms=160, bursts=(0.0015, 8), pause_every_ms=2_000, pause_ms=40),
    ),
    Link(
        "radio over two hills, 6/1.85",
        Way(6, delay_ms=18, queue_ms=150, reorder=0.001, reorder_ms=3),
        Way(1.85, delay_ms=18, queue_ms=150, reorder=0.001, reorder_ms=8),
    ),
    Link(
        "Wi-Fi through two walls, 28/24",
        Way(28, delay_ms=6, jitter_ms=4, jitter_hold_ms=4, bursts=(0.003, 6)),
        Way(24, delay_ms=6, jitter_ms=4, jitter_hold_ms=4, bursts=(0.003, 6)),
    ),
    Link(
        "Wi-Fi of a crowded school, 15/7",
        Way(15, delay_ms=10, jitter_ms=10, jitter_hold_ms=25, loss=0.0005, bursts=(0.001, 3)),
        Way(7, delay_ms=10, jitter_ms=10, jitter_hold_ms=25, loss=0.0005, bursts=(0.001, 3)),
    ),
    # Next to nothing
    Link(
        "hardly a line, 0.35/0.2",
        Way(0.35, delay_ms=120, queue_ms=2500, loss=0.002),
        Way(0.2, delay_ms=120, queue_ms=2500, loss=0.002),
    ),
)
