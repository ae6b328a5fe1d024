"""What the statement of a country and of its largest province costs: to make, and to write in each form.

python benchmarks/statements.py [--sites N] [--home FOLDER] [--times N]

A database on SQLite with 40,068 sites in a session (laboratory/filled_country.py, the same as pages.py makes; --home
keeps it for another run). Each step is the command that people type, `diemcau-collector statement make|export`, in a
process of its own, so that its time holds the start of Python and its memory is the highest of that process alone.
The median of so many times. At the end the workbook is opened again: rows, and cells that are formulas.
"""

from __future__ import annotations

import argparse
import os
import re
import statistics
import sys
import tempfile
import time
import zipfile
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

import pypdfium2
from laboratory import machine
from laboratory.filled_country import filled
from sqlalchemy import func, select

from provisioning.settings import Settings
from provisioning.store.engine import open_engine
from provisioning.store.tables import site, unit

PROGRAM = Path(sys.executable).with_name("diemcau-collector")
GOALS = {("the country", "xlsx"): (10.0, 200.0), ("a province", "pdf"): (5.0, None)}  # seconds, MB


class Cost(NamedTuple):
    """What one process took: seconds, of them by the processor, and its highest memory."""

    took_s: float
    cpu_s: float
    peak_mb: float


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sites", type=int, default=40_068)
    parser.add_argument("--home", type=Path, help="of the filled database: made where it is missing, and kept")
    parser.add_argument("--times", type=int, default=3)
    wanted = parser.parse_args()
    said = {"date": f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC", **machine.describe(), "sites": f"{wanted.sites:,}"}
    print("\n".join(f"- {name}: {value}" for name, value in said.items()), flush=True)
    with filled(wanted.home, wanted.sites, say) as home, tempfile.TemporaryDirectory() as out:
        measure(home, Path(out), wanted.times)


def say(text: str) -> None:
    """Tell how far it is, apart from the figures."""
    print(f"  {text}", file=sys.stderr, flush=True)


def measure(home: Path, out: Path, times: int) -> None:
    """Measure making and writing, of the country and of its largest province."""
    told = out / "told"
    run(home, "migrate")
    print("\n| statement | step | s | of a core, s | peak RSS, MB | file, KB | pages | load |")
    print("|---|---|---|---|---|---|---|---|", flush=True)
    for name, units in (("the country", ()), ("a province", ("--unit", largest(home)))):
        row(name, "make", [run(home, "statement", "make", *units, told=told) for _ in range(times)])
        number = told.read_text(encoding="utf-8").split()[0]
        for form in ("pdf", "docx", "xlsx", "json"):
            file = out / f"{name}.{form}"
            export = ("statement", "export", number, "--form", form, "--to", str(file))
            row(name, form, [run(home, *export, told=told) for _ in range(times)], file)
    check(out / "the country.xlsx")


def largest(home: Path) -> str:
    """Return the code of the province with the most sites."""
    engine, district = open_engine(Settings(home=home).database), unit.alias("district")
    found = (
        select(unit.c.code)
        .join(district, district.c.parent_id == unit.c.id)
        .join(site, site.c.unit_id == district.c.id)
        .group_by(unit.c.code)
        .order_by(func.count().desc())
    )
    with engine.connect() as connection:
        code: str = connection.execute(found).scalars().first() or ""
    engine.dispose()
    return code


def run(home: Path, *arguments: str, told: Path | None = None) -> Cost:
    """Run a command to its end; what it says goes to a file."""
    began_s = time.monotonic()
    to = os.open(told or os.devnull, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    environment = {**os.environ, "DIEMCAU_HOME": str(home), "DIEMCAU_LANG": "vi"}
    pid = os.posix_spawn(PROGRAM, [str(PROGRAM), *arguments], environment, file_actions=[(os.POSIX_SPAWN_DUP2, to, 1)])
    os.close(to)
    _, status, used = os.wait4(pid, 0)
    if status != 0:
        raise SystemExit(f"{' '.join(arguments)} ended with {os.waitstatus_to_exitcode(status)}")
    return Cost(time.monotonic() - began_s, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024)


def row(name: str, step: str, costs: list[Cost], file: Path | None = None) -> None:
    took_s, cpu_s, peak_mb = (statistics.median(column) for column in zip(*costs, strict=True))
    most_s, most_mb = GOALS.get((name, step), (None, None))
    late = " (missed)" if most_s is not None and took_s > most_s else ""
    large = " (missed)" if most_mb is not None and peak_mb > most_mb else ""
    size = "" if file is None else f"{file.stat().st_size / 1000:,.0f}"
    pages = len(pypdfium2.PdfDocument(file)) if file is not None and step == "pdf" else ""
    cells = (name, step, f"{took_s:.1f}{late}", f"{cpu_s:.1f}", f"{peak_mb:.0f}{large}", size, pages)
    print(f"| {' | '.join(map(str, cells))} | {os.getloadavg()[0]:.1f} |", flush=True)


def check(book: Path) -> None:
    """Open a workbook again, and say what is in it."""
    with zipfile.ZipFile(book) as parts:
        sheets = [parts.read(name) for name in sorted(parts.namelist()) if "worksheets/sheet" in name]
    rows = [len(re.findall(rb"<row ", sheet)) for sheet in sheets]
    formulas = sum(len(re.findall(rb"<f[ >/]", sheet)) for sheet in sheets)
    print(f"\nThe country's workbook, opened again: rows by sheet {rows}, heads included; {formulas} formula cells.")


if __name__ == "__main__":
    main()
