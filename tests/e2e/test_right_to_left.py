"""Pages hold together where the script runs from right to left, and in French, on the narrowest phones."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, ViewportSize

from accounts.models import User
from tests.e2e import steps
from tests.e2e.conftest import OpenPage

NARROW: ViewportSize = {"width": 320, "height": 640}
FOR_EVERYBODY = ("/", "/accounts/login/", "/accounts/signup/", "/accounts/password/reset/", "/no-such-page/")
FOR_MEMBERS = ("/read/", "/history/", "/history/trash/", "/review/", "/models/", "/account/", "/samples/", "/teach/")


def overflow(page: Page) -> int:
    """How many pixels the page is wider than the window."""
    return int(page.evaluate("() => document.documentElement.scrollWidth - document.documentElement.clientWidth"))


def sideways(page: Page, paths: tuple[str, ...]) -> dict[str, int]:
    """The pages that scroll sideways, and how far."""
    found = {}
    for path in paths:
        page.goto(path)
        if wider := overflow(page):
            found[path] = wider
    return found


@pytest.fixture
def hebrew(settings: Any) -> str:
    """A language that runs from right to left; Django's own texts are in it, ours stay English."""
    settings.LANGUAGES = [*settings.LANGUAGES, ("he", "עברית")]
    return "he-IL"


def test_no_page_scrolls_sideways_in_french(open_page: OpenPage, alice: User) -> None:
    stranger, page = open_page("phone", locale="fr-FR"), open_page("phone", user=alice, locale="fr-FR")
    for each, paths in ((stranger, FOR_EVERYBODY), (page, FOR_MEMBERS)):
        each.set_viewport_size(NARROW)
        assert sideways(each, paths) == {}
        assert each.locator("html").get_attribute("lang") == "fr"


def test_no_page_scrolls_sideways_from_right_to_left(open_page: OpenPage, alice: User, hebrew: str) -> None:
    stranger, page = open_page("phone", locale=hebrew), open_page("phone", user=alice, locale=hebrew)
    for each, paths in ((stranger, FOR_EVERYBODY), (page, FOR_MEMBERS)):
        each.set_viewport_size(NARROW)
        assert sideways(each, paths) == {}
        assert each.evaluate("() => getComputedStyle(document.body).direction") == "rtl"


def test_a_result_holds_together_from_right_to_left(
    open_page: OpenPage, alice: User, number_png: Callable[[str], bytes], hebrew: str
) -> None:
    page = open_page("phone", user=alice, locale=hebrew)
    page.set_viewport_size(NARROW)
    page.goto("/read/")
    steps.choose_picture(page, number_png("40213"))
    steps.main_button(page, "Read").click()
    page.locator("#reading").wait_for()
    assert overflow(page) == 0
    assert page.locator("#reading").inner_text().strip().isdigit()


def test_the_language_is_chosen_in_the_footer_and_scripts_follow(open_page: OpenPage, alice: User) -> None:
    page = open_page(user=alice)
    page.goto("/models/")
    page.get_by_role("button", name="Français").click()
    page.get_by_role("heading", name="Modèles").wait_for()
    page.wait_for_load_state()
    assert page.url.endswith("/models/")
    assert page.evaluate("() => window.django.gettext('Copied')") == "Copié"
    page.get_by_role("button", name="English").click()
    page.get_by_role("heading", name="Models", exact=True).wait_for()
