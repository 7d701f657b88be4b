"""What a person does at a page, in words; tests put these together."""

from __future__ import annotations

import re
from itertools import pairwise

from playwright.sync_api import Locator, Page, expect

RESULT_PAGE = re.compile(r"/history/[0-9a-f-]{36}/$")
Point = tuple[float, float]
# One stroke each, as points in parts of the pad's height, from its middle.
SEVEN: tuple[Point, ...] = ((-0.17, -0.28), (0.0, -0.28), (0.18, -0.28), (0.1, -0.08), (0.03, 0.1), (-0.05, 0.3))
SCRATCH: tuple[Point, ...] = ((-0.3, 0.3), (0.0, 0.25), (0.3, 0.3))


def sign_up(page: Page, email: str, password: str) -> None:
    page.goto("/accounts/signup/")
    page.locator("[name=email]").fill(email)
    page.locator("[name=password1]").fill(password)
    page.locator("[name=password2]").fill(password)
    main_button(page, "Sign up").click()
    expect(page).to_have_url(re.compile("/read/$"))


def sign_in(page: Page, email: str, password: str) -> None:
    page.goto("/accounts/login/")
    page.locator("[name=login]").fill(email)
    page.locator("[name=password]").fill(password)
    main_button(page, "Sign in").click()


def sign_out(page: Page) -> None:
    page.locator("summary", has_text="Account").click()
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("link", name="Sign in").first).to_be_visible()


def main_button(page: Page, name: str) -> Locator:
    """The button of the page's own form, not one of the header's."""
    return page.locator("main").get_by_role("button", name=name, exact=True)


def main_link(page: Page, name: str) -> Locator:
    """The link of the page itself, not one of the header's."""
    return page.locator("main").get_by_role("link", name=name, exact=True)


def count_presses(page: Page) -> None:
    """Count each press of a mouse button and each tap, over all pages that this window shows."""
    page.add_init_script(
        "addEventListener('pointerdown', (event) => event.isTrusted"
        " && sessionStorage.setItem('presses', Number(sessionStorage.getItem('presses')) + 1), true);"
    )


def presses(page: Page) -> int:
    return int(page.evaluate("Number(sessionStorage.getItem('presses'))"))


def choose_picture(page: Page, picture: bytes, name: str = "number.png") -> None:
    """Choose a file in the dialogue of the browser."""
    with page.expect_file_chooser() as chooser:
        page.locator("[name=image]").click()
    chooser.value.set_files({"name": name, "mimeType": "image/png", "buffer": picture})


def read(page: Page) -> None:
    """Press the button and wait for the page of the result."""
    main_button(page, "Read").click()
    expect(page).to_have_url(RESULT_PAGE)


def begin_drawing(page: Page) -> Locator:
    page.get_by_role("tab", name="Draw").click()
    pad = page.locator("#pad")
    expect(pad).to_be_visible()
    pad.scroll_into_view_if_needed()
    return pad


def draw(page: Page, pad: Locator, stroke: tuple[Point, ...], *, finger: bool) -> None:
    """Draw a stroke with the mouse or with a finger; the browser makes pointer events of either."""
    box = pad.bounding_box()
    assert box is not None
    middle = (box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    points = [(middle[0] + x * box["height"], middle[1] + y * box["height"]) for x, y in _with_points_between(stroke)]
    (_draw_with_finger if finger else _draw_with_mouse)(page, points)


def _with_points_between(stroke: tuple[Point, ...], parts: int = 4) -> list[Point]:
    return [
        (here[0] + (there[0] - here[0]) * part / parts, here[1] + (there[1] - here[1]) * part / parts)
        for here, there in pairwise(stroke)
        for part in range(parts)
    ] + [stroke[-1]]


def _draw_with_mouse(page: Page, points: list[Point]) -> None:
    page.mouse.move(*points[0])
    page.mouse.down()
    for point in points[1:]:
        page.mouse.move(*point)
    page.mouse.up()


def _draw_with_finger(page: Page, points: list[Point]) -> None:
    """Playwright itself can only tap, so the browser's own protocol is used."""
    protocol = page.context.new_cdp_session(page)
    for kind, point in [("touchStart", points[0]), *(("touchMove", point) for point in points[1:])]:
        protocol.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": [{"x": point[0], "y": point[1]}]})
    protocol.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
    protocol.detach()
