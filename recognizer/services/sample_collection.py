"""Samples out of what people correct and confirm, as long as they agree to it."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

import numpy as np
from django.db import transaction
from django.db.models import Prefetch, QuerySet
from numpy.typing import NDArray

from accounts.models import Keep, User
from recognizer.models import DigitResult, Prediction, Sample
from recognizer.services.samples import SIDE, sample_add

SAID = (Prediction.State.CORRECTED, Prediction.State.CONFIRMED)
CHUNK = 200


def prediction_samples_update(*, prediction: Prediction, text: str) -> int:
    """Bring the samples of a reading in line with what a person says it is; returns how many digits it gives.

    None where the owner does not agree, where no crops were kept, or where the text has another count of digits than
    was read: then nothing says which digit stands where, and what an earlier correction gave is removed.
    """
    digits = list(prediction.digits.order_by("order"))
    owner = prediction.upload.owner
    if not (owner.training_consent and _aligned(digits, text)):
        given = Sample.objects.filter(digit_result__prediction=prediction)
        given.exclude(state=Sample.State.DROPPED).delete()  # that one was bad must not be forgotten
        return 0
    return sum(_add(owner, digit, int(said)) for digit, said in zip(digits, text, strict=True))


def prediction_samples_restore(*, prediction: Prediction, text: str) -> None:
    """Bring the samples in line after a correction was taken back; ``text`` is what was said before it, "" for nothing.

    Where another reading of the same owner has the same crops, what was said of that one labels them again.
    """
    prediction_samples_update(prediction=prediction, text=text)
    crops = [hashlib.sha256(bytes(digit.crop)).hexdigest() for digit in prediction.digits.all() if digit.crop]
    samples = Sample.objects.filter(contributor=prediction.upload.owner, sha256__in=crops)
    others = Prediction.objects.filter(digits__sample__in=samples, state__in=SAID).exclude(id=prediction.id).distinct()
    for other in others.prefetch_related("corrections"):
        newest = next(iter(other.corrections.all()), None)
        if newest is not None:
            prediction_samples_update(prediction=other, text=newest.text)


def samples_collect(*, contributor: User | None = None) -> int:
    """Take in what people who agree corrected or confirmed before they did; returns how many samples are new.

    Of everybody, or of one. What is a sample already is left as it is, so it can be run at any time.
    """
    owners = User.objects.filter(training_consent=True)
    added = 0
    for owner in owners if contributor is None else owners.filter(pk=contributor.pk):
        known = set(Sample.objects.filter(contributor=owner).values_list("sha256", flat=True))
        for prediction in _said_by(owner).iterator(chunk_size=CHUNK):
            with transaction.atomic():
                added += _collect(owner, prediction, known)
    return added


def _said_by(owner: User) -> QuerySet[Prediction]:
    """This person's readings that were corrected or confirmed, the newest first: of a crop that came twice, the newest
    label counts.
    """
    rows = Prediction.objects.filter(
        upload__owner=owner, upload__keep=Keep.ALL, upload__deleted_at=None, state__in=SAID
    )
    digits = Prefetch("digits", DigitResult.objects.order_by("order"))
    return rows.order_by("-upload__created_at", "order").prefetch_related(digits, "corrections")


def _collect(owner: User, prediction: Prediction, known: set[str]) -> int:
    digits, newest = list(prediction.digits.all()), next(iter(prediction.corrections.all()), None)
    if newest is None or not _aligned(digits, newest.text):
        return 0
    added = 0
    for digit, said in zip(digits, newest.text, strict=True):
        sha256 = hashlib.sha256(bytes(digit.crop or b"")).hexdigest()
        if sha256 not in known:
            known.add(sha256)
            added += _add(owner, digit, int(said))
    return added


def _aligned(digits: Sequence[DigitResult], text: str) -> bool:
    return len(digits) == len(text) and all(digit.crop is not None for digit in digits)


def _add(owner: User, digit: DigitResult, label: int) -> bool:
    source = Sample.Source.CONFIRMATION if digit.digit == label else Sample.Source.CORRECTION
    return sample_add(contributor=owner, label=label, crop=_crop(digit), source=source, digit_result=digit) is not None


def _crop(digit: DigitResult) -> NDArray[np.uint8]:
    return np.frombuffer(bytes(digit.crop or b""), np.uint8).reshape(SIDE, SIDE)
