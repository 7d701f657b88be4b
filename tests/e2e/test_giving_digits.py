"""Alice lets the models learn from her corrections and takes that back; Charlie looks through what she gave."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from accounts.models import User
from recognizer.models import Sample
from tests.e2e import steps
from tests.e2e.conftest import OpenPage


@pytest.mark.parametrize("size", ["wide", "phone"])
def test_from_a_correction_to_a_sample_and_back(
    open_page: OpenPage, alice: User, charlie: User, number_png: Callable[[str], bytes], size: str
) -> None:
    page = open_page(size, user=alice)
    correct(page, number_png("7"), "1")
    page.get_by_role("link", name="see what that means").click()
    expect(page.get_by_text("none of yours is used")).to_be_visible()
    page.get_by_role("link", name="Decide in your profile").click()
    page.get_by_label("Let the digits I correct or confirm improve the models here").check()
    steps.main_button(page, "Save").click()
    expect(page.get_by_text("Your profile was saved.")).to_be_visible()
    correct(page, number_png("3"), "3")
    assert Sample.objects.get().label == 3

    staff_drop_it(open_page(size, user=charlie))
    sample = Sample.objects.get()
    assert (sample.state, sample.reason) == ("dropped", "printed, not written")

    page.goto("/samples/")
    expect(page.locator(".facts")).to_contain_text("Dropped")
    steps.main_button(page, "Withdraw and delete them").click()
    expect(page.get_by_text("1 digit was deleted")).to_be_visible()
    assert not Sample.objects.exists()


def correct(page: Page, picture: bytes, text: str) -> None:
    page.goto("/read/")
    steps.choose_picture(page, picture)
    steps.read(page)
    page.locator("form.correct [name=text]").fill(text)
    page.locator("form.correct").get_by_role("button", name="Save").click()
    expect(page.locator(".messages")).to_be_visible()


def staff_drop_it(page: Page) -> None:
    """With the keyboard alone once the page is there."""
    page.goto("/admin/recognizer/sample/")
    expect(page.get_by_alt_text("Labelled 3")).to_be_visible()
    page.locator("#result_list tbody .action-select").focus()
    page.keyboard.press("Space")
    page.get_by_label("Action:").select_option(label="Drop: never use them (give a reason)")
    page.get_by_label("Reason (to drop)").fill("printed, not written")
    page.keyboard.press("Enter")
    expect(page.get_by_text("1 sample is dropped.")).to_be_visible()
