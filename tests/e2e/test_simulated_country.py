"""A simulated country against a real centre: every report is accounted for, and the truth that nobody told is found."""

from __future__ import annotations

import csv
import json
import os
import subprocess
import sys
from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from sqlalchemy import Engine, select

from collector import child
from collector.simulator.scenario import PLAYS
from collector.store.tables import flag, presence, quarantine, standing
from provisioning import bulk
from provisioning.store.engine import open_engine, writing
from provisioning.store.tables import device, participation, site

DISTRICTS = ("Huyện Đồng Văn", "Huyện Mèo Vạc", "Huyện Quản Bạ")
PARTS = (
    ("chỉ xem", "PC", "view", "pc"),
    ("tương tác", "PC", "interactive", "pc"),
    ("chỉ xem", "MyTV", "view", "mytv"),
    ("chỉ xem", "PC", "view", "pc"),
)
PROVIDERS = (("VNPT", "vnpt"), ("VNPT", "vnpt"), ("Viettel", "viettel"))
SITES = 51
BY_CODE = ("DONGVAN", "MEOVAC", "QUANBA")  # of the centre's own roster
OF_THE_PROOF = {"rehearsal", "picture_sound"}
SCENARIO = {"name": "everything", "seed": 2, "faults_after_s": 10, "late_s": 2, "cut_s": 8, "night_s": 6}


class Country(NamedTuple):
    """A simulator that runs beside a centre, its folder, and the centre's database."""

    folder: Path
    process: subprocess.Popen[bytes]
    engine: Engine
    codes: dict[str, str]  # by enrolment code: the site's name

    @property
    def progress(self) -> dict[str, Any]:
        """What the simulator tells of itself."""
        path = self.folder / "progress.json"
        return json.loads(path.read_text()) if path.exists() else Counter()

    @property
    def labels(self) -> dict[str, dict[str, Any]]:
        """By device or code: what it plays."""
        lines = (self.folder / "labels.jsonl").read_text().splitlines()
        return {label["device"]: label for label in map(json.loads, lines)}

    def states(self) -> Counter[str]:
        """How many devices the centre holds for connected, stopped, lost."""
        with self.engine.connect() as connection:
            return Counter(connection.scalars(select(presence.c.state)))


def roster() -> list[dict[str, str]]:
    rows = []
    for n in range(SITES - len(BY_CODE)):
        role, medium, _, _ = PARTS[n % len(PARTS)]
        row = {"Mã điểm cầu": f"MP-{n}", "Tên điểm cầu": f"Điểm mô phỏng {n}", "Tỉnh/Thành phố": "Tỉnh Hà Giang"}
        row |= {"Quận/Huyện": DISTRICTS[n % 3], "Vai trò": role, "Phương thức": medium}
        row |= {"Nhà mạng": PROVIDERS[n % 5 % 3][0], "Mã đường truyền": f"MP-{n}", "Gói tải xuống (Mbit/s)": "80"}
        rows.append(row)
    return rows


def traits(issued: list[bulk.Issued], codes: list[str]) -> list[dict[str, str]]:
    rows = []
    for n, one in enumerate(issued):
        _, _, role, medium = PARTS[n % len(PARTS)]
        row = {"device": one.device, "role": role, "medium": medium, "provider": PROVIDERS[n % 5 % 3][1]}
        rows.append({**row, "province": "02", "district": DISTRICTS[n % 3]})
    provided = zip(codes, ("vnpt", "vnpt", "viettel"), strict=True)
    return rows + [{"code": code, "provider": provider} for code, provider in provided]


@pytest.fixture(scope="module")
def simulated(centre, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Country]:
    folder = tmp_path_factory.mktemp("simulated")
    with (folder / "roster.csv").open("w", encoding="utf-8") as file:
        writer = csv.DictWriter(file, list(roster()[0]))
        writer.writeheader()
        writer.writerows(roster())
    centre.provision("roster", "import", folder / "roster.csv")
    engine = open_engine(centre.settings.database)
    with writing(engine) as connection:
        rows = connection.execute(select(site.c.id, site.c.roster_key).where(site.c.roster_key.startswith("MP-")))
        ids = [row.id for row in sorted(rows, key=lambda row: int(row.roster_key.removeprefix("MP-")))]
        issued = bulk.issue(connection, centre.settings, ids, "test", 1)
    bulk.write_jsonl(folder / "devices.jsonl", issued, centre.settings)
    centre.provision("broker", "config")
    sheets = [centre.sheets[key] for key in BY_CODE]
    ca_file = str(centre.settings.folder("ca") / "ca.pem")
    write_lines(
        folder / "codes.jsonl",
        [{"code": sheet.code, "server": sheet.server, "ca_file": ca_file} for sheet in sheets],
    )
    write_lines(folder / "traits.jsonl", traits(issued, [sheet.code for sheet in sheets]))
    (folder / "scenario.json").write_text(json.dumps(SCENARIO))
    command = (sys.executable, "-P", "-m", "collector.cli", "simulate", "--folder", str(folder))
    process = child.start(command, folder / "log", {**os.environ, "DIEMCAU_LANG": "en"})
    yield Country(folder, process, engine, {sheet.code: key for sheet, key in zip(sheets, BY_CODE, strict=True)})
    child.stop(process)
    engine.dispose()


def write_lines(path: Path, rows: list[dict[str, Any]]) -> None:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))


def test_all_have_reported_before_the_faults_begin_those_enrolled_by_code_too(simulated, until):
    assert until(lambda: simulated.progress["reported"] == SITES, 60)
    assert simulated.progress["unenrolled"] == 0
    assert {label["play"] for label in simulated.labels.values()} == set(PLAYS)


def test_a_line_that_is_reset_is_lost_to_the_centre_and_all_come_back(simulated, until):
    cut = sum(label["cut"] == "reset" for label in simulated.labels.values())
    assert cut > 3
    until(lambda: simulated.states()["lost"] >= cut - 2, 60)  # some may have been switched off
    until(lambda: simulated.progress["connected"] == SITES, 90)
    until(lambda: simulated.states() == {"connected": SITES})


def test_a_site_measures_again_when_it_is_asked(centre, simulated, until):
    before = simulated.progress["commands"]
    centre.measure(BY_CODE[0])
    until(lambda: simulated.progress["commands"] == before + 1)
    until(lambda: "command" in occasions(centre, BY_CODE[0]))


def occasions(centre, key: str) -> str:
    links = {link for row in centre.site(key).requirements.values() for link in row.reports}
    return " ".join(centre.page(link).text for link in links)


def test_it_ends_cleanly_and_every_report_is_accounted_for(centre, simulated, until):
    assert child.stop(simulated.process, 30) == 0, child.last_lines(simulated.folder / "log", 20)
    told = simulated.progress
    assert told["spooled"] == told["dropped"] == told["connected"] == 0
    until(lambda: simulated.states() == {"stopped": SITES})
    balance = centre.summary()["balance"]
    assert balance["accepted"] == told["accepted"] == told["settled"]
    assert balance["committed"] + balance["quarantined"] == balance["accepted"]
    assert balance["spooled"] == balance["dropped"] == 0


def test_the_centre_has_found_what_each_plays_and_nothing_else(simulated):
    found, levels = judged(simulated)
    for name, label in simulated.labels.items():
        reasons = {reason for fact, reason in found[name] if fact not in OF_THE_PROOF}
        assert set(label["reasons"]) <= reasons, label
        assert reasons - {"not_tried", "unconfirmed", "playback_stalls"} <= set(label["reasons"]), label
        if not label["reasons"]:
            assert levels[name] == ("unknown" if found[name] else "ready"), label


def test_what_a_hostile_device_says_is_put_aside_and_fools_nobody(simulated):
    hostile = {name for name, label in simulated.labels.items() if label["play"] == "hostile"}
    with simulated.engine.connect() as connection:
        assert set(connection.scalars(select(quarantine.c.device))) == hostile
        assert connection.scalar(select(presence.c.connection).where(presence.c.connection >= 2**40)) is None


def judged(simulated: Country) -> tuple[dict[str, set[tuple[str, str]]], dict[str, str]]:
    """By device or code: the flags that stand, as fact and reason, and the level."""
    code_of = {name: code for code, name in simulated.codes.items()}
    names = select(participation.c.id, device.c.name, site.c.roster_key).join(
        site, site.c.id == participation.c.site_id
    )
    with simulated.engine.connect() as connection:
        rows = connection.execute(names.join(device, device.c.site_id == site.c.id))
        name_of = {row.id: code_of.get(row.roster_key, row.name) for row in rows}
        found: dict[str, set[tuple[str, str]]] = defaultdict(set)
        for row in connection.execute(select(flag.c.participation_id, flag.c.fact, flag.c.reason)):
            found[name_of[row.participation_id]].add((row.fact, row.reason))
        levels = connection.execute(select(standing.c.participation_id, standing.c.level))
        return found, {name_of[row.participation_id]: row.level for row in levels}
