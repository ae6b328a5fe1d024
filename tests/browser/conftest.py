"""One country, one web and one browser for all these tests; each page is looked at once for all that is asked of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from tests.browser.centre import Centre, running
from tests.browser.pages import addresses


@pytest.fixture(scope="module")  # no longer: while it lives, nothing else in this thread can run an event loop
def centre(tmp_path_factory: pytest.TempPathFactory, free_port: Callable[[], int]) -> Iterator[Centre]:
    with running(tmp_path_factory.mktemp("browser") / "home", free_port()) as found:
        yield found


@pytest.fixture(scope="module")
def address_of(centre: Centre) -> Callable[[str], str]:
    """A function that returns a page's address by its name."""
    return addresses(centre.filled).__getitem__
