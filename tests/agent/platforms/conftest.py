"""A machine as a folder of files, which a test writes, and programs with recorded outputs."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from agent.platforms.machine import Machine

Content = str | bytes | None


def _no_program(command: object) -> str:
    raise FileNotFoundError(command)


@pytest.fixture
def machine(tmp_path: Path) -> Callable[..., Machine]:
    """A function that writes files, links (`-> target`) and folders (None) under a root, and returns the machine."""

    def machine(files: dict[str, Content], run: Callable[..., str] = _no_program) -> Machine:
        for name in ("sys/class", "proc", "dev", "etc"):
            (tmp_path / name).mkdir(parents=True, exist_ok=True)
        for name, content in files.items():
            place = tmp_path / name
            place.parent.mkdir(parents=True, exist_ok=True)
            if content is None:
                place.mkdir(exist_ok=True)
            elif isinstance(content, bytes):
                place.write_bytes(content)
            elif content.startswith("-> "):
                place.symlink_to(content.removeprefix("-> "))
            else:
                place.write_text(content + "\n", encoding="utf-8")
        return Machine(tmp_path, run)

    return machine
