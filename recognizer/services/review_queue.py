"""The review queue: who holds which doubtful number, and what becomes of it.

A claim is taken by one conditional update, so two windows never hold the same number. What tells the windows of one
person apart is the claim itself: the moment when it ends, to the microsecond, is known only to the window that took it.
"""

from __future__ import annotations

import datetime as dt
from uuid import UUID

from django.core import signing
from django.core.cache import cache
from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from accounts.models import User
from recognizer.domain.errors import AlreadySettled, BadRequest, BreaksRule, OpenElsewhere
from recognizer.domain.phrases import phrase
from recognizer.models import Correction, Prediction, Upload
from recognizer.selectors_review import (
    correction_by,
    doubted_count,
    doubted_counts,
    free,
    free_ids,
    review_item,
    review_items,
)
from recognizer.selectors_review_parts import EVERYTHING, Part
from recognizer.services.field_checks import typed_doubt
from recognizer.services.form_corrections import field_text
from recognizer.services.review import correction_clean, correction_undo, prediction_correct

CLAIM = dt.timedelta(minutes=5)
EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
AT_ONCE = 4
"""At most so many numbers are handed out in one go."""
ROUNDS = 5
SALT = "recognizer.review.undo"
HEADER_MOST = 100
HEADER_SECONDS = 30


def review_take(*, user: User, after: str = "", count: int = 1, part: Part = EVERYTHING) -> list[Prediction]:
    """Claim the least sure numbers of this person, in this part of their queue, that no window holds, behind the place
    ``after``, for five minutes.

    Returns up to ``count`` (at most ``AT_ONCE``) of them. Raises BadRequest for a place that is none.
    """
    wanted = max(1, min(count, AT_ONCE))
    taken: list[UUID] = []
    for _ in range(ROUNDS):
        # Some may be lost to another window between the look and the claim, then there is another look.
        ids = free_ids(owner=user, now=timezone.now(), after=after, most=wanted - len(taken), part=part)
        taken += [found for found in ids if _claim(found, user, free(timezone.now()))]
        if not ids or len(taken) == wanted:
            break
    return review_items(owner=user, ids=taken)


def review_hold(*, user: User, prediction_id: UUID, stamp: str) -> Prediction:
    """Claim a number anew that this window held, or that nobody holds.

    Raises OpenElsewhere where another window holds it, AlreadySettled where it waits no more, and Http404.
    """
    item = review_item(owner=user, prediction_id=prediction_id)
    now = timezone.now()
    if not _claim(item.id, user, free(now) | _held(user, stamp)):
        item.refresh_from_db(fields=["state"])
        raise OpenElsewhere if item.state == Prediction.State.NEEDS_REVIEW else AlreadySettled
    item.refresh_from_db(fields=["claimed_until"])
    return item


def review_release(*, user: User, held: dict[UUID, str] | None = None) -> int:
    """Give claims back before they end: those of one window, by their stamps, or all of this person's."""
    mine = Prediction.objects.filter(claimed_by=user, state=Prediction.State.NEEDS_REVIEW)
    if held is None:
        return mine.update(claimed_by=None, claimed_until=None)
    return sum(
        mine.filter(_held(user, stamp), id=found).update(claimed_by=None, claimed_until=None)
        for found, stamp in held.items()
    )


@transaction.atomic
def review_decide(
    *, user: User, prediction_id: UUID, stamp: str, text: str, no_number: bool = False, insisted: bool = False
) -> tuple[Correction, str]:
    """Keep what a person says of a number that this window holds; returns the correction and what undoes it.

    The same said twice (the answer to the first was lost on its way) counts once, and nothing said where nothing was
    read confirms that. Raises BadRequest where the text is no number, BreaksRule where it does not fit its field of a
    form and nobody ``insisted`` on it, OpenElsewhere, AlreadySettled, and Http404.
    """
    prediction = review_item(owner=user, prediction_id=prediction_id)
    text = field_text(prediction=prediction, text=text)
    no_number = no_number or not (prediction.text or text.strip())
    Upload.objects.select_for_update().get(id=prediction.upload_id)
    prediction.refresh_from_db(fields=["state", "claimed_by", "claimed_until"])
    if prediction.state != Prediction.State.NEEDS_REVIEW:
        said = "" if no_number else correction_clean(text)
        newest = prediction.corrections.first()
        if newest is None or newest.author_id != user.pk or newest.text != said:
            raise AlreadySettled
        return newest, _undo_token(newest)
    other = prediction.claimed_until is not None and prediction.claimed_until > timezone.now()
    if other and not (prediction.claimed_by_id == user.pk and claim_stamp(prediction) == stamp):
        raise OpenElsewhere
    if not (no_number or insisted) and (doubt := _doubt(prediction, text)):
        raise BreaksRule(doubt)
    correction = prediction_correct(prediction=prediction, author=user, text=text, no_number=no_number)
    return correction, _undo_token(correction)


def _doubt(prediction: Prediction, text: str) -> str:
    """What is typed against the field's rule; to confirm what was read, its doubt in sight, needs no second word."""
    digits = correction_clean(text)
    return "" if digits == prediction.text else typed_doubt(field=prediction.form_field, text=digits)


@transaction.atomic
def review_undo(*, user: User, token: str) -> Prediction:
    """Take back what ``review_decide`` kept; the number waits again, claimed by the window that took it back.

    Raises BadRequest for a token that is none of ours, CannotUndo, and Http404.
    """
    try:
        correction_id = int(signing.loads(token, salt=SALT))
    except (signing.BadSignature, ValueError, TypeError) as error:
        raise BadRequest(phrase("There is nothing to undo.")) from error
    correction = correction_by(author=user, correction_id=correction_id)
    prediction = correction_undo(correction=correction, state=Prediction.State.NEEDS_REVIEW)
    _claim(prediction.id, user, Q())
    return review_item(owner=user, prediction_id=prediction.id)


def review_counts(*, user: User, part: Part) -> tuple[int, int]:
    """How many wait in this part of the queue, and how many in all; the header is told at once."""
    if part == EVERYTHING:
        left = waiting = doubted_count(owner=user)
    else:
        left, waiting = doubted_counts(owner=user, part=part)
    cache.set(_count_key(user), min(waiting, HEADER_MOST), HEADER_SECONDS)
    return left, waiting


def review_count_shown(*, user: User) -> str:
    """The count in the header of every page: "" for none, "99+" from a hundred on; up to half a minute old."""
    count = cache.get(_count_key(user))
    if count is None:
        count = doubted_count(owner=user, most=HEADER_MOST)
        cache.set(_count_key(user), count, HEADER_SECONDS)
    return "" if not count else str(count) if count < HEADER_MOST else f"{HEADER_MOST - 1}+"


def claim_stamp(prediction: Prediction) -> str:
    """What proves a claim: its end in microseconds since 1970."""
    end = prediction.claimed_until
    return "" if end is None else str((end - EPOCH) // dt.timedelta(microseconds=1))


def _held(user: User, stamp: str) -> Q:
    try:
        end = EPOCH + dt.timedelta(microseconds=int(stamp))
    except (ValueError, OverflowError):
        return Q(pk__in=[])
    return Q(claimed_by=user, claimed_until=end)


def _claim(prediction_id: UUID, user: User, condition: Q) -> bool:
    """One conditional update: of two that try at once, one gets it."""
    waiting = Prediction.objects.filter(condition, id=prediction_id, state=Prediction.State.NEEDS_REVIEW)
    return waiting.update(claimed_by=user, claimed_until=timezone.now() + CLAIM) == 1


def _undo_token(correction: Correction) -> str:
    return signing.dumps(correction.pk, salt=SALT)


def _count_key(user: User) -> str:
    return f"review-count:{user.pk}"
