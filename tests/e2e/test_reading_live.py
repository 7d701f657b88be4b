"""The reading that comes while one draws: nothing kept, the newest stroke counts, and calm words when it fails."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from accounts.models import User
from recognizer.models import Upload
from tests.e2e import steps
from tests.e2e.conftest import OpenPage
from tests.e2e.test_drawing import ONE, draw, live_text
from tests.e2e.test_the_whole_journey import ink

LIVE = "**/read/live/"


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


def answer(text: str, *, confidence: float = 0.98, doubtful: bool = False) -> str:
    return json.dumps(
        {"text": text, "formatted": text, "confidence": confidence, "needs_review": doubtful, "numbers": [{}]}
    )


def test_a_drawing_is_read_as_it_is_drawn_and_nothing_is_kept(
    pad_page: tuple[Page, bool], private_files: Callable[[], set[str]]
) -> None:
    page, finger = pad_page
    draw(page, finger=finger)
    expect(live_text(page)).to_have_text("7")
    expect(page.locator("#live-sure")).to_have_text(re.compile(r"^(>\s)?\d+\.\d\s% sure$"))
    expect(page.locator("#live-spoken")).to_have_text(re.compile("^7, "))
    assert not Upload.objects.exists()
    assert private_files() == set()


def test_a_whole_number_is_read_across_the_pad(pad_page: tuple[Page, bool]) -> None:
    page, finger = pad_page
    draw(page, tuple((x - 0.3, y) for x, y in steps.SEVEN), finger=finger)
    draw(page, tuple((x + 0.3, y) for x, y in steps.SEVEN), finger=finger)
    expect(live_text(page)).to_have_text("77")


def test_a_pen_that_rests_within_a_stroke_is_read_already(wide: Page) -> None:
    box = wide.locator("#pad").bounding_box()
    assert box is not None
    points = [(box["x"] + box["width"] / 2 + x * box["height"], box["y"] + box["height"] * (0.5 + y))
              for x, y in steps.SEVEN]  # fmt: skip
    wide.mouse.move(*points[0])
    wide.mouse.down()
    for point in points[1:]:
        wide.mouse.move(*point, steps=4)
    expect(live_text(wide)).to_have_text("7")
    wide.mouse.up()


def test_an_answer_that_a_newer_stroke_overtook_is_dropped(wide: Page) -> None:
    # A server that answers when it likes, and a browser that gives up no request.
    wide.evaluate(
        """() => {
             window.held = [];
             window.fetch = () => new Promise((resolve) => window.held.push(resolve));
             window.say = (at, body) => window.held[at](new Response(body));
           }"""
    )
    draw(wide, ONE)
    wide.wait_for_function("window.held.length === 1")
    draw(wide)
    wide.wait_for_function("window.held.length === 2")
    wide.evaluate("(body) => window.say(1, body)", answer("22"))
    expect(live_text(wide)).to_have_text("22")
    wide.evaluate("(body) => window.say(0, body)", answer("1"))
    wide.wait_for_timeout(200)
    expect(live_text(wide)).to_have_text("22")


def test_doubt_is_shown_and_spoken(wide: Page) -> None:
    wide.route(LIVE, lambda route: route.fulfill(body=answer("47", confidence=0.61, doubtful=True)))
    draw(wide)
    expect(live_text(wide)).to_have_text("47")
    expect(wide.locator("#live-sure")).to_have_text("61.0 % sure")
    expect(wide.locator("#live").get_by_text("Not sure")).to_be_visible()
    expect(wide.locator("#live-spoken")).to_have_text("47, 61.0 % sure, not sure enough")


def test_clearing_the_pad_clears_the_answer(wide: Page) -> None:
    draw(wide)
    expect(live_text(wide)).to_have_text("7")
    wide.get_by_role("button", name="Clear").click()
    expect(live_text(wide)).to_have_text("")
    expect(wide.locator("#live-note")).to_have_text(re.compile("read as you draw"))


@pytest.mark.parametrize(
    ("status", "body", "sentence"),
    [
        (429, {"error": {"code": "too_many", "message": "No."}}, "goes on by itself"),
        (503, {"error": {"code": "model_unavailable", "message": "No model can read just now."}}, "No model can read"),
        (500, None, "went wrong on our side"),
        (401, {"error": {"code": "signed_out", "message": "Sign in."}}, "signed out"),
        (403, None, "out of date"),
    ],
)
def test_what_keeps_it_from_reading_is_said_calmly(
    open_page: OpenPage, alice: User, status: int, body: Any, sentence: str
) -> None:
    page = open_page(user=alice)
    page.goto("/read/")
    steps.begin_drawing(page)
    # A failed request would be noted by the console, and the watch would note that.
    page.evaluate(
        """([status, body]) => { window.fetch = async () => new Response(body, {status}); }""",
        [status, "<html>" if body is None else json.dumps(body)],
    )
    draw(page)
    drawn = ink(page)
    expect(page.locator("#live-note")).to_contain_text(sentence)
    expect(live_text(page)).to_have_text("")
    assert ink(page) == drawn
    expect(page.locator("#read-button")).to_be_enabled()


def test_without_a_connection_it_says_so_and_goes_on_when_it_is_back(wide: Page) -> None:
    wide.evaluate("() => { window.real = window.fetch; window.fetch = async () => { throw new TypeError('lost'); }; }")
    draw(wide)
    expect(wide.locator("#live-note")).to_contain_text("No connection")
    wide.evaluate("() => { window.fetch = window.real; window.dispatchEvent(new Event('online')); }")
    expect(live_text(wide)).to_have_text("7")


def test_too_many_readings_really_are_refused_and_reading_goes_on(wide: Page, settings: Any) -> None:
    draw(wide, ONE)
    expect(live_text(wide)).not_to_have_text("")
    settings.LIVE_READS_PER_MINUTE = 0
    draw(wide)
    expect(wide.locator("#live-note")).to_contain_text("goes on by itself")
    settings.LIVE_READS_PER_MINUTE = 100
    expect(live_text(wide)).not_to_have_text("", timeout=10_000)
