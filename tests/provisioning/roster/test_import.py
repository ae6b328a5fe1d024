from __future__ import annotations

import pytest
from sqlalchemy import Engine, func, select

from provisioning import audit
from provisioning.roster.apply import apply
from provisioning.roster.check import Checked, check
from provisioning.roster.registry import read_places, read_sites
from provisioning.roster.write import write
from provisioning.store.engine import writing
from provisioning.store.tables import backup, change, contact, line, participation, provider, school, site, unit

SECOND = {"site_key": "HG-02", "school_code": "0207002", "line_code": "HGG-0002"}


@pytest.fixture
def import_(engine: Engine, session_id: int):
    """A function that checks a file and takes it in."""

    def run(content: bytes) -> Checked:
        with writing(engine) as connection:
            checked = check(connection, content, session_id)
            if not checked.problems:
                apply(connection, checked.plan, session_id, "test", 5)
        return checked

    return run


def count(engine: Engine, table) -> int:
    with engine.connect() as connection:
        return connection.scalar(select(func.count()).select_from(table))


def changes(engine: Engine) -> list[str]:
    with engine.connect() as connection:
        return list(
            connection.scalars(
                select(change.c.kind).where(change.c.kind.not_in(("event", "session"))).order_by(change.c.id)
            )
        )


def test_rows_with_the_same_key_become_one_site_with_its_schools_line_and_contacts(engine, import_, csv_of, bare):
    school_row = bare | {"school_code": "0207009", "school_name": "THCS Lê Lợi"}
    checked = import_(csv_of({}, school_row, SECOND))
    assert checked.problems == ()
    assert [count(engine, table) for table in (site, school, line, contact, participation)] == [2, 3, 2, 2, 2]
    with engine.connect() as connection:
        row = connection.execute(
            select(site, unit.c.name.label("unit"), provider.c.code.label("provider"))
            .join(unit, unit.c.id == site.c.unit_id)
            .join(line, line.c.id == site.c.line_id)
            .join(provider, provider.c.id == line.c.provider_id)
            .where(site.c.roster_key == "HG-01")
        ).one()
    assert (row.unit, row.provider, len(row.code)) == ("Thành phố Hà Giang", "vnpt", 7)
    assert changes(engine) == ["site", "site", "participation", "participation"]


def test_the_same_file_again_changes_nothing_at_all(engine, import_, csv_of, bare):
    content = csv_of({}, bare | {"school_code": "9", "school_name": "B"}, SECOND | {"line_code": "", "seats": ""})
    import_(content)
    before = changes(engine)
    again = import_(content)
    assert (again.plan.is_empty, again.plan.unchanged, changes(engine)) == (True, 2, before)
    with engine.connect() as connection:
        assert audit.verify(connection).rows == 3  # event, session, the first import


def test_a_changed_cell_updates_its_site_alone_and_a_changed_part_its_participation(engine, import_, csv_of):
    import_(csv_of({}, SECOND))
    before = len(changes(engine))
    import_(csv_of({"address": "Số 5", "contact_name": "Trần Thị Bình"}, SECOND))
    assert changes(engine)[before:] == ["site"]
    import_(csv_of({"address": "Số 5", "contact_name": "Trần Thị Bình"}, SECOND | {"medium": "PC"}))
    assert changes(engine)[before:] == ["site", "participation"]
    with engine.connect() as connection:
        assert connection.scalars(select(contact.c.name).order_by(contact.c.name)).all() == [
            "Nguyễn Văn An",
            "Trần Thị Bình",
        ]


def test_a_school_that_moves_goes_to_its_new_site_and_the_site_keeps_its_code(engine, import_, csv_of, bare):
    moving = {"school_code": "7", "school_name": "THCS"}
    import_(csv_of({}, SECOND, bare | moving))
    with engine.connect() as connection:
        codes = set(connection.scalars(select(site.c.code)))
    import_(csv_of({}, SECOND, bare | {"site_key": "HG-02"} | moving))
    with engine.connect() as connection:
        query = select(site.c.roster_key).join(school).where(school.c.code == "7")
        assert connection.scalars(query).all() == ["HG-02"]
        assert set(connection.scalars(select(site.c.code))) == codes


def test_a_site_that_left_the_file_is_told_and_kept(engine, import_, csv_of):
    import_(csv_of({}, SECOND))
    assert import_(csv_of({})).plan.only_in_registry == ("HG-02",)
    assert count(engine, site) == 2


@pytest.mark.parametrize(
    ("rows", "where"),
    [
        ([{"province": "Hà Giangg"}], (2, "Tỉnh/Thành phố")),
        ([{"district": "Quận Ba Đình"}], (2, "Quận/Huyện")),
        ([{"site_name": ""}], (2, "Tên điểm cầu")),
        ([{}, {"site_name": "Tên khác", "school_code": "8"}], (3, "Tên điểm cầu")),
        ([{}, SECOND | {"school_code": "0207001"}], (3, "Mã trường")),
        ([{"school_name": ""}], (2, "Tên trường")),
        ([{"school_code": ""}], (2, "Mã trường")),
        ([{"contact_name": ""}], (2, "Đầu mối")),
        ([{}, SECOND | {"line_code": "HGG-0001", "upload_mbps": "20"}], (3, "Mã đường truyền")),
    ],
)
def test_what_contradicts_or_is_missing_is_told_and_nothing_is_written(engine, import_, csv_of, rows, where):
    checked = import_(csv_of(*rows))
    assert [(problem.row, problem.column) for problem in checked.problems] == [where]
    assert count(engine, site) == 0


def test_a_bad_cell_does_not_make_its_sites_other_rows_wrong(import_, csv_of, bare):
    further = bare | {"school_code": "0207009", "school_name": "THCS Lê Lợi"}
    checked = import_(csv_of({"role": "khách", "province": "?"}, further))
    assert {(problem.row, problem.column) for problem in checked.problems} == {(2, "Vai trò"), (2, "Tỉnh/Thành phố")}


def test_an_unknown_unit_is_told_with_the_nearest_names(import_, csv_of):
    (problem,) = import_(csv_of({"district": "Hà Gian"})).problems
    assert "Thành phố Hà Giang" in problem.vi


def test_an_exported_roster_taken_in_again_changes_nothing(engine, import_, csv_of, bare, session_id):
    formula = {"site_name": "'-Điểm cầu", "contact_phone": "+84912345678"}
    import_(
        csv_of(formula, bare | {"school_code": "9", "school_name": "B"}, SECOND | {"line_code": "", "district": ""})
    )
    with engine.connect() as connection:
        sites = [held.site for held in read_sites(connection, session_id).values()]
        exported = write(sites, read_places(connection))
    checked = import_(exported)
    assert (checked.problems, checked.plan.is_empty, checked.rows_read) == ((), True, 3)
    assert b"'+84912345678" in exported


def test_the_kind_of_a_line_and_what_a_test_over_4g_may_move_are_kept_and_told_as_a_change_of_the_site(
    engine, import_, csv_of, session_id
):
    import_(csv_of({}, SECOND | {"line_kind": "4G", "consented_mb": "20"}))
    with engine.connect() as connection:
        held = connection.execute(select(line.c.code, line.c.kind, line.c.consented_mb).order_by(line.c.code)).all()
        exported = write([entry.site for entry in read_sites(connection, session_id).values()], read_places(connection))
    assert [tuple(row) for row in held] == [("HGG-0001", "fibre", None), ("HGG-0002", "mobile", 20)]
    assert import_(exported).plan.is_empty
    before = len(changes(engine))
    import_(csv_of({}, SECOND | {"line_kind": "4G"}))  # no longer
    assert changes(engine)[before:] == ["site"]


def test_hours_of_a_roster_are_kept_written_out_and_told_as_a_change_of_the_site(engine, import_, csv_of, session_id):
    import_(csv_of({"hours": "Mon-Fri 7h-17h"}, SECOND | {"hours": ""}))
    with engine.connect() as connection:
        held = connection.execute(select(site.c.roster_key, site.c.hours).order_by(site.c.id)).all()
        exported = write([entry.site for entry in read_sites(connection, session_id).values()], read_places(connection))
    assert [tuple(row) for row in held] == [("HG-01", "T2-T6 07:00-17:00"), ("HG-02", "")]
    assert import_(exported).plan.is_empty
    before = len(changes(engine))
    import_(csv_of({"hours": "T2-T7 06:30-17:00"}, SECOND | {"hours": ""}))
    assert changes(engine)[before:] == ["site"]


SPEAKS = {"role": "tương tác", "medium": "PC", "seats": ""}


def parts_of(engine):
    """What the registry holds of each site's part: hard to reach, delivery, place in the order, backup."""
    venue = site.alias("venue")
    query = (
        select(site.c.roster_key, site.c.is_hard_to_reach, participation.c.delivery, participation.c.speaking_order)
        .add_columns(backup.c.kind, venue.c.roster_key)
        .join(participation, participation.c.site_id == site.c.id)
        .outerjoin(backup, backup.c.participation_id == participation.c.id)
        .outerjoin(venue, venue.c.id == backup.c.venue_id)
        .order_by(site.c.roster_key)
    )
    with engine.connect() as connection:
        return {key: told for key, *told in connection.execute(query)}


def test_who_speaks_when_on_what_they_fall_back_and_who_is_hard_to_reach_are_kept_and_written_out(
    engine, import_, csv_of, session_id
):
    first = SPEAKS | {"speaking_order": "1", "backup": "Máy dự phòng", "delivery": "đơn hướng"}
    second = SECOND | SPEAKS | {"speaking_order": "2", "backup": "HG-03", "hard_to_reach": "x"}
    content = csv_of(first, second, {"site_key": "HG-03", "school_code": "3", "line_code": "3"})
    assert import_(content).problems == ()
    assert parts_of(engine) == {
        "HG-01": [False, "unicast", 1, "device", None],
        "HG-02": [True, "", 2, "venue", "HG-03"],
        "HG-03": [False, "", None, None, None],
    }
    with engine.connect() as connection:
        exported = write([entry.site for entry in read_sites(connection, session_id).values()], read_places(connection))
    assert import_(exported).plan.is_empty
    before = len(changes(engine))
    third = {"site_key": "HG-03", "school_code": "3", "line_code": "3"}
    import_(csv_of(first | {"backup": "HG-03"}, second | {"backup": "", "speaking_order": ""}, third))
    assert changes(engine)[before:] == ["participation", "participation"]
    assert [told[2:] for told in parts_of(engine).values()] == [
        [1, "venue", "HG-03"],
        [None, None, None],
        [None, None, None],
    ]


def test_a_file_without_these_columns_leaves_what_was_set_elsewhere_but_not_of_who_speaks_no_more(
    engine, import_, csv_of
):
    first = SPEAKS | {"speaking_order": "1", "backup": "máy", "hard_to_reach": "có"}
    import_(csv_of(first, SECOND))
    apart = ("speaking_order", "backup", "hard_to_reach", "delivery")
    headings = {name: "Ghi chú" for name in apart}
    again = import_(csv_of(SPEAKS, SECOND, headings=headings))
    assert (again.problems, again.plan.is_empty) == ((), True)
    import_(csv_of({"medium": "PC"}, SECOND, headings=headings))
    assert parts_of(engine)["HG-01"] == [True, "", None, None, None]


@pytest.mark.parametrize(
    ("rows", "where"),
    [
        ([{"speaking_order": "1"}], (2, "Thứ tự phát biểu")),
        ([{"backup": "máy"}], (2, "Phương án dự phòng")),
        ([SPEAKS | {"speaking_order": "0"}], (2, "Thứ tự phát biểu")),
        ([SPEAKS | {"speaking_order": "1"}, SECOND | SPEAKS | {"speaking_order": "1"}], (3, "Thứ tự phát biểu")),
        ([SPEAKS | {"backup": "HG-01"}], (2, "Phương án dự phòng")),
        ([SPEAKS | {"backup": "HG-99"}], (2, "Phương án dự phòng")),
        ([{"hard_to_reach": "có lẽ"}], (2, "Vùng khó tiếp cận")),
        ([{"delivery": "bưu điện"}], (2, "Cách phát")),
    ],
)
def test_what_cannot_be_of_speakers_and_backups_is_told(import_, csv_of, rows, where):
    assert [(problem.row, problem.column) for problem in import_(csv_of(*rows)).problems] == [where]
