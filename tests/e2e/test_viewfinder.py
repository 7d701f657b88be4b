"""The camera in the page: what it sees is read like a file, it is never on unseen, and refusing it is no dead end."""

from __future__ import annotations

from playwright.sync_api import Page, expect

from accounts.models import User
from recognizer.models import Upload
from tests.e2e import steps
from tests.e2e.conftest import CAMERA_SHOWS, OpenPage
from tests.e2e.giving_steps import send
from tests.e2e.test_accessibility import serious_problems

SEES = "() => document.querySelector('#viewfinder video').videoWidth > 0"
RUNNING = "() => document.querySelector('#viewfinder video').srcObject?.active ?? false"
WITHOUT_CAMERAS = "navigator.mediaDevices.enumerateDevices = async () => [];"
TWO_CAMERAS = """
const one = navigator.mediaDevices.enumerateDevices.bind(navigator.mediaDevices);
navigator.mediaDevices.enumerateDevices = async () => {
  const found = (await one()).filter(({kind}) => kind === "videoinput");
  return [...found, ...found];
};
"""
UNFIT_FOR_CAMERAS = "delete Navigator.prototype.mediaDevices;"


def open_viewfinder(page: Page) -> None:
    page.goto("/read/")
    page.get_by_role("button", name="Use the camera").click()
    expect(page.get_by_role("button", name="Take the picture")).to_be_enabled()
    assert page.evaluate(SEES)


def test_a_phone_photo_is_read_within_three_taps(open_page: OpenPage, alice: User) -> None:
    page = open_page("phone", user=alice, permissions=["camera"])
    steps.count_presses(page)
    page.goto("/read/")
    page.get_by_role("button", name="Use the camera").tap()
    shutter = page.get_by_role("button", name="Take the picture")
    expect(shutter).to_be_enabled()
    shutter.tap()
    expect(page.locator("#preview-name")).to_have_text("photo.jpg")
    steps.main_button(page, "Read").tap()
    expect(page).to_have_url(steps.RESULT_PAGE)
    expect(page.locator("#reading")).to_have_text(CAMERA_SHOWS)
    assert steps.presses(page) == 3
    assert Upload.objects.get().source == "camera"


def test_several_photos_are_taken_one_after_the_other_and_read_together(open_page: OpenPage, alice: User) -> None:
    page = open_page("phone", user=alice, permissions=["camera"])
    page.goto("/read/")
    shutter = page.get_by_role("button", name="Take the picture")
    for number in (1, 2, 3):
        page.get_by_role("button", name="Use the camera").tap()
        expect(shutter).to_be_enabled()
        shutter.tap()
        expect(page.locator("#viewfinder")).to_be_hidden()
        if number == 1:
            page.get_by_role("button", name="Add more").tap()
        expect(page.locator(".given-file")).to_have_count(number)
    expect(page.locator(".given-name")).to_have_text(["photo.jpg", "photo-2.jpg", "photo-3.jpg"])
    batch = send(page, "Read 3 files")
    assert (batch.source, batch.files.count()) == ("camera", 3)


def test_the_camera_is_off_as_soon_as_the_viewfinder_is_closed(open_page: OpenPage, alice: User) -> None:
    page = open_page(user=alice, permissions=["camera"])
    open_viewfinder(page)
    assert page.evaluate(RUNNING)
    page.keyboard.press("Escape")
    expect(page.locator("#viewfinder")).to_be_hidden()
    assert not page.evaluate(RUNNING)
    page.get_by_role("button", name="Use the camera").click()
    expect(page.get_by_role("button", name="Take the picture")).to_be_enabled()
    page.get_by_role("button", name="Close").click()
    assert not page.evaluate(RUNNING)


def test_with_two_cameras_the_other_one_can_be_taken(open_page: OpenPage, alice: User) -> None:
    page = open_page(user=alice, permissions=["camera"])
    page.add_init_script(TWO_CAMERAS)
    open_viewfinder(page)
    expect(page.get_by_role("button", name="Light")).to_be_hidden()
    page.get_by_role("button", name="Another camera").click()
    expect(page.get_by_role("button", name="Take the picture")).to_be_enabled()
    assert page.evaluate(RUNNING)


def test_a_refused_camera_is_explained_and_a_file_can_still_be_given(open_page: OpenPage, alice: User) -> None:
    page = open_page("phone", user=alice)
    page.add_init_script(
        "navigator.mediaDevices.getUserMedia = async () => { throw new DOMException('no', 'NotAllowedError'); };"
    )
    page.goto("/read/")
    page.get_by_role("button", name="Use the camera").click()
    expect(page.get_by_role("alert").filter(has_text="The browser may not use the camera")).to_be_visible()
    expect(page.locator("#viewfinder")).to_be_hidden()
    expect(page.get_by_role("button", name="Take a photo")).to_be_visible()
    expect(page.locator("[name=image]")).to_be_enabled()


def test_no_camera_is_offered_where_there_is_none(open_page: OpenPage, alice: User) -> None:
    for script in (WITHOUT_CAMERAS, UNFIT_FOR_CAMERAS):
        page = open_page(user=alice)
        page.add_init_script(script)
        page.goto("/read/")
        expect(page.get_by_role("button", name="Choose a folder")).to_be_visible()
        expect(page.get_by_role("button", name="Use the camera")).to_be_hidden()


def test_the_viewfinder_is_accessible_and_fits_the_screen(open_page: OpenPage, alice: User) -> None:
    for size in ("wide", "phone"):
        page = open_page(size, user=alice, permissions=["camera"])
        open_viewfinder(page)
        assert serious_problems(page, f"viewfinder, {size}") == []
        shutter = page.get_by_role("button", name="Take the picture").bounding_box()
        assert shutter is not None
        assert shutter["y"] + shutter["height"] <= page.evaluate("window.innerHeight")
        assert page.evaluate("document.documentElement.scrollWidth - window.innerWidth") <= 0
