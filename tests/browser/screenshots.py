"""Writes a picture of every page, as wide as telephones, laptops and big screens, in both languages and schemes.

python -m tests.browser.screenshots FOLDER [PAGE ...]: all of them anew, or those pages only, beside what is there
"""

from __future__ import annotations

import shutil
import socket
import sys
import tempfile
from collections.abc import Sequence
from itertools import product
from pathlib import Path

from tests.browser.centre import Centre, running
from tests.browser.pages import addresses, seen_by

WIDTHS = (390, 1440, 1920)
LANGUAGES = ("vi", "en")
SCHEMES = ("light", "dark")
REDRAWN_WITHIN_MS = 400  # a page's plots, after its width has changed


def take(centre: Centre, folder: Path, only: Sequence[str] = ()) -> int:
    """Write the pictures, of all pages or `only` these, and return how many: page-width-language-scheme.png."""
    count = 0
    of_pages = addresses(centre.filled)
    for name in only or of_pages:
        for lang in LANGUAGES:
            with centre.look(seen_by(name), lang=lang) as context:
                page = context.new_page()
                page.goto(of_pages[name])
                for width, scheme in product(WIDTHS, SCHEMES):
                    page.set_viewport_size({"width": width, "height": 900})
                    page.emulate_media(color_scheme=scheme)
                    if page.locator(".plot").count():
                        page.wait_for_timeout(REDRAWN_WITHIN_MS)
                    page.screenshot(path=folder / f"{name}-{width}-{lang}-{scheme}.png", full_page=True)
                    count += 1
    return count


def main() -> None:
    """Take them all anew, or only those that are named."""
    folder, only = Path(sys.argv[1]), sys.argv[2:]
    if not only:
        shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True, exist_ok=True)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    with tempfile.TemporaryDirectory() as home, running(Path(home) / "home", port) as centre:
        print(f"{take(centre, folder, only)} PNG: {folder}/")


if __name__ == "__main__":
    main()
