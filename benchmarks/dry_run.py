"""A dry run as people conduct it, with real transfers: caps, order, prediction, stop, and kills in the middle.

python benchmarks/dry_run.py [--part country|centre] [--sites N] [--capacity MBPS] [--centre-sites N]

First the country: N sites by HTTP alone, rates and caps scaled to a hundredth, durations kept. Then fewer sites at full
size, through everything that `diemcau-collector run` starts. Ends with a table, and with 1 when something did not hold.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

from laboratory import machine
from laboratory.dry_run import centre_part, country_part
from laboratory.dry_run.criteria import Criteria


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--part", choices=("country", "centre"), help="this one alone")
    parser.add_argument("--sites", type=int, default=40_068)
    parser.add_argument("--capacity", type=int, default=75, help="of the scaled probe server, Mbit/s")
    parser.add_argument("--processes", type=int, default=1, help="of the country's sites")
    parser.add_argument("--centre-sites", type=int, default=585, help="85 of them in the other session")
    wanted = parser.parse_args()
    began_s, criteria = time.monotonic(), Criteria()

    def tell(text: str) -> None:
        print(f"{time.monotonic() - began_s:6.0f} s {text}", flush=True)

    head = {"date": f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC", **machine.describe()}
    print("\n".join(f"- {name}: {value}" for name, value in head.items()), flush=True)
    with tempfile.TemporaryDirectory(prefix="dry-run-") as folder:
        if wanted.part != "centre":
            country_part.run(Path(folder), wanted.sites, wanted.capacity, wanted.processes, criteria, tell)
        if wanted.part != "country":
            centre_part.run(Path(folder), wanted.centre_sites, criteria, tell)
    print(f"\n{criteria.table()}")
    sys.exit(0 if criteria.are_held else 1)


if __name__ == "__main__":
    main()
