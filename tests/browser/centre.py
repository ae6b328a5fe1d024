"""The web of a filled country in a process of its own, and the system's Chromium to look at it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import NamedTuple

from playwright.sync_api import Browser, BrowserContext, StorageState, sync_playwright

from provisioning.settings import Settings
from tests.browser.country import PASSWORD, PEOPLE, Filled, fill

_STARTS_WITHIN_S = 60
_SETTINGS = {"DIEMCAU_CALL_VNPT": "1800 1260, nhánh 9"}


class Centre(NamedTuple):
    """Where the web answers, what is in it, and a browser."""

    url: str
    filled: Filled
    browser: Browser
    logged_in: dict[str, StorageState]  # by login

    def look(self, login: str = "noc", *, lang: str = "vi", has_script: bool = True) -> BrowserContext:
        """Open a browser's profile of somebody who is logged in; an empty login: of somebody who is not."""
        context = self.browser.new_context(
            base_url=self.url,
            viewport={"width": 1440, "height": 900},
            color_scheme="light",
            storage_state=self.logged_in.get(login),
            java_script_enabled=has_script,
        )
        context.add_cookies([{"name": "diemcau_lang", "value": lang, "url": self.url}])
        return context


@contextmanager
def running(home: Path, port: int) -> Iterator[Centre]:
    """Fill a country below `home`, run its web on `port` and a browser beside it, and end both."""
    program = shutil.which("chromium")
    if program is None:
        raise RuntimeError("these tests need Debian's chromium: apt-get install chromium")
    for folder in ("db", "secrets"):
        (home / folder).mkdir(parents=True, mode=0o700)
    filled = fill(Settings(home=home))
    url = f"http://127.0.0.1:{port}"
    environment = {**os.environ, "DIEMCAU_HOME": str(home), "DIEMCAU_WEB_PORT": str(port), **_SETTINGS}
    with (home / "log").open("wb") as log:
        web = subprocess.Popen([sys.executable, "-m", "collector.cli", "web"], env=environment, stdout=log, stderr=log)
    try:
        _wait(f"{url}/healthz", web, home / "log")
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
            logged_in = {login: _log_in(browser, url, login) for login, *_ in PEOPLE}
            yield Centre(url, filled, browser, logged_in)
            browser.close()
    finally:
        web.terminate()
        web.wait(20)


def _log_in(browser: Browser, url: str, login: str) -> StorageState:
    context = browser.new_context(base_url=url)
    page = context.new_page()
    page.goto("/login")
    page.fill("input[name=login]", login)
    page.fill("input[name=password]", PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_selector("#live")
    state = context.storage_state()
    context.close()
    return state


def _wait(url: str, web: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + _STARTS_WITHIN_S
    while time.monotonic() < deadline and web.poll() is None:
        with suppress(OSError), urllib.request.urlopen(url, timeout=5):
            return
        time.sleep(0.1)
    raise RuntimeError(f"the web does not answer:\n{log.read_text()}")
