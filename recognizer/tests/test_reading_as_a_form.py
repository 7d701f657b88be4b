"""Pictures given as a form: its fields are read, what breaks a rule waits, and another paper is never taken for it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction
from django.test import Client

from accounts.models import Keep, User
from recognizer.models import DigitResult, FormPage, FormTemplate, ModelVersion, Prediction, Upload
from recognizer.services import ingest
from recognizer.services.batches import batch_close, batch_open
from recognizer.services.form_rows import form_prepare
from recognizer.services.forms import form_delete
from recognizer.services.readings import reading_replace, upload_recognise, upload_reread
from recognizer.tests.batch_material import add, finish
from recognizer.tests.forms import BAD, GOOD, drawn, fields_of, given, order_form, shown, typed
from recognizer.tests.order_form import PLACES, form_picture, form_png, tilted
from recognizer.tests.pictures import as_png, page

SignIn = Callable[[User], Client]


@pytest.fixture
def form(alice: User, model: ModelVersion) -> FormTemplate:
    return order_form(alice)


@pytest.mark.parametrize("held", ["flat", "askew"])
def test_each_field_is_read_in_its_place(form: FormTemplate, held: str) -> None:
    picture = form_picture(Customer=GOOD, Amount="1250", Month="11")
    upload = given(form, as_png(picture if held == "flat" else tilted(picture)))
    assert [(name, text, doubt) for name, text, _, doubt in fields_of(upload)] == [
        ("Customer", GOOD, ""),
        ("Amount", "1250", ""),
        ("Month", "11", ""),
    ]
    assert upload.text == f"{GOOD}\n1250\n11"
    assert upload.formatted == f"{GOOD}\n12.50\n11"
    assert upload.form == form
    assert upload.form_page.problem == ""
    assert len(upload.form_page.transform or ()) == 9
    assert DigitResult.objects.count() == 13
    amount = upload.predictions.get(form_field__name="Amount")
    box = PLACES["Amount"]
    if held == "flat":
        assert box.x <= amount.box_x
        assert box.y <= amount.box_y <= box.bottom


def test_an_optional_field_may_be_empty_and_another_may_not(form: FormTemplate) -> None:
    upload = given(form, form_png(Customer=GOOD))
    assert fields_of(upload)[1:] == [("Amount", "", "needs_review", "empty"), ("Month", "", "accepted", "")]
    assert (upload.state, upload.text, upload.final_text) == ("needs_review", GOOD, GOOD)
    assert (upload.digit_count, upload.value) == (7, int(GOOD))
    assert not DigitResult.objects.filter(prediction__text="").exists()


def test_the_page_names_the_fields_with_their_values_and_doubts(
    form: FormTemplate, alice: User, signed_in: SignIn, django_assert_max_num_queries: Any
) -> None:
    upload = given(form, form_png(Customer=BAD, Amount="1250"))
    Prediction.objects.filter(form_field__name="Customer").update(text=BAD, doubt="check_digit", state="needs_review")
    client = signed_in(alice)
    client.get("/history/")
    with django_assert_max_num_queries(7):
        text = shown(client.get(f"/history/{upload.id}/"))
    assert "Read as the form <strong>Order</strong>" in text
    assert text.index("Customer") < text.index("Amount") < text.index("Month")
    assert "Its check digit does not fit" in text
    assert ">12.50</a>" in text
    assert 'value="12.50"' in text
    assert "This field is empty" in text


def test_another_paper_is_read_without_the_form_and_says_so(form: FormTemplate, alice: User, signed_in: SignIn) -> None:
    upload = given(form, as_png(page("4021\n375", size=(900, 600))))
    assert upload.state == "needs_review"
    assert [name for name, *_ in fields_of(upload)] == ["", ""]
    assert "does not look like the form “Order”" in upload.form_page.problem
    client = signed_in(alice)
    text = shown(client.get(f"/history/{upload.id}/"))
    assert "does not look like the form “Order”" in text
    assert "Read as the form" not in text


def test_it_waits_for_a_person_until_they_keep_it_without_the_form(
    form: FormTemplate, alice: User, bob: User, signed_in: SignIn
) -> None:
    upload = given(form, as_png(page("4021\n375", size=(900, 600))))
    Prediction.objects.update(state="accepted")
    client, number = signed_in(alice), upload.predictions.order_by("order")[0]
    client.post(f"/predictions/{number.id}/correct/", {"text": number.text})
    upload.refresh_from_db()
    assert upload.state == "needs_review"
    assert signed_in(bob).post(f"/history/{upload.id}/form/drop/").status_code == 404
    assert client.get(f"/history/{upload.id}/form/drop/").status_code == 405
    assert client.post(f"/history/{upload.id}/form/drop/").headers["Location"] == f"/history/{upload.id}/"
    upload.refresh_from_db()
    assert (upload.state, upload.form) == ("read", None)
    assert not FormPage.objects.exists()


def test_what_waits_because_it_is_another_paper_waits_no_more_when_the_form_is_deleted(form: FormTemplate) -> None:
    other, doubted = given(form, as_png(page("4021\n375", size=(900, 600)))), given(form, form_png(Customer=GOOD))
    other.predictions.update(state="accepted")
    form_delete(form=form)
    other.refresh_from_db()
    doubted.refresh_from_db()
    assert (other.state, other.form, doubted.state, doubted.form) == ("read", None, "needs_review", None)


def test_what_was_read_as_its_form_keeps_it(form: FormTemplate, alice: User, signed_in: SignIn) -> None:
    upload = given(form, form_png(Customer=GOOD, Amount="1250"))
    signed_in(alice).post(f"/history/{upload.id}/form/drop/")
    upload.refresh_from_db()
    assert upload.form == form


def test_a_blank_picture_is_rejected_with_the_reason(form: FormTemplate, blank_png: bytes) -> None:
    upload = given(form, blank_png)
    assert (upload.state, upload.reason) == ("rejected", "no_ink")
    assert upload.form_page.problem


def test_a_form_whose_sample_is_gone_says_so_and_the_numbers_are_still_found(
    form: FormTemplate, number_png: Callable[[str], bytes]
) -> None:
    form.image.storage.delete(form.image.name or "")
    upload = given(form, number_png("47"))
    assert upload.text == "47"
    assert "cannot be opened" in upload.form_page.problem


@pytest.mark.parametrize("keep", [Keep.TEXT, Keep.NOTHING])
def test_what_is_kept_is_as_chosen(form: FormTemplate, alice: User, signed_in: SignIn, keep: Keep) -> None:
    data = {"image": SimpleUploadedFile("order.png", form_png(Customer=GOOD, Amount="1250")), "keep": keep}
    response = signed_in(alice).post("/read/", {**data, "form": form.id}, follow=True)
    assert "Read as the form <strong>Order</strong>" in shown(response)
    assert "12.50" in shown(response)
    assert FormPage.objects.count() == Upload.objects.count() == (1 if keep == Keep.TEXT else 0)


def test_the_choice_is_offered_and_kept(form: FormTemplate, alice: User, bob: User, signed_in: SignIn) -> None:
    text = shown(signed_in(alice).get(f"/read/?form={form.id}"))
    assert " ".join(f'<option value="{form.id}" selected>Order</option>'.split()) in " ".join(text.split())
    theirs = shown(signed_in(bob).get("/read/"))
    assert "Read as a form" not in theirs
    assert "Describe it once" in theirs


@pytest.mark.parametrize("which", ["without fields", "somebody else's", "deleted", "no id"])
def test_a_form_that_cannot_be_used_is_refused_and_nothing_is_kept(
    form: FormTemplate, alice: User, bob: User, signed_in: SignIn, which: str
) -> None:
    chosen = {"without fields": str(order_form(alice, name="Bare", rules={}).id), "no id": "7", "deleted": str(form.id)}
    chosen["somebody else's"] = str(order_form(bob).id)
    if which == "deleted":
        form_delete(form=form)
    data = {"image": SimpleUploadedFile("order.png", form_png()), "form": chosen[which]}
    response = signed_in(alice).post("/read/", data)
    assert response.status_code == 422
    assert ("has no fields yet" if which == "without fields" else "is not there any more") in shown(response)
    assert not Upload.objects.exists()


def test_it_is_read_as_its_form_again_by_the_sweep_and_by_newer_models(form: FormTemplate) -> None:
    upload = given(form, form_png(Customer=GOOD, Amount="1250", Month="11"))
    upload.predictions.all().delete()
    Upload.objects.update(state="reading", heartbeat_at=None)
    upload.refresh_from_db()
    upload_reread(upload=upload)
    upload.refresh_from_db()
    assert [name for name, *_ in fields_of(upload)] == ["Customer", "Amount", "Month"]
    assert reading_replace(upload=upload, recognised=upload_recognise(upload=upload))
    assert [name for name, *_ in fields_of(upload)] == ["Customer", "Amount", "Month"]
    assert FormPage.objects.count() == 1


def test_changed_fields_count_when_it_is_read_again(form: FormTemplate, alice: User, signed_in: SignIn) -> None:
    upload = given(form, form_png(Customer=GOOD, Amount="1250"))
    month = form.fields.get(name="Month")
    signed_in(alice).post(f"/forms/{form.id}/", typed(drawn("Amount", name="Sum", id=month.id)))
    assert fields_of(upload)[0][:2] == ("", GOOD)
    assert f"/history/all/?form={form.id}" in shown(signed_in(alice).get(f"/forms/{form.id}/table/"))
    upload.refresh_from_db()
    assert reading_replace(upload=upload, recognised=upload_recognise(upload=upload))
    assert [row[:2] for row in fields_of(upload)] == [("Sum", "1250")]


def test_a_picture_given_while_its_form_is_deleted_is_kept(form: FormTemplate, monkeypatch: pytest.MonkeyPatch) -> None:
    def deleted_then(form: FormTemplate) -> Any:
        prepared = form_prepare(form)
        FormTemplate.objects.all().delete()
        return prepared

    monkeypatch.setattr(ingest, "form_prepare", deleted_then)
    upload = given(form, form_png(Customer=GOOD, Amount="1250"))
    assert (upload.form, upload.text) == (None, f"{GOOD}\n1250")


def test_a_form_deleted_while_a_picture_is_read_leaves_its_numbers(form: FormTemplate) -> None:
    upload = given(form, form_png(Customer=GOOD, Amount="1250"))
    recognised = upload_recognise(upload=upload)
    form_delete(form=form)
    upload.refresh_from_db()
    assert reading_replace(upload=upload, recognised=recognised)
    assert [name for name, *_ in fields_of(upload)] == ["", "", ""]
    assert upload.text.startswith(GOOD)


def test_a_batch_is_read_as_its_form(
    form: FormTemplate, alice: User, signed_in: SignIn, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.BATCH_READERS = 1
    monkeypatch.setattr(transaction, "on_commit", lambda act, robust=False: act())
    batch = batch_open(owner=alice, name="Monday", form=form)
    add(batch, "one.png", form_png(Customer=GOOD, Amount="1250"))
    add(batch, "note.png", as_png(page("4021", size=(900, 600))))
    batch_close(batch=batch)
    finish(batch)
    one, note = Upload.objects.order_by("batch_item__order")
    assert [row[:2] for row in fields_of(one)] == [("Customer", GOOD), ("Amount", "1250"), ("Month", "")]
    assert (one.batch, one.form, note.state) == (batch, form, "needs_review")
    client = signed_in(alice)
    assert f"/forms/{form.id}/table/?batch={batch.id}" in shown(client.get(f"/batches/{batch.id}/"))
    text = shown(client.get(f"/forms/{form.id}/table/?batch={batch.id}"))
    assert text.index("one.png") < text.index("note.png")


def test_a_batch_cannot_be_given_as_a_form_without_fields(alice: User, bob: User, signed_in: SignIn) -> None:
    bare = order_form(alice, name="Bare", rules={})
    data = {"name": "Monday", "form": bare.id}
    response = signed_in(alice).post("/batches/", data, HTTP_ACCEPT="application/json")
    assert (response.status_code, response.json()["error"]["code"]) == (422, "bad_form")
    assert signed_in(bob).post("/batches/", data, HTTP_ACCEPT="application/json").status_code == 404
