"""The result page in a browser: boxes and text together, zoom, a missed number, digits, reasons, the copied text."""

from __future__ import annotations

import re
from collections.abc import Callable

import cv2
import numpy as np
import pytest
from playwright.sync_api import Locator, Page, expect

from accounts.models import Keep, User
from recognizer.models import ModelVersion, Prediction, Upload
from recognizer.services.ingest import picture_ingest
from tests.e2e.conftest import OpenPage
from tests.e2e.test_accessibility import problems, serious_problems


def page_of_numbers(*texts: str) -> bytes:
    """Numbers below one another, as a PNG, 200 pixels to a line."""
    paper = np.full((200 * len(texts), 700), 240, np.uint8)
    for at, text in enumerate(texts):
        cv2.putText(paper, text, (60, 200 * at + 150), cv2.FONT_HERSHEY_SIMPLEX, 4, 30, 10, cv2.LINE_AA)
    return bytes(cv2.imencode(".png", paper)[1])


@pytest.fixture
def upload(alice: User, model: ModelVersion) -> Upload:
    """Three numbers, of which the reader missed the last and doubts the second."""
    kept = picture_ingest(data=page_of_numbers("4021", "375", "23"), owner=alice, keep=Keep.ALL).upload
    assert kept is not None
    kept.predictions.get(text="23").delete()
    kept.predictions.filter(text="375").update(state="needs_review", confidence=0.6)
    Upload.objects.update(text="4021\n375", final_text="4021\n375", state="needs_review")
    return kept


@pytest.fixture
def alices(open_page: OpenPage, alice: User, upload: Upload) -> Callable[..., Page]:
    """Opens the result in a window of Alice's."""

    def open_result(size: str = "wide", **options: object) -> Page:
        page = open_page(size, user=alice, **options)
        page.goto(f"/history/{upload.id}/")
        return page

    return open_result


def middle(locator: Locator) -> tuple[float, float]:
    box = locator.bounding_box()
    assert box is not None
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


@pytest.mark.parametrize("size", ["wide", "phone"])
def test_text_and_picture_light_up_together_and_lead_to_each_other(alices: Callable[..., Page], size: str) -> None:
    page = alices(size)
    second = page.locator("#b-2")
    page.locator("#reading a").nth(1).focus()
    expect(second).to_have_class(re.compile("is-lit"))
    page.get_by_role("link", name="Number 2 on the picture: 375, not sure").focus()
    expect(page.locator("#n-2")).to_have_class(re.compile("is-lit"))
    expect(page.locator("#reading a").nth(1)).to_have_class(re.compile("is-lit"))
    second.scroll_into_view_if_needed()
    at = middle(page.locator(".box-digit[data-d='2-1']"))
    if size == "phone":
        page.touchscreen.tap(*at)
    else:
        page.mouse.click(*at)
    expect(page.locator("#d-2-1")).to_have_attribute("open", "")
    expect(page.locator("#d-2-1 .bars")).to_be_in_viewport()


def test_the_picture_is_enlarged_and_the_page_scrolls_as_ever(alices: Callable[..., Page]) -> None:
    page = alices()
    viewer, level = page.locator("[data-viewer]"), page.locator("[data-zoom-level]")
    width = viewer.locator("img").evaluate("(img) => img.getBoundingClientRect().width")
    page.mouse.move(*middle(viewer))
    page.mouse.wheel(0, 120)
    the_page_has_scrolled(page)
    expect(level).to_have_text("100 %")
    page.evaluate("scrollTo(0, 0)")
    page.mouse.move(*middle(viewer))
    page.keyboard.down("Control")
    page.mouse.wheel(0, -240)
    page.keyboard.up("Control")
    expect(level).not_to_have_text("100 %")
    viewer.focus()
    page.keyboard.press("0")
    expect(level).to_have_text("100 %")
    page.keyboard.press("+")
    page.get_by_role("button", name="Larger").click()
    expect(level).to_have_text("196 %")
    larger = viewer.locator("img").evaluate("(img) => img.getBoundingClientRect().width")
    assert larger == pytest.approx(1.96 * width, rel=0.02)
    boxed = [page.locator(part).first.bounding_box() for part in (".viewer img", ".overlay")]
    assert boxed[0] == boxed[1]
    before = viewer.evaluate("(viewer) => viewer.scrollLeft")
    page.mouse.move(*middle(viewer))
    page.mouse.down()
    page.mouse.move(middle(viewer)[0] - 60, middle(viewer)[1], steps=4)
    page.mouse.up()
    assert viewer.evaluate("(viewer) => viewer.scrollLeft") == pytest.approx(before + 60, abs=2)
    page.get_by_role("button", name="Fit").click()
    expect(level).to_have_text("100 %")
    assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0


def the_page_has_scrolled(page: Page) -> None:
    for _ in range(40):
        if page.evaluate("scrollY"):
            return
        page.wait_for_timeout(50)
    raise AssertionError("The wheel should have scrolled the page.")


def test_two_fingers_enlarge_the_picture_and_one_scrolls_the_page(alices: Callable[..., Page]) -> None:
    page = alices("phone")
    viewer = page.locator("[data-viewer]")
    viewer.evaluate("(viewer) => viewer.scrollIntoView({block: 'center'})")
    x, y = middle(viewer)
    protocol = page.context.new_cdp_session(page)
    for kind, apart in (("touchStart", 20), ("touchMove", 30), ("touchMove", 40)):
        fingers = [{"x": x - apart, "y": y, "id": 0}, {"x": x + apart, "y": y, "id": 1}]
        protocol.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": fingers})
    protocol.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
    expect(page.locator("[data-zoom-level]")).to_have_text("200 %")
    page.get_by_role("button", name="Fit").click()
    page.evaluate("scrollTo(0, 0)")
    viewer.evaluate("(viewer) => viewer.scrollIntoView({block: 'center'})")
    before = page.evaluate("scrollY")
    x, y = middle(viewer)
    draw_with_finger(page, [(x, y), (x, y - 120)])
    assert page.evaluate("scrollY") > before


@pytest.mark.parametrize("size", ["wide", "phone"])
def test_a_missed_number_is_drawn_read_and_added(alices: Callable[..., Page], upload: Upload, size: str) -> None:
    page = alices(size)
    page.get_by_text("A number was missed?").click()
    overlay = page.locator(".overlay")
    overlay.evaluate("(overlay) => overlay.scrollIntoView({block: 'center'})")
    box = overlay.bounding_box()
    assert box is not None
    corners = [(box["x"] + share * box["width"], box["y"] + down * box["height"]) for share, down in CORNERS]
    with page.expect_response(re.compile("/box/$")):
        if size == "phone":
            draw_with_finger(page, corners)
        else:
            page.mouse.move(*corners[0])
            page.mouse.down()
            page.mouse.move(*corners[1], steps=5)
            page.mouse.up()
    expect(page.locator("[data-mark-says]")).to_contain_text("The models read 23")
    expect(page.get_by_label("What it says", exact=True)).to_have_value("23")
    expect(page.locator(".mark-box")).to_have_count(1)
    page.get_by_role("button", name="Add this number").click()
    expect(page.get_by_text("The number is added.")).to_be_visible()
    expect(page.locator("#reading a")).to_have_text(["4021", "375", "23"])
    assert Prediction.objects.get(text="23").state == "confirmed"


CORNERS = ((0.02, 0.68), (0.5, 0.98))


def draw_with_finger(page: Page, corners: list[tuple[float, float]]) -> None:
    protocol = page.context.new_cdp_session(page)
    (x, y), (right, bottom) = corners
    path = [(x + (right - x) * part / 4, y + (bottom - y) * part / 4) for part in range(5)]
    for kind, point in [("touchStart", path[0]), *(("touchMove", point) for point in path[1:])]:
        protocol.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": [{"x": point[0], "y": point[1]}]})
    protocol.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
    protocol.detach()


def test_a_missed_number_is_placed_with_the_keyboard_alone(alices: Callable[..., Page], upload: Upload) -> None:
    page = alices()
    page.locator("#mark summary").focus()
    page.keyboard.press("Enter")
    place = page.get_by_role("button", name="Place the box with the keyboard")
    place.focus()
    page.keyboard.press("Enter")
    presses = {"ArrowLeft": 40, "ArrowDown": 40, "Shift+ArrowRight": 25, "Shift+ArrowDown": 10, "ArrowUp": 3}
    for key, times in presses.items():
        for _ in range(times):
            page.keyboard.press(key)
    with page.expect_response(re.compile("/box/$")):
        page.keyboard.press("Enter")
    expect(page.get_by_label("What it says", exact=True)).to_have_value("23")
    page.get_by_label("What it says", exact=True).press("Enter")
    expect(page.get_by_text("The number is added.")).to_be_visible()
    assert Prediction.objects.get(text="23").box_x < 60


def test_a_digit_is_corrected_by_one_press_and_a_number_taken_away_and_back(alices: Callable[..., Page]) -> None:
    page = alices()
    page.locator("#d-1-0 summary").click()
    other = page.locator("#d-1-0 .alternatives button").first
    text = other.get_attribute("value")
    assert text is not None
    other.click()
    expect(page.get_by_text("Your correction is kept.")).to_be_visible()
    expect(page.locator("#reading a").first).to_have_text(text)
    page.locator("#n-2").get_by_role("button", name="There is no number here").click()
    expect(page.locator("#reading a")).to_have_count(1)
    page.get_by_role("button", name="Undo").click()
    expect(page.locator("#reading a")).to_have_text([text, "375"])


def test_what_spoke_for_a_digit_is_shown_in_its_place(alices: Callable[..., Page]) -> None:
    page = alices()
    page.locator("#d-1-0 summary").click()
    page.locator("#d-1-0").get_by_role("link", name="What spoke for this digit?").click()
    expect(page.locator("#d-1-0 .heat svg")).to_be_visible()
    expect(page.locator("#d-1-0 .heat figcaption")).to_contain_text("asked again")
    expect(page.locator("#d-1-0 .heat")).to_be_focused()


def test_digits_of_a_page_of_many_are_fetched_when_opened(
    open_page: OpenPage, alice: User, model: ModelVersion
) -> None:
    texts = ("40213", "37502", "81664", "29375", "60418")
    kept = picture_ingest(data=page_of_numbers(*texts), owner=alice, keep=Keep.ALL).upload
    assert kept is not None
    page = open_page(user=alice)
    page.goto(f"/history/{kept.id}/")
    expect(page.locator(".bars")).to_have_count(0)
    page.locator("#d-3-1 summary").click()
    expect(page.locator("#d-3-1 .bars tbody tr")).to_have_count(10)


def test_after_a_correction_the_page_is_where_it_was(open_page: OpenPage, alice: User, model: ModelVersion) -> None:
    texts = ("40213", "37502", "81664", "29375", "60418")
    kept = picture_ingest(data=page_of_numbers(*texts), owner=alice, keep=Keep.ALL).upload
    assert kept is not None
    page = open_page("phone", user=alice)
    page.goto(f"/history/{kept.id}/")
    number = page.locator("#n-4")
    number.locator("[name=text]").fill("12345")
    before = number.evaluate("(number) => number.getBoundingClientRect().top")
    assert page.evaluate("scrollY") > 300
    number.locator("[name=text]").press("Enter")
    expect(number.locator("h2")).to_have_text("12345")
    assert number.evaluate("(number) => number.getBoundingClientRect().top") == pytest.approx(before, abs=5)


def test_the_text_is_copied_and_that_is_said(alices: Callable[..., Page]) -> None:
    page = alices()
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.get_by_role("button", name="Copy").click()
    expect(page.locator(".copy [role=status]")).to_have_text("Copied")
    assert page.evaluate("navigator.clipboard.readText()") == "4021\n375"


def test_another_model_is_asked_and_its_reading_stands_beside(
    alices: Callable[..., Page], line_says: Callable[..., None]
) -> None:
    page = alices()
    page.get_by_role("link", name="Ask another model").click()
    page.get_by_role("button", name="Read with it").click()
    expect(page.locator(".opinions tbody tr")).to_have_count(3)
    page.get_by_role("button", name=re.compile("^Add ")).first.click()
    expect(page.get_by_text("The number is added.")).to_be_visible()


def test_without_javascript_a_number_is_marked_taken_away_and_explained(alices: Callable[..., Page]) -> None:
    page = alices("phone", java_script_enabled=False)
    expect(page.get_by_role("button", name="Copy")).to_be_hidden()
    page.get_by_text("A number was missed?").click()
    for name, value in {"From the left": 20, "From the top": 415, "Width": 330, "Height": 170}.items():
        page.get_by_label(name).fill(str(value))
    page.get_by_role("button", name="Add this number").click()
    expect(page.get_by_text("it was read as 23. Please check it.")).to_be_visible()
    page.locator("#n-3").get_by_role("button", name="There is no number here").click()
    expect(page.locator("#reading a")).to_have_text(["4021", "375"])
    page.locator("#d-1-0 summary").click()
    page.locator("#d-1-0").get_by_role("link", name="What spoke for this digit?").click()
    expect(page.get_by_role("heading", name="The digit 4")).to_be_visible()
    expect(page.locator(".heat svg")).to_be_visible()


@pytest.mark.parametrize("size", ["wide", "phone"])
def test_the_result_and_what_belongs_to_it_are_accessible(
    alices: Callable[..., Page], upload: Upload, size: str
) -> None:
    page = alices(size)
    with problems() as found:
        page.locator("#d-1-0 summary").click()
        page.locator("#d-1-0").get_by_role("link", name="What spoke for this digit?").click()
        page.locator("#d-1-0 .heat").wait_for()
        page.get_by_text("A number was missed?").click()
        found += serious_problems(page, "result")
        page.goto(f"/history/{upload.id}/opinion/?model=digit-1")
        found += serious_problems(page, "opinion")
        page.goto(f"/predictions/{upload.predictions.get(order=0).id}/digits/0/")
        found += serious_problems(page, "digit")
