from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Engine, func, select, update

from contract.enrolment import EnrolmentRequest
from provisioning import audit, codes, credentials, identifiers, revocation
from provisioning.codes import LONGEST_DELAY_S, QUICK_TRIES
from provisioning.enrolment import OTHER_MACHINE, Enrolment, RefusedError
from provisioning.settings import Settings
from provisioning.store.engine import writing
from provisioning.store.tables import audit as audit_table
from provisioning.store.tables import change, code, device, site

NOW_US = 1_700_000_000_000_000
SECOND_US = 1_000_000


@pytest.fixture
def told() -> list[str]:
    """What the broker was told, in order."""
    return []


@pytest.fixture
def desk(engine: Engine, settings: Settings, told: list[str]) -> Enrolment:
    """Enrolment on each kind of database, with a broker that only notes when it is told."""
    return Enrolment(engine, settings, b"c" * 32, b"p" * 32, b"l" * 32, "a certificate", lambda: told.append("told"))


@pytest.fixture
def printed(desk: Enrolment, add_site) -> str:
    """The code of the only site."""
    site_code = identifiers.new_site()
    with writing(desk.engine) as connection:
        site_id = add_site(connection, site_code)
        made = codes.make_codes(connection, desk.code_key, {site_id: site_code}, NOW_US + 10**15, NOW_US)
    return made[site_id]


def wrong(printed: str) -> str:
    right = identifiers.parse_code(printed)
    return right._replace(secret=right.secret[::-1] if right.secret != right.secret[::-1] else "0" * 10).printed()


def ask(desk: Enrolment, typed: str, password: str | None = None, now_us: int = NOW_US):
    return desk.enrol(EnrolmentRequest(code=typed, password=password or secrets.token_urlsafe(16)), now_us)


def refused(desk: Enrolment, typed: str, now_us: int = NOW_US, password: str | None = None):
    with pytest.raises(RefusedError) as caught:
        ask(desk, typed, password, now_us)
    return caught.value.refusal


def rows(engine: Engine) -> list:
    with engine.connect() as connection:
        return list(connection.execute(select(device).order_by(device.c.id)))


def test_the_first_device_is_admitted_and_the_broker_is_told_before_the_answer(
    desk: Enrolment, printed: str, told: list[str]
):
    password = secrets.token_urlsafe(16)
    answer = ask(desk, printed, password)
    (row,) = rows(desk.engine)
    assert (answer.state, row.state, row.is_spare, told) == ("admitted", "active", False, ["told"])
    assert answer.permit_key == credentials.permit_key(b"p" * 32, answer.device, 1)
    assert password not in str(row)
    assert credentials.is_password(password, row.bcrypt)
    salt = credentials.base64.b64decode(row.pbkdf2.split("$")[3])
    assert credentials.pbkdf2_of(password, salt) == row.pbkdf2


def test_the_same_code_and_password_again_is_the_same_device(desk: Enrolment, printed: str, told: list[str]):
    password = secrets.token_urlsafe(16)
    first, second = ask(desk, printed, password), ask(desk, printed, password)
    assert first == second
    assert len(rows(desk.engine)) == 1
    assert told == ["told", "told"]


def test_a_further_device_waits_as_a_spare_until_it_is_approved(desk: Enrolment, printed: str, told: list[str]):
    ask(desk, printed)
    password = secrets.token_urlsafe(16)
    waiting = ask(desk, printed, password)
    assert waiting.state == "waiting"
    assert [(row.state, row.is_spare) for row in rows(desk.engine)] == [("active", False), ("waiting", True)]
    assert told == ["told"]
    revocation.approve(desk.engine, waiting.device, "test", NOW_US, lambda: told.append("approved"))
    assert told == ["told", "approved"]
    assert ask(desk, printed, password).state == "admitted"


def test_a_new_code_admits_the_replacement_of_a_broken_machine(desk: Enrolment, printed: str):
    ask(desk, printed)
    with writing(desk.engine) as connection:
        site_id, site_code = connection.execute(select(site.c.id, site.c.code)).one()
        made = codes.make_codes(connection, desk.code_key, {site_id: site_code}, NOW_US + 10**15, NOW_US + 5)
    assert refused(desk, printed, NOW_US + 6).code == "wrong_code"
    assert ask(desk, made[site_id], now_us=NOW_US + 7).state == "admitted"


def test_a_revoked_device_is_refused_and_a_newcomer_waits(desk: Enrolment, printed: str, told: list[str]):
    password = secrets.token_urlsafe(16)
    name = ask(desk, printed, password).device
    revocation.revoke(desk.engine, name, "test", NOW_US + 1, lambda: told.append("revoked"))
    assert told[-1] == "revoked"
    assert refused(desk, printed, password=password).code == "revoked"
    assert ask(desk, printed).state == "waiting"


def test_an_enrolment_writes_its_audit_and_change_rows(desk: Enrolment, printed: str):
    ask(desk, printed)
    with desk.engine.connect() as connection:
        assert audit.verify(connection).rows == 1
        (row,) = connection.execute(select(change.c.kind, change.c.key))
    assert tuple(row) == ("device", rows(desk.engine)[0].id)


def test_wrong_codes_are_slowed_for_their_site_and_a_right_one_waits_no_longer_than_the_delay(
    desk: Enrolment, printed: str
):
    for _ in range(QUICK_TRIES):
        assert refused(desk, wrong(printed)).code == "wrong_code"
    slowed = refused(desk, printed)
    assert (slowed.code, slowed.retry_after_s) == ("slow_down", codes.FIRST_DELAY_S)
    for _ in range(50):  # tries during the delay do not make it longer
        refused(desk, wrong(printed), NOW_US + SECOND_US)
    assert ask(desk, printed, now_us=NOW_US + codes.FIRST_DELAY_S * SECOND_US).state == "admitted"


@pytest.mark.parametrize(
    ("seconds", "vi", "en"), [(59, "59 giây", "59 s"), (60, "1 phút", "1 min"), (61, "2 phút", "2 min")]
)
def test_a_wait_is_told_as_people_say_it(seconds: int, vi: str, en: str):
    refusal = RefusedError("slow_down", seconds).refusal
    assert vi in refusal.vi
    assert en in refusal.en


def test_a_right_try_starts_the_count_anew(desk: Enrolment, printed: str):
    for _ in range(QUICK_TRIES - 1):
        refused(desk, wrong(printed))
    ask(desk, printed)
    for _ in range(QUICK_TRIES - 1):
        refused(desk, wrong(printed))
    ask(desk, printed)


@given(st.integers(0, 10_000))
def test_the_delay_doubles_and_never_exceeds_a_quarter_of_an_hour(failures: int):
    now, after = codes.delay_s(failures), codes.delay_s(failures + 1)
    assert now <= after <= LONGEST_DELAY_S
    assert after in (0, codes.FIRST_DELAY_S, 2 * now, LONGEST_DELAY_S)


def test_an_unknown_site_is_answered_as_a_wrong_code(desk: Enrolment, printed: str):
    stranger = identifiers.new_code(identifiers.new_site()).printed()
    assert refused(desk, stranger).code == "wrong_code"


def test_a_mistyped_code_costs_no_try(desk: Enrolment, printed: str):
    for _ in range(QUICK_TRIES * 2):
        assert refused(desk, printed[:-1] + ("0" if printed[-1] != "0" else "1")).code == "bad_code"
    assert ask(desk, printed).state == "admitted"


def test_a_code_that_has_ended_is_closed(desk: Enrolment, printed: str):
    with writing(desk.engine) as connection:
        connection.execute(update(code).values(ends_at=NOW_US))
    assert refused(desk, printed).code == "closed"


def test_a_code_taken_out_of_use_is_wrong_from_then_on_and_its_device_stays(desk: Enrolment, printed: str):
    ask(desk, printed)
    with writing(desk.engine) as connection:
        codes.end_code(connection, connection.scalar(select(site.c.id)))
    assert refused(desk, printed).code == "wrong_code"
    assert rows(desk.engine)[0].state == "active"


def test_the_code_itself_is_nowhere_in_the_database(desk: Enrolment, printed: str):
    with desk.engine.connect() as connection:
        stored = connection.scalar(select(code.c.verifier))
    assert identifiers.parse_code(printed).secret not in stored
    assert stored == codes.verifier_of(desk.code_key, identifiers.parse_code(printed))


def test_when_the_broker_cannot_be_told_there_is_no_answer_and_asking_again_finds_the_device(
    desk: Enrolment, printed: str
):
    def fail() -> None:
        raise RuntimeError("no broker")

    password = secrets.token_urlsafe(16)
    with pytest.raises(RuntimeError, match="no broker"):
        ask(replace(desk, tell_broker=fail), printed, password)
    assert ask(desk, printed, password).device == rows(desk.engine)[0].name


def test_many_at_once_are_each_admitted_or_wait_and_one_is_first(desk: Enrolment, printed: str, in_threads):
    answers = in_threads([lambda: ask(desk, printed) for _ in range(12)])
    assert sorted(answer.state for answer in answers) == ["admitted"] + ["waiting"] * 11
    with desk.engine.connect() as connection:
        assert connection.scalar(select(func.count()).select_from(device)) == 12
        assert audit.verify(connection) == (12, audit.verify(connection).head, None)


@pytest.fixture
def in_threads() -> Callable:
    """A function that runs calls at the same time and returns what they return."""
    from concurrent.futures import ThreadPoolExecutor

    def run(calls: list[Callable]) -> list:
        with ThreadPoolExecutor(len(calls)) as pool:
            return [future.result(30) for future in [pool.submit(call) for call in calls]]

    return run


def noted(engine: Engine) -> list[tuple[str, str]]:
    with engine.connect() as connection:
        query = select(audit_table.c.subject, audit_table.c.detail).where(audit_table.c.action == OTHER_MACHINE)
        return [(row.subject, row.detail) for row in connection.execute(query)]


def test_the_same_device_from_another_machine_is_admitted_and_written_down_once(desk: Enrolment, printed: str):
    password = secrets.token_urlsafe(16)

    def ask_from(machine: str | None) -> str:
        return desk.enrol(EnrolmentRequest(code=printed, password=password, machine=machine), NOW_US).device

    name = ask_from("a" * 32)
    for machine in ("a" * 32, None):  # the same again, and an agent that cannot tell
        assert ask_from(machine) == name
    assert noted(desk.engine) == []
    for _ in range(2):
        assert ask_from("b" * 32) == name
    assert noted(desk.engine) == [(name, '{"before": "' + "a" * 32 + '"}')]
    with desk.engine.connect() as connection:
        assert audit.verify(connection).broken_at is None


def test_a_device_that_told_no_machine_before_is_not_called_moved(desk: Enrolment, printed: str):
    password = secrets.token_urlsafe(16)
    ask(desk, printed, password)
    desk.enrol(EnrolmentRequest(code=printed, password=password, machine="a" * 32), NOW_US)
    assert noted(desk.engine) == []
    assert rows(desk.engine)[0].machine == "a" * 32
