"""Finding, ticking, deleting and bringing back, wide and phone-sized, with and without JavaScript."""

from __future__ import annotations

import datetime as dt
import json

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from accounts.models import User
from recognizer.domain.history import digit_count, first_value
from recognizer.models import Upload
from tests.e2e import steps
from tests.e2e.conftest import OpenPage
from tests.e2e.test_accessibility import serious_problems


@pytest.fixture
def uploads(alice: User) -> list[Upload]:
    """Five readings of Alice, the first the oldest; one is in doubt, one has nothing on it."""
    now = timezone.now()
    return Upload.objects.bulk_create(
        Upload(
            owner=alice,
            created_at=now - dt.timedelta(minutes=10 - order),
            source="canvas" if text == "7" else "file",
            keep="text",
            state=state,
            text=text,
            final_text=text,
            confidence=0.99 - order / 10,
            digit_count=digit_count(text),
            value=first_value(text),
        )
        for order, (text, state) in enumerate(
            [("4013", "read"), ("4213", "read"), ("180", "needs_review"), ("7", "read"), ("", "rejected")]
        )
    )


def texts(page: Page) -> list[str]:
    return page.locator(".upload-text").all_inner_texts()


@pytest.mark.parametrize("size", ["wide", "phone"])
@pytest.mark.parametrize("javascript", [True, False])
def test_searching_and_filtering_stand_in_the_address_and_in_chips(
    open_page: OpenPage, alice: User, uploads: list[Upload], size: str, javascript: bool
) -> None:
    page = open_page(size, user=alice, java_script_enabled=javascript)
    page.goto("/history/")
    page.get_by_label("Search", exact=True).fill("4?13")
    page.get_by_label("Search", exact=True).press("Enter")
    expect(page.locator(".upload-text")).to_have_text(["4213", "4013"])
    assert "q=4%3F13" in page.url
    page.get_by_text("Filters", exact=True).click()
    page.get_by_label("Order").select_option("oldest")
    page.get_by_label("State").select_option("Read")
    page.get_by_role("button", name="Apply").click()
    expect(page.locator(".upload-text")).to_have_text(["4013", "4213"])
    page.get_by_role("link", name="Search: 4?13").click()
    expect(page.locator(".upload-text")).to_have_text(["4013", "4213", "7"])
    page.get_by_label("Search", exact=True).fill("abc")
    steps.main_button(page, "Search").click()
    expect(page.get_by_role("alert")).to_contain_text("Search for digits")
    if javascript:
        assert serious_problems(page, "history with a mistake") == []


@pytest.mark.parametrize("size", ["wide", "phone"])
def test_ticked_ones_are_deleted_brought_back_and_exported(
    open_page: OpenPage, alice: User, uploads: list[Upload], size: str
) -> None:
    page = open_page(size, user=alice)
    page.goto("/history/")
    bar = page.locator(".selection")
    expect(bar).to_be_hidden()
    page.get_by_role("checkbox", name="Tick 4213").check()
    page.get_by_role("checkbox", name="Tick 180").check()
    expect(bar).to_contain_text("2 ticked")
    assert page.evaluate("document.documentElement.scrollWidth - window.innerWidth") <= 0
    assert serious_problems(page, "history with ticks") == []
    with page.expect_download() as download:
        bar.get_by_role("button", name="JSON").click()
    lines = download.value.path().read_text(encoding="utf-8").splitlines()
    assert [json.loads(line)["text"] for line in lines] == ["180", "4213"]
    bar.get_by_role("button", name="Delete").click()
    expect(page.get_by_text("2 pictures are in the trash for 30 days.")).to_be_visible()
    assert texts(page) == ["No digit found", "7", "4013"]
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_text("2 pictures are back in your history.")).to_be_visible()
    assert len(texts(page)) == 5


@pytest.mark.parametrize("javascript", [True, False])
def test_the_trash_gives_back_and_deletes_for_good(
    open_page: OpenPage, alice: User, uploads: list[Upload], javascript: bool
) -> None:
    Upload.objects.update(deleted_at=timezone.now())
    page = open_page("phone", user=alice, java_script_enabled=javascript)
    page.goto("/history/")
    page.get_by_role("link", name="Trash").click()
    page.get_by_role("checkbox", name="Tick 7").check()
    page.get_by_role("button", name="Bring back").click()
    expect(page.get_by_text("1 picture is back in your history.")).to_be_visible()
    page.get_by_role("checkbox", name="Tick 180").check()
    page.get_by_role("button", name="Delete for good now").click()
    expect(page.get_by_text("1 picture is gone for good.")).to_be_visible()
    if javascript:
        assert serious_problems(page, "trash") == []
    page.get_by_text("Empty the trash").click()
    page.get_by_role("button", name="Delete all of it for good").click()
    expect(page.get_by_role("heading", name="The trash is empty")).to_be_visible()
    assert list(Upload.objects.values_list("text", flat=True)) == ["7"]


def test_the_keyboard_ticks_a_whole_page_and_deletes_it(
    open_page: OpenPage, alice: User, uploads: list[Upload]
) -> None:
    page = open_page("wide", user=alice)
    page.goto("/history/")
    page.get_by_label("All on this page").focus()
    page.keyboard.press("Space")
    expect(page.locator(".selection")).to_contain_text("5 ticked")
    page.get_by_role("button", name="Delete").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_text("5 pictures are in the trash")).to_be_visible()
