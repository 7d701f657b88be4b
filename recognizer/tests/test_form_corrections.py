"""What a person types for a form's field: asked about once where it breaks the rule, and then kept."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client

from accounts.models import User
from recognizer.models import Correction, FormTemplate, ModelVersion, Prediction
from recognizer.tests.forms import BAD, GOOD, given, order_form, shown
from recognizer.tests.order_form import form_png

SignIn = Callable[[User], Client]


@pytest.fixture
def form(alice: User, model: ModelVersion) -> FormTemplate:
    return order_form(alice)


@pytest.fixture
def doubted(form: FormTemplate) -> Prediction:
    """An order whose customer number was read, wrongly, as one whose check digit fits."""
    upload = given(form, form_png(Customer=GOOD, Amount="1250"))
    row = upload.predictions.get(form_field__name="Customer")
    Prediction.objects.filter(id=row.id).update(state="needs_review")
    return row


def test_a_typed_number_that_breaks_the_rule_is_asked_about_once(
    doubted: Prediction, alice: User, signed_in: SignIn
) -> None:
    client, address = signed_in(alice), f"/predictions/{doubted.id}/correct/"
    response = client.post(address, {"text": BAD})
    assert response.status_code == 422
    assert "Its check digit does not fit. Save it again to keep it." in shown(response)
    assert f'name="insisted" value="{BAD}"' in shown(response)
    assert not Correction.objects.exists()
    other = client.post(address, {"text": "402137", "insisted": BAD})
    assert "Another count of digits than the form says. Save it again" in shown(other)
    assert client.post(address, {"text": BAD, "insisted": BAD}).status_code == 302
    assert Correction.objects.get().text == BAD
    doubted.refresh_from_db()
    assert doubted.state == "corrected"


def test_what_keeps_the_rule_or_was_read_so_is_taken_at_once(
    doubted: Prediction, alice: User, signed_in: SignIn
) -> None:
    assert signed_in(alice).post(f"/predictions/{doubted.id}/correct/", {"text": "18"}).status_code == 422
    assert signed_in(alice).post(f"/predictions/{doubted.id}/correct/", {"text": GOOD}).status_code == 302


@pytest.mark.parametrize(("text", "kept"), [("12.75", "1275"), ("12,75", "1275"), ("1,012.75", "101275"), ("75", "75")])
def test_a_point_may_be_typed_where_a_field_has_decimals(
    doubted: Prediction, alice: User, signed_in: SignIn, text: str, kept: str
) -> None:
    amount = doubted.upload.predictions.get(form_field__name="Amount")
    assert signed_in(alice).post(f"/predictions/{amount.id}/correct/", {"text": text}).status_code == 302
    assert Correction.objects.get().text == kept
    doubted.upload.refresh_from_db()
    assert doubted.upload.final_text == f"{GOOD}\n{kept}"


def test_an_empty_field_is_confirmed_or_filled_in(form: FormTemplate, alice: User, signed_in: SignIn) -> None:
    upload = given(form, form_png(Customer=GOOD))
    client, amount = signed_in(alice), upload.predictions.get(form_field__name="Amount")
    client.post(f"/predictions/{amount.id}/remove/")
    amount.refresh_from_db()
    assert amount.state == "confirmed"
    assert "You confirmed it." in shown(client.get(f"/history/{upload.id}/"))
    client.post(f"/predictions/{amount.id}/correct/", {"text": "9.90"})
    upload.refresh_from_db()
    assert upload.final_text == f"{GOOD}\n990"
