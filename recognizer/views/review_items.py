"""A doubtful number as the review page shows it: near, with its box, and what else it may be."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from recognizer.domain.errors import BreaksRule, NumeralError
from recognizer.domain.types import Box
from recognizer.models import DigitResult, Prediction, Upload
from recognizer.selectors_review import place
from recognizer.services.review_queue import claim_stamp
from recognizer.wording import said

ALTERNATIVES = 2
MARGIN = 0.9
"""How much is shown around a number, in parts of its height."""
WHOLE = 0.25
"""A number that takes so much of the picture's area is shown with the whole picture."""


@dataclass(frozen=True, slots=True)
class Alternative:
    """Another digit that it may be, and the number with it."""

    digit: int
    probability: float
    text: str


@dataclass(frozen=True, slots=True)
class DoubtedDigit:
    position: int
    digit: int
    confidence: float
    doubtful: bool
    alternatives: list[Alternative]


@dataclass(frozen=True, slots=True)
class ReviewItem:
    id: UUID
    stamp: str
    place: str
    text: str
    shown: str
    confidence: float
    upload: Upload
    picture: str
    box: Box
    frame: Box
    near: Box
    digits: list[DoubtedDigit]
    typed: str
    problem: str
    field: str
    doubt: str
    insisted: str = ""
    decimals: int = 0


DOUBTS = {
    Prediction.Doubt.EMPTY: _("Nothing is written there, and the form says that this field may not be empty."),
    Prediction.Doubt.LENGTH: _("The form says another count of digits."),
    Prediction.Doubt.RANGE: _("This is outside of the range that the form says."),
    Prediction.Doubt.CHECK_DIGIT: _("Its check digit does not fit."),
}


INSIST = _("%(doubt)s Enter again to keep it.")


def problem_of(error: NumeralError) -> str:
    """Why what was typed was not kept, in words."""
    if isinstance(error, BreaksRule):
        return INSIST % {"doubt": DOUBTS[Prediction.Doubt(error.doubt)]}
    return said(error)


def review_item_view(
    prediction: Prediction, *, typed: str | None = None, problem: str = "", insisted: str = ""
) -> ReviewItem:
    """``prediction`` with its upload, models, field and digits fetched; ``typed`` is what stands in the field, and
    ``insisted`` what is kept if it is sent once more.
    """
    upload = prediction.upload
    box = Box(prediction.box_x, prediction.box_y, prediction.box_width, prediction.box_height)
    shows = bool(upload.image and upload.width and upload.height)
    threshold = (prediction.number_model or prediction.model_version).threshold
    return ReviewItem(
        id=prediction.id,
        stamp=claim_stamp(prediction),
        place=place(prediction),
        text=prediction.text,
        shown=prediction.formatted or prediction.text,
        confidence=prediction.confidence,
        upload=upload,
        picture=reverse("recognizer:upload_image", args=[upload.id]) if shows else "",
        box=box,
        frame=_frame(box),
        near=near(box, upload.width or 1, upload.height or 1),
        digits=[_digit(prediction.text, row, threshold) for row in prediction.digits.all()],
        typed=prediction.text if typed is None else typed,
        problem=problem,
        field=f"{prediction.form_field.name} ({prediction.form_field.template})" if prediction.form_field else "",
        doubt=str(DOUBTS[Prediction.Doubt(prediction.doubt)]) if prediction.doubt else "",
        insisted=insisted,
        decimals=prediction.form_field.decimals if prediction.form_field else 0,
    )


def near(box: Box, width: int, height: int) -> Box:
    """The part of a picture (width by height) to show for a number: with some paper around it, to know it by."""
    if box.width * box.height >= WHOLE * width * height:
        return Box(0, 0, width, height)
    margin = round(MARGIN * max(box.height, box.width / 4)) + 1
    left, top = max(0, box.x - margin), max(0, box.y - margin)
    right, bottom = min(width, box.right + margin), min(height, box.bottom + margin)
    return Box(left, top, max(1, right - left), max(1, bottom - top))


def _frame(box: Box) -> Box:
    """The mark around a number, a little off its ink."""
    off = max(2, round(box.height / 12))
    return Box(box.x - off, box.y - off, box.width + 2 * off, box.height + 2 * off)


def _digit(text: str, row: DigitResult, threshold: float) -> DoubtedDigit:
    others = sorted((-p, digit) for digit, p in enumerate(row.probabilities) if digit != row.digit)[:ALTERNATIVES]
    before, after = text[: row.order], text[row.order + 1 :]
    return DoubtedDigit(
        position=row.order,
        digit=row.digit,
        confidence=row.confidence,
        doubtful=row.confidence < threshold,
        alternatives=[Alternative(digit, -p, f"{before}{digit}{after}") for p, digit in others],
    )
