"""A process of ours that is given orders and answers them, line by line."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

Partner = subprocess.Popen[str]


@contextmanager
def conversing(program: str, *arguments: object, python: str | Path = sys.executable) -> Iterator[Partner]:
    """Run one of the programs beside this file until the context ends."""
    path = Path(__file__).parent.parent
    command = [str(python), "-m", f"laboratory.{program}", *map(str, arguments)]
    with subprocess.Popen(command, cwd=path, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        try:
            yield process
        finally:
            process.kill()


def tell(partner: Partner, line: str) -> None:
    """Give an order."""
    assert partner.stdin is not None
    partner.stdin.write(line + "\n")
    partner.stdin.flush()


def wait_for(partner: Partner, word: str) -> None:
    """Wait for an answer; raises RuntimeError when another one comes or the process has ended."""
    assert partner.stdout is not None
    line = partner.stdout.readline().strip()
    if line != word:
        raise RuntimeError(f"process {partner.pid} says {line!r} where {word!r} was due")
