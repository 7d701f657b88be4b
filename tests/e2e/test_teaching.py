"""A person fetches the sheet, gives a photo of it filled in, looks, unticks one digit, and confirms."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from accounts.models import User
from recognizer.models import Sample, Sheet
from recognizer.tests.pictures import as_jpeg, as_png, page
from recognizer.tests.teaching_pictures import drawn, filled, photographed
from tests.e2e import steps
from tests.e2e.conftest import OpenPage
from tests.e2e.test_accessibility import problems, serious_problems

SHEET_PAGE = re.compile(r"/teach/[0-9a-f-]{36}/$")


@pytest.fixture(scope="module")
def photo() -> bytes:
    """Ninety-nine digits: a box is empty, and in the row of 8 stands a 3."""
    digits = {(4, 9): None, (8, 2): 3}
    sheet = filled(drawn(lambda row, column: digits.get((row, column), row)))
    return as_jpeg(photographed(sheet, angle=-5, tilt=(0.05, 0.1), shadow=0.4))


def give(page: Page, photo: bytes) -> None:
    page.goto("/teach/")
    steps.choose_picture(page, photo, "sheet.jpg")
    steps.main_button(page, "Read the sheet").click()
    expect(page).to_have_url(SHEET_PAGE)


def no_sideways_scrolling(page: Page) -> bool:
    return bool(page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth"))


@pytest.mark.parametrize("size", ["wide", "phone"])
def test_a_hand_is_taught_by_a_sheet(open_page: OpenPage, alice: User, photo: bytes, size: str, tmp_path: Path) -> None:
    page = open_page(size, user=alice, accept_downloads=True)
    page.goto("/teach/")
    assert no_sideways_scrolling(page)
    with page.expect_download() as download:
        page.get_by_role("link", name="Sheet for A4 paper").click()
    download.value.save_as(tmp_path / "sheet.pdf")
    assert (tmp_path / "sheet.pdf").read_bytes().startswith(b"%PDF-1.7")

    give(page, photo)
    assert no_sideways_scrolling(page)
    expect(page.get_by_text("99 digits were found.")).to_be_visible()
    expect(page.get_by_text("Did you write a 3 in the row of 8?")).to_be_visible()
    expect(page.get_by_role("checkbox", name="8, box 3, looks like a 3")).not_to_be_checked()
    page.get_by_role("checkbox", name="0, box 1", exact=True).uncheck()
    steps.main_button(page, "Keep the ticked digits").click()
    expect(page.get_by_role("alert")).to_contain_text("only if you agree")
    expect(page.get_by_role("checkbox", name="0, box 1", exact=True)).not_to_be_checked()
    page.get_by_role("checkbox", name="I agree").check()
    steps.main_button(page, "Keep the ticked digits").click()
    expect(page.get_by_text("97 digits of your hand will be there for the next training.")).to_be_visible()
    assert Sample.objects.filter(contributor=alice, label=0).count() == 9
    assert Sample.objects.count() == 97


def test_the_keyboard_alone_will_do(open_page: OpenPage, alice: User, photo: bytes) -> None:
    page = open_page(user=alice)
    give(page, photo)
    page.get_by_role("checkbox", name="9, box 10", exact=True).focus()
    page.keyboard.press("Space")
    expect(page.get_by_role("checkbox", name="9, box 10", exact=True)).not_to_be_checked()
    page.keyboard.press("Tab")
    page.keyboard.press("Space")
    expect(page.get_by_role("checkbox", name="I agree")).to_be_checked()
    page.keyboard.press("Tab")  # the link to the profile, in the words about consent
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_text("97 digits of your hand")).to_be_visible()


def test_a_sheet_can_be_thrown_away_or_left_for_later(open_page: OpenPage, alice: User, photo: bytes) -> None:
    page = open_page(user=alice)
    give(page, photo)
    page.goto("/teach/")
    page.get_by_role("link", name=re.compile("Look at the sheet of")).click()
    steps.main_button(page, "Throw the sheet away").click()
    expect(page.get_by_text("The sheet was thrown away; nothing of it was kept.")).to_be_visible()
    assert bytes(Sheet.objects.get().crops) == b""
    assert not Sample.objects.exists()


def test_another_picture_gets_a_sentence(open_page: OpenPage, alice: User) -> None:
    window = open_page(user=alice)
    window.goto("/teach/")
    steps.choose_picture(window, as_png(page("123")))
    steps.main_button(window, "Read the sheet").click()
    expect(window.get_by_role("alert")).to_contain_text("No sheet was found on this picture.")


@pytest.mark.parametrize("size", ["wide", "phone"])
def test_the_pages_of_the_sheet_are_accessible(open_page: OpenPage, alice: User, photo: bytes, size: str) -> None:
    page = open_page(size, user=alice)
    with problems() as found:
        give(page, photo)
        found += serious_problems(page, "glance")
        steps.main_button(page, "Keep the ticked digits").click()
        page.get_by_role("alert").wait_for()
        found += serious_problems(page, "glance with a mistake")
        page.goto("/teach/")
        found += serious_problems(page, "sheet")


def test_without_javascript_it_works_as_well(open_page: OpenPage, alice: User, photo: bytes) -> None:
    page = open_page(user=alice, java_script_enabled=False)
    give(page, photo)
    page.get_by_role("checkbox", name="I agree").check()
    steps.main_button(page, "Keep the ticked digits").click()
    expect(page.get_by_text("98 digits of your hand")).to_be_visible()
