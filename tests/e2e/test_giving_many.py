"""Many pictures given at once: what was given is listed, sent as a batch, and nothing is lost on the way."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import FilePayload, Page, Route, expect

from accounts.models import User
from recognizer.models import Batch, Upload
from recognizer.tests.batch_material import document, zipped
from tests.e2e import steps
from tests.e2e.conftest import OpenPage
from tests.e2e.giving_steps import bring, give, send, work
from tests.e2e.test_accessibility import serious_problems

Draw = Callable[[str], bytes]
HOLD = "**/batches/*/files/"


@pytest.fixture
def page(open_page: OpenPage, alice: User) -> Page:
    page = open_page(user=alice)
    page.goto("/read/")
    return page


def listed(page: Page, *names: str) -> None:
    expect(page.locator(".given-name")).to_have_text(list(names))


def three(number_png: Draw) -> dict[str, bytes]:
    return {f"form-{text}.png": number_png(text) for text in ("3", "47", "8")}


def test_several_files_are_listed_sent_and_read_in_the_order_of_their_names(page: Page, number_png: Draw) -> None:
    give(page, {f"form-{number}.png": number_png(str(number)) for number in (10, 9, 1)})
    listed(page, "form-1.png", "form-9.png", "form-10.png")
    expect(page.locator(".given-thumb canvas")).to_have_count(3)
    batch = send(page, "Read 3 files")
    work(batch)
    expect(page.locator("#batch-now")).to_have_text("All 3 pictures are read.")
    expect(page.locator(".batch-text")).to_have_text(["1", "9", "10"])
    assert {upload.source for upload in Upload.objects.filter(batch=batch)} == {"file"}


def test_what_is_wrong_with_a_file_stands_beside_it_and_the_others_are_read(page: Page, number_png: Draw) -> None:
    give(page, {"notes.txt": b"words", "empty.png": b"", "form.png": number_png("5")})
    expect(page.locator(".given-file", has_text="notes.txt")).to_contain_text("not a picture, a PDF or a ZIP")
    expect(page.locator(".given-file", has_text="empty.png")).to_contain_text("This file is empty.")
    expect(page.get_by_text("2 of them can’t be read and are left out.")).to_be_visible()
    batch = send(page, "Read 1 file")
    assert [file.name for file in batch.files.all()] == ["form.png"]


def test_a_file_is_removed_and_others_are_added(page: Page, number_png: Draw) -> None:
    give(page, three(number_png))
    page.get_by_role("button", name="Remove form-47.png").click()
    listed(page, "form-3.png", "form-8.png")
    with page.expect_file_chooser() as chooser:
        page.get_by_role("button", name="Add files").click()
    chooser.value.set_files({"name": "more.png", "mimeType": "image/png", "buffer": number_png("6")})
    listed(page, "form-3.png", "form-8.png", "more.png")
    expect(steps.main_button(page, "Read 3 files")).to_be_enabled()
    page.get_by_role("button", name="Remove all").click()
    expect(page.locator("#given")).to_be_hidden()
    expect(page.locator("#drop")).to_be_visible()
    expect(steps.main_button(page, "Read")).to_be_enabled()


def test_the_same_file_given_twice_is_listed_once(page: Page, tmp_path: Path, number_png: Draw) -> None:
    for name in ("one.png", "two.png"):
        (tmp_path / name).write_bytes(number_png("3"))
    field = page.locator("[name=image]")
    field.set_input_files([tmp_path / "one.png", tmp_path / "two.png"])
    field.set_input_files([tmp_path / "one.png"])
    listed(page, "one.png", "two.png")
    expect(page.get_by_text("1 file was here already.")).to_be_visible()


def test_a_whole_folder_is_given_without_what_systems_leave_in_it(page: Page, tmp_path: Path, number_png: Draw) -> None:
    folder = tmp_path / "forms"
    (folder / "monday").mkdir(parents=True)
    (folder / "monday" / "2.png").write_bytes(number_png("2"))
    (folder / "1.png").write_bytes(number_png("1"))
    (folder / ".DS_Store").write_bytes(b"x")
    (folder / "Thumbs.db").write_bytes(b"x")
    with page.expect_file_chooser() as chooser:
        page.get_by_role("button", name="Choose a folder").click()
    chooser.value.set_files(folder)
    listed(page, "forms/1.png", "forms/monday/2.png")
    batch = send(page, "Read 2 files")
    assert batch.name == "forms"
    assert [file.name for file in batch.files.all()] == ["1.png", "monday/2.png"]


def test_a_dropped_folder_is_walked_through(page: Page, tmp_path: Path, number_png: Draw) -> None:
    folder = tmp_path / "forms"
    (folder / "deep" / "deeper").mkdir(parents=True)
    for number in range(105):  # a browser gives a hundred at a time
        (folder / "deep" / "deeper" / f"{number}.png").write_bytes(number_png("1"))
    (folder / "top.png").write_bytes(number_png("4"))
    protocol = page.context.new_cdp_session(page)
    data = {"items": [], "files": [str(folder)], "dragOperationsMask": 1}
    for kind in ("dragEnter", "dragOver", "drop"):
        protocol.send("Input.dispatchDragEvent", {"type": kind, "x": 300, "y": 300, "data": data})
    expect(page.locator("#given-count")).to_have_text("106 files")
    expect(page.locator(".given-name").last).to_have_text("forms/top.png")


def test_dropped_and_pasted_files_come_to_one_list(page: Page, number_png: Draw) -> None:
    bring(page, "drop", number_png("3"), number_png("5"))
    expect(page.locator(".given-file")).to_have_count(2)
    bring(page, "paste", number_png("8"), to="body")
    expect(page.locator(".given-file")).to_have_count(3)


def test_an_archive_and_a_document_of_many_pages_are_read_page_by_page(page: Page, number_png: Draw) -> None:
    archive = zipped([("a/1.png", number_png("1")), ("a/readme.txt", b"words"), ("a/2.png", number_png("2"))])
    give(page, {"forms.zip": archive, "scan.pdf": document(["4", "6"])})
    batch = send(page, "Read 2 files")
    work(batch)
    expect(page.locator("#batch-now")).to_have_text("4 of 5 pictures are read.")
    expect(page.locator("tbody tr")).to_have_count(5)
    expect(page.locator("tbody th").nth(4)).to_contain_text("p. 2 of 2")


def test_an_archive_alone_is_a_batch_and_a_document_of_one_page_a_picture(page: Page, number_png: Draw) -> None:
    give(page, {"scan.pdf": document(["7"])})
    expect(page.locator("#preview-name")).to_have_text("scan.pdf")
    steps.read(page)
    page.goto("/read/")
    give(page, {"forms.zip": zipped([("1.png", number_png("1"))])})
    batch = send(page, "Read 1 file")
    assert batch.name == "forms.zip"


def test_a_document_that_is_too_large_for_a_form_is_a_batch_too(page: Page, settings: Any) -> None:
    settings.MAX_UPLOAD_MEGABYTES, settings.MAX_DOCUMENT_MEGABYTES = 1, 3
    page.reload()
    large = document(["7", "9"])
    give(page, {"scan.pdf": large + b"\n%" + bytes(1_200_000)})
    batch = send(page, "Read 1 file")
    assert batch.name == "scan.pdf"
    page.goto("/read/")
    give(page, {"scan.pdf": large + bytes(3_200_000)})
    expect(page.locator(".given-problem")).to_contain_text("up to 3 MB can be read")


def test_a_document_of_many_pages_alone_becomes_a_batch(page: Page) -> None:
    give(page, {"scan.pdf": document(["7", "9"])})
    batch = send(page, "Read")
    assert batch.name == "scan.pdf"


def test_where_nothing_is_kept_several_are_shown_once(page: Page, number_png: Draw, private_files: Any) -> None:
    page.get_by_label("You see the result once").check()
    give(page, three(number_png))
    steps.main_button(page, "Read 3 files").click()
    expect(page.get_by_text("Nothing was kept.")).to_be_visible()
    expect(page.locator(".batch-text")).to_have_text(["3", "8", "47"])
    expect(page.locator("#column")).to_have_value("3\n8\n47")
    assert (Upload.objects.count(), Batch.objects.count(), private_files()) == (0, 0, set())
    assert serious_problems(page, "several, nothing kept") == []


def test_too_many_to_keep_nothing_of_are_refused_before_they_are_sent(
    page: Page, number_png: Draw, settings: Any
) -> None:
    settings.MAX_UNKEPT_FILES = 2
    page.reload()
    page.get_by_label("You see the result once").check()
    give(page, three(number_png))
    steps.main_button(page, "Read 3 files").click()
    expect(page.locator("#file-problem")).to_contain_text("at most 2 files can be read at once")
    listed(page, "form-3.png", "form-8.png", "form-47.png")


def test_without_javascript_several_files_become_a_batch(open_page: OpenPage, alice: User, number_png: Draw) -> None:
    page = open_page("phone", user=alice, java_script_enabled=False)
    page.goto("/read/")
    files: list[FilePayload] = [
        {"name": name, "mimeType": "image/png", "buffer": data} for name, data in three(number_png).items()
    ]
    page.locator("[name=image]").set_input_files(files)
    batch = send(page, "Read")
    expect(page.get_by_role("link", name="Reload")).to_be_visible()
    work(batch)
    page.get_by_role("link", name="Reload").click()
    expect(page.locator("#batch-now")).to_have_text("All 3 pictures are read.")


@pytest.mark.parametrize("size", ["wide", "phone"])
def test_the_list_of_files_is_accessible_fits_the_screen_and_works_by_keyboard(
    open_page: OpenPage, alice: User, number_png: Draw, size: str
) -> None:
    page = open_page(size, user=alice)
    page.goto("/read/")
    held: list[Route] = []
    page.route(HOLD, lambda route: held.append(route))
    long_name = "a-very-long-name-of-a-file-that-goes-on-and-on-" * 3
    give(page, {**three(number_png), "notes.txt": b"x", f"{long_name}.png": number_png("1")})
    assert serious_problems(page, "list of files") == []
    page.get_by_role("button", name="Remove form-3.png").focus()
    page.keyboard.press("Enter")
    expect(page.locator(".given-file")).to_have_count(4)
    assert page.evaluate("document.activeElement.getAttribute('aria-label')") != ""
    steps.main_button(page, "Read 3 files").click()
    expect(page.locator("#sending")).to_be_visible()
    assert serious_problems(page, "sending") == []
    assert page.evaluate("document.documentElement.scrollWidth - window.innerWidth") <= 0
