"""On every page about readings, all that a person reads went through gettext; see ``pseudo_language``."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction
from django.test import Client
from django.utils import timezone

from accounts.models import Keep, User
from recognizer.models import Batch, FormTemplate, ModelVersion, Prediction, Upload
from recognizer.selectors_batches import BatchProgress
from recognizer.services.batches import batch_close, batch_open
from recognizer.services.review import prediction_correct
from recognizer.services.uploads_trash import uploads_trash
from recognizer.tests.batch_material import add, document, finish
from recognizer.tests.batches import make_batch, make_upload
from recognizer.tests.doubtful import doubtful
from recognizer.tests.forms import drawn, given, order_form, typed
from recognizer.tests.order_form import form_png
from recognizer.tests.pseudo_language import page_of, pseudo_language, unwrapped

SignIn = Callable[[User], Client]
Draw = Callable[[str], bytes]

FORMATS = {"CSV", "Excel (XLSX)", "Excel", "JSON", "PAGE-XML", "API"}
KNOWN = {"broken.png", "forms/3.png", "book.tif", "big.zip", "note.png", "order.png", "Monday’s forms", *FORMATS}
"""Names that these pages show, and those of formats."""
SCRIPT = {"accept": "application/json"}


@pytest.fixture(autouse=True)
def _here_and_now(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """In this thread, within the test's transaction, which never ends."""
    settings.BATCH_READERS = 1
    monkeypatch.setattr(transaction, "on_commit", lambda act, robust=False: act())


@pytest.fixture
def client_of_alice(alice: User, signed_in: SignIn, model: ModelVersion) -> Client:
    return signed_in(alice)


def bare(client: Client, address: str, data: dict[str, Any] | None = None) -> list[str]:
    """What a page shows that did not go through gettext."""
    page = page_of(client, address, data)
    assert "⟦" in page
    names = {row.name for row in ModelVersion.objects.all()}
    return unwrapped(page, known=KNOWN | names)


def stamp_on(page: str) -> str:
    """What a review page sends with a decision."""
    found = re.search(r'name="stamp" value="([^"]+)"', page)
    assert found is not None
    return found[1]


@pytest.fixture
def batch(alice: User, model: ModelVersion, number_png: Draw, settings: Any) -> Batch:
    """A broken file, one that is too large, one that is no picture, a number, a document of two pages."""
    settings.MAX_UPLOAD_MEGABYTES = 0.05
    batch = batch_open(owner=alice, name="Monday’s forms")
    add(batch, "broken.png", number_png("3")[:200])
    add(batch, "forms/3.png", number_png("3"))
    add(batch, "big.zip", b"PK\x03\x04 and nothing else")
    add(batch, "note.png", number_png("8") + bytes(60_000))
    add(batch, "book.tif", document(["5", "8"], "TIFF"))
    batch_close(batch=batch)
    return finish(batch)


def test_a_batch_with_what_went_wrong(client_of_alice: Client, batch: Batch) -> None:
    assert batch.items.filter(state="failed").count() == 3
    for part in ("", "?show=failed", "?show=doubtful", "column/", "delete/"):
        assert bare(client_of_alice, f"/batches/{batch.id}/{part}") == [], part
    assert bare(client_of_alice, "/batches/") == []
    assert bare(client_of_alice, f"/batches/{batch.id}/cancel/", {}) == []
    assert bare(client_of_alice, f"/batches/{batch.id}/retry/", {}) == []


def test_scripts_are_told_of_a_batch_in_the_language(client_of_alice: Client, batch: Batch) -> None:
    for part in ("files/", "progress/?cursor="):
        page = page_of(client_of_alice, f"/batches/{batch.id}/{part}")
        assert "⟦This file is too large; at most 0.05 MB can be read.⟧" in page.encode().decode("unicode_escape"), part


def test_a_batch_under_way(client_of_alice: Client, alice: User, monkeypatch: pytest.MonkeyPatch) -> None:
    batch = make_batch(alice, "3", "", name="Monday’s forms")
    Batch.objects.filter(id=batch.id).update(name="")
    now: dict[str, Any] = {"state": "reading", "total": 9, "read": 5, "doubtful": 1, "rejected": 1, "failed": 1}
    now |= {"cancelled": 0, "deleted": 0, "waiting": 3, "retryable": 1}
    for state, seconds in (("open", None), ("reading", 30), ("reading", 90), ("reading", 9000), ("cancelled", None)):
        progress = BatchProgress(**{**now, "state": state, "seconds_left": seconds})
        monkeypatch.setattr("recognizer.views.batches.batch_progress", lambda batch, shown=progress: shown)
        found = [text for text in bare(client_of_alice, f"/batches/{batch.id}/") if "page 0.png" not in text]
        assert [text for text in found if "page 1.png" not in text] == [], state


def test_several_pictures_of_which_nothing_is_kept(client_of_alice: Client, number_png: Draw) -> None:
    files = [SimpleUploadedFile("note.png", number_png("3")), SimpleUploadedFile("broken.png", b"no picture")]
    assert bare(client_of_alice, "/read/", {"image": files, "keep": "nothing"}) == []


def test_a_picture_that_cannot_be_read(client_of_alice: Client, number_png: Draw) -> None:
    for data in (b"", b"no picture", number_png("3")[:200]):
        assert bare(client_of_alice, "/read/", {"image": SimpleUploadedFile("note.png", data)}) == []
    picture = SimpleUploadedFile("note.png", number_png("3"))
    assert bare(client_of_alice, "/read/", {"image": picture, "expect": "many", "keep": "half"}) == []


def test_the_history_with_its_filters(client_of_alice: Client, alice: User, number_png: Draw) -> None:
    client = client_of_alice
    client.post("/read/", {"image": SimpleUploadedFile("note.png", number_png("47")), "keep": "text"})
    for state in Upload.State.values:
        make_upload(alice, "" if state in ("rejected", "failed", "queued") else "31", state=state)
    corrected = make_upload(alice, "47").predictions.get()
    prediction_correct(prediction=corrected, author=alice, text="41")
    filters = "state=read&source=file&since=2026-01-01&sure_from=0&digits=2&q=1..99"
    for query in ("", f"?{filters}", "?q=99999", "?before=x", "?sort=least_sure", "?since=never&sure_to=200&q=x"):
        assert bare(client, f"/history/{query}") == [], query
    for query in ("", "?state=read", "?q=99999"):
        assert bare(client, f"/history/all/{query}") == [], query


def test_the_history_and_its_trash_after_something_was_done(client_of_alice: Client, alice: User) -> None:
    client = client_of_alice
    ids = [str(make_upload(alice, text).id) for text in ("1", "2", "3", "4")]
    selected = "/history/selected/"
    assert bare(client, selected, {"action": "delete"}) == []
    assert bare(client, selected, {"action": "shred", "upload": ids}) == []
    assert bare(client, selected, {"action": "reread", "upload": ids[:1]}) == []
    assert bare(client, selected, {"action": "delete", "upload": ids[:2]}) == []
    assert bare(client, "/history/trash/") == []
    assert bare(client, "/history/trash/selected/", {"action": "restore", "upload": ids[:1]}) == []
    for action in ("delete", "reread", "shred"):
        data = {"action": action, "as_of": timezone.now().isoformat(), "address": ""}
        assert bare(client, "/history/all/", data) == [], action


def test_what_is_done_with_all_of_the_history(client_of_alice: Client, alice: User) -> None:
    from recognizer.models import HistoryAction

    now, client = timezone.now(), client_of_alice
    for kind in HistoryAction.Kind.values:
        for state in HistoryAction.State.values:
            row = HistoryAction.objects.create(
                owner=alice, created_at=now, kind=kind, moment=now, state=state, total=9, done=3, left_out=1
            )
            assert bare(client, f"/history/all/{row.id}/") == [], (kind, state)


@pytest.mark.parametrize("days", ["7", "30", "365", "all", "8"])
def test_figures_over_time(client_of_alice: Client, alice: User, days: str) -> None:
    for ago in (0, 1, 40, 400):
        moment = timezone.now() - dt.timedelta(days=ago)
        corrected = make_upload(alice, "407", created_at=moment).predictions.get()
        prediction_correct(prediction=corrected, author=alice, text="401")
        make_upload(alice, "31", created_at=moment, state="needs_review", confidence=0.4)
    assert bare(client_of_alice, f"/dashboard/?range={days}") == []


def test_a_number_to_review_and_the_end_of_the_queue(client_of_alice: Client, alice: User) -> None:
    client = client_of_alice
    assert bare(client, "/review/") == []
    item, other = doubtful(alice, "47", picture=True), doubtful(alice, "31", 0.6)
    page = page_of(client, "/review/")
    assert unwrapped(page, known=KNOWN) == []
    stamp = stamp_on(page)
    assert bare(client, f"/review/{item.id}/", {"text": "many", "stamp": stamp}) == []
    assert bare(client, f"/review/{item.id}/", {"text": "47", "stamp": "old"}) == []
    assert bare(client, "/review/?after=zzz") == []
    assert bare(client, f"/review/{item.id}/", {"text": "41", "stamp": stamp}) == []
    Prediction.objects.filter(id=other.id).update(state=Prediction.State.CONFIRMED)
    assert bare(client, "/review/?done=3") == []
    assert bare(client, "/review/undo/", {"undo": "none"}) == []


@pytest.mark.parametrize("doubt", ["empty", "length", "range", "check_digit"])
def test_a_field_of_a_form_to_review(client_of_alice: Client, alice: User, doubt: str) -> None:
    form = order_form(alice, name="Monday’s forms")
    field, number = form.fields.get(name="Customer"), doubtful(alice, "" if doubt == "empty" else "47", picture=True)
    Prediction.objects.filter(id=number.id).update(form_field=field, doubt=doubt)
    page = page_of(client_of_alice, f"/review/?form_field={field.id}")
    assert unwrapped(page, known={*KNOWN, "Customer"}) == []
    page = page_of(client_of_alice, f"/review/{number.id}/", {"text": "12", "stamp": stamp_on(page)})
    assert unwrapped(page, known={*KNOWN, "Customer"}) == []


@pytest.fixture
def form(alice: User, model: ModelVersion) -> FormTemplate:
    return order_form(alice, name="Monday’s forms")


FIELDS = {*KNOWN, "Customer", "Amount", "Month"}


def test_forms_and_what_is_read_as_one(client_of_alice: Client, form: FormTemplate, number_png: Draw) -> None:
    client = client_of_alice
    uploads = [given(form, form_png(Customer="4021375")), given(form, number_png("47"))]
    addresses = [f"/forms/{form.id}/{part}" for part in ("", "table/", "delete/")]
    for address in ("/forms/", "/read/", *addresses, *(f"/history/{upload.id}/" for upload in uploads)):
        names = {row.name for row in ModelVersion.objects.all()}
        assert unwrapped(page_of(client, address), known=FIELDS | names) == [], address
    assert "⟦This picture does not look like the form “Monday’s forms”." in page_of(
        client, f"/history/{uploads[1].id}/"
    )


WRONG = (
    {"digits_least": 9, "digits_most": 3},
    {"digits_least": 99},
    {"decimals": 9, "digits_most": 3},
    {"least": 9, "greatest": 3},
    {"greatest": -3},
    {"least": 100, "digits_most": 1},
    {"check": "weights"},
    {"check": "weights", "check_weights": "3 1", "check_modulus": 10, "digits_least": 5},
    {"check": "weights", "check_weights": "x"},
    {"check": "luhn", "digits_most": 1},
    {"x": 5000},
    {"width": 1},
    {"name": ""},
)


@pytest.mark.parametrize("wrong", WRONG, ids=str)
def test_fields_that_are_described_wrong(client_of_alice: Client, form: FormTemplate, wrong: dict[str, Any]) -> None:
    data = typed({**drawn("Customer"), **wrong}, name="Monday’s forms")
    page = page_of(client_of_alice, f"/forms/{form.id}/", data)
    assert unwrapped(page, known=FIELDS) == []
    assert "⟦" in page


def test_a_form_is_tried(client_of_alice: Client, form: FormTemplate) -> None:
    data = typed(drawn("Customer"), drawn("Amount"), name="Monday’s forms")
    for files in ({}, {"trial": SimpleUploadedFile("note.png", b"no picture")}):
        page = page_of(client_of_alice, f"/forms/{form.id}/try/", {**data, **files})
        assert unwrapped(page, known=FIELDS) == []


def test_scripts_are_told_what_is_wrong_in_the_language(client_of_alice: Client, form: FormTemplate) -> None:
    item = doubtful(form.owner, "47")
    asked: tuple[tuple[str, dict[str, Any]], ...] = (
        (f"/review/{item.id}/", {"text": "many", "stamp": "old"}),
        ("/review/undo/", {"undo": "none"}),
        ("/review/next/", {"count": "x"}),
        ("/batches/", {"keep": "nothing"}),
        ("/batches/", {"keep": "all", "form": str(item.id)}),
        (f"/forms/{form.id}/try/", typed(name="Order")),
        ("/read/live/", {}),
    )
    for address, data in asked:
        with pseudo_language():
            answer = client_of_alice.post(address, data, headers=SCRIPT)
        assert answer.status_code >= 400, address
        message = answer.json()["error"]["message"]
        assert (message[0], message[-1]) == ("⟦", "⟧"), (address, message)


def test_the_trash_with_something_in_it(client_of_alice: Client, alice: User) -> None:
    uploads_trash(owner=alice, ids=[make_upload(alice, "47", keep=Keep.TEXT).id, make_upload(alice, "").id])
    assert bare(client_of_alice, "/history/trash/") == []
