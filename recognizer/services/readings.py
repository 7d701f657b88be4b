"""Writes what was read into rows; reads again what was interrupted."""

from __future__ import annotations

import time

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from accounts.models import Keep
from recognizer.domain.errors import NumeralError
from recognizer.domain.history import digit_count, first_value
from recognizer.domain.types import Expect, NumberReading, ReadingState, join_numbers
from recognizer.models import DigitResult, Prediction, Upload
from recognizer.models.upload import NOT_DELETED
from recognizer.services.daily_figures import figures_changed
from recognizer.services.form_rows import form_prepare, form_rows_add, image_read_as_form
from recognizer.services.recognise import Recognised, image_read
from recognizer.services.serving import Serving, models_serving
from recognizer.services.stored_pictures import stored_picture_open

UPLOAD_STATES = {
    ReadingState.ACCEPTED: Upload.State.READ,
    ReadingState.NEEDS_REVIEW: Upload.State.NEEDS_REVIEW,
    ReadingState.REJECTED: Upload.State.REJECTED,
}
MAX_ATTEMPTS = 3
FIGURES = ("digit_count", "value")
READING_FIELDS = (
    *("state", "reason", "text", "formatted", "final_text", "confidence", "ms", "heartbeat_at", "read_by_id"),
    *FIGURES,
)
PERSON_SAID = (Prediction.State.CORRECTED, Prediction.State.CONFIRMED)


@transaction.atomic
def reading_store(*, upload: Upload, recognised: Recognised) -> None:
    """Write the reading of an upload whose row exists. Reading it a second time replaces nothing: see below.

    An upload that was finished meanwhile (by the sweep, or deleted by its owner) is left as it is.
    """
    reading = recognised.reading
    open_rows = Upload.objects.filter(id=upload.id, state__in=[Upload.State.QUEUED, Upload.State.READING])
    upload.state = UPLOAD_STATES[reading.state]
    upload.reason = reading.reason or ""
    upload.text = upload.final_text = reading.text
    upload.formatted = reading.formatted
    upload.confidence, upload.ms = reading.confidence, reading.ms
    upload.heartbeat_at = None
    upload.read_by_id = recognised.serving.number_id or recognised.serving.digit_id
    upload_figures_set(upload=upload)
    if not open_rows.update(**{field: getattr(upload, field) for field in READING_FIELDS}):
        return
    figures_changed(owner_id=upload.owner_id, moments=[upload.created_at])
    keep_crops = upload.keep == Keep.ALL
    predictions = [
        _prediction(upload, recognised.serving, order, number) for order, number in enumerate(reading.numbers)
    ]
    form_rows_add(upload=upload, predictions=predictions, form=recognised.form)
    Prediction.objects.bulk_create(predictions)
    DigitResult.objects.bulk_create(
        result
        for prediction, number in zip(predictions, reading.numbers, strict=True)
        for result in _digit_results(prediction, number, keep_crops=keep_crops)
    )


def upload_figures_set(*, upload: Upload) -> None:
    """Bring what the history is searched by in line with the text; whoever changed it saves ``FIGURES`` too."""
    upload.digit_count, upload.value = digit_count(upload.final_text), first_value(upload.final_text)


def number_store(*, upload: Upload, serving: Serving, order: int, number: NumberReading) -> Prediction:
    """Write one more number that was read on an upload, at this place of its order."""
    prediction = _prediction(upload, serving, order, number)
    prediction.save(force_insert=True)
    DigitResult.objects.bulk_create(_digit_results(prediction, number, keep_crops=upload.keep == Keep.ALL))
    return prediction


def _prediction(upload: Upload, serving: Serving, order: int, number: NumberReading) -> Prediction:
    return Prediction(
        upload=upload,
        model_version_id=serving.digit_id,
        number_model_id=serving.number_id,
        order=order,
        line=number.line,
        text=number.text,
        formatted=number.formatted,
        confidence=number.confidence,
        state=Prediction.State(number.state.value),
        box_x=number.box.x,
        box_y=number.box.y,
        box_width=number.box.width,
        box_height=number.box.height,
    )


def _digit_results(prediction: Prediction, number: NumberReading, *, keep_crops: bool) -> list[DigitResult]:
    return [
        DigitResult(
            prediction=prediction,
            order=order,
            digit=digit.digit,
            confidence=digit.confidence,
            probabilities=[round(p, 6) for p in digit.probabilities],
            box_x=digit.box.x,
            box_y=digit.box.y,
            box_width=digit.box.width,
            box_height=digit.box.height,
            crop=digit.crop.tobytes() if keep_crops else None,
        )
        for order, digit in enumerate(number.digits)
    ]


def upload_recognise(*, upload: Upload) -> Recognised:
    """Read a kept picture with the models that serve now, as its form where it was given as one; writes nothing.

    Boxes are in pixels of the original, of which what is stored may be a smaller copy. Raises NumeralErrors,
    PictureNotKept where its file is gone.
    """
    serving = models_serving()
    started, expect = time.perf_counter(), Expect.parse(upload.expect)
    image = stored_picture_open(upload=upload)
    if upload.form is not None:
        form = form_prepare(upload.form)
        reading, as_form = image_read_as_form(image=image, expect=expect, readers=serving.readers, form=form)
        return Recognised(reading=reading, image=image, serving=serving, form=as_form)
    reading = image_read(image=image, expect=expect, readers=serving.readers, started=started)
    return Recognised(reading=reading, image=image, serving=serving)


@transaction.atomic
def reading_replace(*, upload: Upload, recognised: Recognised) -> bool:
    """Write a new reading in the place of the one that ``upload`` has, predictions and all.

    Returns whether it did: never where a person corrected or confirmed something or is about to, nor where the upload
    is in the trash, or not as it was when it was fetched.
    """
    row = (
        Upload.objects.select_for_update()
        .filter(NOT_DELETED, id=upload.id, state=upload.state, text=upload.text)
        .first()
    )
    if row is None or row.state not in UPLOAD_STATES.values():
        return False
    spoken_for = Q(state__in=PERSON_SAID) | Q(corrections__isnull=False) | Q(claimed_until__gt=timezone.now())
    if row.predictions.filter(spoken_for).exists() or _has_marked_numbers(row):
        return False
    row.predictions.all().delete()
    Upload.objects.filter(id=row.id).update(state=Upload.State.READING)
    reading_store(upload=row, recognised=recognised)
    return True


def _has_marked_numbers(upload: Upload) -> bool:
    """Whether somebody marked a number that was overlooked: the text as read lacks it."""
    return join_numbers(upload.predictions.values_list("line", "text")) != upload.text


def upload_reread(*, upload: Upload) -> None:
    """Read a kept upload whose reading was interrupted. After three attempts it is marked failed.

    Idempotent: whoever claims the row by its unchanged heartbeat reads it, nobody else does.
    """
    claim = Upload.objects.filter(
        id=upload.id, heartbeat_at=upload.heartbeat_at, state__in=[Upload.State.QUEUED, Upload.State.READING]
    )
    if upload.attempts >= MAX_ATTEMPTS:
        claim.update(state=Upload.State.FAILED, heartbeat_at=None)
        return
    now = timezone.now()
    if not claim.update(state=Upload.State.READING, heartbeat_at=now, attempts=upload.attempts + 1):
        return
    try:
        recognised = upload_recognise(upload=upload)
    except NumeralError:
        # The next sweep tries again, until the attempts are used up.
        return
    reading_store(upload=upload, recognised=recognised)
