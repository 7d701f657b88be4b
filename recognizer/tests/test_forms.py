"""Forms that a person describes: the list, a sample, its fields, and what is wrong with them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client

from accounts.models import User
from recognizer.models import FormField, FormTemplate
from recognizer.services import forms
from recognizer.services.forms import form_change
from recognizer.services.retention import GRACE, sweep
from recognizer.tests.batch_material import document
from recognizer.tests.forms import drawn, form_drafts, order_form, typed
from recognizer.tests.order_form import SIZE, form_png

SignIn = Callable[[User], Client]


@pytest.fixture
def form(alice: User) -> FormTemplate:
    return order_form(alice)


def picture(data: bytes) -> Any:
    from django.core.files.uploadedfile import SimpleUploadedFile

    return SimpleUploadedFile("sample.png", data, "image/png")


def page(response: Any) -> str:
    return str(response.content.decode())


def test_an_empty_list_says_what_to_do_first(alice: User, signed_in: SignIn) -> None:
    shown = page(signed_in(alice).get("/forms/"))
    assert "No form yet" in shown
    assert 'href="/forms/new/"' in shown


def test_the_list_shows_ones_own_forms_in_few_queries(
    form: FormTemplate, bob: User, alice: User, signed_in: SignIn, django_assert_max_num_queries: Any
) -> None:
    for name in ("Invoice", "Receipt", "Census"):
        order_form(alice, name=name)
    client = signed_in(alice)
    client.get("/forms/")
    with django_assert_max_num_queries(4):
        shown = page(client.get("/forms/"))
    assert shown.index("Census") < shown.index("Invoice") < shown.index("Order")
    assert "3 fields" in shown
    assert "No form yet" in page(signed_in(bob).get("/forms/"))


def test_a_sample_becomes_a_form_whose_fields_come_next(
    alice: User, signed_in: SignIn, private_files: Callable[[], set[str]]
) -> None:
    response = signed_in(alice).post("/forms/new/", {"name": "  Garden   tools ", "image": picture(form_png())})
    form = FormTemplate.objects.get()
    assert response.headers["Location"] == f"/forms/{form.id}/"
    assert (form.name, form.owner, (form.width, form.height)) == ("Garden tools", alice, SIZE)
    assert len(private_files()) == 2
    shown = page(signed_in(alice).get(f"/forms/{form.id}/"))
    assert "No field yet" in shown
    assert f"/forms/{form.id}/image/" in shown


@pytest.mark.parametrize(
    ("data", "status", "sentence"),
    [
        (None, 400, "No picture was given"),
        (b"", 400, "This file is empty"),
        (b"hello", 415, "not a picture of a kind"),
        (form_png()[:3000], 422, "damaged or cut short"),
    ],
)
def test_a_sample_that_cannot_be_opened_is_refused_and_nothing_is_kept(
    alice: User,
    signed_in: SignIn,
    private_files: Callable[[], set[str]],
    data: bytes | None,
    status: int,
    sentence: str,
) -> None:
    fields: dict[str, Any] = {"name": "Order"} if data is None else {"name": "Order", "image": picture(data)}
    response = signed_in(alice).post("/forms/new/", fields)
    assert response.status_code == status
    assert sentence in page(response)
    assert 'value="Order"' in page(response)
    assert not FormTemplate.objects.exists()
    assert not private_files()


@pytest.mark.parametrize(("name", "sentence"), [("", "required"), (" \t ", "required"), ("Order", "already")])
def test_a_form_wants_a_name_of_its_own(
    form: FormTemplate, alice: User, signed_in: SignIn, name: str, sentence: str
) -> None:
    response = signed_in(alice).post("/forms/new/", {"name": name, "image": picture(form_png())})
    assert response.status_code == 422
    assert sentence in page(response)
    assert FormTemplate.objects.count() == 1


def test_nobody_has_more_forms_than_they_can_choose_from(
    form: FormTemplate, alice: User, signed_in: SignIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(forms, "MOST_FORMS", 1)
    response = signed_in(alice).post("/forms/new/", {"name": "Invoice", "image": picture(form_png())})
    assert response.status_code == 422
    assert "You have 1 form already." in page(response)


def test_the_first_page_of_a_document_is_the_sample(alice: User, signed_in: SignIn) -> None:
    given = {"name": "Order", "image": picture(document(("47", "11")))}
    assert signed_in(alice).post("/forms/new/", given).status_code == 302
    assert FormTemplate.objects.get().width > 100


def test_two_people_may_use_the_same_name(form: FormTemplate, bob: User, signed_in: SignIn) -> None:
    response = signed_in(bob).post("/forms/new/", {"name": "Order", "image": picture(form_png())})
    assert response.status_code == 302


def test_fields_are_kept_as_they_were_drawn(alice: User, signed_in: SignIn) -> None:
    form = order_form(alice, rules={})
    client = signed_in(alice)
    fields = (
        drawn("Customer", digits_least=7, check_kind="weights", check_weights="3 1 3 1,3;1 1", check_modulus=10),
        drawn("Amount", decimals=2, least="0.50", greatest="99.95", optional="on"),
        drawn("Month", digits_least=3, digits_most=20, check_kind="mod97", check_weights="de"),
    )
    response = client.post(f"/forms/{form.id}/", typed(*fields, name="Order 2"))
    assert response.status_code == 302
    form.refresh_from_db()
    assert form.name == "Order 2"
    customer, amount, month = form.fields.all()
    assert (customer.digits_least, customer.digits_most) == (7, 7)
    assert (customer.check_kind, customer.check_weights, customer.check_modulus) == (
        "weights",
        [3, 1, 3, 1, 3, 1, 1],
        10,
    )
    assert (amount.decimals, amount.least, amount.greatest, amount.optional) == (
        2,
        Decimal("0.5"),
        Decimal("99.95"),
        True,
    )
    assert (month.digits_least, month.digits_most, month.check_weights) == (3, 20, [13, 14])
    assert (month.box_x, month.box_y, month.box_width, month.box_height) == (330, 630, 220, 110)
    shown = page(client.get(f"/forms/{form.id}/"))
    assert 'value="0.5"' in shown
    assert 'value="3 1 3 1 3 1 1"' in shown
    assert "Read pictures as it" in shown


def test_a_field_stays_the_one_it_is_when_it_is_changed(form: FormTemplate, alice: User, signed_in: SignIn) -> None:
    customer, amount, month = form.fields.all()
    fields = (
        drawn("Month", id=month.id, name="Customer"),
        drawn("Customer", id=customer.id, name="Month"),
        drawn("Amount", id=amount.id, DELETE="on"),
    )
    response = signed_in(alice).post(f"/forms/{form.id}/", typed(*fields))
    assert response.status_code == 302
    assert list(form.fields.values_list("id", "name")) == [(month.id, "Customer"), (customer.id, "Month")]


def test_a_field_of_another_form_cannot_be_taken_over(form: FormTemplate, bob: User, signed_in: SignIn) -> None:
    theirs = form.fields.get(name="Amount")
    own = order_form(bob, rules={})
    signed_in(bob).post(f"/forms/{own.id}/", typed(drawn("Amount", id=theirs.id)))
    theirs.refresh_from_db()
    assert theirs.template == form
    assert own.fields.get().id != theirs.id


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"name": ""}, "Give the field a name."),
        ({"name": "amount"}, "Another field has this name already."),
        ({"x": 340, "y": 440}, "cover the same place"),
        ({"x": 900}, "reaches beyond the sample"),
        ({"x": ""}, "Draw the box on the sample"),
        ({"x": -5}, "less than 0"),
        ({"width": 3}, "too small for a digit"),
        ({"width": 10**12}, "less than or equal to"),
        ({"x": "ten"}, "whole number"),
        ({"digits_least": 5, "digits_most": 3}, "greater than the most"),
        ({"digits_least": 0}, "greater than or equal to 1"),
        ({"least": 12, "greatest": 1}, "The range is empty"),
        ({"least": "NaN"}, "Enter a number"),
        ({"digits_least": 1, "least": 50}, "No number with so many digits"),
        ({"check_kind": "weights"}, "Own weights need a modulus"),
        ({"check_kind": "weights", "check_weights": "3 1", "check_modulus": 1}, "greater than or equal to 2"),
        ({"check_kind": "weights", "check_weights": "3 x! 1", "check_modulus": 10}, "Weights are whole numbers"),
        ({"check_kind": "crc32"}, "not one of the available choices"),
        ({"decimals": 9, "digits_least": 3}, "More digits stand behind the point"),
        ({"id": "7"}, "valid UUID"),
    ],
)
def test_what_is_wrong_is_said_beside_the_field_and_nothing_typed_is_lost(
    form: FormTemplate, alice: User, signed_in: SignIn, change: dict[str, Any], sentence: str
) -> None:
    before = list(FormField.objects.values_list())
    fields = (drawn("Amount", name="Amount"), drawn("Month", **{"name": "Month of order", **change}))
    response = signed_in(alice).post(f"/forms/{form.id}/", typed(*fields, name="Renamed"))
    assert response.status_code == 422
    shown = page(response)
    assert sentence in shown
    for value in ("Renamed", *(str(value) for key, value in fields[1].items() if key != "check_kind")):
        assert f'value="{value}"' in shown
    assert list(FormField.objects.values_list()) == before
    assert FormTemplate.objects.get().name == "Order"


def test_boxes_of_a_table_may_touch(form: FormTemplate, alice: User, signed_in: SignIn) -> None:
    fields = (drawn("Amount"), drawn("Month", y=430 + 100))
    assert signed_in(alice).post(f"/forms/{form.id}/", typed(*fields)).status_code == 302


def test_a_form_without_fields_is_kept_and_says_what_it_lacks(
    form: FormTemplate, alice: User, signed_in: SignIn
) -> None:
    client = signed_in(alice)
    response = client.post(f"/forms/{form.id}/", typed(), follow=True)
    assert "without a field nothing can be read as it" in page(response)
    assert not form.fields.exists()
    assert "Draw its fields" in page(client.get("/forms/"))


def test_without_javascript_one_more_field_is_asked_for(form: FormTemplate, alice: User, signed_in: SignIn) -> None:
    response = signed_in(alice).post(f"/forms/{form.id}/", typed(drawn("Amount", name="Sum"), action="add"))
    assert response.status_code == 200
    assert 'name="fields-1-name"' in page(response)
    assert 'value="Sum"' in page(response)
    assert form.fields.count() == 3


@pytest.mark.parametrize("total", ["61", "1000000", "-1", "x", ""])
def test_a_hostile_count_of_fields_is_refused(form: FormTemplate, alice: User, signed_in: SignIn, total: str) -> None:
    data = typed(drawn("Amount")) | {"fields-TOTAL_FORMS": total}
    response = signed_in(alice).post(f"/forms/{form.id}/", data)
    assert response.status_code in (302, 422)
    assert form.fields.count() in (1, 3)


def test_a_deleted_form_takes_its_sample_with_it(
    form: FormTemplate,
    alice: User,
    signed_in: SignIn,
    private_files: Callable[[], set[str]],
    django_capture_on_commit_callbacks: Any,
) -> None:
    client = signed_in(alice)
    assert "Delete this form?" in page(client.get(f"/forms/{form.id}/delete/"))
    assert FormTemplate.objects.exists()
    with django_capture_on_commit_callbacks(execute=True):
        assert client.post(f"/forms/{form.id}/delete/").headers["Location"] == "/forms/"
    assert not FormTemplate.objects.exists()
    assert not private_files()


def test_the_sweep_leaves_samples_alone(form: FormTemplate, private_files: Callable[[], set[str]]) -> None:
    kept = private_files()
    sweep(grace=-GRACE)
    assert private_files() == kept


def test_names_may_be_exchanged(form: FormTemplate) -> None:
    first, second, third = form_drafts(form)
    swapped = [replace(first, name=second.name), replace(second, name=first.name), third]
    form_change(form=form, name="Order", fields=swapped)
    assert [row.name for row in form.fields.order_by("order")] == ["Amount", "Customer", "Month"]
