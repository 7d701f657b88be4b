"""Everything but the canvas works without JavaScript."""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import expect

from accounts.models import User
from recognizer.models import Upload
from tests.e2e import steps
from tests.e2e.conftest import OpenPage


def test_without_javascript_a_picture_is_read_corrected_and_deleted(
    open_page: OpenPage, alice: User, number_png: Callable[[str], bytes]
) -> None:
    page = open_page("phone", user=alice, java_script_enabled=False)
    page.goto("/read/")
    expect(page.locator("#pad")).to_be_hidden()
    steps.choose_picture(page, number_png("4"))
    steps.read(page)
    expect(page.locator("#reading")).to_have_text("4")
    page.locator("form.correct [name=text]").fill("9")
    page.locator("form.correct").get_by_role("button", name="Save").click()
    expect(page.get_by_text("You corrected it to 9")).to_be_visible()
    page.get_by_role("link", name="Delete").click()
    expect(page.get_by_role("heading", name="Delete this reading?")).to_be_visible()
    steps.main_button(page, "Delete").click()
    expect(page.get_by_text("1 picture is in the trash for 30 days.")).to_be_visible()
    assert not Upload.objects.filter(deleted_at=None).exists()
