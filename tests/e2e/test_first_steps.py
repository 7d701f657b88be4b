"""A new person reads a first picture within a few clicks, with nothing at hand."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from accounts.models import User
from recognizer.models import Upload
from recognizer.tests.plugin import PASSWORD
from tests.e2e import steps
from tests.e2e.conftest import OpenPage
from tests.e2e.test_accessibility import serious_problems


@pytest.mark.parametrize("size", ["wide", "phone"])
def test_from_the_front_door_to_the_first_reading_it_takes_at_most_four_clicks(open_page: OpenPage, size: str) -> None:
    page = open_page(size)
    steps.count_presses(page)
    page.goto("/")
    steps.main_link(page, "Sign up").click()
    page.locator("[name=email]").fill("dora@numeral.example")
    page.locator("[name=password1]").fill(PASSWORD)
    page.locator("[name=password2]").fill(PASSWORD)
    steps.main_button(page, "Sign up").click()
    expect(page).to_have_url(re.compile("/read/$"))
    steps.main_button(page, "A single digit").click()
    expect(page).to_have_url(steps.RESULT_PAGE)
    expect(page.locator("#reading")).to_have_text("4")
    assert steps.presses(page) <= 4
    assert Upload.objects.get().source == "file"


def test_the_pictures_to_try_are_shown_until_something_was_read(open_page: OpenPage, alice: User) -> None:
    page = open_page(user=alice)
    for path in ("/", "/read/"):
        page.goto(path)
        pictures = page.locator(".samples-to-try img")
        expect(pictures).to_have_count(5)
        for picture in pictures.all():
            picture.scroll_into_view_if_needed()
            picture.evaluate("(picture) => picture.decode()")
        assert serious_problems(page, f"pictures to try, {path}") == []
    steps.main_button(page, "A single digit").click()
    expect(page).to_have_url(steps.RESULT_PAGE)
    for path in ("/", "/read/"):
        page.goto(path)
        expect(page.locator(".samples-to-try")).to_have_count(0)


def test_a_picture_to_try_is_read_without_javascript(open_page: OpenPage, alice: User) -> None:
    page = open_page("phone", user=alice, java_script_enabled=False)
    page.goto("/read/")
    steps.main_button(page, "A single digit").click()
    expect(page).to_have_url(steps.RESULT_PAGE)
