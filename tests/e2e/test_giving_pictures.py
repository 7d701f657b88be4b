"""Giving a picture: dropped anywhere, pasted, from the camera; turned and cropped before it is read."""

from __future__ import annotations

import re
from collections.abc import Callable

import numpy as np
import pytest
from playwright.sync_api import Page, expect

from accounts.models import User
from recognizer.models import Upload
from recognizer.tests.pictures import Picture, as_jpeg, as_png, encode
from recognizer.tests.pictures import page as paper
from tests.e2e import steps
from tests.e2e.conftest import OpenPage
from tests.e2e.giving_steps import BRING, bring
from tests.e2e.test_accessibility import serious_problems

Draw = Callable[[str], bytes]


@pytest.fixture
def page(open_page: OpenPage, alice: User) -> Page:
    page = open_page(user=alice)
    page.goto("/read/")
    return page


def two_digits() -> Picture:
    """A 4 to the left and a 7 to the right, far from each other."""
    return np.hstack([paper("4", size=(300, 300)), paper("7", size=(300, 300))])


def the_preview_shows(page: Page, ratio: float) -> None:
    """A picture of this width over height is shown."""
    image = page.get_by_alt_text("The picture that you chose")
    expect(image).to_be_visible()
    page.wait_for_function(
        "(ratio) => { const image = document.getElementById('preview-image');"
        " return image.complete && Math.abs(image.naturalWidth / image.naturalHeight - ratio) < 0.02; }",
        arg=ratio,
    )


def read(page: Page, text: str) -> None:
    steps.read(page)
    expect(page.locator("#reading")).to_have_text(text)


def test_a_picture_dropped_anywhere_on_the_page_is_read(page: Page, number_png: Draw) -> None:
    steps.begin_drawing(page)
    cover = page.get_by_text("Drop pictures or folders anywhere")
    expect(cover).to_be_hidden()
    assert bring(page, "dragover", number_png("3"))
    expect(cover).to_be_visible()
    assert bring(page, "drop", number_png("3"))
    expect(cover).to_be_hidden()
    expect(page.get_by_role("tab", name="Upload")).to_have_attribute("aria-selected", "true")
    expect(page.locator("#preview-name")).to_have_text("given-0.png")
    read(page, "3")
    assert Upload.objects.get().source == "file"


def test_text_dragged_over_the_page_is_none_of_ours(page: Page) -> None:
    assert not page.locator("footer").evaluate(BRING, ["dragover", [["", "text/plain", "hello"]]])
    expect(page.get_by_text("Drop pictures or folders anywhere")).to_be_hidden()


def test_a_pasted_picture_is_read(page: Page, number_png: Draw) -> None:
    assert bring(page, "paste", number_png("8"), to="body")
    the_preview_shows(page, 190 / 200)
    read(page, "8")
    assert Upload.objects.get().source == "paste"


def test_pasting_no_picture_says_so_but_text_into_a_field_stays_there(page: Page) -> None:
    assert page.locator("body").evaluate(BRING, ["paste", [["", "text/plain", "41"]]])
    expect(page.get_by_role("alert").filter(has_text="no picture in the clipboard")).to_be_visible()
    assert not page.locator("[name=expect]").evaluate(BRING, ["paste", [["", "text/plain", "41"]]])


def test_what_is_no_picture_is_refused_with_the_sentence_of_every_door(page: Page) -> None:
    bring(page, "drop", b"no picture at all")
    steps.main_button(page, "Read").click()
    expect(page.get_by_role("alert").filter(has_text="not a picture of a kind that can be read")).to_be_visible()
    assert not Upload.objects.exists()


def test_the_phones_camera_gives_a_picture_and_a_desk_offers_none(
    open_page: OpenPage, alice: User, number_png: Draw
) -> None:
    desk = open_page(user=alice)
    desk.goto("/read/")
    expect(desk.get_by_role("button", name="Take a photo")).to_be_hidden()
    phone = open_page("phone", user=alice)
    phone.goto("/read/")
    expect(phone.locator("#camera-file")).to_have_attribute("capture", "environment")
    with phone.expect_file_chooser() as chooser:
        phone.get_by_role("button", name="Take a photo").click()
    chooser.value.set_files({"name": "image.jpg", "mimeType": "image/png", "buffer": number_png("9")})
    read(phone, "9")
    assert Upload.objects.get().source == "camera"


def test_a_picture_that_is_not_touched_is_sent_as_it_is(page: Page, number_png: Draw) -> None:
    import hashlib

    data = number_png("2")
    steps.choose_picture(page, data)
    page.get_by_role("button", name="Crop").click()
    page.get_by_role("button", name="Turn left").click()
    page.get_by_role("button", name="Turn right").click()
    the_preview_shows(page, 190 / 200)
    read(page, "2")
    assert Upload.objects.get().sha256 == hashlib.sha256(data).hexdigest()


def test_a_picture_is_turned_before_it_is_read(page: Page) -> None:
    lying = np.ascontiguousarray(np.rot90(paper("7", size=(300, 200))))
    steps.choose_picture(page, as_png(lying))
    the_preview_shows(page, 200 / 300)
    page.get_by_role("button", name="Turn right").click()
    the_preview_shows(page, 300 / 200)
    expect(page.locator("#crop-status")).to_have_text("300 × 200 pixels will be read.")
    read(page, "7")
    upload = Upload.objects.get()
    assert (upload.width, upload.height) == (300, 200)


def test_a_crop_drawn_with_the_pointer_leaves_out_the_rest(page: Page) -> None:
    steps.choose_picture(page, as_png(two_digits()))
    page.get_by_role("button", name="Crop").click()
    box = page.locator("#preview-image").bounding_box()
    assert box is not None
    edge = page.get_by_role("slider", name="Left edge").bounding_box()
    assert edge is not None
    page.mouse.move(edge["x"] + 10, edge["y"] + edge["height"] / 2)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] / 2 + 10, edge["y"], steps=5)
    page.mouse.up()
    expect(page.locator("#crop-status")).to_have_text(re.compile(r"^(29|30)\d × 300 pixels will be read\.$"))
    read(page, "7")
    assert Upload.objects.get().width in range(290, 310)


def test_a_crop_is_made_with_the_keyboard_alone_and_given_up(page: Page) -> None:
    steps.choose_picture(page, as_png(two_digits()))
    page.get_by_role("button", name="Crop").focus()
    page.keyboard.press("Enter")
    right = page.get_by_role("slider", name="Right edge")
    for _ in range(40):
        page.keyboard.press("Shift+Tab")
        if right.evaluate("(slider) => slider === document.activeElement"):
            break
    for _ in range(5):
        page.keyboard.press("Shift+ArrowLeft")
    expect(right).to_have_attribute("aria-valuenow", "50")
    expect(page.locator("#crop-status")).to_have_text("300 × 300 pixels will be read.")
    page.keyboard.press("Home")  # a crop always leaves something
    expect(right).to_have_attribute("aria-valuenow", "4")
    page.get_by_role("button", name="Crop").click()
    expect(page.locator("#crop-status")).to_have_text("")
    page.get_by_role("button", name="Crop").click()
    page.get_by_role("slider", name="Right edge").focus()
    for _ in range(5):
        page.keyboard.press("PageUp")
    read(page, "4")


@pytest.mark.parametrize("size", ["wide", "phone"])
def test_cropping_is_accessible_and_fits_the_screen(open_page: OpenPage, alice: User, size: str) -> None:
    page = open_page(size, user=alice)
    page.goto("/read/")
    steps.choose_picture(page, as_png(two_digits()))
    page.get_by_role("button", name="Crop").click()
    page.get_by_role("slider", name="Left edge").press("PageDown")
    assert serious_problems(page, "crop") == []
    assert page.evaluate("document.documentElement.scrollWidth - window.innerWidth") <= 0


def test_a_crop_is_moved_and_turned_along(page: Page) -> None:
    steps.choose_picture(page, as_png(two_digits()))
    page.get_by_role("button", name="Crop").click()
    left = page.get_by_role("slider", name="Left edge")
    left.focus()
    for _ in range(5):
        page.keyboard.press("PageDown")
    box = page.locator("#crop-box").bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + box["width"] / 3, box["y"] + box["height"] / 3)
    page.mouse.down()
    page.mouse.move(box["x"] - box["width"], box["y"], steps=5)
    page.mouse.up()
    expect(left).to_have_attribute("aria-valuenow", "0")
    page.get_by_role("button", name="Turn left").click()
    expect(page.get_by_role("slider", name="Top edge")).to_have_attribute("aria-valuenow", "50")
    page.get_by_role("button", name="Turn right").click()
    read(page, "4")


def test_a_photo_is_cropped_as_its_orientation_shows_it(page: Page) -> None:
    lying = np.ascontiguousarray(np.rot90(two_digits()))  # held upright by EXIF's 6: turn clockwise
    photo = as_jpeg(lying, orientation=6)
    with page.expect_file_chooser() as chooser:
        page.locator("[name=image]").click()
    chooser.value.set_files({"name": "photo.jpg", "mimeType": "image/jpeg", "buffer": photo})
    the_preview_shows(page, 600 / 300)
    page.get_by_role("button", name="Crop").click()
    page.get_by_role("slider", name="Left edge").focus()
    for _ in range(5):
        page.keyboard.press("PageDown")
    read(page, "7")
    upload = Upload.objects.get()
    assert (upload.width, upload.height, upload.name) == (300, 300, "photo.jpg")


def test_a_kind_that_the_browser_cannot_show_is_read_without_tools(page: Page) -> None:
    with page.expect_file_chooser() as chooser:
        page.locator("[name=image]").click()
    tiff = encode(paper("7", size=(300, 200)), "TIFF")
    chooser.value.set_files({"name": "scan.tif", "mimeType": "image/tiff", "buffer": tiff})
    expect(page.locator("#preview-name")).to_have_text("scan.tif")
    expect(page.get_by_role("button", name="Crop")).to_be_hidden()
    read(page, "7")


def test_a_picture_given_twice_is_recognised(page: Page, number_png: Draw) -> None:
    steps.choose_picture(page, number_png("6"))
    read(page, "6")
    first = page.url
    page.goto("/read/")
    steps.choose_picture(page, number_png("6"))
    read(page, "6")
    assert page.url != first
    page.get_by_role("link", name="See what was read then").click()
    expect(page).to_have_url(first)
