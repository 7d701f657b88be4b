"""The picture of a result, enlarged by buttons, wheel, keys and fingers."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.test_result import alices, draw_with_finger, middle, upload

__all__ = ["alices", "upload"]  # fixtures


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
    x, y = middle(viewer)
    page.mouse.move(x - 60, y, steps=4)
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
