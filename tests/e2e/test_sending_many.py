"""Sending many files as one batch: a lost network, a lost session or a closed page lose nothing."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Dialog, Page, Route, expect

from accounts.models import User
from recognizer.models import Batch, BatchFile, Upload
from tests.e2e import steps
from tests.e2e.conftest import OpenPage
from tests.e2e.giving_steps import BATCH_PAGE, give, send, work

Draw = Callable[[str], bytes]
HOLD = "**/batches/*/files/"


@pytest.fixture
def page(open_page: OpenPage, alice: User) -> Page:
    page = open_page(user=alice)
    page.goto("/read/")
    return page


def three(number_png: Draw) -> dict[str, bytes]:
    return {f"form-{text}.png": number_png(text) for text in ("3", "47", "8")}


def test_a_lost_network_is_waited_for_and_nothing_is_sent_twice(page: Page, number_png: Draw) -> None:
    sent: list[str] = []

    def deliver(route: Route) -> None:
        if route.request.method != "POST":
            return route.continue_()
        sent.append(str(route.request.post_data_buffer)[:1])
        if len(sent) == 2:
            route.fetch()  # it arrives, and its answer is lost
            return route.abort("internetdisconnected")
        if len(sent) == 4:
            page.context.set_offline(True)
            return route.abort("internetdisconnected")
        return route.continue_()

    page.route(HOLD, deliver)
    give(page, {f"{number}.png": number_png(str(number)) for number in range(1, 8)})
    steps.main_button(page, "Read 7 files").click()
    expect(page.locator("#sending-sentence")).to_have_text(
        "The connection was lost; 5 of 7 are still here. Trying again…"
    )
    page.context.set_offline(False)
    expect(page).to_have_url(BATCH_PAGE)
    batch = Batch.objects.get()
    assert [file.name for file in batch.files.all()] == [f"{number}.png" for number in range(1, 8)]
    assert batch.closed_at is not None


def test_while_files_are_sent_the_page_asks_before_it_is_left_and_not_after(page: Page, number_png: Draw) -> None:
    asked: list[str] = []

    def stay(dialog: Dialog) -> None:
        asked.append(dialog.type)
        dialog.dismiss()

    page.on("dialog", stay)
    held: list[Route] = []
    page.route(HOLD, lambda route: held.append(route))
    give(page, three(number_png))
    steps.main_button(page, "Read 3 files").click()
    expect(page.locator("#sending-text")).to_have_text("0 of 3 files are sent")
    page.evaluate("location.assign('/history/')")
    page.wait_for_timeout(300)
    assert asked == ["beforeunload"]
    for route in held:
        route.continue_()
    expect(page).to_have_url(BATCH_PAGE)
    assert asked == ["beforeunload"]


def test_a_page_that_is_closed_leaves_what_was_sent_to_be_read(page: Page, number_png: Draw) -> None:
    sent: list[Route] = []

    def deliver(route: Route) -> None:
        sent.append(route)
        if len(sent) <= 2:
            route.continue_()
        else:
            route.abort("internetdisconnected")

    page.route(HOLD, deliver)
    give(page, three(number_png))
    steps.main_button(page, "Read 3 files").click()
    expect(page.locator("#sending-text")).to_have_text("2 of 3 files are sent")
    page.close(run_before_unload=False)
    batch = Batch.objects.get()
    work(batch)
    taken = sorted(Upload.objects.values_list("name", "text"))
    assert len(taken) == 2  # whichever two came first
    assert all(name == f"form-{text}.png" for name, text in taken)
    assert batch.closed_at is None  # the sweep does that when nothing more comes


def test_who_is_signed_out_meanwhile_signs_in_in_another_tab_and_it_goes_on(
    page: Page, alice: User, number_png: Draw
) -> None:
    session = next(cookie for cookie in page.context.cookies() if "session" in cookie["name"])
    first: list[Route] = []

    def deliver(route: Route) -> None:
        if not first:
            first.append(route)
            page.context.clear_cookies()
        route.continue_()

    page.route(HOLD, deliver)
    give(page, three(number_png))
    steps.main_button(page, "Read 3 files").click()
    expect(page.locator("#sending-sentence")).to_contain_text("You were signed out")
    link = page.get_by_role("link", name="Sign in, in a new tab")
    expect(link).to_have_attribute("href", "/accounts/login/?next=/batches/")
    with page.context.expect_page() as opened:
        link.click()
    expect(opened.value).to_have_url(re.compile("/accounts/login/"))
    page.context.add_cookies(
        [{"name": session["name"], "value": session["value"], "domain": session["domain"], "path": "/"}]
    )
    opened.value.close()
    page.get_by_role("button", name="Go on").click()
    expect(page).to_have_url(BATCH_PAGE)
    assert BatchFile.objects.count() == 3


def test_what_the_server_refuses_is_said_beside_the_file(page: Page, number_png: Draw, settings: Any) -> None:
    settings.MAX_BATCH_FILES = 2
    page.evaluate("document.getElementById('read-form').dataset.maxFiles = '99'")
    give(page, three(number_png))
    steps.main_button(page, "Read 3 files").click()
    expect(page.locator(".given-file")).to_have_count(1)
    expect(page.locator(".given-file")).to_contain_text("A batch takes 2 pictures at most.")
    page.get_by_role("link", name="See what was read of the others").click()
    expect(page).to_have_url(BATCH_PAGE)


def test_sending_is_stopped_and_what_was_sent_is_read(page: Page, number_png: Draw) -> None:
    sent: list[Route] = []

    def deliver(route: Route) -> None:
        sent.append(route)
        if len(sent) <= 1:
            route.continue_()

    page.route(HOLD, deliver)
    give(page, {f"{number}.png": number_png(str(number)) for number in range(1, 6)})
    steps.main_button(page, "Read 5 files").click()
    expect(page.locator("#sending-text")).to_have_text("1 of 5 files are sent")
    page.get_by_role("button", name="Stop, and read what was sent").click()
    expect(page).to_have_url(BATCH_PAGE)
    batch = Batch.objects.get()
    assert (batch.files.count(), batch.closed_at is not None) == (1, True)


def test_a_page_that_is_loaded_again_goes_on_in_the_same_batch(page: Page, tmp_path: Path, number_png: Draw) -> None:
    for number in range(1, 6):
        (tmp_path / f"{number}.png").write_bytes(number_png(str(number)))
    files = sorted(tmp_path.glob("*.png"))
    sent: list[Route] = []

    def deliver(route: Route) -> None:
        sent.append(route)
        if len(sent) <= 2:
            route.continue_()
        else:
            route.abort("internetdisconnected")

    page.route(HOLD, deliver)
    page.on("dialog", lambda dialog: dialog.accept())
    page.locator("[name=image]").set_input_files(files)
    steps.main_button(page, "Read 5 files").click()
    expect(page.locator("#sending-text")).to_have_text("2 of 5 files are sent")
    page.unroute(HOLD)
    page.goto("/read/")
    page.locator("[name=image]").set_input_files(files)
    batch = send(page, "Read 5 files")
    assert Batch.objects.get() == batch
    assert [file.name for file in batch.files.all()] == ["1.png", "2.png", "3.png", "4.png", "5.png"]
    page.goto("/read/")
    page.locator("[name=image]").set_input_files(files)
    assert send(page, "Read 5 files") != batch, "that one is complete"


def test_what_is_said_otherwise_begins_a_batch_of_its_own(page: Page, tmp_path: Path, number_png: Draw) -> None:
    for number in (1, 2):
        (tmp_path / f"{number}.png").write_bytes(number_png(str(number)))
    files = sorted(tmp_path.glob("*.png"))
    page.route("**/close/", lambda route: route.abort("internetdisconnected"))
    page.on("dialog", lambda dialog: dialog.accept())
    page.locator("[name=image]").set_input_files(files)
    steps.main_button(page, "Read 2 files").click()
    expect(page.locator("#sending-sentence")).to_contain_text("The connection was lost")
    page.unroute("**/close/")
    page.goto("/read/")
    page.get_by_label("The reading only").check()
    page.locator("[name=image]").set_input_files(files)
    send(page, "Read 2 files")
    assert sorted(Batch.objects.values_list("keep", flat=True)) == ["all", "text"]
