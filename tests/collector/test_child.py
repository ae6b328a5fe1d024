"""A child of ours: where its output goes, and how it is stopped."""

import resource
import signal
import sys
import time

from collector import child


def python(program):
    return (sys.executable, "-c", program)


def test_its_output_and_errors_are_added_to_the_log(tmp_path):
    log = tmp_path / "part.log"
    log.write_text("before\n")
    started = child.start(python("import sys; print('out', flush=True); sys.exit('error')"), log)
    assert started.wait(20) == 1
    assert log.read_text() == "before\nout\nerror\n"
    assert child.last_lines(log, 2) == "out\nerror"


def test_a_log_that_has_grown_long_is_set_aside_and_the_one_before_it_given_up(tmp_path):
    log = tmp_path / "part.log"
    (tmp_path / "part.old.log").write_text("very old")
    with log.open("wb") as file:
        file.truncate(child.MAX_LOG_BYTES + 1)
    child.start(python("print('new')"), log).wait(20)
    assert log.read_text() == "new\n"
    assert (tmp_path / "part.old.log").stat().st_size == child.MAX_LOG_BYTES + 1


def test_it_is_stopped_by_sigterm_and_when_it_does_not_listen_by_sigkill(tmp_path):
    log = tmp_path / "part.log"
    listens = child.start(python("import time; print('up', flush=True); time.sleep(600)"), log)
    assert child.stop(listens) == -signal.SIGTERM

    deaf = (
        "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('deaf', flush=True); time.sleep(600)"
    )
    ignores = child.start(python(deaf), log)
    deadline = time.monotonic() + 20
    while "deaf" not in log.read_text():
        assert time.monotonic() < deadline
        time.sleep(0.02)
    assert child.stop(ignores, within_s=0.1) == -signal.SIGKILL


def test_one_that_has_ended_already_is_stopped_with_its_own_code(tmp_path):
    ended = child.start(python("raise SystemExit(7)"), tmp_path / "part.log")
    ended.wait(20)
    assert child.stop(ended) == 7


def test_the_end_of_a_log_that_is_not_there_is_nothing(tmp_path):
    assert child.last_lines(tmp_path / "none.log") == ""


def test_it_may_open_as_many_files_as_we_may_at_most(tmp_path):
    log = tmp_path / "part.log"
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard - 1, hard))
    try:
        asked = "import resource; print(resource.getrlimit(resource.RLIMIT_NOFILE))"
        child.start(python(asked), log).wait(20)
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    assert log.read_text() == f"({hard}, {hard})\n"
