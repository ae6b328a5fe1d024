"""A keyboard alone reaches everything, in the order in which it stands, and shows where it is."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.browser.centre import Centre
from tests.browser.pages import NAMES, seen_by

# Numbers what can be reached; then notes in which order it is, and whether that shows.
WATCH = """() => {
    const stops = "a[href], button, input:not([type=hidden]), select, textarea, summary, [tabindex='0']";
    const all = [...document.querySelectorAll(stops)]
        .filter((one) => one.checkVisibility());
    window.reached = [];
    window.unseen = [];
    document.addEventListener("focusin", ({ target }) => {
        if (!all.includes(target)) return;
        window.reached.push(all.indexOf(target));
        const { outlineStyle, outlineWidth } = getComputedStyle(target);
        if (outlineStyle === "none" || outlineWidth === "0px") window.unseen.push(target.outerHTML);
    });
    document.body.tabIndex = -1;
    document.body.focus(); // the page's beginning, also where a field takes the focus by itself
    return all.length;
}"""

SEEN = """() => {
    const at = ({ x, y, width, height }) => document.elementFromPoint(x + width / 2, y + height / 2);
    const { activeElement: found, body } = document;  // in pieces, where a name takes two lines
    return found === body || [...found.getClientRects()].some((piece) => found.contains(at(piece)));
}"""
PARTS = 6  # more stops of a date: its day, month, year, hour, minute, and what opens the calendar


@pytest.mark.parametrize("name", NAMES)
def test_tab_reaches_all_in_order_and_shows_where_it_is(
    name: str, centre: Centre, address_of: Callable[[str], str]
) -> None:
    with centre.look(seen_by(name)) as context:
        page = context.new_page()
        page.goto(address_of(name))
        count = page.evaluate(WATCH)
        for _ in range(count):
            page.keyboard.press("Tab")
        for _ in range(PARTS * page.locator("input[type^=date]").count()):
            if page.evaluate("reached.length") == count:
                break
            page.keyboard.press("Tab")
        assert page.evaluate("reached") == list(range(count))
        assert page.evaluate("unseen") == []


def test_what_a_phone_does_not_show_is_not_reached(centre: Centre) -> None:
    with centre.look() as context:
        page = context.new_page()
        page.set_viewport_size({"width": 390, "height": 900})
        page.goto("/units")
        for _ in range(page.evaluate(WATCH)):
            page.keyboard.press("Tab")
            assert page.evaluate(SEEN), page.evaluate("document.activeElement.outerHTML")


def test_the_first_tab_offers_to_skip_what_stands_before_the_content(centre: Centre) -> None:
    with centre.look() as context:
        page = context.new_page()
        page.goto("/sites")
        page.keyboard.press("Tab")
        assert page.locator(".skip").is_visible()
        page.keyboard.press("Enter")
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.closest('main') !== null")
        assert page.evaluate("document.activeElement === document.querySelector('main a[href]')")


def test_a_slash_begins_a_search_but_within_a_text_is_a_slash(centre: Centre) -> None:
    with centre.look() as context:
        page = context.new_page()
        page.goto("/sites")
        page.keyboard.press("/")
        page.keyboard.type("a/b")
        assert page.input_value("#q") == "a/b"
