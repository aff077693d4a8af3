"""One browser for all tests of this folder; where there is none, they are not collected."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, sync_playwright

from tests.browser.visits import Visits
from tests.browsers import chromium

collect_ignore_glob = [] if chromium() else ["test_*.py"]


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    """The browser, closed before other tests follow: while it is driven, no other event loop can run."""
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=chromium())
        yield browser
        browser.close()


@pytest.fixture
def visits(browser: Browser) -> Iterator[Visits]:
    """Pages that a test opens, each a visit; none may ask for another file or report an error."""
    visits = Visits(browser)
    yield visits
    visits.close()
    assert not visits.complaints
