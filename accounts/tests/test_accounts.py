"""Sign up, sign in, sign out, forget the password, change it."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.core import mail
from django.core.exceptions import ValidationError
from django.db import IntegrityError
from django.test import Client

from accounts.models import User
from recognizer.tests.plugin import PASSWORD

SignIn = Callable[[User], Client]


def is_signed_in(client: Client) -> bool:
    return client.get("/account/").status_code == 200


def test_a_stranger_signs_up_and_is_signed_in(client: Client, db: None) -> None:
    fields = {"email": "Dora@numeral.example", "password1": PASSWORD, "password2": PASSWORD}
    response = client.post("/accounts/signup/", fields)
    assert response.headers["Location"] == "/read/"
    user = User.objects.get()
    assert (user.email, user.is_staff, user.training_consent, user.default_keep) == (
        "dora@numeral.example",
        False,
        False,
        "all",
    )
    assert is_signed_in(client)


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"email": "not an address", "password1": PASSWORD, "password2": PASSWORD}, "valid email"),
        ({"email": "dora@numeral.example", "password1": "12345", "password2": "12345"}, "too short"),
        ({"email": "dora@numeral.example", "password1": PASSWORD, "password2": PASSWORD + "!"}, "same password"),
        ({}, "required"),
    ],
)
def test_a_bad_sign_up_is_explained(client: Client, db: None, fields: dict[str, str], words: str) -> None:
    response = client.post("/accounts/signup/", fields)
    assert response.status_code == 200
    assert words in response.content.decode()
    assert not User.objects.exists()


def test_signing_up_twice_does_not_say_whether_the_address_is_known(client: Client, alice: User) -> None:
    fields = {"email": "ALICE@numeral.example", "password1": PASSWORD, "password2": PASSWORD}
    client.post("/accounts/signup/", fields)
    assert User.objects.count() == 1
    assert not is_signed_in(client)


def test_the_owner_of_the_password_signs_in_and_out(client: Client, alice: User) -> None:
    response = client.post("/accounts/login/", {"login": "Alice@numeral.example", "password": PASSWORD})
    assert response.headers["Location"] == "/read/"
    assert client.post("/accounts/logout/").headers["Location"] == "/"
    assert not is_signed_in(client)


def test_a_wrong_password_and_an_unknown_address_look_alike(client: Client, alice: User) -> None:
    answers = [
        client.post("/accounts/login/", {"login": login, "password": "wrong"}).context["form"].errors.as_text()
        for login in ("alice@numeral.example", "nobody@numeral.example")
    ]
    assert answers[0] == answers[1]
    assert "not correct" in answers[0]


def test_guessing_passwords_is_stopped(client: Client, alice: User) -> None:
    for _ in range(6):
        client.post("/accounts/login/", {"login": alice.email, "password": "wrong"})
    response = client.post("/accounts/login/", {"login": alice.email, "password": PASSWORD})
    assert response.status_code in (200, 429)
    assert not is_signed_in(client)


def test_someone_who_is_not_active_cannot_sign_in(client: Client, alice: User) -> None:
    User.objects.update(is_active=False)
    client.post("/accounts/login/", {"login": alice.email, "password": PASSWORD})
    assert not is_signed_in(client)


def test_a_forgotten_password_is_reset_by_the_link_in_the_mail(client: Client, alice: User) -> None:
    client.post("/accounts/password/reset/", {"email": alice.email})
    [message] = mail.outbox
    assert message.to == [alice.email]
    link = re.search(r"http://testserver(/\S+)|http://[^/]+(/\S+)", str(message.body))
    assert link
    page = client.get(next(filter(None, link.groups())), follow=True)
    address = page.redirect_chain[-1][0]
    client.post(address, {"password1": "another good one", "password2": "another good one"})
    alice.refresh_from_db()
    assert alice.check_password("another good one")


def test_a_reset_for_an_unknown_address_reveals_nothing(client: Client, alice: User) -> None:
    known = client.post("/accounts/password/reset/", {"email": alice.email})
    unknown = client.post("/accounts/password/reset/", {"email": "nobody@numeral.example"})
    assert known.headers["Location"] == unknown.headers["Location"]


def test_the_password_is_changed_by_who_knows_it(alice: User, signed_in: SignIn) -> None:
    client = signed_in(alice)
    new = {"password1": "another good one", "password2": "another good one"}
    client.post("/accounts/password/change/", {"oldpassword": "wrong", **new})
    alice.refresh_from_db()
    assert alice.check_password(PASSWORD)
    client.post("/accounts/password/change/", {"oldpassword": PASSWORD, **new})
    alice.refresh_from_db()
    assert alice.check_password("another good one")


def test_the_profile_keeps_name_and_choice(alice: User, signed_in: SignIn) -> None:
    response = signed_in(alice).post("/account/", {"name": "Alice Ω", "default_keep": "nothing"})
    assert response.status_code == 302
    alice.refresh_from_db()
    assert (alice.name, alice.default_keep, str(alice)) == ("Alice Ω", "nothing", "alice@numeral.example")


def test_the_profile_refuses_a_choice_that_is_none(alice: User, signed_in: SignIn) -> None:
    assert signed_in(alice).post("/account/", {"default_keep": "everything"}).status_code == 422


def test_nobody_makes_themselves_staff(alice: User, signed_in: SignIn) -> None:
    fields = {"name": "A", "default_keep": "all", "is_staff": "on", "is_superuser": "on", "email": "x@y.example"}
    signed_in(alice).post("/account/", fields)
    alice.refresh_from_db()
    assert (alice.is_staff, alice.is_superuser, alice.email) == (False, False, "alice@numeral.example")


def test_the_profile_is_for_who_is_signed_in(client: Client, db: None) -> None:
    assert client.get("/account/").headers["Location"] == "/accounts/login/?next=/account/"


def test_addresses_are_one_whatever_their_case(alice: User) -> None:
    with pytest.raises(ValidationError, match="taken"):
        User(email="ALICE@numeral.example", password="x").validate_constraints()
    with pytest.raises(IntegrityError):
        User.objects.create(email="ALICE@numeral.example")


def test_a_user_needs_an_address(db: None) -> None:
    with pytest.raises(ValueError, match="needs an e-mail"):
        User.objects.create_user("")


@pytest.mark.parametrize(
    "address",
    [
        "/accounts/login/",
        "/accounts/signup/",
        "/accounts/password/reset/",
        "/accounts/password/reset/done/",
        "/accounts/password/reset/key/1-x/",
        "/accounts/password/reset/key/done/",
    ],
)
def test_every_page_for_strangers_shows(client: Client, db: None, address: str) -> None:
    assert client.get(address).status_code == 200


@pytest.mark.parametrize(
    "address",
    ["/account/", "/accounts/logout/", "/accounts/password/change/", "/accounts/email/", "/accounts/reauthenticate/"],
)
def test_every_page_for_members_shows(alice: User, signed_in: SignIn, address: str) -> None:
    assert signed_in(alice).get(address).status_code == 200


def test_the_first_administrator_is_made_by_the_command(db: None, settings: Any) -> None:
    admin = User.objects.create_superuser("root@numeral.example", PASSWORD)
    assert admin.is_staff
    assert admin.is_superuser
    assert User.objects.get_by_natural_key("ROOT@numeral.example") == admin
