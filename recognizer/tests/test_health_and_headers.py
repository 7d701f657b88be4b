"""Is it alive, can it serve, and does every answer carry what protects the visitor?"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.test import Client

from accounts.models import User
from hdr_site import health
from hdr_site.env import site_from
from recognizer.checks import limits_are_sensible, several_processes_share_a_cache
from recognizer.models import ModelVersion

SignIn = Callable[[User], Client]


def test_the_process_says_that_it_lives(client: Client) -> None:
    assert client.get("/healthz").content == b"ok\n"


def test_everything_that_serving_needs_is_ready(client: Client, model: ModelVersion) -> None:
    response = client.get("/readyz")
    assert response.status_code == 200
    assert response.json() == {
        "ready": True,
        "checks": dict.fromkeys(("database", "migrations", "models", "storage", "queue"), "ok"),
    }


def test_without_a_model_it_is_not_ready_and_says_why(client: Client, db: None) -> None:
    response = client.get("/readyz")
    assert response.status_code == 503
    assert response.json()["checks"]["models"] == "No model is active."


def test_a_check_that_breaks_is_told_without_details(
    client: Client, model: ModelVersion, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken() -> str | None:
        raise OSError("/secret/path")

    monkeypatch.setitem(health.CHECKS, "storage", broken)
    response = client.get("/readyz")
    assert response.status_code == 503
    assert response.json()["checks"]["storage"] == "failed (OSError)"


@pytest.mark.parametrize("address", ["/", "/accounts/login/", "/nowhere/"])
def test_every_page_carries_a_strict_policy(client: Client, db: None, address: str) -> None:
    headers = client.get(address).headers
    policy = headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "script-src 'self'" in policy
    assert "unsafe" not in policy
    assert headers["X-Frame-Options"] == "DENY"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "same-origin"


def test_an_unknown_page_is_a_page_in_our_words(client: Client, db: None) -> None:
    response = client.get("/nowhere/")
    assert response.status_code == 404
    assert b"Numeral" in response.content


def test_forms_need_their_token(alice: User) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(alice, backend="allauth.account.auth_backends.AuthenticationBackend")
    assert client.post("/read/", {}).status_code == 403


def test_the_home_page_tells_the_limits(client: Client, db: None) -> None:
    page = client.get("/").content.decode()
    assert "25" in page
    assert "50" in page
    assert client.post("/").status_code == 405


def test_the_models_page_shows_the_card_to_members_only(
    client: Client, alice: User, signed_in: SignIn, model: ModelVersion
) -> None:
    assert client.get("/models/").status_code == 302
    page = signed_in(alice).get("/models/")
    assert model.name in page.content.decode()
    assert page.context["models"][0]["per_digit"]


def test_the_models_page_leaves_out_what_was_not_measured(alice: User, signed_in: SignIn, model: ModelVersion) -> None:
    """A test set without a nine has no figure for it."""
    ModelVersion.objects.update(metrics={"test": {"accuracy": 0.5, "std": None, "per_digit": [0.25, None]}})
    [shown] = signed_in(alice).get("/models/").context["models"]
    assert shown["metrics"] == [("Test accuracy", 0.5)]
    assert shown["per_digit"] == [(0, 25.0)]


def test_the_models_page_works_without_a_model(alice: User, signed_in: SignIn) -> None:
    assert signed_in(alice).get("/models/").status_code == 200


@pytest.mark.parametrize(
    ("url", "secure", "prefix"),
    [
        ("https://numeral.example", True, "__Host-"),
        ("http://127.0.0.1:8000", False, ""),
        ("http://192.168.1.7:8000/", False, ""),
        ("http://localhost", False, ""),
    ],
)
def test_the_address_decides_about_cookies(url: str, secure: bool, prefix: str) -> None:
    site = site_from(url)
    assert (site.secure, site.cookie_prefix) == (secure, prefix)
    assert not site.url.endswith("/")


@pytest.mark.parametrize(
    "url", ["http://numeral.example", "http://8.8.8.8", "ftp://x", "numeral", "https://x/path", ""]
)
def test_an_address_that_cannot_be_served_safely_is_refused(url: str) -> None:
    with pytest.raises(ImproperlyConfigured):
        site_from(url)


def test_settings_that_refuse_everything_are_an_error(settings: Any) -> None:
    assert limits_are_sensible(None) == []
    settings.MAX_UPLOAD_MEGABYTES = 0
    assert [message.id for message in limits_are_sensible(None)] == ["recognizer.E001"]


def test_several_processes_need_a_shared_cache(settings: Any) -> None:
    assert several_processes_share_a_cache(None) == []
    settings.WEB_PROCESSES = 2
    assert [message.id for message in several_processes_share_a_cache(None)] == ["recognizer.W001"]
