"""A form tried while it is drawn; nothing of it is stored."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from accounts.models import User
from recognizer.models import FormTemplate, ModelVersion, Upload
from recognizer.services.form_trial import form_try
from recognizer.tests.forms import drawn, form_drafts, order_form, shown, typed
from recognizer.tests.order_form import form_png

SignIn = Callable[[User], Client]


@pytest.fixture
def form(alice: User, model: ModelVersion) -> FormTemplate:
    return order_form(alice)


def test_the_editor_tries_a_picture_and_keeps_nothing(
    form: FormTemplate, alice: User, signed_in: SignIn, private_files: Callable[[], set[str]]
) -> None:
    before, client = private_files(), signed_in(alice)
    data = typed(drawn("Amount", decimals=2), drawn("Month", name="Unsaved"))
    filled = SimpleUploadedFile("filled.png", form_png(Amount="1250", Month="11"))
    found = client.post(f"/forms/{form.id}/try/", {**data, "trial": filled}, HTTP_ACCEPT="application/json").json()
    assert "12.50" in found["html"]
    assert "Unsaved" in found["html"]
    filled.seek(0)
    without_script = shown(client.post(f"/forms/{form.id}/try/", {**data, "trial": filled}))
    assert "12.50" in without_script
    assert 'value="Unsaved"' in without_script
    assert private_files() == before
    assert not Upload.objects.exists()
    assert form.fields.count() == 3


def test_the_editor_tries_the_sample_itself(form: FormTemplate) -> None:
    found = form_try(form=form, drafts=form_drafts(form), data=None)
    assert found.problem == ""
    assert [field.doubt for field in found.fields] == ["empty", "empty", ""]


@pytest.mark.parametrize(
    ("data", "status", "sentence"),
    [
        (typed(), 400, "no field to read yet"),
        (typed(drawn("Amount", x=-1)), 400, "Something is wrong with the fields"),
        (typed(drawn("Amount")) | {"trial": b"hello"}, 415, "not a picture of a kind"),
    ],
)
def test_a_trial_that_cannot_be_made_says_why(
    form: FormTemplate, alice: User, signed_in: SignIn, data: dict[str, Any], status: int, sentence: str
) -> None:
    if "trial" in data:
        data = {**data, "trial": SimpleUploadedFile("x.png", data["trial"])}
    client = signed_in(alice)
    response = client.post(f"/forms/{form.id}/try/", data, HTTP_ACCEPT="application/json")
    assert (response.status_code, sentence in response.json()["error"]["message"]) == (status, True)
    if "trial" in data:
        data["trial"].seek(0)
    assert sentence in shown(client.post(f"/forms/{form.id}/try/", data))


def test_signed_out_a_script_is_told_so(form: FormTemplate, client: Client) -> None:
    response = client.post(f"/forms/{form.id}/try/", typed(), HTTP_ACCEPT="application/json")
    assert (response.status_code, response.json()["error"]["code"]) == (401, "signed_out")
