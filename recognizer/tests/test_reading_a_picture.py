"""Give a picture in the browser, get its reading."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from accounts.models import User
from recognizer.models import DigitResult, ModelVersion, Prediction, Upload

READ = "/read/"
Draw = Callable[[str], bytes]
SignIn = Callable[[User], Client]


def post(client: Client, data: bytes, **fields: Any) -> Any:
    return client.post(READ, {"image": SimpleUploadedFile("digit.png", data, "image/png"), **fields})


def test_an_uploaded_digit_is_read_and_kept(
    alice: User, signed_in: SignIn, model: ModelVersion, number_png: Draw, private_files: Callable[[], set[str]]
) -> None:
    client = signed_in(alice)
    response = post(client, number_png("7"), keep="all")
    upload = Upload.objects.get()
    assert response.status_code == 302
    assert response.headers["Location"] == f"/history/{upload.id}/"
    assert (upload.owner, upload.state, upload.text, upload.final_text) == (alice, "read", "7", "7")
    prediction = upload.predictions.get()
    assert (prediction.text, prediction.state, prediction.model_version) == ("7", "accepted", model)
    digit = prediction.digits.get()
    assert digit.digit == 7
    assert len(digit.probabilities) == 10
    assert 0.9 < sum(digit.probabilities) <= 1.0001
    assert len(digit.crop or b"") == 28 * 28
    assert private_files() == {upload.image.name, upload.thumbnail.name}
    assert b"digit-1" in client.get(response.headers["Location"]).content


def test_several_digits_are_read_left_to_right(
    alice: User, signed_in: SignIn, model: ModelVersion, number_png: Draw
) -> None:
    post(signed_in(alice), number_png("4071"), keep="all")
    assert Upload.objects.get().text == "4071"
    assert list(DigitResult.objects.order_by("order").values_list("digit", flat=True)) == [4, 0, 7, 1]


def test_a_number_longer_than_any_expectation_is_kept_whole(
    alice: User, signed_in: SignIn, model: ModelVersion, number_png: Draw
) -> None:
    post(signed_in(alice), number_png("7" * 55), keep="all")
    assert Upload.objects.get().text.replace(" ", "") == "7" * 55


def test_the_reading_only_keeps_no_picture(
    alice: User, signed_in: SignIn, model: ModelVersion, number_png: Draw, private_files: Callable[[], set[str]]
) -> None:
    client = signed_in(alice)
    response = post(client, number_png("3"), keep="text")
    upload = Upload.objects.get()
    assert (upload.state, upload.text, upload.image.name, upload.sha256, upload.name) == ("read", "3", "", "", "")
    assert DigitResult.objects.get().crop is None
    assert private_files() == set()
    assert client.get(response.headers["Location"]).status_code == 200
    assert client.get(f"/history/{upload.id}/image/").status_code == 404


def test_nothing_is_kept_when_the_person_says_so(
    alice: User,
    signed_in: SignIn,
    model: ModelVersion,
    number_png: Draw,
    private_files: Callable[[], set[str]],
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level("DEBUG", logger="recognizer")
    response = post(signed_in(alice), number_png("5"), keep="nothing")
    assert response.status_code == 200
    assert response.headers["Cache-Control"] == "no-store"
    assert response.context["result"].text == "5"
    assert not Upload.objects.exists()
    assert not Prediction.objects.exists()
    assert private_files() == set()
    assert not caplog.records


def test_the_choice_in_the_profile_holds_where_the_form_says_nothing(
    alice: User, signed_in: SignIn, model: ModelVersion, number_png: Draw
) -> None:
    alice.default_keep = "nothing"
    alice.save()
    client = signed_in(alice)
    assert client.get(READ).context["form"]["keep"].value() == "nothing"
    assert post(client, number_png("5")).status_code == 200
    assert not Upload.objects.exists()


def test_a_blank_page_is_stored_as_rejected_with_a_sentence(
    alice: User, signed_in: SignIn, model: ModelVersion, blank_png: bytes
) -> None:
    client = signed_in(alice)
    response = post(client, blank_png, keep="all")
    upload = Upload.objects.get()
    assert (upload.state, upload.reason, upload.text) == ("rejected", "no_ink", "")
    assert b"No digit was found" in client.get(response.headers["Location"]).content


def test_a_drawing_is_remembered_as_one(alice: User, signed_in: SignIn, model: ModelVersion, number_png: Draw) -> None:
    post(signed_in(alice), number_png("2"), keep="all", source="canvas")
    assert Upload.objects.get().source == "canvas"


def test_whoever_is_signed_out_is_asked_to_sign_in(client: Client, db: None, number_png: Draw) -> None:
    assert client.get(READ).headers["Location"] == "/accounts/login/?next=/read/"
    assert post(client, number_png("1")).headers["Location"] == "/accounts/login/?next=/read/"
    assert not Upload.objects.exists()


def test_other_methods_are_refused(alice: User, signed_in: SignIn) -> None:
    assert signed_in(alice).put(READ).status_code == 405
    assert signed_in(alice).get("/read/live/").status_code == 405


def test_a_wrong_expectation_is_explained_next_to_its_field(
    alice: User, signed_in: SignIn, model: ModelVersion, number_png: Draw
) -> None:
    response = post(signed_in(alice), number_png("1"), expect="many", keep="all")
    assert response.status_code == 422
    assert "from 1 to 50" in response.context["form"].errors["expect"][0]
    assert not Upload.objects.exists()


def test_without_a_model_nothing_is_taken_in(
    alice: User, signed_in: SignIn, number_png: Draw, private_files: Callable[[], set[str]]
) -> None:
    response = post(signed_in(alice), number_png("1"), keep="all")
    assert response.status_code == 503
    assert b"No model can read just now" in response.content
    assert not Upload.objects.exists()
    assert private_files() == set()


def test_too_many_uploads_a_minute_are_refused(
    alice: User, signed_in: SignIn, model: ModelVersion, number_png: Draw, settings: Any
) -> None:
    settings.UPLOADS_PER_MINUTE = 2
    client = signed_in(alice)
    statuses = [post(client, number_png("1"), keep="nothing").status_code for _ in range(3)]
    assert statuses == [200, 200, 429]


def test_the_live_reading_answers_json_and_stores_nothing(
    alice: User, signed_in: SignIn, model: ModelVersion, number_png: Draw, private_files: Callable[[], set[str]]
) -> None:
    file = SimpleUploadedFile("drawing.png", number_png("8"))
    response = signed_in(alice).post("/read/live/", {"image": file, "expect": "one"})
    body = response.json()
    assert response.status_code == 200
    assert (body["text"], body["state"], body["error"]) == ("8", "accepted", None)
    assert len(body["numbers"][0]["digits"][0]["probabilities"]) == 10
    assert body["models"] == {"digit": "digit-1"}
    assert not Upload.objects.exists()
    assert private_files() == set()


def test_the_live_reading_has_its_own_limit_and_json_errors(
    alice: User, client: Client, signed_in: SignIn, model: ModelVersion, settings: Any
) -> None:
    assert client.post("/read/live/").status_code == 401
    settings.LIVE_READS_PER_MINUTE = 1
    browser = signed_in(alice)
    missing, limited = browser.post("/read/live/"), browser.post("/read/live/")
    assert (missing.status_code, missing.json()["error"]["code"]) == (400, "no_file")
    assert (limited.status_code, limited.json()["error"]["code"]) == (429, "too_many")
    assert browser.post("/read/live/", {"expect": "lots"}).status_code in (400, 429)


def test_an_upload_costs_few_queries(
    alice: User, signed_in: SignIn, model: ModelVersion, number_png: Draw, django_assert_num_queries: Any
) -> None:
    client = signed_in(alice)
    post(client, number_png("6"), keep="all")  # loads the model
    # Session, user, the same picture before, serving models; the row; in one transaction: state, predictions, digits.
    with django_assert_num_queries(10):
        post(client, number_png("6"), keep="all")
