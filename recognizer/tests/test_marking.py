"""Numbers that a person marks on a picture: one that was missed, one that is none."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any

import cv2
import numpy as np
import pytest
from django.test import Client

from accounts.models import Keep, User
from recognizer.models import Correction, DigitResult, ModelVersion, Prediction, Sample, Upload
from recognizer.services.ingest import picture_ingest
from recognizer.services.readings import reading_replace, upload_recognise

SignIn = Callable[[User], Client]
LOW = {"x": 20, "y": 215, "width": 300, "height": 170}
"""Where the lower number of ``page`` stands."""


def page(*texts: str, width: int = 600) -> bytes:
    """Numbers below one another, as a PNG, 200 pixels to a line."""
    paper = np.full((200 * len(texts), width), 240, np.uint8)
    for at, text in enumerate(texts):
        cv2.putText(paper, text, (40, 200 * at + 150), cv2.FONT_HERSHEY_SIMPLEX, 4, 30, 10, cv2.LINE_AA)
    return bytes(cv2.imencode(".png", paper)[1])


@pytest.fixture
def upload(alice: User, model: ModelVersion) -> Upload:
    """A 75 above a 23, of which the reader missed the lower."""
    kept = picture_ingest(data=page("75", "23"), owner=alice, keep=Keep.ALL).upload
    assert kept is not None
    assert kept.text == "75\n23"
    kept.predictions.get(text="23").delete()
    Upload.objects.update(text="75", final_text="75", formatted="75")
    kept.refresh_from_db()
    return kept


def add(client: Client, upload: Upload, **fields: Any) -> Any:
    return client.post(f"/history/{upload.id}/numbers/", {**LOW, **fields})


def test_a_missed_number_is_read_in_its_box_and_kept_beside_what_the_person_says(
    upload: Upload, alice: User, signed_in: SignIn
) -> None:
    response = add(signed_in(alice), upload, text="28")
    assert response.headers["Location"] == f"/history/{upload.id}/"
    added = Prediction.objects.get(text="23")
    assert (added.state, added.order, added.line, added.model_version.name) == ("corrected", 1, 1, "digit-1")
    assert added.corrections.get().text == "28"
    assert (added.box_x, added.box_y, added.box_width, added.box_height) == (20, 215, 300, 170)
    digits = list(added.digits.order_by("order"))
    assert [digit.digit for digit in digits] == [2, 3]
    assert all(digit.crop is not None and 215 <= digit.box_y <= 385 for digit in digits)
    assert digits[0].box_x < digits[1].box_x
    upload.refresh_from_db()
    assert (upload.text, upload.final_text, upload.state) == ("75", "75\n28", "read")


def test_the_models_own_text_confirms_it(upload: Upload, alice: User, signed_in: SignIn) -> None:
    add(signed_in(alice), upload, text="23")
    assert Prediction.objects.get(text="23").state == "confirmed"


def test_without_a_text_it_waits_for_review(upload: Upload, alice: User, signed_in: SignIn) -> None:
    add(signed_in(alice), upload)
    assert Prediction.objects.get(text="23").state == "needs_review"
    assert not Correction.objects.exists()
    upload.refresh_from_db()
    assert (upload.final_text, upload.state) == ("75\n23", "needs_review")


def test_a_number_that_a_person_marked_is_not_lost_when_the_picture_is_read_anew(
    upload: Upload, alice: User, signed_in: SignIn
) -> None:
    add(signed_in(alice), upload)
    upload.refresh_from_db()
    assert not reading_replace(upload=upload, recognised=upload_recognise(upload=upload))
    assert Prediction.objects.filter(text="23").exists()


def test_a_number_above_the_others_comes_first(alice: User, model: ModelVersion, signed_in: SignIn) -> None:
    kept = picture_ingest(data=page("75", "23"), owner=alice, keep=Keep.ALL).upload
    assert kept is not None
    kept.predictions.get(text="75").delete()
    add(signed_in(alice), kept, y=10, text="75")
    assert list(kept.predictions.order_by("order").values_list("text", "order", "line")) == [("75", 0, 0), ("23", 2, 2)]
    kept.refresh_from_db()
    assert kept.final_text == "75\n23"


def test_a_number_beside_another_stands_on_its_line(alice: User, model: ModelVersion, signed_in: SignIn) -> None:
    kept = picture_ingest(data=page("75    23", width=900), owner=alice, keep=Keep.ALL).upload
    assert kept is not None
    assert kept.text == "75 23"
    kept.predictions.get(text="75").delete()
    add(signed_in(alice), kept, x=10, y=20, width=230, text="75")
    kept.refresh_from_db()
    assert kept.final_text == "75 23"
    assert set(kept.predictions.values_list("line", flat=True)) == {0}


def test_where_the_models_read_nothing_the_person_says_what_it_is(
    upload: Upload, alice: User, signed_in: SignIn
) -> None:
    client = signed_in(alice)
    empty = {"x": 500, "y": 300, "width": 80, "height": 80}
    refused = add(client, upload, **empty)
    assert refused.status_code == 422
    assert "Nothing could be read in this box" in refused.content.decode()
    assert upload.predictions.count() == 1
    assert add(client, upload, **empty, text="9").status_code == 302
    added = Prediction.objects.get(text="")
    assert (added.confidence, added.digits.count(), added.corrections.get().text) == (0.0, 0, "9")
    assert "The model read nothing here" in client.get(f"/history/{upload.id}/").content.decode()


def test_a_rejected_picture_is_read_once_a_number_is_marked(
    alice: User, model: ModelVersion, blank_png: bytes, signed_in: SignIn
) -> None:
    kept = picture_ingest(data=blank_png, owner=alice, keep=Keep.ALL).upload
    assert kept is not None
    client = signed_in(alice)
    add(client, kept, x=10, y=10, width=50, height=50, text="4")
    kept.refresh_from_db()
    assert (kept.state, kept.final_text, kept.text) == ("read", "4", "")
    assert "No digit was found" not in client.get(f"/history/{kept.id}/").content.decode()


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"text": "seven"}, "A correction has digits only"),
        ({"text": "1" * 51}, "at most 50 digits"),
        ({"x": 5000}, "on the picture"),
        ({"width": 1}, "Draw the box around the number"),
        ({"height": -3}, "greater than or equal to 1"),
        ({"x": "left"}, "Enter a whole number"),
        ({"x": ""}, "This field is required"),
        ({"width": 10**9}, "less than or equal to"),
    ],
)
def test_a_box_or_a_text_that_is_none_is_refused_and_what_was_typed_stays(
    upload: Upload, alice: User, signed_in: SignIn, fields: dict[str, Any], sentence: str
) -> None:
    response = add(signed_in(alice), upload, **{"text": "23", **fields})
    assert response.status_code == 422
    page_of_it = response.content.decode()
    assert sentence in page_of_it
    assert f'value="{fields.get("text", "23")}"' in page_of_it
    assert upload.predictions.count() == 1


def test_the_same_number_is_not_added_twice(upload: Upload, alice: User, signed_in: SignIn) -> None:
    client = signed_in(alice)
    add(client, upload, text="23")
    again = add(client, upload, text="23")
    assert again.status_code == 422
    assert "There is a number in this box already" in again.content.decode()
    assert Prediction.objects.filter(text="23").count() == 1


@pytest.mark.parametrize("state", ["queued", "reading", "failed"])
def test_on_a_picture_that_was_not_read_nothing_can_be_marked(
    upload: Upload, alice: User, signed_in: SignIn, state: str
) -> None:
    Upload.objects.update(state=state)
    client = signed_in(alice)
    assert "A number was missed?" not in client.get(f"/history/{upload.id}/").content.decode()
    assert add(client, upload, text="23").status_code == 422
    assert upload.predictions.count() == 1


def test_a_box_lies_where_it_was_drawn_though_a_smaller_copy_is_stored(
    upload: Upload, alice: User, signed_in: SignIn
) -> None:
    assert upload.width is not None
    assert upload.height is not None
    # As if the picture had been given twice as large as it is stored.
    Upload.objects.update(width=2 * upload.width, height=2 * upload.height)
    add(signed_in(alice), upload, **{name: 2 * value for name, value in LOW.items()}, text="23")
    added = Prediction.objects.get(text="23")
    assert all(430 <= digit.box_y <= 770 and digit.box_height > 150 for digit in added.digits.all())


def test_without_the_picture_nothing_can_be_marked(alice: User, model: ModelVersion, signed_in: SignIn) -> None:
    kept = picture_ingest(data=page("75"), owner=alice, keep=Keep.TEXT).upload
    assert kept is not None
    response = add(signed_in(alice), kept, y=10, text="1")
    assert response.status_code == 409
    assert kept.predictions.count() == 1


def test_a_box_is_looked_at_without_writing_anything(upload: Upload, alice: User, signed_in: SignIn) -> None:
    response = signed_in(alice).post(f"/history/{upload.id}/box/", LOW)
    assert response.status_code == 200
    assert response.json()["text"] == "23"
    assert response.json()["confidence"] > 0.5
    assert upload.predictions.count() == 1
    assert signed_in(alice).post(f"/history/{upload.id}/box/", {"x": 1}).status_code == 400


def test_looks_are_limited(upload: Upload, alice: User, signed_in: SignIn, settings: Any) -> None:
    settings.LIVE_READS_PER_MINUTE = 1
    client = signed_in(alice)
    answers = [client.post(f"/history/{upload.id}/box/", LOW) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [200, 429]
    assert add(client, upload, text="23").status_code == 429


def test_what_is_no_number_is_taken_away_and_comes_back(upload: Upload, alice: User, signed_in: SignIn) -> None:
    client, prediction = signed_in(alice), upload.predictions.get()
    for _ in range(2):
        response = client.post(f"/predictions/{prediction.id}/remove/")
        assert response.headers["Location"] == f"/history/{upload.id}/"
    assert Correction.objects.get().text == ""
    upload.refresh_from_db()
    prediction.refresh_from_db()
    assert (upload.final_text, upload.text) == ("", "75")
    assert (prediction.state, prediction.text) == ("corrected", "75")
    shown = client.get(f"/history/{upload.id}/").content.decode()
    assert "There is no number on this picture, you said." in shown

    for _ in range(2):
        client.post(f"/predictions/{prediction.id}/restore/")
    upload.refresh_from_db()
    prediction.refresh_from_db()
    assert not Correction.objects.exists()
    assert (upload.final_text, upload.state, prediction.state) == ("75", "needs_review", "needs_review")


def test_a_number_that_comes_back_is_again_what_the_person_said_before(
    upload: Upload, alice: User, signed_in: SignIn
) -> None:
    client, prediction = signed_in(alice), upload.predictions.get()
    client.post(f"/predictions/{prediction.id}/correct/", {"text": "76"})
    client.post(f"/predictions/{prediction.id}/remove/")
    client.post(f"/predictions/{prediction.id}/restore/")
    upload.refresh_from_db()
    prediction.refresh_from_db()
    assert (upload.final_text, upload.state, prediction.state) == ("76", "read", "corrected")


def test_of_several_numbers_the_others_stay(alice: User, model: ModelVersion, signed_in: SignIn) -> None:
    kept = picture_ingest(data=page("75", "23"), owner=alice, keep=Keep.ALL).upload
    assert kept is not None
    client = signed_in(alice)
    client.post(f"/predictions/{kept.predictions.get(text='75').id}/remove/")
    kept.refresh_from_db()
    assert kept.final_text == "23"
    client.post(f"/predictions/{kept.predictions.get(text='23').id}/correct/", {"text": "29"})
    kept.refresh_from_db()
    assert kept.final_text == "29"


def test_what_is_taken_away_teaches_nothing(upload: Upload, alice: User, signed_in: SignIn) -> None:
    User.objects.filter(pk=alice.pk).update(training_consent=True)
    client, prediction = signed_in(alice), upload.predictions.get()
    client.post(f"/predictions/{prediction.id}/correct/", {"text": "75"})
    assert Sample.objects.count() == 2
    client.post(f"/predictions/{prediction.id}/remove/")
    assert not Sample.objects.exists()
    client.post(f"/predictions/{prediction.id}/restore/")
    assert Sample.objects.count() == 2


def test_nobody_marks_what_is_not_theirs(
    upload: Upload, bob: User, charlie: User, client: Client, signed_in: SignIn
) -> None:
    prediction = upload.predictions.get()
    paths = [f"/history/{upload.id}/numbers/", *(f"/predictions/{prediction.id}/{do}/" for do in ("remove", "restore"))]
    for path in paths:
        assert client.post(path, LOW).headers["Location"].startswith("/accounts/login/")
        for stranger in (bob, charlie):
            assert signed_in(stranger).post(path, {**LOW, "text": "23"}).status_code == 404
    look = f"/history/{upload.id}/box/"
    assert client.post(look, LOW).status_code == 401
    assert signed_in(bob).post(look, LOW).status_code == 404
    assert signed_in(bob).post(f"/history/{uuid.uuid4()}/box/", LOW).status_code == 404
    assert (Prediction.objects.count(), DigitResult.objects.count(), Correction.objects.count()) == (1, 2, 0)


def test_marks_are_posted(upload: Upload, alice: User, signed_in: SignIn) -> None:
    prediction = upload.predictions.get()
    for path in (f"/history/{upload.id}/numbers/", f"/history/{upload.id}/box/"):
        assert signed_in(alice).get(path).status_code == 405
    for path in ("remove", "restore"):
        assert signed_in(alice).get(f"/predictions/{prediction.id}/{path}/").status_code == 405
