"""Who holds which doubtful number, what is said of it, and how that is taken back."""

from __future__ import annotations

import datetime as dt
import threading
from typing import Any

import pytest
from django.db import connection
from django.http import Http404
from django.utils import timezone

from accounts.models import User
from recognizer.domain.errors import AlreadySettled, BadRequest, CannotUndo, OpenElsewhere
from recognizer.models import Correction, ModelVersion, Prediction, Sample, Upload
from recognizer.selectors_review import place
from recognizer.selectors_review_parts import EVERYTHING
from recognizer.services import review_queue
from recognizer.services.review import prediction_correct
from recognizer.services.review_queue import (
    claim_stamp,
    review_count_shown,
    review_counts,
    review_decide,
    review_hold,
    review_release,
    review_take,
    review_undo,
)
from recognizer.tests.doubtful import doubtful, doubtful_on

pytestmark = pytest.mark.usefixtures("model")


def texts(items: list[Prediction]) -> list[str]:
    return [item.text for item in items]


def say(item: Prediction, user: User, text: str, **more: Any) -> tuple[Correction, str]:
    return review_decide(user=user, prediction_id=item.id, stamp=claim_stamp(item), text=text, **more)


def let_claims_end() -> None:
    Prediction.objects.update(claimed_until=timezone.now() - dt.timedelta(seconds=1))


def test_the_least_sure_comes_first_and_only_ones_own(alice: User, bob: User) -> None:
    for text, confidence in (("1", 0.6), ("2", 0.2), ("3", 0.4)):
        doubtful(alice, text, confidence)
    doubtful(bob, "9", 0.1)
    sure = doubtful(alice, "8", 0.05)
    Prediction.objects.filter(id=sure.id).update(state="accepted")
    assert texts(review_take(user=alice, count=4)) == ["2", "3", "1"]
    assert review_counts(user=alice, part=EVERYTHING) == (3, 3)


def test_two_windows_never_get_the_same_number(alice: User) -> None:
    for number in range(4):
        doubtful(alice, str(number), 0.1 * number)
    assert texts(review_take(user=alice, count=2)) == ["0", "1"]
    assert texts(review_take(user=alice, count=4)) == ["2", "3"]
    assert review_take(user=alice) == []


@pytest.mark.django_db(transaction=True)
def test_windows_that_ask_at_the_same_moment_share_the_queue(alice: User) -> None:
    for number in range(20):
        doubtful(alice, str(number), number / 100)
    taken: list[list[str]] = []

    def window() -> None:
        mine: list[str] = []
        while got := review_take(user=alice, count=2):
            mine += texts(got)
        taken.append(mine)
        connection.close()

    windows = [threading.Thread(target=window) for _ in range(4)]
    for one in windows:
        one.start()
    for one in windows:
        one.join()
    everything = [text for mine in taken for text in mine]
    assert sorted(everything, key=int) == [str(number) for number in range(20)]


def test_a_claim_ends_after_five_minutes(alice: User) -> None:
    doubtful(alice)
    [item] = review_take(user=alice)
    assert item.claimed_until is not None
    assert dt.timedelta(minutes=4) < item.claimed_until - timezone.now() <= dt.timedelta(minutes=5)
    let_claims_end()
    assert review_take(user=alice) == [item]


def test_what_is_decided_late_counts_unless_another_window_has_it_now(alice: User) -> None:
    doubtful(alice)
    [mine] = review_take(user=alice)
    let_claims_end()
    [theirs] = review_take(user=alice)
    with pytest.raises(OpenElsewhere):
        say(mine, alice, "48")
    let_claims_end()
    say(mine, alice, "48")
    with pytest.raises(AlreadySettled):
        say(theirs, alice, "49")
    assert Correction.objects.get().text == "48"


def test_the_queue_goes_on_behind_a_place_and_among_equals(alice: User) -> None:
    for number in range(5):
        doubtful(alice, str(number), 0.5)
    seen, after = [], ""
    while got := review_take(user=alice, after=after):
        seen.append(got[0].text)
        after = place(got[0])
        review_release(user=alice)
    assert sorted(seen) == ["0", "1", "2", "3", "4"]


@pytest.mark.parametrize("after", ["x", "0.5", "0.5_x", "nan_" + "0" * 32, "_", "7_" + "0" * 32])
def test_a_place_that_is_none_is_refused(alice: User, after: str) -> None:
    with pytest.raises(BadRequest):
        review_take(user=alice, after=after)


def test_a_window_keeps_what_it_holds_and_takes_what_nobody_holds(alice: User, bob: User) -> None:
    doubtful(alice)
    [item] = review_take(user=alice)
    again = review_hold(user=alice, prediction_id=item.id, stamp=claim_stamp(item))
    assert claim_stamp(again) != claim_stamp(item)
    for stamp in (claim_stamp(item), "", "x", "9" * 30):
        with pytest.raises(OpenElsewhere):
            review_hold(user=alice, prediction_id=item.id, stamp=stamp)
    with pytest.raises(Http404):
        review_hold(user=bob, prediction_id=item.id, stamp=claim_stamp(again))
    let_claims_end()
    review_hold(user=alice, prediction_id=item.id, stamp="")
    say(Prediction.objects.get(), alice, "47")
    with pytest.raises(AlreadySettled):
        review_hold(user=alice, prediction_id=item.id, stamp="")


def test_a_closed_window_gives_back_its_own_claims_only(alice: User, bob: User) -> None:
    doubtful(alice, "1", 0.1)
    doubtful(alice, "2", 0.2)
    [first], [second] = review_take(user=alice), review_take(user=alice)
    assert review_release(user=alice, held={second.id: claim_stamp(first), first.id: "x"}) == 0
    assert review_release(user=bob, held={first.id: claim_stamp(first)}) == 0
    assert review_release(user=alice, held={first.id: claim_stamp(first)}) == 1
    assert texts(review_take(user=alice, count=2)) == ["1"]
    assert review_release(user=alice) == 2


def test_the_same_text_confirms_and_another_corrects(alice: User) -> None:
    doubtful(alice, "47", 0.1)
    doubtful(alice, "12", 0.2)
    first, second = review_take(user=alice, count=2)
    say(first, alice, " 47 ")
    say(second, alice, "13")
    assert list(Prediction.objects.order_by("confidence").values_list("state", "claimed_until")) == [
        ("confirmed", None),
        ("corrected", None),
    ]
    assert set(Upload.objects.values_list("state", flat=True)) == {"read"}


def test_that_there_is_no_number_is_an_answer_and_leaves_no_gap_in_the_text(alice: User) -> None:
    first = doubtful(alice, "47", 0.1)
    doubtful_on(first.upload, "12", 0.2, order=1)
    doubtful_on(first.upload, "56", 0.3, order=2)
    _, second, _ = review_take(user=alice, count=3)
    correction, _ = say(second, alice, "nonsense", no_number=True)
    assert correction.text == ""
    second.refresh_from_db()
    assert (second.state, second.text) == ("corrected", "12")
    assert Upload.objects.get().final_text == "47 56"


@pytest.mark.parametrize("text", ["", " ", "4a", "1.5", "1" * 51])
def test_what_is_no_number_is_refused_and_the_number_still_waits(alice: User, text: str) -> None:
    doubtful(alice)
    [item] = review_take(user=alice)
    with pytest.raises(BadRequest):
        say(item, alice, text)
    assert not Correction.objects.exists()
    assert review_hold(user=alice, prediction_id=item.id, stamp=claim_stamp(item))


def test_the_same_said_twice_counts_once(alice: User) -> None:
    doubtful(alice)
    [item] = review_take(user=alice)
    first, _ = say(item, alice, "48")
    again, token = say(item, alice, "48")
    assert again == first
    review_undo(user=alice, token=token)
    assert not Correction.objects.exists()


def test_nobody_decides_or_undoes_what_is_not_theirs(alice: User, bob: User, charlie: User) -> None:
    doubtful(alice)
    [item] = review_take(user=alice)
    for stranger in (bob, charlie):
        with pytest.raises(Http404):
            say(item, stranger, "48")
    _, token = say(item, alice, "48")
    with pytest.raises(Http404):
        review_undo(user=bob, token=token)
    for forged in ("", "x", token + "x"):
        with pytest.raises(BadRequest):
            review_undo(user=alice, token=forged)
    assert Correction.objects.get().text == "48"


def test_undo_brings_back_what_was(alice: User) -> None:
    doubtful(alice)
    [item] = review_take(user=alice)
    _, token = say(item, alice, "48")
    back = review_undo(user=alice, token=token)
    assert (back.id, back.state) == (item.id, "needs_review")
    upload = Upload.objects.get()
    assert (upload.state, upload.final_text) == ("needs_review", "47")
    assert not Correction.objects.exists()
    assert review_take(user=alice) == [], "it is held by the window that took it back"
    say(back, alice, "49")
    with pytest.raises(Http404):
        review_undo(user=alice, token=token)


def test_undo_is_refused_once_the_number_was_corrected_again(alice: User) -> None:
    doubtful(alice)
    [item] = review_take(user=alice)
    _, token = say(item, alice, "48")
    prediction_correct(prediction=item, author=alice, text="49")
    with pytest.raises(CannotUndo):
        review_undo(user=alice, token=token)
    assert Upload.objects.get().final_text == "49"


def test_undo_takes_the_samples_back(alice: User) -> None:
    User.objects.update(training_consent=True)
    doubtful(alice)
    [item] = review_take(user=alice)
    _, token = say(item, alice, "48")
    assert sorted(Sample.objects.values_list("label", flat=True)) == [4, 8]
    review_undo(user=alice, token=token)
    assert not Sample.objects.exists()


def test_undo_labels_the_same_crops_again_as_another_reading_has_them(alice: User) -> None:
    User.objects.update(training_consent=True)
    doubtful(alice, "47", 0.1)
    doubtful(alice, "47", 0.2)
    first, second = review_take(user=alice, count=2)
    say(first, alice, "47")
    _, token = say(second, alice, "12")
    assert sorted(Sample.objects.values_list("label", flat=True)) == [1, 2]
    review_undo(user=alice, token=token)
    assert sorted(Sample.objects.values_list("label", "source")) == [(4, "confirmation"), (7, "confirmation")]


def test_a_number_that_another_window_snatched_is_looked_past(alice: User, monkeypatch: pytest.MonkeyPatch) -> None:
    doubtful(alice, "1", 0.1)
    doubtful(alice, "2", 0.2)
    claim = review_queue._claim
    snatched: list[bool] = []

    def late(prediction_id: Any, user: User, condition: Any) -> bool:
        if not snatched:
            snatched.append(claim(prediction_id, user, condition))
        return claim(prediction_id, user, condition)

    monkeypatch.setattr(review_queue, "_claim", late)
    assert texts(review_take(user=alice)) == ["2"]


def test_the_header_counts_to_99(alice: User, model: ModelVersion) -> None:
    assert review_count_shown(user=alice) == ""
    one = doubtful(alice)
    Prediction.objects.bulk_create(Prediction(**{**_fields(one), "order": order}) for order in range(1, 99))
    review_counts(user=alice, part=EVERYTHING)
    assert review_count_shown(user=alice) == "99"
    Prediction.objects.bulk_create([Prediction(**{**_fields(one), "order": 99})])
    review_counts(user=alice, part=EVERYTHING)
    assert review_count_shown(user=alice) == "99+"


def _fields(prediction: Prediction) -> dict[str, Any]:
    names = ("upload", "model_version", "text", "confidence", "state", "box_x", "box_y", "box_width", "box_height")
    return {name: getattr(prediction, name) for name in names}
