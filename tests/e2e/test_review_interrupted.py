"""The review queue when something comes between: a session that ends, no network, no scripts."""

from __future__ import annotations

import re

from django.conf import settings
from django.contrib.sessions.models import Session
from playwright.sync_api import expect

from accounts.models import User
from tests.e2e import steps
from tests.e2e.conftest import OpenPage
from tests.e2e.test_review import Queue, field, queue, said, shows

__all__ = ["queue"]  # a fixture


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
