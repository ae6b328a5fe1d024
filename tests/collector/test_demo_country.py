"""The demo's country is made as people make theirs."""

from __future__ import annotations

import csv
from pathlib import Path

from collector.demo_country import furnish
from provisioning import authority
from provisioning.settings import Settings


def test_its_codes_lie_in_the_same_sheet_that_sites_are_given(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path, enrolment_port=18443)
    country = furnish(settings)
    file = tmp_path / "codes.csv"
    assert file.stat().st_mode & 0o777 == 0o600
    rows = list(csv.DictReader(file.read_text(encoding="utf-8-sig").splitlines()))
    assert len(rows) == country.sites
    here = next(row for row in rows if row["Điểm cầu"] == country.here)
    assert here["Mã đăng ký"] == country.code
    assert here["Địa chỉ máy chủ"] == "https://127.0.0.1:18443"
    assert here["Dấu vân tay của máy chủ"] == authority.fingerprint((tmp_path / "ca" / "ca.pem").read_bytes())
