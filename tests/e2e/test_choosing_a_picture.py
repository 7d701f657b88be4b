"""Before a picture is read: its preview, second thoughts, and a button that works once."""

from __future__ import annotations

import re
from collections.abc import Callable

from playwright.sync_api import Page, expect

from accounts.models import User
from tests.e2e import steps
from tests.e2e.conftest import OpenPage

# Notes each submission that gets past the page's own scripts, and what the button looks like then; nothing is sent.
NOTE_SUBMISSIONS = """
window.submissions = [];
document.addEventListener("submit", (event) => {
  if (event.defaultPrevented) return;
  event.preventDefault();
  const button = document.getElementById("read-button");
  window.submissions.push(button.textContent.trim() + (button.disabled ? ", disabled" : ""));
});
"""


def test_a_chosen_picture_is_shown_and_can_be_removed_and_chosen_again(
    open_page: OpenPage, alice: User, number_png: Callable[[str], bytes]
) -> None:
    page = open_page(user=alice)
    page.goto("/read/")
    steps.choose_picture(page, number_png("8"), "eight.png")
    preview = page.get_by_alt_text("The picture that you chose")
    expect(preview).to_be_visible()
    expect(page.locator("#preview-name")).to_have_text("eight.png")
    page.get_by_role("button", name="Remove").click()
    expect(preview).to_be_hidden()
    assert files_chosen(page) == 0
    steps.choose_picture(page, number_png("6"), "six.png")
    expect(preview).to_be_visible()
    steps.read(page)
    expect(page.locator("#reading")).to_have_text("6")


def test_the_button_says_reading_and_cannot_be_pressed_twice(
    open_page: OpenPage, alice: User, number_png: Callable[[str], bytes]
) -> None:
    page = open_page(user=alice)
    page.goto("/read/")
    page.evaluate(NOTE_SUBMISSIONS)
    steps.choose_picture(page, number_png("2"))
    page.locator("#read-button").dblclick()
    page.locator("[name=expect]").press("Enter")
    assert page.evaluate("window.submissions") == ["Reading…, disabled"]


def test_reading_without_a_picture_says_so_and_a_second_try_works(
    open_page: OpenPage, alice: User, number_png: Callable[[str], bytes]
) -> None:
    page = open_page(user=alice)
    page.goto("/read/")
    steps.main_button(page, "Read").click()
    expect(page.get_by_role("alert").filter(has_text=re.compile("picture"))).to_be_visible()
    steps.choose_picture(page, number_png("9"))
    steps.read(page)
    expect(page.locator("#reading")).to_have_text("9")


def files_chosen(page: Page) -> int:
    return int(page.locator("[name=image]").evaluate("(field) => field.files.length"))
