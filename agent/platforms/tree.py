"""A copy of the files that readers read: what `diemcau-agent inventory --record` writes, and a test lays out again.

Only what a platform lists is copied. Keys are paths from the root; values are a text, `{"hex": bytes}`,
`{"link": target}`, or null for a folder whose being there is all that counts.
"""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Any, Dict, Iterable

_MOST_BYTES = 64 * 1024
_ADDRESS = re.compile(  # in the name of an interface, enx00e04c680001, or of a Bluetooth mouse's battery
    r"(?<=[a-z]x)[0-9a-f]{12}|(?:[0-9a-f]{2}:){5}[0-9a-f]{2}", re.IGNORECASE
)

Files = Dict[str, Any]


def copy(root: Path, patterns: Iterable[str]) -> Files:
    """Return what the patterns find under `root`, with the links on the way to it."""
    files: Files = {}
    for pattern in patterns:
        folder, _, after = pattern.partition("/device/")  # a link, which a glob would not go back from
        for found in sorted(root.glob(folder)):
            _take(root, found / "device" / after if after else found, files)
    return files


def without_addresses(files: Files) -> Files:
    """Return the files with every hardware address in a name or text replaced by a number."""
    numbers: Dict[str, str] = {}

    def numbered(match: re.Match[str]) -> str:
        return numbers.setdefault(match[0], f"{len(numbers):012x}")

    def clean(value: Any) -> Any:
        if isinstance(value, dict):
            return {name: clean(content) if name == "link" else content for name, content in value.items()}
        return _ADDRESS.sub(numbered, value) if isinstance(value, str) else value

    return {clean(name): clean(value) for name, value in files.items()}


def _take(root: Path, place: Path, files: Files) -> None:
    """Note a file, and each link on the way to it, under its real place."""
    real, rest = root, list(place.relative_to(root).parts)
    while rest:
        part = rest.pop(0)
        if part == "..":
            real = real.parent
            continue
        real = real / part
        if real.is_symlink():
            target = os.readlink(str(real))
            files[str(real.relative_to(root))] = {"link": target}
            real = real.parent
            rest = [*Path(target).parts, *rest]
    name = str(real.relative_to(root))
    if real.is_dir():
        files.setdefault(name, None)
    elif real.exists():
        files[name] = _content(real)


def _content(file: Path) -> Any:
    try:
        with file.open("rb") as stream:
            content = stream.read(_MOST_BYTES)
    except OSError as error:  # as the readers meet it: no value
        return {"error": error.errno}
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError:
        return {"hex": content.hex()}
