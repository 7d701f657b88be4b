"""Nothing means nothing; and what was kept can be deleted for good."""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import expect

from accounts.models import User
from recognizer.models import Upload
from tests.e2e import steps
from tests.e2e.conftest import OpenPage

PrivateFiles = Callable[[], set[str]]


def test_of_a_picture_read_with_nothing_kept_no_row_and_no_file_is_left(
    open_page: OpenPage, alice: User, number_png: Callable[[str], bytes], private_files: PrivateFiles
) -> None:
    page = open_page(user=alice)
    page.goto("/read/")
    steps.choose_picture(page, number_png("5"))
    page.get_by_role("radio", name="Nothing").check()
    steps.main_button(page, "Read").click()
    expect(page.locator("#reading")).to_have_text("5")
    expect(page.get_by_text("Nothing was kept.")).to_be_visible()
    expect(page.locator("form.correct")).to_have_count(0)
    assert not Upload.objects.exists()
    assert private_files() == set()
    page.get_by_role("link", name="History", exact=True).click()
    expect(page.get_by_text("Nothing read yet")).to_be_visible()


def test_a_deleted_upload_goes_with_its_files_after_a_question(
    open_page: OpenPage, alice: User, number_png: Callable[[str], bytes], private_files: PrivateFiles
) -> None:
    page = open_page(user=alice)
    page.goto("/read/")
    steps.choose_picture(page, number_png("5"))
    steps.read(page)
    assert len(private_files()) == 2
    page.get_by_role("link", name="Delete").click()
    question = page.get_by_role("dialog")
    question.get_by_role("button", name="Keep it").click()
    expect(question).to_be_hidden()
    page.get_by_role("link", name="Delete").click()
    question.get_by_role("button", name="Delete for good now").click()
    expect(page.get_by_text("The upload was deleted")).to_be_visible()
    expect(page.get_by_text("Nothing read yet")).to_be_visible()
    assert not Upload.objects.exists()
    assert private_files() == set()
