"""Whose forms are whose: signed out, somebody else's, and methods that there are none for."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from accounts.models import User
from recognizer.models import FormTemplate
from recognizer.tests.forms import order_form, typed

SignIn = Callable[[User], Client]


@pytest.fixture
def form(alice: User) -> FormTemplate:
    return order_form(alice)


def test_the_samples_are_sent_to_their_owner_alone(
    form: FormTemplate, alice: User, bob: User, signed_in: SignIn
) -> None:
    for name in ("image", "thumbnail"):
        response: Any = signed_in(alice).get(f"/forms/{form.id}/{name}/")
        assert response.status_code == 200
        assert response.headers["Content-Type"] in ("image/jpeg", "image/png")
        assert "private" in response.headers["Cache-Control"]
        assert len(b"".join(response.streaming_content)) > 1000
        assert signed_in(bob).get(f"/forms/{form.id}/{name}/").status_code == 404


GUARDED = (
    ("get", "/forms/"),
    ("get", "/forms/new/"),
    ("get", "/forms/{}/"),
    ("get", "/forms/{}/image/"),
    ("get", "/forms/{}/thumbnail/"),
    ("get", "/forms/{}/delete/"),
    ("get", "/forms/{}/table/"),
    ("get", "/forms/{}/table/export/"),
    ("post", "/forms/{}/"),
    ("post", "/forms/{}/try/"),
    ("post", "/forms/{}/delete/"),
)


@pytest.mark.parametrize(("method", "path"), GUARDED)
def test_who_is_signed_out_is_asked_to_sign_in(form: FormTemplate, client: Client, method: str, path: str) -> None:
    response = getattr(client, method)(path.format(form.id))
    assert response.status_code == 302
    assert "/accounts/login/" in response.headers["Location"]
    assert FormTemplate.objects.exists()


@pytest.mark.parametrize(("method", "path"), [pair for pair in GUARDED if "{}" in pair[1]])
@pytest.mark.parametrize("which", ["somebody else's", "none"])
def test_what_is_not_yours_is_not_there(
    form: FormTemplate, bob: User, signed_in: SignIn, method: str, path: str, which: str
) -> None:
    form_id = form.id if which == "somebody else's" else uuid.uuid4()
    assert getattr(signed_in(bob), method)(path.format(form_id), typed()).status_code == 404
    assert form.fields.count() == 3


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("post", "/forms/"),
        ("put", "/forms/new/"),
        ("delete", "/forms/{}/"),
        ("get", "/forms/{}/try/"),
        ("post", "/forms/{}/image/"),
        ("post", "/forms/{}/table/"),
    ],
)
def test_other_methods_are_refused(form: FormTemplate, alice: User, signed_in: SignIn, method: str, path: str) -> None:
    assert getattr(signed_in(alice), method)(path.format(form.id)).status_code == 405
