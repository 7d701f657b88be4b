"""A batch's page while it is read and afterwards: it follows by itself, is cancelled, tried again, copied."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from accounts.models import User
from recognizer.models import Batch, Upload
from recognizer.services.batches import batch_close, batch_open
from recognizer.tests.batch_material import add
from tests.e2e import steps
from tests.e2e.conftest import OpenPage
from tests.e2e.giving_steps import BATCH_PAGE, work
from tests.e2e.test_accessibility import serious_problems

Draw = Callable[[str], bytes]
RESTLESS = "setTimeout = ((later) => (act, ms, ...more) => later(act, Math.min(ms, 300), ...more))(setTimeout);"
"""Pages that look again look often: a test need not wait."""


@pytest.fixture
def batch(alice: User, number_png: Draw, model: object) -> Batch:
    """A file that is broken, two numbers and nothing, none of them read so far."""
    batch = batch_open(owner=alice, name="Monday’s forms")
    add(batch, "broken.png", number_png("3")[:200])
    for text in ("3", "47", " "):
        add(batch, f"{text}.png", number_png(text))
    return batch


def visit(open_page: OpenPage, user: User, batch: Batch, size: str = "wide") -> Page:
    page = open_page(size, user=user)
    page.add_init_script(RESTLESS)
    page.goto(f"/batches/{batch.id}/")
    return page


def now(page: Page, sentence: str) -> None:
    expect(page.locator("#batch-now")).to_have_text(sentence)


def test_the_page_follows_by_itself_to_the_end(open_page: OpenPage, alice: User, batch: Batch) -> None:
    page = visit(open_page, alice, batch)
    now(page, "Files are coming in; 0 of 4 so far are read.")
    expect(page.locator("tbody tr")).to_have_count(4)
    batch_close(batch=batch)
    now(page, "Reading: 0 of 4")
    expect(page.get_by_role("button", name="Cancel what is left")).to_be_visible()
    work(batch)
    now(page, "3 of 4 pictures are read.")
    expect(page.locator("tbody tr").nth(1)).to_contain_text(re.compile(r"3\.png\s+3"))
    expect(page.get_by_role("button", name="Cancel what is left")).to_have_count(0)
    bar = page.get_by_role("progressbar")
    assert (bar.get_attribute("aria-valuenow"), bar.get_attribute("aria-valuemax")) == ("4", "4")
    expect(page.locator("#batch-spoken")).to_have_text("3 of 4 pictures are read.")


def test_a_focused_button_stays_where_it_is_while_the_page_follows(
    open_page: OpenPage, alice: User, batch: Batch
) -> None:
    batch_close(batch=batch)
    page = visit(open_page, alice, batch)
    page.get_by_role("button", name="Cancel what is left").focus()
    work(batch)
    now(page, "3 of 4 pictures are read.")
    assert page.evaluate("document.activeElement.textContent") == "Cancel what is left"


def test_a_lost_network_and_a_lost_session_are_said_and_nothing_breaks(
    open_page: OpenPage, alice: User, batch: Batch
) -> None:
    page = visit(open_page, alice, batch)
    page.context.set_offline(True)
    trouble = page.locator("#batch-trouble")
    expect(trouble).to_have_text(re.compile("^No connection. The batch is read all the same"))
    page.context.set_offline(False)
    expect(trouble).to_have_text("")
    page.context.clear_cookies()
    expect(trouble).to_have_text(re.compile("^You were signed out. The batch is read all the same"))


def test_what_is_left_is_cancelled_and_what_failed_tried_again(
    open_page: OpenPage, alice: User, batch: Batch, number_png: Draw
) -> None:
    batch_close(batch=batch)
    page = visit(open_page, alice, batch)
    page.get_by_role("button", name="Cancel what is left").click()
    now(page, "Cancelled: 0 of 4 were read.")
    other = batch_open(owner=alice)
    add(other, "broken.png", number_png("3")[:200])
    batch_close(batch=other)
    work(other)
    page.goto(f"/batches/{other.id}/?show=failed")
    expect(page.locator("tbody tr")).to_contain_text("damaged or cut short")
    page.get_by_role("button", name="Try what failed again").click()
    now(page, "Reading: 0 of 1")


def test_the_readings_are_copied_as_a_column(open_page: OpenPage, alice: User, batch: Batch) -> None:
    work(batch)
    page = visit(open_page, alice, batch)
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.get_by_role("link", name="Copy as a column").click()
    expect(page.get_by_role("link", name="Copied")).to_be_visible()
    assert page.evaluate("navigator.clipboard.readText()") == "\n3\n47\n"
    page.evaluate("delete Navigator.prototype.clipboard")
    page.locator("[data-column]").click()
    expect(page.locator("#column")).to_have_value("\n3\n47\n")


def test_the_list_leads_to_a_batch_and_deleting_it_can_be_undone(
    open_page: OpenPage, alice: User, batch: Batch
) -> None:
    batch_close(batch=batch)
    work(batch)
    page = open_page(user=alice)
    page.goto("/read/")
    page.get_by_role("link", name="Your batches").click()
    page.get_by_role("link", name="Monday’s forms").click()
    expect(page).to_have_url(BATCH_PAGE)
    page.get_by_role("link", name="Delete").click()
    steps.main_button(page, "Delete").click()
    expect(page.get_by_text("No batch yet")).to_be_visible()
    assert not Upload.objects.filter(deleted_at=None).exists()
    page.goto("/history/")
    page.get_by_role("button", name="Undo").click()
    assert Upload.objects.filter(deleted_at=None).count() == 3


def test_without_javascript_a_link_looks_again(open_page: OpenPage, alice: User, batch: Batch) -> None:
    page = open_page("phone", user=alice, java_script_enabled=False)
    page.goto(f"/batches/{batch.id}/")
    work(batch)
    batch_close(batch=batch)
    page.get_by_role("link", name="Reload").click()
    now(page, "3 of 4 pictures are read.")
    expect(page.get_by_role("link", name="Reload")).to_have_count(0)
    page.get_by_role("link", name="Copy as a column").click()
    expect(page.locator("#column")).to_have_value("\n3\n47\n")


@pytest.mark.parametrize("size", ["wide", "phone"])
def test_pages_of_batches_are_accessible_and_fit_the_screen(
    open_page: OpenPage, alice: User, bob: User, batch: Batch, size: str
) -> None:
    page = open_page(size, user=alice)
    address = f"/batches/{batch.id}/"
    found = []

    def look(path: str, what: str) -> None:
        page.goto(path)
        found.extend(serious_problems(page, what))
        for width in (320, page.viewport_size["width"] if page.viewport_size else 0):
            page.set_viewport_size({"width": width, "height": 740})
            sideways = page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
            found.extend([f"{what} scrolls sideways at {width}"] if sideways > 0 else [])

    look(address, "a batch that is read")
    batch_close(batch=batch)
    work(batch)
    for path in (
        address,
        f"{address}?show=failed",
        f"{address}?show=doubtful",
        f"{address}column/",
        f"{address}delete/",
    ):
        look(path, path)
    look("/batches/", "list")
    assert found == []
    nobody = open_page(size, user=bob)
    nobody.goto("/batches/")
    assert serious_problems(nobody, "no batch") == []
