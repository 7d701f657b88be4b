"""Signing out, a forgotten password, and a changed one."""

from __future__ import annotations

import re

from django.core import mail
from playwright.sync_api import expect

from accounts.models import User
from tests.e2e import steps
from tests.e2e.conftest import OpenPage

NEW, NEWER = "a fresh stapler battery", "an even fresher stapler"


def test_a_forgotten_password_is_replaced_through_the_mail_and_then_changed(open_page: OpenPage, alice: User) -> None:
    page = open_page(user=alice)
    page.goto("/read/")
    steps.sign_out(page)

    page.goto("/accounts/password/reset/")
    page.locator("[name=email]").fill(alice.email)
    steps.main_button(page, "Send the link").click()
    expect(page.get_by_role("heading", name="Look in your mail")).to_be_visible()
    link = re.search(r"http://\S+", str(mail.outbox[-1].body))
    assert link is not None
    page.goto(link[0])
    page.locator("[name=password1]").fill(NEW)
    page.locator("[name=password2]").fill(NEW)
    steps.main_button(page, "Save the password").click()
    expect(page.get_by_role("heading", name="Your password is changed")).to_be_visible()

    steps.sign_in(page, alice.email, NEW)
    expect(page).to_have_url(re.compile("/read/$"))
    page.goto("/accounts/password/change/")
    for field, value in (("oldpassword", NEW), ("password1", NEWER), ("password2", NEWER)):
        page.locator(f"[name={field}]").fill(value)
    steps.main_button(page, "Change password").click()
    expect(page.get_by_role("status")).to_contain_text("assword")
    alice.refresh_from_db()
    assert alice.check_password(NEWER)


def test_a_wrong_password_is_refused_with_a_sentence(open_page: OpenPage, alice: User) -> None:
    page = open_page("phone")
    steps.sign_in(page, alice.email, "not the password")
    expect(page.get_by_text(re.compile("not correct"))).to_be_visible()
    page.goto("/history/")
    expect(page).to_have_url(re.compile(r"/accounts/login/\?next=/history/$"))
