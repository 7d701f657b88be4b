"""What a person says beside what was predicted."""

from __future__ import annotations

import uuid
from collections.abc import Callable

import pytest
from django.test import Client

from accounts.models import Keep, User
from recognizer.models import Correction, ModelVersion, Prediction, Upload
from recognizer.services.ingest import picture_ingest

SignIn = Callable[[User], Client]


@pytest.fixture
def prediction(alice: User, model: ModelVersion, number_png: Callable[[str], bytes]) -> Prediction:
    """A seven that was read on Alice's picture."""
    upload = picture_ingest(data=number_png("7"), owner=alice, keep=Keep.ALL).upload
    assert upload is not None
    return upload.predictions.get()


def address(prediction: Prediction) -> str:
    return f"/predictions/{prediction.id}/correct/"


def test_a_correction_stands_beside_the_prediction(prediction: Prediction, alice: User, signed_in: SignIn) -> None:
    client = signed_in(alice)
    response = client.post(address(prediction), {"text": " 1 "})
    assert response.headers["Location"] == f"/history/{prediction.upload_id}/"
    prediction.refresh_from_db()
    assert (prediction.text, prediction.state) == ("7", "corrected")
    assert prediction.corrections.get().text == "1"
    assert prediction.corrections.get().author == alice
    upload = Upload.objects.get()
    assert (upload.text, upload.final_text) == ("7", "1")
    number = client.get(response.headers["Location"]).context["result"].numbers[0]
    assert (number.text, number.corrected, number.shown) == ("7", "1", "1")


def test_the_same_text_confirms(prediction: Prediction, alice: User, signed_in: SignIn) -> None:
    signed_in(alice).post(address(prediction), {"text": "7"})
    prediction.refresh_from_db()
    assert prediction.state == "confirmed"


def test_the_newest_correction_counts_and_the_older_one_stays(
    prediction: Prediction, alice: User, signed_in: SignIn
) -> None:
    client = signed_in(alice)
    for text in ("1", "2"):
        client.post(address(prediction), {"text": text})
    assert Upload.objects.get().final_text == "2"
    assert Correction.objects.count() == 2


def test_a_doubtful_upload_counts_as_read_once_it_is_corrected(
    prediction: Prediction, alice: User, signed_in: SignIn
) -> None:
    Prediction.objects.update(state="needs_review")
    Upload.objects.update(state="needs_review")
    signed_in(alice).post(address(prediction), {"text": "1"})
    assert Upload.objects.get().state == "read"


@pytest.mark.parametrize("text", ["", "  ", "seven", "1.5", "٣", "1" * 51, "-1", "<b>1</b>", "1" * 500])
def test_what_is_no_number_is_refused_next_to_its_field(
    prediction: Prediction, alice: User, signed_in: SignIn, text: str
) -> None:
    response = signed_in(alice).post(address(prediction), {"text": text})
    assert response.status_code == 422
    assert response.context["result"].numbers[0].correct_form.errors["text"]
    assert not Correction.objects.exists()


def test_nobody_corrects_what_is_not_theirs(
    prediction: Prediction, bob: User, charlie: User, client: Client, signed_in: SignIn
) -> None:
    assert client.post(address(prediction), {"text": "1"}).headers["Location"].startswith("/accounts/login/")
    for stranger in (bob, charlie):
        theirs = signed_in(stranger).post(address(prediction), {"text": "1"})
        nowhere = signed_in(stranger).post(f"/predictions/{uuid.uuid4()}/correct/", {"text": "1"})
        assert theirs.status_code == nowhere.status_code == 404
    assert not Correction.objects.exists()


def test_a_correction_is_posted(prediction: Prediction, alice: User, signed_in: SignIn) -> None:
    assert signed_in(alice).get(address(prediction)).status_code == 405
