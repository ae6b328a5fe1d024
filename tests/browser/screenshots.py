"""Writes a picture of every page, as wide as telephones, laptops and big screens, in both languages and schemes.

python -m tests.browser.screenshots FOLDER
"""

from __future__ import annotations

import shutil
import socket
import sys
import tempfile
from itertools import product
from pathlib import Path

from tests.browser.centre import Centre, running
from tests.browser.pages import addresses, seen_by

WIDTHS = (390, 1440, 1920)
LANGUAGES = ("vi", "en")
SCHEMES = ("light", "dark")


def take(centre: Centre, folder: Path) -> int:
    """Write the pictures and return how many: page-width-language-scheme.png."""
    count = 0
    for name, address in addresses(centre.filled).items():
        for lang in LANGUAGES:
            with centre.look(seen_by(name), lang=lang) as context:
                page = context.new_page()
                page.goto(address)
                for width, scheme in product(WIDTHS, SCHEMES):
                    page.set_viewport_size({"width": width, "height": 900})
                    page.emulate_media(color_scheme=scheme)
                    page.screenshot(path=folder / f"{name}-{width}-{lang}-{scheme}.png", full_page=True)
                    count += 1
    return count


def main() -> None:
    """Take them all anew."""
    folder = Path(sys.argv[1])
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    with tempfile.TemporaryDirectory() as home, running(Path(home) / "home", port) as centre:
        print(f"{take(centre, folder)} PNG: {folder}/")


if __name__ == "__main__":
    main()
