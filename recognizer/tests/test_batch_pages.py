"""The pages of batches: the list, how far one is and what was read of it, its column, and the way to the trash."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any
from uuid import uuid4

import pytest
from django.db import transaction
from django.test import Client

from accounts.models import User
from recognizer.models import Batch, BatchItem, ModelVersion, Upload
from recognizer.services.batches import batch_cancel, batch_close, batch_open
from recognizer.services.review import prediction_correct
from recognizer.services.uploads_trash import uploads_trash
from recognizer.tests.batch_material import add, document, finish

SignIn = Callable[[User], Client]
Draw = Callable[[str], bytes]
Queries = Any


@pytest.fixture(autouse=True)
def _here_and_now(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """In this thread, within the test's transaction, which never ends."""
    settings.BATCH_READERS = 1
    monkeypatch.setattr(transaction, "on_commit", lambda act, robust=False: act())


@pytest.fixture
def batch(alice: User, model: ModelVersion, number_png: Draw) -> Batch:
    """A file that is broken, two numbers, nothing, a document of two pages; read and closed."""
    batch = batch_open(owner=alice, name="Monday’s forms")
    add(batch, "broken.png", number_png("3")[:200])
    add(batch, "forms/3.png", number_png("3"))
    add(batch, "forms/47.png", number_png("47"))
    add(batch, "blank.png", number_png(" "))
    add(batch, "book.tif", document(["5", "8"], "TIFF"))
    batch_close(batch=batch)
    return finish(batch)


def content(client: Client, path: str, status: int = 200) -> str:
    response = client.get(path)
    assert response.status_code == status
    return response.content.decode()


def rows(html: str) -> Iterator[str]:
    """The table's lines as text."""
    for row in re.findall(r"<tr id=.*?</tr>", html, re.S):
        yield " ".join(re.sub(r"<[^>]+>", " ", re.sub(r"<svg.*?</svg>", "", row, flags=re.S)).split())


def test_a_batch_shows_what_became_of_each_file_in_order(batch: Batch, alice: User, signed_in: SignIn) -> None:
    html = content(signed_in(alice), f"/batches/{batch.id}/")
    found = list(rows(html))
    assert [line.split()[0] for line in found] == ["1", "2", "3", "4", "5", "6"]
    assert "broken.png" in found[0]
    assert "damaged or cut short" in found[0]
    assert "Not read" in found[0]
    assert re.match(r"2 forms/3.png 3 (&gt; )?\d\d\.\d %", found[1])
    assert "blank.png no number No digit found" in found[3]
    assert "book.tif p. 1 of 2 5" in found[4]
    assert "book.tif p. 2 of 2 8" in found[5]
    assert "Monday’s forms" in html
    assert "5 of 6 pictures are read." in html
    for upload in Upload.objects.all():
        assert f'href="/history/{upload.id}/"' in html


@pytest.mark.parametrize(
    ("show", "expected"),
    [("failed", ["broken.png"]), ("rejected", ["blank.png"]), ("doubtful", []), ("nonsense", ["broken.png"])],
)
def test_a_batch_shows_only_what_failed_or_has_no_number(
    batch: Batch, alice: User, signed_in: SignIn, show: str, expected: list[str]
) -> None:
    Upload.objects.filter(state="needs_review").update(state="read")
    found = list(rows(content(signed_in(alice), f"/batches/{batch.id}/?show={show}")))
    assert [name for name in expected if not any(name in line for line in found)] == []
    assert show == "nonsense" or len(found) == len(expected)


def test_what_is_in_the_trash_shows_as_deleted(batch: Batch, alice: User, signed_in: SignIn) -> None:
    upload = Upload.objects.get(text="3")
    uploads_trash(owner=alice, ids=[upload.id])
    html = content(signed_in(alice), f"/batches/{batch.id}/")
    assert list(rows(html))[1] == "2 forms/3.png Deleted"
    assert str(upload.id) not in html


def test_the_column_has_a_line_for_each_picture_with_its_corrections(
    batch: Batch, alice: User, signed_in: SignIn
) -> None:
    prediction_correct(prediction=Upload.objects.get(text="47").predictions.get(), author=alice, text="41")
    html = content(signed_in(alice), f"/batches/{batch.id}/column/")
    column = re.search(r"<textarea[^>]*>(.*?)</textarea>", html, re.S)
    assert column is not None
    # A browser drops the first line break.
    assert column[1].removeprefix("\n").split("\n") == ["", "3", "41", "", "5", "8"]


def test_the_column_leaves_out_what_is_in_the_trash(batch: Batch, alice: User, signed_in: SignIn) -> None:
    uploads_trash(owner=alice, ids=[Upload.objects.get(text="3").id])
    assert "\n\n\n47\n" in content(signed_in(alice), f"/batches/{batch.id}/column/")


def test_the_list_shows_each_batch_with_its_figures(
    batch: Batch, alice: User, signed_in: SignIn, number_png: Draw
) -> None:
    empty = batch_open(owner=alice)
    html = content(signed_in(alice), "/batches/")
    assert html.index(f"/batches/{empty.id}/") < html.index(f"/batches/{batch.id}/")
    assert "Batch of " in html
    assert "Files are coming in" in html
    assert "5 of 6 read" in " ".join(html.split())
    assert "1 failed" in html


def test_the_list_goes_on_page_by_page(alice: User, signed_in: SignIn, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("recognizer.selectors_batches.batches_of.__kwdefaults__", {"before": None, "size": 2})
    made = [batch_open(owner=alice, name=f"No. {number}") for number in range(3)]
    browser = signed_in(alice)
    first = content(browser, "/batches/")
    assert "No. 2" in first
    assert "No. 1" in first
    assert "No. 0" not in first
    cursor = re.search(r'rel="next"\s+href="([^"]+)"', first)
    assert cursor is not None
    second = content(browser, cursor[1])
    assert "No. 0" in second
    assert "No. 1" not in second
    assert "First page" in second
    Batch.objects.filter(id=made[0].id).delete()
    assert "That is all" in content(browser, cursor[1])


def test_a_batch_of_many_goes_on_page_by_page(
    batch: Batch, alice: User, signed_in: SignIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        "recognizer.selectors_batches.batch_items_page.__kwdefaults__", {"outcome": "all", "after": None, "size": 4}
    )
    browser = signed_in(alice)
    cursor = re.search(r'rel="next"\s+href="([^"]+)"', content(browser, f"/batches/{batch.id}/"))
    assert cursor is not None
    assert [line.split()[0] for line in rows(content(browser, cursor[1]))] == ["5", "6"]


def test_without_a_batch_the_list_says_what_to_do(alice: User, signed_in: SignIn) -> None:
    html = content(signed_in(alice), "/batches/")
    assert "No batch yet" in html
    assert 'href="/read/"' in html


def test_the_reading_page_leads_to_the_batches_once_there_are_any(
    model: ModelVersion, alice: User, bob: User, signed_in: SignIn
) -> None:
    batch_open(owner=bob)
    browser = signed_in(alice)
    assert 'href="/batches/"' not in content(browser, "/read/")
    batch_open(owner=alice)
    assert 'href="/batches/"' in content(browser, "/read/")


def test_while_it_is_read_a_batch_can_be_cancelled_and_afterwards_tried_again(
    model: ModelVersion, alice: User, signed_in: SignIn, number_png: Draw
) -> None:
    batch = batch_open(owner=alice)
    add(batch, "broken.png", number_png("3")[:200])
    browser = signed_in(alice)
    html = content(browser, f"/batches/{batch.id}/")
    assert f"/batches/{batch.id}/cancel/" in html
    assert f"/batches/{batch.id}/retry/" not in html
    assert 'data-underway="yes"' in html
    batch_close(batch=batch)
    finish(batch)
    html = content(browser, f"/batches/{batch.id}/")
    assert f"/batches/{batch.id}/cancel/" not in html
    assert f"/batches/{batch.id}/retry/" in html
    assert 'data-underway=""' in html


def test_a_cancelled_batch_says_how_much_was_read(
    model: ModelVersion, alice: User, signed_in: SignIn, number_png: Draw
) -> None:
    batch = batch_open(owner=alice)
    add(batch, "3.png", number_png("3"))
    batch_cancel(batch=batch)
    html = content(signed_in(alice), f"/batches/{batch.id}/")
    assert "Cancelled: 0 of 1 were read." in html
    assert list(rows(html)) == ["1 3.png Cancelled"]


def test_before_a_batch_is_deleted_it_is_asked_and_then_it_is_in_the_trash(
    batch: Batch, alice: User, signed_in: SignIn
) -> None:
    browser = signed_in(alice)
    html = " ".join(content(browser, f"/batches/{batch.id}/delete/").split())
    assert "5 readings go to the trash" in html
    assert "what failed, is gone for good" in html
    assert Batch.objects.exists()
    assert browser.post(f"/batches/{batch.id}/delete/").status_code == 302
    assert not Batch.objects.exists()
    assert Upload.objects.filter(deleted_at__isnull=False).count() == 5


PAGES = ("", "column/", "delete/")


@pytest.mark.parametrize("page", PAGES)
def test_somebody_elses_batch_is_not_there(batch: Batch, bob: User, signed_in: SignIn, page: str) -> None:
    assert signed_in(bob).get(f"/batches/{batch.id}/{page}").status_code == 404
    assert signed_in(bob).get(f"/batches/{uuid4()}/{page}").status_code == 404


@pytest.mark.parametrize("page", PAGES)
def test_who_is_signed_out_is_asked_to_sign_in(batch: Batch, client: Client, page: str) -> None:
    response = client.get(f"/batches/{batch.id}/{page}")
    assert response.status_code == 302
    assert response["Location"].startswith("/accounts/login/")
    assert client.get("/batches/")["Location"] == "/accounts/login/?next=/batches/"


@pytest.mark.parametrize("page", PAGES)
def test_wrong_methods_are_refused(batch: Batch, alice: User, signed_in: SignIn, page: str) -> None:
    browser = signed_in(alice)
    assert browser.put(f"/batches/{batch.id}/{page}").status_code == 405
    assert page == "delete/" or browser.post(f"/batches/{batch.id}/{page}").status_code == 405
    assert browser.delete("/batches/").status_code == 405


@pytest.mark.parametrize("query", ["?after=x", "?after=-1", "?after=" + "9" * 30])
def test_a_foreign_cursor_is_refused_with_a_sentence(batch: Batch, alice: User, signed_in: SignIn, query: str) -> None:
    assert "Go back to its beginning" in content(signed_in(alice), f"/batches/{batch.id}/{query}", 400)
    assert content(signed_in(alice), "/batches/?before=x", 400)


def test_pages_of_batches_take_few_queries_however_much_there_is(
    batch: Batch, alice: User, signed_in: SignIn, django_assert_max_num_queries: Queries, number_png: Draw
) -> None:
    browser = signed_in(alice)
    for name in range(12):
        more = batch_open(owner=alice)
        add(more, f"{name}.png", number_png("7"))
    for path, most in (("/batches/", 8), (f"/batches/{batch.id}/", 8), (f"/batches/{batch.id}/column/", 4)):
        with django_assert_max_num_queries(most):
            assert browser.get(path).status_code == 200


def test_an_uploaded_name_cannot_bring_markup(
    model: ModelVersion, alice: User, signed_in: SignIn, number_png: Draw
) -> None:
    batch = batch_open(owner=alice, name="<script>1</script>")
    add(batch, "<img src=x onerror=1>.png", number_png("3"))
    for path in ("/batches/", f"/batches/{batch.id}/", f"/batches/{batch.id}/column/", f"/batches/{batch.id}/delete/"):
        html = content(signed_in(alice), path)
        assert "<script>1" not in html
        assert "<img src=x" not in html


def test_a_picture_that_still_waits_says_so(
    model: ModelVersion, alice: User, signed_in: SignIn, number_png: Draw
) -> None:
    batch = batch_open(owner=alice)
    add(batch, "3.png", number_png("3"))
    assert BatchItem.objects.get().state == "waiting"
    assert list(rows(content(signed_in(alice), f"/batches/{batch.id}/"))) == ["1 3.png Waits"]
