"""axe finds nothing serious on any page, wide and phone-sized, light and dark."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

from accounts.models import User
from recognizer.models import Upload
from tests.e2e import steps
from tests.e2e.conftest import OpenPage

SERIOUS = ("serious", "critical")
# Nothing but colours changes with the scheme.
COLOURS = {"resultTypes": ["violations"], "runOnly": ["color-contrast", "link-in-text-block"]}
SIGNED_OUT = ("/", "/accounts/login/", "/accounts/signup/", "/accounts/password/reset/", "/no-such-page/")
SIGNED_IN = (
    "/history/",
    "/history/?q=47&state=read",
    "/history/trash/",
    "/history/all/",
    "/batches/",
    "/dashboard/",
    "/forms/",
    "/forms/new/",
    "/models/",
    "/account/",
    "/samples/",
    "/accounts/password/change/",
    "/accounts/email/",
    "/accounts/logout/",
)


@pytest.mark.parametrize("size", ["wide", "phone"])
def test_pages_for_everybody_are_accessible(open_page: OpenPage, size: str) -> None:
    page = open_page(size)
    with problems() as found:
        for path in SIGNED_OUT:
            page.goto(path)
            found += serious_problems(page, path)


@pytest.mark.parametrize("size", ["wide", "phone"])
def test_pages_of_a_signed_in_person_are_accessible(
    open_page: OpenPage, alice: User, number_png: Callable[[str], bytes], size: str
) -> None:
    page = open_page(size, user=alice)
    with problems() as found:
        page.goto("/history/")
        found += serious_problems(page, "empty history")
        page.goto("/read/")
        steps.main_button(page, "Read").click()
        page.get_by_role("alert").first.wait_for()
        found += serious_problems(page, "form with a mistake")
        steps.begin_drawing(page)
        found += serious_problems(page, "pad")
        page.get_by_role("tab", name="Upload").click()
        steps.choose_picture(page, number_png("47"))
        found += serious_problems(page, "preview")
        steps.read(page)
        page.locator("details.digit summary").first.click()
        found += serious_problems(page, "result")
        page.get_by_role("link", name="Delete").click()
        found += serious_problems(page, "question before deleting")
        page.goto(f"/history/{Upload.objects.get().id}/delete/")
        found += serious_problems(page, "page that asks before deleting")
        for path in SIGNED_IN:
            page.goto(path)
            found += serious_problems(page, path)


@contextmanager
def problems() -> Iterator[list[str]]:
    """Collects from all pages, so that one run shows everything."""
    found: list[str] = []
    yield found
    assert found == []


def serious_problems(page: Page, where: str) -> list[str]:
    """Each serious or critical violation of axe's rules on the page as it is now."""
    page.emulate_media(color_scheme="light")
    light = Axe().run(page).response["violations"]
    page.emulate_media(color_scheme="dark")
    # The admin's links change colour slowly.
    page.evaluate("document.body.offsetWidth && Promise.all(document.getAnimations().map((each) => each.finished))")
    dark = Axe().run(page, options=COLOURS).response["violations"]
    page.emulate_media(color_scheme="light")
    return [
        f"{where}, {scheme}: {violation['id']} at {node['target']}: {node['failureSummary']}"
        for scheme, violations in (("light", light), ("dark", dark))
        for violation in violations
        if _is_serious(violation)
        for node in violation["nodes"]
    ]


def _is_serious(violation: dict[str, Any]) -> bool:
    return violation["impact"] in SERIOUS
