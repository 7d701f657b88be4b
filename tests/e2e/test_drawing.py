"""Drawing on the pad: strokes, keys, palms and pens."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Locator, Page, Route, expect

from accounts.models import User
from recognizer.models import Upload
from tests.e2e import steps
from tests.e2e.conftest import OpenPage
from tests.e2e.test_the_whole_journey import ink

ONE: tuple[steps.Point, ...] = ((0.5, -0.3), (0.5, 0.0), (0.5, 0.3))
ONE_IN_THE_MIDDLE: tuple[steps.Point, ...] = ((0.0, -0.3), (0.0, 0.3))


@pytest.fixture(params=["wide", "phone"])
def pad_page(request: pytest.FixtureRequest, open_page: OpenPage, alice: User) -> tuple[Page, bool]:
    """The page with the pad open, wide and phone-sized, and whether one draws with a finger."""
    page = open_page(request.param, user=alice)
    page.goto("/read/")
    steps.begin_drawing(page)
    return page, request.param == "phone"


@pytest.fixture
def wide(open_page: OpenPage, alice: User) -> Page:
    page = open_page(user=alice)
    page.goto("/read/")
    steps.begin_drawing(page)
    return page


def draw(page: Page, stroke: tuple[steps.Point, ...] = steps.SEVEN, *, finger: bool = False) -> None:
    steps.draw(page, page.locator("#pad"), stroke, finger=finger)


def touch(page: Page, kind: str, *, pointer: str, at: steps.Point, name: int = 7, pressure: float = 0.5) -> None:
    """One pointer event in parts of the pad's height from its corner: of a pen or a palm, which Playwright has not."""
    page.locator("#pad").evaluate(
        """(pad, [kind, pointerType, [x, y], pointerId, pressure]) => {
             pad.setPointerCapture = () => {};
             const box = pad.getBoundingClientRect();
             const [clientX, clientY] = [box.left + x * box.height, box.top + y * box.height];
             const more = {pointerType, pointerId, pressure, clientX, clientY, bubbles: true, cancelable: true};
             pad.dispatchEvent(new PointerEvent(kind, {...more, button: kind === "pointermove" ? -1 : 0}));
           }""",
        [kind, pointer, list(at), name, pressure],
    )


def live_text(page: Page) -> Locator:
    return page.locator("#live-text")


def test_strokes_are_taken_back_put_back_and_cleared_by_keys(wide: Page) -> None:
    draw(wide, steps.SCRATCH)
    once = ink(wide)
    draw(wide)
    twice = ink(wide)
    redo = wide.get_by_role("button", name="Redo")
    expect(redo).to_be_disabled()
    wide.keyboard.press("Control+z")
    assert ink(wide) == once
    wide.keyboard.press("Control+y")
    assert ink(wide) == twice
    wide.keyboard.press("Control+z")
    wide.keyboard.press("Control+Shift+Z")
    assert ink(wide) == twice
    wide.keyboard.press("Control+z")
    redo.click()
    assert ink(wide) == twice
    wide.locator("#pad").focus()
    wide.keyboard.press("Delete")
    assert ink(wide) == 0
    wide.keyboard.press("Control+z")
    assert ink(wide) == twice
    draw(wide, ONE)
    expect(redo).to_be_disabled()


def test_keys_in_a_form_field_stay_the_fields(wide: Page) -> None:
    draw(wide)
    drawn = ink(wide)
    field = wide.locator("[name=expect]")
    field.focus()
    for key in ("4", "2", "Control+z", "Delete", "Backspace"):
        wide.keyboard.press(key)
    assert ink(wide) == drawn


def test_the_pen_is_made_thicker_by_the_slider_and_by_keys(wide: Page) -> None:
    draw(wide, ONE)
    middle = ink(wide)
    wide.keyboard.press("Delete")
    wide.keyboard.press("]")
    wide.keyboard.press("]")
    draw(wide, ONE)
    thick = ink(wide)
    wide.keyboard.press("Delete")
    wide.get_by_role("slider", name="Pen").fill("1")
    draw(wide, ONE)
    assert ink(wide) < middle < thick


def test_enter_on_the_pad_reads_it_and_keeps_it_as_a_drawing(wide: Page) -> None:
    draw(wide)
    wide.keyboard.press("Enter")
    expect(wide).to_have_url(steps.RESULT_PAGE)
    expect(wide.locator("#reading")).to_have_text("7")
    assert Upload.objects.get().source == "canvas"


def test_a_pen_that_presses_draws_thicker(wide: Page) -> None:
    counts = []
    for pressure in (0.1, 0.9):
        touch(wide, "pointerdown", pointer="pen", at=(0.5, 0.2), pressure=pressure)
        touch(wide, "pointermove", pointer="pen", at=(0.5, 0.5), pressure=pressure)
        touch(wide, "pointermove", pointer="pen", at=(0.5, 0.8), pressure=pressure)
        touch(wide, "pointerup", pointer="pen", at=(0.5, 0.8))
        counts.append(ink(wide))
        wide.get_by_role("button", name="Clear").click()
    assert counts[0] < 0.7 * counts[1]


def test_the_palm_beside_a_pen_draws_nothing(wide: Page) -> None:
    touch(wide, "pointerdown", pointer="touch", at=(1.0, 0.9), name=3)
    touch(wide, "pointermove", pointer="touch", at=(1.1, 0.9), name=3)
    touch(wide, "pointerdown", pointer="pen", at=(0.5, 0.2))
    touch(wide, "pointermove", pointer="pen", at=(0.5, 0.8))
    touch(wide, "pointermove", pointer="touch", at=(1.3, 0.9), name=3)
    touch(wide, "pointerup", pointer="pen", at=(0.5, 0.8))
    with_pen = ink(wide)
    touch(wide, "pointerdown", pointer="touch", at=(1.0, 0.9), name=4)
    touch(wide, "pointermove", pointer="touch", at=(1.4, 0.9), name=4)
    touch(wide, "pointerup", pointer="touch", at=(1.4, 0.9), name=4)
    assert ink(wide) == with_pen > 0
    wide.get_by_role("button", name="Undo").click()
    assert ink(wide) == 0


def test_a_touch_that_the_system_takes_for_itself_leaves_no_ink(wide: Page) -> None:
    touch(wide, "pointerdown", pointer="touch", at=(0.5, 0.5))
    touch(wide, "pointermove", pointer="touch", at=(0.9, 0.5))
    touch(wide, "pointercancel", pointer="touch", at=(0.9, 0.5))
    assert ink(wide) == 0
    expect(wide.get_by_role("button", name="Undo")).to_be_disabled()


def test_drawing_with_a_finger_does_not_scroll_the_page(open_page: OpenPage, alice: User) -> None:
    page = open_page("phone", user=alice)
    page.goto("/read/")
    steps.begin_drawing(page)
    before = page.evaluate("window.scrollY")
    draw(page, ((0.0, 0.4), (0.0, 0.0), (0.0, -0.4)), finger=True)
    assert page.evaluate("window.scrollY") == before


def test_a_message_above_the_pad_does_not_push_it_below_the_bar(open_page: OpenPage, alice: User) -> None:
    page = open_page("phone", user=alice)
    page.set_viewport_size({"width": 360, "height": 640})
    page.goto("/read/")
    steps.main_button(page, "Read").click()
    page.get_by_role("alert").first.wait_for()
    steps.begin_drawing(page)
    pad, bar = page.locator("#pad").bounding_box(), page.locator(".read-bar").bounding_box()
    assert pad is not None
    assert bar is not None
    assert pad["y"] >= 0
    assert pad["y"] + pad["height"] <= bar["y"]


def test_the_pad_is_there_before_the_scripts_of_a_page_opened_at_it(open_page: OpenPage, alice: User) -> None:
    page = open_page("phone", user=alice)
    held: list[Route] = []
    page.route("**/ways*.js", lambda route: held.append(route))
    page.goto("/read/#draw", wait_until="commit")
    pad = page.locator("#pad")
    expect(pad).to_be_visible()
    expect(page.locator("#drop")).to_be_hidden()
    before = page.locator(".read-picture").bounding_box()
    for route in held:
        route.continue_()
    expect(page.get_by_role("tab", name="Draw")).to_have_attribute("aria-selected", "true")
    after = page.locator(".read-picture").bounding_box()
    assert before is not None
    assert after is not None
    assert held
    assert before["height"] == after["height"]


def test_the_pad_is_widened_and_not_narrowed_over_ink(pad_page: tuple[Page, bool]) -> None:
    page, finger = pad_page
    narrow = page.locator("#pad").evaluate("(pad) => pad.width / pad.height")
    wider = page.get_by_role("button", name="Wider")
    wider.click()
    assert page.locator("#pad").evaluate("(pad) => pad.width / pad.height") == pytest.approx(2 * narrow, rel=0.02)
    page.get_by_role("button", name="Show more of the right").click()
    page.wait_for_function("document.getElementById('pad-frame').scrollLeft > 50")
    page.get_by_role("button", name="Show more of the right").click()
    page.wait_for_function("(({scrollLeft, scrollWidth, clientWidth}) => scrollLeft >= scrollWidth - clientWidth - 2)"
                           "(document.getElementById('pad-frame'))")  # fmt: skip
    page.locator("#pad-frame").evaluate("(frame) => frame.scrollIntoView({block: 'start'})")
    draw(page, tuple((x + 0.75 * narrow, y) for x, y in ONE_IN_THE_MIDDLE), finger=finger)
    assert ink(page) > 0
    wider.click()
    expect(page.get_by_role("alert").filter(has_text="cut off")).to_be_visible()
    expect(wider).to_have_attribute("aria-pressed", "true")
    page.get_by_role("button", name="Undo").click()
    wider.click()
    expect(wider).to_have_attribute("aria-pressed", "false")


def test_a_drawing_outlives_a_mistake_in_the_form_and_a_reload_but_no_new_visit(wide: Page) -> None:
    draw(wide)
    drawn = ink(wide)
    wide.locator("#read-form").evaluate("(form) => { form.noValidate = true; }")
    wide.locator("[name=expect]").fill("99")
    steps.main_button(wide, "Read").click()
    expect(wide.get_by_text("a count of digits from 1 to 50").first).to_be_visible()
    expect(wide.get_by_role("tab", name="Draw")).to_have_attribute("aria-selected", "true")
    assert ink(wide) == drawn
    wide.goto("/read/")
    steps.begin_drawing(wide)
    draw(wide)
    wide.reload()
    expect(wide.get_by_role("tab", name="Draw")).to_have_attribute("aria-selected", "true")
    assert ink(wide) == drawn
    wide.goto("/history/")
    wide.goto("/read/")
    steps.begin_drawing(wide)
    assert ink(wide) == 0


def test_a_drawing_outlives_a_sign_in_of_the_same_person_only(
    open_page: OpenPage, alice: User, bob: User, client: Any
) -> None:
    from recognizer.tests.plugin import PASSWORD

    page = open_page()
    for person, left in ((bob, False), (alice, True)):
        page.context.clear_cookies()
        page.goto("/accounts/login/?next=/read/")
        steps.sign_in(page, alice.email, PASSWORD)
        page.goto("/read/")
        steps.begin_drawing(page)
        draw(page)
        expect(live_text(page)).to_have_text("7")
        page.context.clear_cookies()
        page.goto("/read/")
        page.locator("[name=login]").fill(person.email)
        page.locator("[name=password]").fill(PASSWORD)
        steps.main_button(page, "Sign in").click()
        expect(page.locator("#read-form")).to_be_visible()
        expect(page.get_by_role("tab", name="Draw")).to_have_attribute("aria-selected", str(left).lower())
    assert ink(page) > 0
