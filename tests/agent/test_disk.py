from __future__ import annotations

from agent.disk import Disk
from agent.spool import SpoolError, SpoolFullError


def test_trouble_of_one_kind_is_told_once_until_it_is_over(told):
    disk = Disk()
    for error in (SpoolFullError("full"), SpoolFullError("full"), SpoolError("broken"), SpoolError("broken")):
        disk.failed(error)
    disk.kept()
    disk.kept()
    disk.failed(SpoolError("broken"))
    assert [("(full)" in line, "(broken)" in line) for line in told] == [
        (True, False),
        (False, True),
        (False, False),  # it can again
        (False, True),
    ]
