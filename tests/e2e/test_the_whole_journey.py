"""From signing up to the history, wide and phone-sized, with a file and with a drawing."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from recognizer.models import Correction, Upload
from recognizer.tests.plugin import PASSWORD
from tests.e2e import steps
from tests.e2e.conftest import OpenPage

PERCENTAGE = re.compile(r"\d+\.\d\s%")


@pytest.mark.parametrize("size", ["wide", "phone"])
def test_a_new_person_reads_a_file_and_a_drawing_corrects_one_and_finds_both(
    open_page: OpenPage, number_png: Callable[[str], bytes], size: str
) -> None:
    page = open_page(size)
    steps.sign_up(page, "dora@numeral.example", PASSWORD)
    steps.choose_picture(page, number_png("3"))
    steps.read(page)
    the_result_shows(page, "3")

    page.get_by_role("link", name="Read another").click()
    pad = steps.begin_drawing(page)
    a_stroke_can_be_taken_back_and_all_of_them_cleared(page, finger=size == "phone")
    steps.draw(page, pad, steps.SEVEN, finger=size == "phone")
    steps.read(page)
    the_result_shows(page, "7")

    correct_it_to(page, "1")
    expect(page.get_by_text("The model read 7")).to_be_visible()
    correction = Correction.objects.get()
    assert (correction.text, correction.prediction.text, correction.prediction.state) == ("1", "7", "corrected")

    page.get_by_role("link", name="History", exact=True).click()
    expect(page.locator(".upload-text")).to_have_text(["1", "3"])
    assert list(Upload.objects.order_by("-created_at").values_list("source", flat=True)) == ["canvas", "file"]
    no_sideways_scrolling(page)
    page.get_by_role("link", name="3", exact=True).click()
    the_result_shows(page, "3")


def the_result_shows(page: Page, digit: str) -> None:
    """The digit, its confidence, ten bars with their figures, what the model saw, the model, and the picture."""
    expect(page.locator("#reading")).to_have_text(digit)
    expect(page.locator(".confidence")).to_have_text(PERCENTAGE)
    expect(page.locator(".bars tbody tr")).to_have_count(10)
    expect(page.locator(".bars tr.best th")).to_have_text(digit)
    expect(page.locator(".bars td:last-child")).to_have_text([re.compile(r"%")] * 10)
    expect(page.locator(".facts")).to_contain_text(re.compile(r"digit-\d"))
    expect(page.locator(".facts")).to_contain_text(re.compile(r"Time taken\s+[\d.]+ ms"))
    the_picture_is_there(page, "The digit as the model got it")
    the_picture_is_there(page, "The picture that was read")
    no_sideways_scrolling(page)


def the_picture_is_there(page: Page, name: str) -> None:
    picture = page.get_by_alt_text(name)
    expect(picture).to_be_visible()
    picture.scroll_into_view_if_needed()
    picture.evaluate("(picture) => picture.decode()")  # fails where it could not be loaded


def a_stroke_can_be_taken_back_and_all_of_them_cleared(page: Page, *, finger: bool) -> None:
    pad = page.locator("#pad")
    undo, clear = (page.get_by_role("button", name=name, exact=True) for name in ("Undo", "Clear"))
    expect(undo).to_be_disabled()
    expect(clear).to_be_disabled()
    steps.draw(page, pad, steps.SCRATCH, finger=finger)
    once = ink(page)
    steps.draw(page, pad, steps.SEVEN, finger=finger)
    assert ink(page) > once > 0
    undo.click()
    assert ink(page) == once
    clear.click()
    assert ink(page) == 0
    expect(clear).to_be_disabled()


def ink(page: Page) -> int:
    """How many pixels of the pad are drawn on."""
    count = page.locator("#pad").evaluate(
        """(pad) => {
             const copy = Object.assign(document.createElement("canvas"), {width: pad.width, height: pad.height});
             const context = copy.getContext("2d", {willReadFrequently: true});
             context.drawImage(pad, 0, 0);
             const {data} = context.getImageData(0, 0, pad.width, pad.height);
             return data.filter((value, at) => at % 4 === 3 && value > 0).length;
           }"""
    )
    return int(count)


def correct_it_to(page: Page, text: str) -> None:
    page.locator("form.correct [name=text]").fill(text)
    page.locator("form.correct").get_by_role("button", name="Save").click()
    expect(page.get_by_text("Your correction is kept.")).to_be_visible()
    expect(page.locator("#reading")).to_have_text(text)


def no_sideways_scrolling(page: Page) -> None:
    assert page.evaluate("document.documentElement.scrollWidth - window.innerWidth") <= 0
