"""What people correct and confirm becomes samples, as long as they agree to it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from django.test import Client

from accounts.models import Keep, User
from recognizer.models import DigitResult, ModelVersion, Prediction, Sample
from recognizer.services.ingest import picture_ingest
from recognizer.services.retention import upload_delete
from recognizer.services.review import prediction_correct
from recognizer.services.sample_collection import samples_collect
from recognizer.services.sample_withdrawal import samples_forget
from recognizer.services.samples import sample_add
from recognizer.tests.training_material import drawn

SignIn = Callable[[User], Client]


def agree(user: User) -> User:
    user.training_consent = True
    user.save()
    return user


def read(owner: User, picture: bytes, keep: Keep = Keep.ALL) -> Prediction:
    upload = picture_ingest(data=picture, owner=owner, keep=keep).upload
    assert upload is not None
    return upload.predictions.get()


def labels() -> list[tuple[int, str]]:
    return sorted(Sample.objects.values_list("label", "source"))


def test_each_digit_of_a_correction_becomes_a_sample(
    alice: User, model: ModelVersion, number_png: Callable[[str], bytes]
) -> None:
    prediction = read(agree(alice), number_png("74"))
    prediction_correct(prediction=prediction, author=alice, text="79")
    assert labels() == [(7, "confirmation"), (9, "correction")]
    for sample in Sample.objects.all():
        assert sample.digit_result is not None
        assert bytes(sample.crop) == bytes(sample.digit_result.crop or b"")
        assert sample.contributor == alice


def test_a_new_correction_replaces_the_labels(
    alice: User, model: ModelVersion, number_png: Callable[[str], bytes]
) -> None:
    prediction = read(agree(alice), number_png("74"))
    for text in ("79", "24"):
        prediction_correct(prediction=prediction, author=alice, text=text)
    assert labels() == [(2, "correction"), (4, "confirmation")]


def test_a_text_of_another_length_cant_be_told_apart_into_digits(
    alice: User, model: ModelVersion, number_png: Callable[[str], bytes]
) -> None:
    prediction = read(agree(alice), number_png("74"))
    prediction_correct(prediction=prediction, author=alice, text="74")
    Sample.objects.filter(label=4).update(state="dropped", reason="blurred")
    prediction_correct(prediction=prediction, author=alice, text="741")
    assert labels() == [(4, "confirmation")], "what staff dropped stays known"


@pytest.mark.parametrize(("agrees", "keep"), [(False, Keep.ALL), (True, Keep.TEXT)])
def test_no_sample_without_consent_or_without_crops(
    alice: User, model: ModelVersion, number_png: Callable[[str], bytes], agrees: bool, keep: Keep
) -> None:
    prediction = read(agree(alice) if agrees else alice, number_png("7"), keep)
    prediction_correct(prediction=prediction, author=alice, text="1")
    assert not Sample.objects.exists()


def test_who_agrees_later_gives_what_was_corrected_before(
    alice: User, bob: User, model: ModelVersion, number_png: Callable[[str], bytes]
) -> None:
    for owner in (alice, bob):
        prediction_correct(prediction=read(owner, number_png("74")), author=owner, text="79")
        prediction_correct(prediction=read(owner, number_png("3")), author=owner, text="33")
    read(alice, number_png("5"))
    agree(alice)
    assert samples_collect(contributor=bob) == 0
    assert samples_collect() == 2
    assert samples_collect() == 0
    assert labels() == [(7, "confirmation"), (9, "correction")]
    assert {sample.contributor for sample in Sample.objects.all()} == {alice}


def test_of_a_crop_that_came_twice_the_newest_label_counts(
    alice: User, model: ModelVersion, number_png: Callable[[str], bytes]
) -> None:
    for text in ("1", "2"):
        prediction_correct(prediction=read(alice, number_png("7")), author=alice, text=text)
    agree(alice)
    assert samples_collect() == 1
    assert labels() == [(2, "correction")]


def test_collecting_leaves_decisions_alone(
    alice: User, model: ModelVersion, number_png: Callable[[str], bytes]
) -> None:
    prediction_correct(prediction=read(agree(alice), number_png("7")), author=alice, text="1")
    Sample.objects.update(state="dropped", reason="a seven")
    assert samples_collect() == 0
    assert Sample.objects.get().state == "dropped"


def test_a_deleted_reading_takes_its_samples_along(
    alice: User, model: ModelVersion, number_png: Callable[[str], bytes]
) -> None:
    prediction = read(agree(alice), number_png("7"))
    prediction_correct(prediction=prediction, author=alice, text="1")
    upload_delete(upload=prediction.upload)
    assert not Sample.objects.exists()
    assert not DigitResult.objects.exists()


def test_the_page_says_what_was_given_and_takes_it_back(
    alice: User, bob: User, model: ModelVersion, number_png: Callable[[str], bytes], signed_in: SignIn
) -> None:
    for owner in (alice, bob):
        prediction_correct(prediction=read(agree(owner), number_png("74")), author=owner, text="74")
    Sample.objects.filter(label=4).update(state="set_aside")
    client = signed_in(alice)
    page = client.get("/samples/")
    assert page.context["rows"] == [("In use", 1), ("Set aside", 1)]
    assert b"Withdraw and delete them" in page.content
    after = client.post("/samples/delete/", follow=True)
    assert b"2 digits were deleted" in after.content
    assert b"Nothing so far" in after.content
    alice.refresh_from_db()
    assert not alice.training_consent
    assert {sample.contributor for sample in Sample.objects.all()} == {bob}


def test_the_page_is_for_who_is_signed_in_and_deleting_is_posted(
    alice: User, client: Client, signed_in: SignIn
) -> None:
    for address in ("/samples/", "/samples/delete/"):
        assert client.post(address).status_code in (302, 405)
    assert client.get("/samples/").headers["Location"].startswith("/accounts/login/")
    assert signed_in(alice).get("/samples/delete/").status_code == 405
    assert signed_in(alice).post("/samples/").status_code == 405


def test_agreeing_is_one_tick_in_the_profile(alice: User, signed_in: SignIn) -> None:
    client = signed_in(alice)
    assert b"Untick to withdraw" in client.get("/account/").content
    for data, agrees in (({"training_consent": "on"}, True), ({}, False)):
        client.post("/account/", {"name": "Alice", "default_keep": "all", **data})
        alice.refresh_from_db()
        assert alice.training_consent is agrees


def test_who_has_not_agreed_is_asked_once_after_a_correction(
    alice: User, bob: User, model: ModelVersion, number_png: Callable[[str], bytes], signed_in: SignIn
) -> None:
    prediction, client = read(alice, number_png("7")), signed_in(alice)
    address = f"/predictions/{prediction.id}/correct/"
    first, second = (client.post(address, {"text": text}, follow=True) for text in ("1", "2"))
    assert b'<a href="/samples/">see what that means</a>' in first.content
    assert b"see what that means" not in second.content
    theirs = f"/predictions/{read(agree(bob), number_png('7')).id}/correct/"
    assert b"see what that means" not in signed_in(bob).post(theirs, {"text": "1"}, follow=True).content


def test_deleting_removes_them_from_unfinished_trainings_too(
    alice: User, bob: User, settings: Any, django_capture_on_commit_callbacks: Any
) -> None:
    places = {}
    for owner, digit in ((agree(alice), 3), (agree(bob), 5)):
        crop = drawn(10).pictures[digit]
        assert sample_add(contributor=owner, label=digit, crop=crop, source=Sample.Source.SHEET)
        places[owner] = settings.TRAINING_RUNS_DIR / str(owner.pk) / "checkpoints" / "corrections.npz"
        places[owner].parent.mkdir(parents=True)
        np.savez(places[owner], x_train=crop[None], y_train=np.array([digit]), people=1)
    with django_capture_on_commit_callbacks(execute=True):
        assert samples_forget(contributor=alice) == 1
    assert (places[alice].exists(), places[bob].exists()) == (False, True)
