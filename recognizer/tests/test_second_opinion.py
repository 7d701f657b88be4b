"""Another registered model's reading, beside the one that stands."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from accounts.models import Keep, User
from recognizer.models import Correction, ModelVersion, Prediction, Upload
from recognizer.services.ingest import picture_ingest
from recognizer.services.registry import model_register
from recognizer.tests.tiny_networks import digit_network, save_model

SignIn = Callable[[User], Client]
Draw = Callable[[str], bytes]


@pytest.fixture
def upload(alice: User, model: ModelVersion, number_png: Draw) -> Upload:
    kept = picture_ingest(data=number_png("75"), owner=alice, keep=Keep.ALL).upload
    assert kept is not None
    return kept


@pytest.fixture
def other(model: ModelVersion, tmp_path: Path) -> ModelVersion:
    """A candidate that reads brightness: something else than what is written."""
    return model_register(directory=save_model(tmp_path / "digit-7", "digit", digit_network(), version=7))


def ask(client: Client, upload: Upload, model: ModelVersion) -> Any:
    return client.get(f"/history/{upload.id}/opinion/", {"model": model.name})


def test_the_page_offers_the_models_that_are_not_archived(
    upload: Upload, other: ModelVersion, model: ModelVersion, alice: User, signed_in: SignIn
) -> None:
    ModelVersion.objects.create(name="old", kind="digit", version=99, state="archived", threshold=0.5)
    response = signed_in(alice).get(f"/history/{upload.id}/opinion/")
    assert [offered.name for offered in response.context["models"]] == [other.name, model.name]
    assert ask(signed_in(alice), upload, ModelVersion(name="old")).status_code == 404


def test_both_readings_stand_side_by_side_and_nothing_is_written(
    upload: Upload, other: ModelVersion, model: ModelVersion, alice: User, signed_in: SignIn
) -> None:
    before = (Upload.objects.values().get(), Prediction.objects.values().get())
    same = ask(signed_in(alice), upload, model)
    [row] = same.context["rows"]
    assert (row["stands"], row["other"].text, row["same"]) == ("75", "75", True)
    response = ask(signed_in(alice), upload, other)
    [row] = response.context["rows"]
    assert row["stands"] == "75"
    assert not row["same"]
    assert (Upload.objects.values().get(), Prediction.objects.values().get()) == before
    assert not Correction.objects.exists()


def test_what_it_reads_is_taken_over_as_a_correction(
    upload: Upload, number_model: ModelVersion, alice: User, signed_in: SignIn, line_says: Callable[..., None]
) -> None:
    line_says("76")
    client = signed_in(alice)
    response = ask(client, upload, number_model)
    [row] = response.context["rows"]
    assert (row["stands"], row["other"].text) == ("75", "76")
    assert 'aria-label="Take over 76"' in response.content.decode()
    client.post(f"/predictions/{row['number'].id}/correct/", {"text": row["other"].text})
    prediction = upload.predictions.get()
    assert (prediction.text, prediction.state, prediction.corrections.get().text) == ("75", "corrected", "76")


def test_what_only_one_of_them_sees_can_be_added_or_taken_away(
    upload: Upload, model: ModelVersion, alice: User, signed_in: SignIn
) -> None:
    prediction = upload.predictions.get()
    Prediction.objects.update(box_x=100_000)
    shown = ask(signed_in(alice), upload, model)
    assert [(row["stands"], row["other"] and row["other"].text) for row in shown.context["rows"]] == [
        ("75", None),
        ("", "75"),
    ]
    assert f"/predictions/{prediction.id}/remove/" in shown.content.decode()
    assert f"/history/{upload.id}/numbers/" in shown.content.decode()


def test_a_model_whose_file_is_damaged_is_said_so(
    upload: Upload, other: ModelVersion, alice: User, signed_in: SignIn
) -> None:
    ModelVersion.objects.filter(id=other.id).update(sha256="0" * 64)
    response = ask(signed_in(alice), upload, other)
    assert response.status_code == 503
    assert f"The model {other.name} can’t be loaded just now" in response.content.decode()


def test_without_the_picture_there_is_no_other_opinion(
    alice: User, model: ModelVersion, number_png: Draw, signed_in: SignIn
) -> None:
    kept = picture_ingest(data=number_png("7"), owner=alice, keep=Keep.TEXT).upload
    assert kept is not None
    assert ask(signed_in(alice), kept, model).status_code == 409
    assert "Ask another model" not in signed_in(alice).get(f"/history/{kept.id}/").content.decode()


def test_opinions_are_limited(
    upload: Upload, model: ModelVersion, alice: User, signed_in: SignIn, settings: Any
) -> None:
    settings.UPLOADS_PER_MINUTE = 1
    client = signed_in(alice)
    # Four, since a new minute may begin between two of them.
    assert 429 in [ask(client, upload, model).status_code for _ in range(4)]


def test_nobody_asks_about_what_is_not_theirs(
    upload: Upload, model: ModelVersion, bob: User, charlie: User, client: Client, signed_in: SignIn
) -> None:
    assert ask(client, upload, model).headers["Location"].startswith("/accounts/login/")
    for stranger in (bob, charlie):
        assert ask(signed_in(stranger), upload, model).status_code == 404
    assert ask(signed_in(bob), Upload(), model).status_code == 404
    assert signed_in(bob).post(f"/history/{upload.id}/opinion/").status_code == 405
