"""The LiteRT file of a serving model, for whoever is signed in and would run it elsewhere."""

from __future__ import annotations

import hashlib
import html
from collections.abc import Callable
from pathlib import Path

import pytest
from django.test import Client

from accounts.models import User
from recognizer.models import ModelVersion
from recognizer.services.serving import network_file

SignIn = Callable[[User], Client]
ADDRESS = "/models/digit-1/model.tflite"


def test_the_card_offers_the_network_with_what_it_takes_and_gives(
    model: ModelVersion, alice: User, signed_in: SignIn
) -> None:
    page = signed_in(alice).get("/models/").content.decode()
    assert f'href="{ADDRESS}"' in page
    assert html.escape(model.card["input"]) in page
    assert html.escape(model.card["output"]) in page


def test_the_network_comes_whole_and_under_its_models_name(model: ModelVersion, alice: User, signed_in: SignIn) -> None:
    answer = signed_in(alice).get(ADDRESS)
    content = b"".join(answer.streaming_content)  # type: ignore[attr-defined]
    assert hashlib.sha256(content).hexdigest() == model.sha256
    assert answer.headers["Content-Disposition"] == 'attachment; filename="digit-1.tflite"'
    assert answer.headers["X-Content-Type-Options"] == "nosniff"


def test_whoever_is_signed_out_is_sent_to_sign_in(model: ModelVersion, client: Client) -> None:
    answer = client.get(ADDRESS)
    assert answer.status_code == 302
    assert answer.headers["Location"].startswith("/accounts/login/")


@pytest.mark.parametrize("name", ["digit-9", "..", "%2e%2e%2fsettings", "card.json"])
def test_what_does_not_serve_is_not_there(model: ModelVersion, alice: User, signed_in: SignIn, name: str) -> None:
    assert signed_in(alice).get(f"/models/{name}/model.tflite").status_code == 404


def test_a_model_that_waits_is_not_there(model: ModelVersion, alice: User, signed_in: SignIn) -> None:
    ModelVersion.objects.update(state="candidate")
    assert signed_in(alice).get(ADDRESS).status_code == 404


def test_a_file_that_is_gone_is_not_there(
    model: ModelVersion, alice: User, signed_in: SignIn, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    assert network_file(model).is_file()
    monkeypatch.setattr("recognizer.views.models.network_file", lambda row: tmp_path / "nothing")
    assert signed_in(alice).get(ADDRESS).status_code == 404


def test_only_reading_is_allowed(model: ModelVersion, alice: User, signed_in: SignIn) -> None:
    assert signed_in(alice).post(ADDRESS).status_code == 405
