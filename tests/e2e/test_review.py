"""The review queue with the keyboard alone, by finger, in two windows, and when something is in the way."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from typing import Any

import pytest
from django.conf import settings
from django.contrib.sessions.models import Session
from playwright.sync_api import Page, expect

from accounts.models import User
from recognizer.models import Correction, ModelVersion, Prediction
from recognizer.tests.doubtful import doubtful
from tests.e2e import steps
from tests.e2e.conftest import OpenPage
from tests.e2e.test_accessibility import problems, serious_problems

Queue = Callable[..., list[Prediction]]


@pytest.fixture
def queue(alice: User, model: ModelVersion) -> Queue:
    """Fills Alice's queue; the first is the least sure."""

    def fill(*texts: str) -> list[Prediction]:
        return [doubtful(alice, text, 0.3 + place / 1000, picture=True) for place, text in enumerate(texts)]

    return fill


def field(page: Page) -> Any:
    return page.get_by_role("textbox", name="What does it say?")


def shows(page: Page, text: str) -> None:
    expect(page.locator("#review-guess strong")).to_have_text(text)


def press(page: Page, *keys: str) -> None:
    field(page).focus()
    for key in keys:
        page.keyboard.press(key)


def said(prediction: Prediction) -> list[str]:
    return list(Correction.objects.filter(prediction=prediction).values_list("text", flat=True))


@pytest.mark.parametrize("size", ["wide", "phone"])
def test_the_keyboard_alone_will_do(open_page: OpenPage, alice: User, queue: Queue, size: str) -> None:
    first, second, third, fourth = queue("47", "12", "905", "3")
    page = open_page(size, user=alice)
    page.goto("/review/")
    shows(page, "47")
    if size == "wide":  # a finger's keyboard comes when the field is touched
        expect(field(page)).to_be_focused()
    expect(page.locator("#review-count")).to_have_text(re.compile(r"0 of 4,\s+4 left"))
    press(page, "Enter")
    shows(page, "12")
    expect(page.locator("#review-said")).to_have_text("Confirmed 47. 3 left. Read as 12, 30.1 % sure.")
    press(page, "Control+A", "1", "3", "Enter")
    shows(page, "905")
    expect(page.locator("#review-count")).to_have_text(re.compile(r"2 of 4,\s+2 left"))
    after = {"ArrowRight": "3", "ArrowLeft": "905", "n": "3", "u": "905", "ArrowDown": "3", "Enter": "905"}
    for key, text in after.items():
        press(page, key)
        shows(page, text)
    press(page, "Enter")
    expect(page.get_by_role("heading", name="All done")).to_be_visible()
    assert [said(one) for one in (first, second, third, fourth)] == [["47"], ["13"], ["905"], ["3"]]
    expect(page.locator(".nav-count")).to_be_hidden()


def test_the_keys_are_shown_on_a_question_mark(open_page: OpenPage, alice: User, queue: Queue) -> None:
    queue("47", "12")
    page = open_page(user=alice)
    page.goto("/review/")
    page.keyboard.press("?")
    expect(page.get_by_role("dialog", name="Keys")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_be_hidden()
    expect(field(page)).to_be_focused()
    expect(field(page)).to_have_value("47")
    page.keyboard.press("z")
    expect(page.locator(".review-picture svg")).to_have_attribute("viewBox", "0 0 800 600")


def test_typed_text_moves_the_caret_and_stays_while_one_looks_elsewhere(
    open_page: OpenPage, alice: User, queue: Queue
) -> None:
    queue("47", "12")
    page = open_page(user=alice)
    page.goto("/review/")
    page.keyboard.type("49")
    page.keyboard.press("ArrowLeft")
    page.keyboard.type("8")
    expect(field(page)).to_have_value("489")
    page.keyboard.press("ArrowDown")
    shows(page, "12")
    page.keyboard.press("ArrowUp")
    shows(page, "47")
    expect(field(page)).to_have_value("489")
    page.keyboard.press("Escape")
    expect(field(page)).to_have_value("47")


@pytest.mark.parametrize("size", ["wide", "phone"])
def test_buttons_do_the_same(open_page: OpenPage, alice: User, queue: Queue, size: str) -> None:
    first, second, third = queue("47", "12", "905")
    page = open_page(size, user=alice)
    page.goto("/review/")
    expect(page.get_by_role("button", name="Keys")).to_be_visible(visible=size == "wide")
    page.get_by_role("button", name="8 as digit 2").click()
    expect(field(page)).to_have_value("48")
    page.get_by_role("button", name="Confirm").click()
    shows(page, "12")
    page.get_by_role("link", name="Skip", exact=True).click()
    shows(page, "905")
    page.get_by_role("button", name="Previous").click()
    shows(page, "12")
    page.get_by_role("button", name="No number here").click()
    shows(page, "905")
    page.get_by_role("button", name="Undo").click()
    shows(page, "12")
    assert [said(one) for one in (first, second, third)] == [["48"], [], []]
    assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")


def test_sixty_a_minute_by_keyboard(open_page: OpenPage, alice: User, queue: Queue) -> None:
    numbers = [str(100 + number) for number in range(30)]
    queue(*numbers)
    page = open_page(user=alice)
    page.goto("/review/")
    began = time.monotonic()
    for number, text in enumerate(numbers):
        shows(page, text)
        if number % 3 == 0:
            page.keyboard.type(str(number))
        page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="All done")).to_be_visible()
    a_minute = 60 * len(numbers) / (time.monotonic() - began)
    print(f"\n{a_minute:.0f} a minute")
    assert Correction.objects.count() == len(numbers)
    assert a_minute >= 60


def test_two_windows_never_show_the_same_number(open_page: OpenPage, alice: User, queue: Queue) -> None:
    queue(*[str(10 + number) for number in range(12)])
    one, other = open_page(user=alice), open_page(user=alice)
    for page in (one, other):
        page.goto("/review/")
        expect(field(page)).to_be_focused()
    seen: list[str] = []
    for page in (one, other) * 12:
        if page.locator(".review-end").is_visible():  # what is left is open in the other window
            continue
        seen.append(page.locator("#review-guess strong").inner_text())
        page.keyboard.press("Enter")
        expect(page.locator("#review-guess strong, .review-end h2").first).not_to_have_text(seen[-1])
    assert len(seen) == len(set(seen)) == 12
    assert Correction.objects.count() == 12


def test_a_reload_shows_the_same_number_and_a_closed_window_gives_it_back(
    open_page: OpenPage, alice: User, queue: Queue
) -> None:
    queue("47", "12")
    page, other = open_page(user=alice), open_page(user=alice)
    page.goto("/review/")
    shows(page, "47")
    page.reload()
    shows(page, "47")
    page.goto("/history/")
    expect(page.get_by_role("heading", name="History")).to_be_visible()
    page.wait_for_timeout(300)  # the message of a closing window has no answer to wait for
    other.goto("/review/")
    shows(other, "47")


def test_signed_out_in_the_middle_the_text_stays_and_can_be_sent(
    open_page: OpenPage, alice: User, queue: Queue
) -> None:
    [first, _] = queue("47", "12")
    page = open_page(user=alice)
    page.goto("/review/")
    Session.objects.all().delete()
    page.keyboard.type("48")
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert").filter(has_text="You are signed out.")).to_be_visible()
    expect(field(page)).to_have_value("48")
    with page.context.expect_page() as tab:
        page.get_by_role("link", name="Sign in in another tab").click()
    tab.value.locator("[name=login]").fill(alice.email)
    tab.value.locator("[name=password]").fill("correct horse battery")
    steps.main_button(tab.value, "Sign in").click()
    expect(tab.value).to_have_url(re.compile("/review/"))
    tab.value.close()
    field(page).press("Enter")
    shows(page, "12")
    assert said(first) == ["48"]


def test_without_a_network_the_text_stays_and_can_be_sent(open_page: OpenPage, alice: User, queue: Queue) -> None:
    [first, _] = queue("47", "12")
    page = open_page(user=alice)
    page.goto("/review/")
    page.wait_for_load_state("networkidle")
    page.context.set_offline(True)
    page.keyboard.type("48")
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert").filter(has_text="The network does not answer.")).to_be_visible()
    expect(field(page)).to_have_value("48")
    page.context.set_offline(False)
    page.keyboard.press("Enter")
    shows(page, "12")
    assert said(first) == ["48"]


def test_what_is_no_number_or_decided_elsewhere_is_told_beside_the_field(
    open_page: OpenPage, alice: User, queue: Queue
) -> None:
    [first, _] = queue("47", "12")
    page = open_page(user=alice)
    page.goto("/review/")
    page.keyboard.type("4,7")
    page.keyboard.press("Enter")
    expect(page.locator("#review-problem")).to_contain_text("digits only")
    Prediction.objects.filter(id=first.id).update(state="confirmed")
    field(page).fill("48")
    page.keyboard.press("Enter")
    expect(page.locator("#review-problem")).to_contain_text("Somebody has said meanwhile")
    expect(field(page)).to_have_value("48")
    page.keyboard.press("Enter")
    shows(page, "12")


@pytest.mark.parametrize("size", ["wide", "phone"])
def test_the_queue_is_accessible(open_page: OpenPage, alice: User, queue: Queue, size: str) -> None:
    queue("47", "12345678901")
    page = open_page(size, user=alice)
    with problems() as found:
        page.goto("/review/")
        found += serious_problems(page, "a number")
        page.get_by_role("link", name="Skip", exact=True).click()
        shows(page, "12345678901")
        field(page).fill("x")
        page.get_by_role("button", name="Confirm").click()
        found += serious_problems(page, "a number with a mistake")
        if size == "wide":
            page.get_by_role("button", name="Keys").click()
            found += serious_problems(page, "keys")
        Prediction.objects.update(state="confirmed")
        page.goto("/review/")
        found += serious_problems(page, "nothing to review")


def test_without_javascript_it_works_as_well(open_page: OpenPage, alice: User, queue: Queue) -> None:
    first, second, third = queue("47", "12", "905")
    page = open_page("phone", user=alice, java_script_enabled=False)
    page.goto("/review/")
    shows(page, "47")
    page.locator("#review-text").fill("48")
    page.get_by_role("button", name="Confirm").click()
    expect(page.get_by_text("Corrected 47 to 48.")).to_be_visible()
    shows(page, "12")
    page.get_by_role("button", name="Undo").click()
    shows(page, "47")
    page.get_by_role("button", name="8 as digit 2").click()
    shows(page, "12")
    page.get_by_role("link", name="Skip", exact=True).click()
    shows(page, "905")
    page.get_by_role("button", name="No number here").click()
    page.get_by_role("button", name="Start again").click()
    shows(page, "12")
    assert [said(one) for one in (first, second, third)] == [["48"], [], [""]]


def test_a_session_that_ends_without_javascript_keeps_the_text_as_well(
    open_page: OpenPage, alice: User, queue: Queue
) -> None:
    queue("47")
    page = open_page(user=alice, java_script_enabled=False)
    page.goto("/review/")
    page.locator("#review-text").fill("48")
    page.context.clear_cookies(name=settings.SESSION_COOKIE_NAME)
    page.get_by_role("button", name="Confirm").click()
    page.locator("[name=login]").fill(alice.email)
    page.locator("[name=password]").fill("correct horse battery")
    steps.main_button(page, "Sign in").click()
    expect(page.locator("#review-text")).to_have_value("48")
