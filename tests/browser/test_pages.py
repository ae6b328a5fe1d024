"""Every page in a real browser: for whoever cannot see it well, on a telephone, without script, and with bad guests."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from playwright.sync_api import Page

from collector.dashboard.routes import ROUTES
from tests.browser.centre import Centre
from tests.browser.pages import NAMES, NO_PAGES, PAGES, seen_by

AXE = Path("collector/dashboard/assets/node_modules/axe-core/axe.min.js")
STANDARDS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
RULES = {"light": STANDARDS, "dark": ["color-contrast"]}  # of the schemes colours alone differ
WIDTHS = (390, 1440)
BETWEEN = 1088  # as on a desk, with the least room
FIRST_LOAD_BYTES = 150_000
RUN_AXE = """async (only) => (await axe.run(document, { runOnly: only, resultTypes: ["violations"] }))
    .violations.flatMap(({ id, nodes }) => nodes.slice(0, 3).map((node) => `${id}: ${node.html.slice(0, 200)}`))"""
LOOK = """() => ({
    wide: document.documentElement.scrollWidth - document.documentElement.clientWidth,
    hostile: document.querySelectorAll("img[onerror], img[src=x], script:not([src])").length,
    links: document.querySelectorAll("main a[href]").length,
    text: document.querySelector("main").innerText.length,
})"""


class Seen(NamedTuple):
    """What a page showed and did."""

    name: str
    violations: set[str]
    complaints: list[str]  # of the console, or errors of scripts
    requests: set[str]  # the addresses
    dialogs: list[str]
    wide: dict[int, int]  # by width, pixels that the page is wider
    hostile: int
    links: int
    text: int


@pytest.fixture(scope="module", params=NAMES)
def seen(request: pytest.FixtureRequest, centre: Centre, address_of: Callable[[str], str]) -> Iterator[Seen]:
    name = request.param
    with centre.look(seen_by(name)) as context:
        page = context.new_page()
        complaints, requests, dialogs = _listen(page)
        page.goto(address_of(name))
        page.evaluate(AXE.read_text(encoding="utf-8"))
        violations, wide, look = set(), {}, {}
        for width in WIDTHS:
            page.set_viewport_size({"width": width, "height": 900})
            for scheme, rules in RULES.items():
                page.emulate_media(color_scheme=scheme)
                violations |= {f"{width} {scheme} {one}" for one in page.evaluate(RUN_AXE, rules)}
            look = page.evaluate(LOOK)
            wide[width] = look.pop("wide")
        page.set_viewport_size({"width": BETWEEN, "height": 900})
        wide[BETWEEN] = page.evaluate(LOOK)["wide"]
        yield Seen(name, violations, complaints, requests, dialogs, wide, **look)


def _listen(page: Page) -> tuple[list[str], set[str], list[str]]:
    complaints: list[str] = []
    requests: set[str] = set()
    dialogs: list[str] = []
    page.on("console", lambda said: complaints.append(said.text) if said.type in ("error", "warning") else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("request", lambda sent: requests.add(sent.url))

    def close(dialog: Any) -> None:
        dialogs.append(dialog.message)
        dialog.dismiss()

    page.on("dialog", close)
    return complaints, requests, dialogs


def test_every_route_that_answers_a_browser_is_looked_at_or_named_as_none() -> None:
    found = {f"GET {route.path}" for route in ROUTES if route.method == "GET"}
    assert {route for route in found if not route.startswith("GET /api/")} == set(PAGES) | NO_PAGES


def test_nothing_stands_in_the_way_of_those_who_see_or_move_otherwise(seen: Seen) -> None:
    assert not seen.violations, "\n".join(sorted(seen.violations))


def test_what_stands_in_the_way_is_found_or_the_test_above_could_not_fail(centre: Centre) -> None:
    with centre.look("") as context:
        page = context.new_page()
        page.emulate_media(color_scheme="dark")
        page.goto("/login")
        page.evaluate(AXE.read_text(encoding="utf-8"))
        page.evaluate("document.documentElement.removeAttribute('lang')")
        assert [one.partition(":")[0] for one in page.evaluate(RUN_AXE, RULES["light"])] == ["html-has-lang"]
        page.evaluate("document.querySelector('h1').style.color = '#333'")
        assert [one.partition(":")[0] for one in page.evaluate(RUN_AXE, RULES["dark"])] == ["color-contrast"]


def test_the_browser_has_nothing_to_complain_of(seen: Seen) -> None:
    assert seen.complaints == []


def test_nothing_is_fetched_from_elsewhere(seen: Seen, centre: Centre) -> None:
    assert seen.requests
    assert [url for url in seen.requests if not url.startswith((f"{centre.url}/", "data:"))] == []


def test_nothing_is_wider_than_the_screen(seen: Seen) -> None:
    assert seen.wide == dict.fromkeys((*WIDTHS, BETWEEN), 0)


def test_what_bad_guests_are_called_runs_nothing(seen: Seen) -> None:
    assert (seen.hostile, seen.dialogs) == (0, [])


def test_all_is_there_without_script_too(seen: Seen, centre: Centre, address_of: Callable[[str], str]) -> None:
    with centre.look(seen_by(seen.name), has_script=False) as context:
        page = context.new_page()
        page.goto(address_of(seen.name))
        assert page.locator("main a[href]").count() == seen.links
        assert abs(len(page.locator("main").inner_text()) - seen.text) <= 0.02 * seen.text  # ages go on


def test_hostile_names_are_there_or_the_test_above_could_not_fail(centre: Centre) -> None:
    with centre.look() as context:
        page = context.new_page()
        page.goto("/sites?q=onerror")
        assert page.get_by_text("<img src=x onerror=").count() >= 5


def test_the_first_page_is_light_to_load(centre: Centre) -> None:
    with centre.look() as context:
        page = context.new_page()
        network = context.new_cdp_session(page)
        network.send("Network.enable")
        loaded: list[float] = []
        network.on("Network.loadingFinished", lambda event: loaded.append(event["encodedDataLength"]))
        page.goto("/")
        page.wait_for_selector("#live[data-state=connected]")
        assert len(loaded) >= 4  # page, style, script, fonts
        assert sum(loaded) <= FIRST_LOAD_BYTES
