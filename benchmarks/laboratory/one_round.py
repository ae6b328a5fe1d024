"""One round's child, started by a process as small as the resident, and what it cost.

A program of its own: Linux counts into a child's peak what its parent held when it started it, and the benchmark is
larger than the child. On stdin: the request of `agent.child`. On stdout, one JSON object: peak RSS, processor
time, and time on the clock.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time


def main(python: str) -> None:
    began_s = time.monotonic()
    command = (python, "-I", "-m", "agent.round")
    with subprocess.Popen(command, stdin=sys.stdin, stdout=subprocess.PIPE) as child:
        assert child.stdout is not None
        *_, last = child.stdout
        _, status, usage = os.wait4(child.pid, 0)
        child.returncode = os.waitstatus_to_exitcode(status)
    word, _, report = last.partition(b" ")
    if word != b"report" or any("failure" in measured for measured in json.loads(report)["measurements"]):
        raise SystemExit(f"a round that counts has findings only: {last!r}")
    cost = {
        "peak_mb": usage.ru_maxrss / 1024,
        "cpu_s": usage.ru_utime + usage.ru_stime,
        "wall_s": time.monotonic() - began_s,
    }
    print(json.dumps(cost))


if __name__ == "__main__":
    main(*sys.argv[1:])
