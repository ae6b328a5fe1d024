"""Real agent processes under a fake clock: years ahead, years behind, jumping in the middle; and TLS all the same.

libfaketime lies about the wall clock and leaves the monotonic one alone, as an empty CMOS battery does.
"""

from __future__ import annotations

import datetime
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import trustme

from agent import last_line, paths
from agent.last_line import LastLine
from contract.clock import Clock
from contract.report import read_body

DEVICE = "dev-00000001"
CODE = "7K2M9A-93QXW"
WRONG = ["+20y", "-10y", "-1y", "+1y"]  # the last two lie within the life of the project, and outside a certificate's
DAY = datetime.timedelta(days=1)
# libfaketime 0.9.10 fails an absolute sleep by the monotonic clock, which is how Python sleeps (its issue 426).
RESIDENT = """
import select, sys, time
time.sleep = lambda seconds: select.select([], [], [], seconds)
from agent.resident import main
sys.exit(main(sys.argv[1:]))
"""


@pytest.fixture
def faked(tmp_path):
    """Return a function that sets the clock of processes started with its environment, also while they run."""
    found = sorted(Path("/usr/lib").glob("*/faketime/libfaketime.so.1"))
    assert found, "these tests need Debian's package faketime"
    file = tmp_path / "faketime"

    def fake(offset):
        draft = file.with_name("faketime.new")
        draft.write_text(offset)
        draft.replace(file)
        return {
            **os.environ,
            "LD_PRELOAD": str(found[0]),
            "FAKETIME_TIMESTAMP_FILE": str(file),
            "FAKETIME_NO_CACHE": "1",
            "FAKETIME_DONT_FAKE_MONOTONIC": "1",
            "DIEMCAU_AGENT_HOME": str(tmp_path / "agent"),
            "DIEMCAU_LANG": "en",
        }

    return fake


def dates(before, after):
    """The life of a certificate, so many days before and after today."""
    now = datetime.datetime.now(datetime.UTC)
    return {"not_before": now - before * DAY, "not_after": now + after * DAY}


@pytest.fixture
def secure_broker(start_broker, tmp_path, authority):
    """Return a function that starts a broker behind TLS with a certificate of these dates, name and authority."""

    def start(life, name="localhost", issued_by=authority):
        certificate = issued_by.issue_cert(name, **life)
        certificate.private_key_pem.write_to_path(str(tmp_path / "key.pem"))
        certificate.cert_chain_pems[0].write_to_path(str(tmp_path / "cert.pem"))
        return start_broker(f'tls {{ cert_file: "{tmp_path}/cert.pem", key_file: "{tmp_path}/key.pem" }}')

    return start


@pytest.fixture
def run(write_settings, probe_server, authority, tmp_path, eventually):
    """Return a function that starts a real resident of this broker; it returns a function that tells its log."""
    running = []

    def start(broker, environ, **others):
        settings = write_settings((f"mqtts://localhost:{broker.port}",), probe_server, tick_s=1, **others)
        authority.cert_pem.write_to_path(str(settings.folder / paths.CA))
        last_line.write(settings.folder / paths.LAST_LINE, LastLine(Clock().now(), True))  # no need to load it here
        log = tmp_path / "resident.log"
        command = [sys.executable, "-I", "-c", RESIDENT, "--settings", str(settings.folder / paths.SETTINGS)]
        with log.open("wb") as stream:
            running.append(subprocess.Popen(command, env=environ, stderr=stream))
        return log.read_text

    yield start
    for process in running:
        process.terminate()
        assert process.wait(30) == 0


def reports(centre):
    return [read_body(body, DEVICE) for _, body in centre.reports()]


@pytest.mark.parametrize("offset", WRONG)
def test_with_a_wrong_clock_it_connects_over_tls_and_its_reports_arrive_marked(
    faked, secure_broker, run, connect_centre, eventually, offset
):
    broker = secure_broker(dates(30, 30))
    centre = connect_centre(broker.port)
    run(broker, faked(offset))
    (report, *_) = eventually(lambda: reports(centre), "a report")
    assert report.is_clock_plausible is False
    (clock,) = [m.findings for m in report.measurements if m.probe == "clock"]
    years = clock.offset_ms.value / 31_557_600_000
    assert years == pytest.approx(float(offset[:-1]), abs=0.1)
    (frame, _) = centre.reports()[0]
    assert all(m.started.boot_id == frame.boot_id and m.started.mono_ms <= frame.mono_ms for m in report.measurements)


def test_with_a_right_clock_nothing_is_marked(faked, secure_broker, run, connect_centre, eventually):
    broker = secure_broker(dates(30, 30))
    centre = connect_centre(broker.port)
    run(broker, faked("+0"))
    assert eventually(lambda: reports(centre), "a report")[0].is_clock_plausible is True


@pytest.mark.parametrize("offset", WRONG)
@pytest.mark.parametrize("wrong", ["authority", "name"])
def test_with_a_wrong_clock_authority_and_name_are_checked_all_the_same(
    faked, secure_broker, run, eventually, offset, wrong
):
    others = {"authority": {"issued_by": trustme.CA()}, "name": {"name": "other.example.vn"}}[wrong]
    log = run(secure_broker(dates(30, 30), **others), faked(offset))
    eventually(lambda: "the server's certificate does not fit" in log(), "the refusal")
    assert "Connected" not in log()


def test_a_certificate_that_has_expired_is_refused_with_a_right_clock_and_accepted_with_a_wrong_one(
    faked, secure_broker, run, connect_centre, eventually
):
    broker = secure_broker(dates(30, -1))
    centre = connect_centre(broker.port)
    environ = faked("+0")
    log = run(broker, environ)
    eventually(lambda: "has expired or is not valid yet" in log(), "the refusal")
    assert centre.presences() == []
    faked("-10y")  # now it cannot know any more
    eventually(lambda: "Connected" in log(), "the connection")


@pytest.mark.parametrize("jump", ["-10y", "+1y"])
def test_a_clock_that_jumps_during_a_connection_costs_nothing_and_is_told_from_then_on(
    faked, secure_broker, run, connect_centre, eventually, jump
):
    broker = secure_broker(dates(30, 30))
    centre = connect_centre(broker.port)
    run(broker, faked("+0"), light_round_s=10)
    eventually(lambda: reports(centre), "a report with the right clock")
    connection = centre.presences()[-1].connection
    before = len(centre.snapshots())
    faked(jump)
    eventually(lambda: len(centre.snapshots()) >= before + 3, "ticks go on by the monotonic clock")
    eventually(lambda: reports(centre)[-1].is_clock_plausible is False, "a marked report")
    assert [p.state for p in centre.presences()] == ["connected"]

    broker.kill()
    broker.start()
    centre.wait_for_subscription()
    eventually(lambda: centre.presences()[-1].connection > connection, "a connection with the wrong clock")
    faked("+0")
    marked = len(centre.reports())
    eventually(lambda: any(r.is_clock_plausible for r in reports(centre)[marked:]), "a report that is right again")
    assert len({frame.spool_id for frame, _ in centre.reports()}) == 1


def enrol(environ, server, ca_file):
    command = [sys.executable, "-I", "-m", "agent.cli", "enrol", CODE, "--server", server.url, "--ca", str(ca_file)]
    return subprocess.run(command, env=environ, capture_output=True, text=True)


@pytest.mark.parametrize("offset", WRONG)
def test_with_a_wrong_clock_it_enrols(faked, enrolment_server, authority, tmp_path, offset):
    authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    enrolment_server.show_certificate_of(authority, **dates(30, 30))
    environ = faked(offset)
    told = enrol(environ, enrolment_server, tmp_path / "ca.pem")
    assert told.returncode == 0, told.stdout + told.stderr
    assert json.loads((tmp_path / "agent" / paths.SETTINGS).read_text())["device"] == DEVICE


@pytest.mark.parametrize("offset", WRONG)
def test_with_a_wrong_clock_no_other_authority_learns_the_code(faked, enrolment_server, authority, tmp_path, offset):
    authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    enrolment_server.show_certificate_of(trustme.CA(), **dates(30, 30))
    assert enrol(faked(offset), enrolment_server, tmp_path / "ca.pem").returncode == 1
    assert enrolment_server.asked == []


def test_a_right_clock_refuses_a_certificate_that_has_expired(faked, enrolment_server, authority, tmp_path):
    authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    enrolment_server.show_certificate_of(authority, **dates(30, -1))
    told = enrol(faked("+0"), enrolment_server, tmp_path / "ca.pem")
    assert told.returncode == 1
    assert "certificate" in told.stderr
    assert enrolment_server.asked == []
