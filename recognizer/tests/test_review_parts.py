"""Reviewing a part of what waits: one batch, one form, one field; and what a form says against a number."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import User
from recognizer.models import Batch, Correction, FormField, FormTemplate, Prediction, Upload
from recognizer.tests.doubtful import doubtful

SignIn = Callable[[User], Client]
JSON: Any = {"HTTP_ACCEPT": "application/json"}

pytestmark = pytest.mark.usefixtures("model")


@pytest.fixture
def batch(alice: User) -> Batch:
    return Batch.objects.create(owner=alice, created_at=timezone.now(), name="March", source="file", keep="all")


@pytest.fixture
def field(alice: User) -> FormField:
    """A compulsory field of two digits on Alice's form."""
    now = timezone.now()
    form = FormTemplate.objects.create(
        owner=alice, created_at=now, changed_at=now, name="Delivery note", image="x.png", width=800, height=600
    )
    return FormField.objects.create(
        template=form,
        order=0,
        name="Boxes",
        box_x=1,
        box_y=1,
        box_width=9,
        box_height=9,
        digits_least=2,
        digits_most=2,
    )


def in_batch(prediction: Prediction, batch: Batch) -> Prediction:
    Upload.objects.filter(id=prediction.upload_id).update(batch=batch)
    return prediction


def in_field(prediction: Prediction, field: FormField, doubt: str = "") -> Prediction:
    Upload.objects.filter(id=prediction.upload_id).update(form=field.template)
    Prediction.objects.filter(id=prediction.id).update(form_field=field, doubt=doubt)
    return prediction


def said(prediction: Prediction) -> list[str]:
    return list(Correction.objects.filter(prediction=prediction).values_list("text", flat=True))


def test_only_the_batch_is_reviewed_and_counted(alice: User, batch: Batch, signed_in: SignIn) -> None:
    doubtful(alice, "11", 0.1)
    mine = in_batch(doubtful(alice, "22", 0.2), batch)
    in_batch(doubtful(alice, "33", 0.3), batch)
    page = signed_in(alice).get(f"/review/?batch={batch.id}")
    assert page.context["item"].id == mine.id
    assert (page.context["left"], page.context["total"], page.context["waiting"]) == (2, 2, 3)
    assert "Batch: March" in page.content.decode()


def test_the_part_stays_through_the_whole_session(alice: User, batch: Batch, signed_in: SignIn) -> None:
    doubtful(alice, "11", 0.1)
    for text, sure in (("22", 0.2), ("33", 0.3)):
        in_batch(doubtful(alice, text, sure), batch)
    client, query = signed_in(alice), f"?batch={batch.id}"
    page = client.get(f"/review/{query}")
    for number in ("22", "33"):
        item = page.context["item"]
        assert item.text == number
        assert f'action="/review/{item.id}/{query}"' in page.content.decode()
        fields = {"stamp": item.stamp, "text": number, "done": str(page.context["done"])}
        page = client.post(f"/review/{item.id}/{query}", fields, follow=True)
    assert page.context["item"] is None
    assert (page.context["done"], page.context["left"]) == (2, 0)
    html = page.content.decode()
    assert "Nothing in this part waits for you any more." in html
    assert "Review the other one" in html
    undone = client.post(f"/review/undo/{query}", {"undo": page.context["undo"], "done": "2"})
    assert f"batch={batch.id}" in undone.headers["Location"]
    assert client.post(f"/review/release/{query}").headers["Location"] == f"/review/{query}"


def test_scripts_are_told_what_is_left_of_the_part_and_in_all(alice: User, batch: Batch, signed_in: SignIn) -> None:
    doubtful(alice, "11", 0.1)
    in_batch(doubtful(alice, "22", 0.2), batch)
    client, query = signed_in(alice), f"?batch={batch.id}"
    answer = client.post(f"/review/next/{query}", {"count": "3"}, **JSON).json()
    assert (answer["left"], answer["waiting"], len(answer["items"])) == (1, 2, 1)
    assert f"/review/{answer['items'][0]['id']}/{query}" in answer["items"][0]["html"]
    item = answer["items"][0]
    decided = client.post(f"/review/{item['id']}/{query}", {"stamp": item["stamp"], "text": "22"}, **JSON).json()
    assert (decided["left"], decided["waiting"]) == (0, 1)
    assert "Review the other one" in client.post(f"/review/next/{query}", {"count": "1"}, **JSON).json()["end"]


def test_a_form_and_a_field_are_parts_as_well(alice: User, field: FormField, signed_in: SignIn) -> None:
    doubtful(alice, "11", 0.1)
    named = in_field(doubtful(alice, "22", 0.2), field)
    other = doubtful(alice, "33", 0.15)
    Upload.objects.filter(id=other.upload_id).update(form=field.template)
    client = signed_in(alice)
    assert client.get(f"/review/?form={field.template_id}").context["left"] == 2
    page = client.get(f"/review/?form_field={field.id}")
    assert (page.context["item"].id, page.context["left"]) == (named.id, 1)
    assert "Field: Boxes (Delivery note)" in page.content.decode()
    assert client.get(f"/review/?form_field={field.id}&batch={uuid.uuid4()}").status_code == 404


@pytest.mark.parametrize("name", ["batch", "form", "form_field"])
def test_somebody_else_s_and_none_at_all_are_the_same_404(
    batch: Batch, field: FormField, bob: User, signed_in: SignIn, name: str
) -> None:
    theirs = {"batch": batch.id, "form": field.template_id, "form_field": field.id}[name]
    client = signed_in(bob)
    for wanted in (theirs, uuid.uuid4(), "nonsense", "\x00"):
        assert client.get("/review/", {name: str(wanted)}).status_code == 404
    assert client.post(f"/review/next/?{name}={theirs}", {"count": "1"}, **JSON).status_code == 404


def test_the_part_comes_along_through_signing_in(batch: Batch, client: Client) -> None:
    location = client.get(f"/review/?batch={batch.id}").headers["Location"]
    assert f"batch%3D{batch.id}" in location
    posted = client.post(f"/review/{uuid.uuid4()}/?batch={batch.id}", {"text": "4"}).headers["Location"]
    assert f"batch%3D{batch.id}" in posted
    assert "typed%3D4" in posted


@pytest.mark.parametrize(
    ("doubt", "words"),
    [
        ("empty", "may not be empty"),
        ("length", "another count of digits"),
        ("range", "outside of the range"),
        ("check_digit", "check digit does not fit"),
    ],
)
def test_a_doubt_is_said_in_words(alice: User, field: FormField, signed_in: SignIn, doubt: str, words: str) -> None:
    in_field(doubtful(alice, "22"), field, doubt)
    html = signed_in(alice).get("/review/").content.decode()
    assert words in html
    assert "Boxes (Delivery note)" in html


def test_an_empty_field_is_confirmed_or_filled(alice: User, field: FormField, signed_in: SignIn) -> None:
    first, second = (in_field(doubtful(alice, "", 0.1 * place), field, "empty") for place in (1, 2))
    client = signed_in(alice)
    page = client.get("/review/")
    assert "Nothing was read here." in page.content.decode()
    item = page.context["item"]
    page = client.post(f"/review/{item.id}/", {"stamp": item.stamp, "text": "  "}, follow=True)
    assert "Confirmed: nothing is written there." in page.content.decode()
    assert said(first) == [""]
    first.refresh_from_db()
    assert first.state == "confirmed"
    back = client.post("/review/undo/", {"undo": page.context["undo"]}, follow=True)
    assert "Taken back: the empty field waits again." in back.content.decode()
    item = page.context["item"]
    page = client.post(f"/review/{item.id}/", {"stamp": item.stamp, "text": "47"}, follow=True)
    assert "Kept 47." in page.content.decode()
    assert said(second) == ["47"]
    assert Upload.objects.get(id=second.upload_id).final_text == "47"


def test_what_breaks_the_rule_is_asked_once_and_then_kept(alice: User, field: FormField, signed_in: SignIn) -> None:
    wrong = in_field(doubtful(alice, "47", 0.1), field)
    client = signed_in(alice)
    item = client.get("/review/").context["item"]
    page = client.post(f"/review/{item.id}/", {"stamp": item.stamp, "text": "471"})
    assert page.status_code == 422
    html = page.content.decode()
    assert "The form says another count of digits. Enter again to keep it." in html
    assert 'value="471"' in html
    assert said(wrong) == []
    fields = {"stamp": item.stamp, "text": "4711", "insisted": page.context["item"].insisted}
    assert client.post(f"/review/{item.id}/", fields).status_code == 422  # another number is asked about anew
    page = client.post(f"/review/{item.id}/", {**fields, "text": "471"}, follow=True)
    assert "Corrected 47 to 471." in page.content.decode()
    assert said(wrong) == ["471"]


def test_scripts_are_told_that_a_rule_is_broken(alice: User, field: FormField, signed_in: SignIn) -> None:
    item = in_field(doubtful(alice, "47", 0.1), field)
    answer = signed_in(alice).post(f"/review/{item.id}/", {"text": "4"}, **JSON)
    assert (answer.status_code, answer.json()["error"]["code"]) == (422, "breaks_rule")


def test_to_confirm_what_was_read_needs_no_second_word(alice: User, field: FormField, signed_in: SignIn) -> None:
    item = in_field(doubtful(alice, "471", 0.1), field, "length")
    assert signed_in(alice).post(f"/review/{item.id}/", {"text": "471"}, **JSON).status_code == 200
    assert said(item) == ["471"]


def test_a_part_costs_one_query_more_for_its_name(
    alice: User, batch: Batch, signed_in: SignIn, django_assert_num_queries: Any
) -> None:
    in_batch(doubtful(alice, "22", 0.2), batch)
    client = signed_in(alice)
    with django_assert_num_queries(8):
        client.get(f"/review/?batch={batch.id}")
