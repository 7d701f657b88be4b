"""Numbers that a person marks on a picture: one that was overlooked, and one that is none.

What was predicted stays as it is. A marked box is read by the models that serve, as any number is, and what they say
of it is kept as a prediction; what the person says stands beside it as a correction. "There is no number here" is a
correction too: one with an empty text, which can be taken back.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
from django.db import transaction
from django.utils import timezone

from accounts.models import User
from recognizer.domain.errors import BadRequest
from recognizer.domain.phrases import phrase
from recognizer.domain.types import Box, DecodedImage, Expect, NumberReading, ReadingState
from recognizer.models import Correction, Prediction, Upload
from recognizer.services.marked_places import place_make
from recognizer.services.readings import UPLOAD_STATES, number_store
from recognizer.services.recognise import image_read
from recognizer.services.review import correction_clean, prediction_correct, upload_refresh
from recognizer.services.sample_collection import prediction_samples_update
from recognizer.services.serving import Readers, Serving, models_serving
from recognizer.services.stored_pictures import stored_picture_open

SMALLEST = 4
"""Pixels of a box's shorter side: nothing smaller can be read."""
MARGINS = (0.1, 0.0, 0.3)
"""Shares of a box's height by which it is widened, tried in turn until something is read in it: people draw tightly,
and ink at the very edge of a picture is often taken for a frame.
"""
SAME = 0.8
"""Boxes that have more of their union in common than this mark the same number."""


@dataclass(frozen=True, slots=True)
class Marked:
    """What the models read in a box, and which models."""

    number: NumberReading
    serving: Serving


def box_clean(*, upload: Upload, x: int, y: int, width: int, height: int) -> Box:
    """The part of a box, in pixels of the upright picture, that lies on the picture. Raises BadRequest for none."""
    left, top = max(x, 0), max(y, 0)
    right, bottom = min(x + width, upload.width or 0), min(y + height, upload.height or 0)
    if min(right - left, bottom - top) < SMALLEST:
        raise BadRequest(phrase("Draw the box around the number, on the picture."))
    return Box(left, top, right - left, bottom - top)


def box_read(*, upload: Upload, box: Box) -> Marked:
    """What the serving models read in a box of a kept picture; a text "" where they find no number in it.

    All that is in the box is one number. Writes nothing. Raises PictureNotKept, ModelUnavailable and the errors of
    decoding.
    """
    serving = models_serving()
    image = stored_picture_open(upload=upload)
    for margin in MARGINS:
        numbers = _read_within(image, box, round(margin * box.height), serving.readers)
        if numbers:
            return Marked(_as_one(numbers, box), serving)
    return Marked(_as_one([], box), serving)


def _read_within(image: DecodedImage, box: Box, margin: int, readers: Readers) -> list[NumberReading]:
    scale, (height, width) = image.scale, image.gray.shape
    left, top = (max(0, int((at - margin) / scale)) for at in (box.x, box.y))
    right = min(width, math.ceil((box.right + margin) / scale))
    bottom = min(height, math.ceil((box.bottom + margin) / scale))
    gray = np.ascontiguousarray(image.gray[top:bottom, left:right])
    size = (round(gray.shape[1] * scale), round(gray.shape[0] * scale))
    part = replace(image, gray=gray, width=size[0], height=size[1])
    reading = image_read(image=part, expect=Expect(), readers=readers)
    moved = [_moved(number, round(left * scale), round(top * scale)) for number in reading.numbers]
    return [number for number in moved if _holds_middle(box, number.box)]


def _moved(number: NumberReading, x: int, y: int) -> NumberReading:
    digits = tuple(replace(digit, box=_box_moved(digit.box, x, y)) for digit in number.digits)
    return replace(number, box=_box_moved(number.box, x, y), digits=digits)


def _box_moved(box: Box, x: int, y: int) -> Box:
    return Box(box.x + x, box.y + y, box.width, box.height)


def _holds_middle(box: Box, inner: Box) -> bool:
    x, y = inner.x + inner.width / 2, inner.y + inner.height / 2
    return box.x <= x <= box.right and box.y <= y <= box.bottom


def _as_one(numbers: list[NumberReading], box: Box) -> NumberReading:
    """All numbers in a box as the one that the person says is there: nobody has looked at it yet."""
    return NumberReading(
        text="".join(number.text for number in numbers),
        formatted=" ".join(number.formatted for number in numbers),
        confidence=math.prod(number.confidence for number in numbers) if numbers else 0.0,
        state=ReadingState.NEEDS_REVIEW,
        box=box,
        line=0,
        digits=tuple(digit for number in numbers for digit in number.digits),
    )


def number_add(*, upload: Upload, author: User, box: Box, text: str = "") -> Prediction:
    """Add a number that was overlooked: what the models read in ``box`` as a prediction, and beside it what the person
    says, ``text``. Without a text it needs review.

    Raises BadRequest where the text is no number, where there is a number already, and where the models find none and
    nothing was typed; and what ``box_read`` raises.
    """
    said = correction_clean(text) if text.strip() else ""
    marked = box_read(upload=upload, box=box)
    if len(marked.number.text) > Expect.MAX_DIGITS:
        raise BadRequest(
            phrase("A number has at most {max_digits} digits here. Draw a smaller box.", max_digits=Expect.MAX_DIGITS)
        )
    if not (said or marked.number.text):
        raise BadRequest(phrase("Nothing could be read in this box. Type what it says."))
    with transaction.atomic():
        row = Upload.objects.select_for_update().get(id=upload.id)
        if row.state not in UPLOAD_STATES.values():
            raise BadRequest(phrase("This picture has not been read yet, so nothing can be marked on it."))
        if any(_shared(box, other) > SAME for other in _present_boxes(row)):
            raise BadRequest(phrase("There is a number in this box already. Correct that one instead."))
        order, line = place_make(upload=row, box=box)
        number = replace(marked.number, line=line)
        prediction = number_store(upload=row, serving=marked.serving, order=order, number=number)
        if said:
            prediction_correct(prediction=prediction, author=author, text=said)
        else:
            upload_refresh(row)
    return prediction


def _present_boxes(upload: Upload) -> list[Box]:
    rows = upload.predictions.prefetch_related("corrections")
    return [
        Box(row.box_x, row.box_y, row.box_width, row.box_height)
        for row in rows
        if next((said.text for said in row.corrections.all()), "there")
    ]


def _shared(one: Box, other: Box) -> float:
    """The share of two boxes' union that they have in common."""
    width = min(one.right, other.right) - max(one.x, other.x)
    height = min(one.bottom, other.bottom) - max(one.y, other.y)
    common = max(0, width) * max(0, height)
    return common / (one.width * one.height + other.width * other.height - common)


@transaction.atomic
def number_remove(*, prediction: Prediction, author: User) -> None:
    """Say that there is no number where one was read. Twice is as once; ``number_restore`` takes it back."""
    upload, newest = _locked(prediction)
    if newest is None or newest.text:
        Correction.objects.create(prediction=prediction, author=author, text="", created_at=timezone.now())
        # A form's field in which nothing was read is empty indeed.
        as_read = prediction.form_field_id is not None and not prediction.text
        _settle(upload, prediction, "", Prediction.State.CONFIRMED if as_read else Prediction.State.CORRECTED)


@transaction.atomic
def number_restore(*, prediction: Prediction) -> None:
    """Take back that there is no number: what was said before counts again, or, where nothing was, it needs review."""
    upload, newest = _locked(prediction)
    if newest is None or newest.text:
        return
    newest.delete()
    before = prediction.corrections.first()
    if before is None:
        _settle(upload, prediction, "", Prediction.State.NEEDS_REVIEW)
    else:
        same = before.text == prediction.text
        _settle(upload, prediction, before.text, Prediction.State.CONFIRMED if same else Prediction.State.CORRECTED)


def _locked(prediction: Prediction) -> tuple[Upload, Correction | None]:
    """The upload, locked, and what was last said of a prediction. Raises BadRequest where that is gone by now."""
    upload = Upload.objects.select_for_update().get(id=prediction.upload_id)
    if not upload.predictions.filter(id=prediction.id).exists():
        raise BadRequest(phrase("This number was read anew just now. Look at it again."))
    return upload, prediction.corrections.first()


def _settle(upload: Upload, prediction: Prediction, text: str, state: Prediction.State) -> None:
    prediction.state = state
    prediction.claimed_by = prediction.claimed_until = None
    prediction.save(update_fields=["state", "claimed_by", "claimed_until"])
    upload_refresh(upload)
    prediction_samples_update(prediction=prediction, text=text)
