"""A person without a mouse reaches everything, in the order of the page."""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import Page, expect

from accounts.models import User
from tests.e2e import steps
from tests.e2e.conftest import OpenPage

FOCUSED = "document.activeElement.name || document.activeElement.id || document.activeElement.textContent.trim()"


def test_a_picture_is_chosen_read_and_corrected_with_the_keyboard_alone(
    open_page: OpenPage, alice: User, number_png: Callable[[str], bytes]
) -> None:
    page = open_page(user=alice)
    page.goto("/read/")
    page.on("filechooser", lambda chooser: None)  # the browser must know in time that we answer, not its own dialogue
    passed = tab_to(page, "image")
    assert passed[:2] == ["Skip to the content", "Numeral"]
    with page.expect_file_chooser() as chooser:
        page.keyboard.press("Enter")
    chooser.value.set_files({"name": "one.png", "mimeType": "image/png", "buffer": number_png("2")})
    expect(page.get_by_alt_text("The picture that you chose")).to_be_visible()
    assert [name for name in tab_to(page, "read-button") if name in ("expect", "keep")] == ["expect", "keep"]
    page.keyboard.press("Enter")
    expect(page).to_have_url(steps.RESULT_PAGE)

    tab_to(page, "text")
    page.keyboard.press("Control+A")
    page.keyboard.type("21")
    page.keyboard.press("Enter")
    expect(page.get_by_text("You corrected it to 21")).to_be_visible()


def test_the_link_at_the_top_skips_to_the_content(open_page: OpenPage, alice: User) -> None:
    page = open_page(user=alice)
    page.goto("/history/")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to the content")).to_be_in_viewport()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    expect(page.locator("main a").first).to_be_focused()


def tab_to(page: Page, wanted: str, most: int = 40) -> list[str]:
    """Press Tab until the focus is on it; the names of what was passed on the way."""
    passed: list[str] = []
    for _ in range(most):
        page.keyboard.press("Tab")
        name = str(page.evaluate(FOCUSED))
        if name == wanted:
            return passed
        passed.append(name)
    raise AssertionError(f"{wanted!r} was not reached: {passed}")
