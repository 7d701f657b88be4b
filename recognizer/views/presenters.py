"""From a reading, or from the rows of one, to what the result page shows."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from typing import Any

import cv2
import numpy as np

from recognizer import wording
from recognizer.domain.phrases import phrase
from recognizer.domain.types import Box, Expect, NumberReading, Reading, ReadingState
from recognizer.forms import CorrectionForm, MarkForm
from recognizer.models import DigitResult, Prediction, Upload
from recognizer.views.shown import DigitView, ModelView, NumberView, ResultView
from recognizer.wording import say_n

SENTENCES = {
    "no_ink": phrase("No digit was found: the picture looks blank."),
    "not_a_number": phrase("No digit was found: what is on the picture does not look like a number."),
    "needs_review": phrase("Not sure. Please check the reading."),
    "failed": phrase("This picture could not be read. Delete it and try again."),
    "queued": phrase("This picture waits to be read. Look again in a few minutes."),
    "reading": phrase("This picture is being read. Look again in a few minutes."),
}


def result_of_reading(reading: Reading, expect: Expect) -> ResultView:
    """A reading of which nothing is kept."""
    return ResultView(
        upload=None,
        state="read" if reading.state is ReadingState.ACCEPTED else reading.state.value,
        sentence=_sentence(reading.reason or reading.state.value, reading.text, expect),
        text=reading.text,
        confidence=reading.confidence,
        ms=reading.ms,
        models=[ModelView(kind, name, reading.versions[kind]) for kind, name in reading.models.items()],
        width=reading.width,
        height=reading.height,
        numbers=[_number_of_reading(index, number) for index, number in enumerate(reading.numbers, 1)],
    )


def result_of_upload(
    upload: Upload, *, forms: dict[Any, CorrectionForm] | None = None, mark_form: MarkForm | None = None
) -> ResultView:
    """An upload from its rows; ``forms``: correction forms with errors, by prediction id; ``mark_form``: that of a
    number which was missed, with its errors.
    """
    predictions = list(upload.predictions.all())
    used = {
        model.kind: model
        for prediction in predictions
        for model in (prediction.number_model, prediction.model_version)
        if model is not None
    }
    return ResultView(
        upload=upload,
        state=upload.state,
        sentence=_sentence(_why(upload), upload.text, Expect.parse(upload.expect)),
        text=upload.final_text,
        confidence=upload.confidence or 0.0,
        ms=upload.ms,
        models=[ModelView(model.kind, model.name, model.version) for model in used.values()],
        width=upload.width,
        height=upload.height,
        numbers=[
            _number_of_row(index, prediction, (forms or {}).get(prediction.id))
            for index, prediction in enumerate(predictions, 1)
        ],
        mark_form=mark_form or MarkForm(),
    )


def _why(upload: Upload) -> str:
    """What is to be said of it: a picture on which nothing was found may have had a number marked since."""
    return upload.reason if upload.reason and upload.state == Upload.State.REJECTED else upload.state


def _sentence(key: str, text: str, expect: Expect) -> str:
    found = sum(character.isdigit() for character in text)
    if key == ReadingState.NEEDS_REVIEW and expect.digits not in (None, found):
        expected = say_n("You expected {n} digit", "You expected {n} digits", expect.digits or 0)
        return say_n("{expected}; {n} digit was found.", "{expected}; {n} digits were found.", found, expected=expected)
    return wording.said(SENTENCES.get(str(key), ""))


def _number_of_reading(index: int, number: NumberReading) -> NumberView:
    return NumberView(
        index=index,
        id=None,
        text=number.text,
        shown=number.formatted,
        confidence=number.confidence,
        state=number.state.value,
        corrected=None,
        line=number.line,
        correct_form=None,
        digits=[
            DigitView(
                place=f"{index}-{order}",
                digit=digit.digit,
                confidence=digit.confidence,
                needs_review=digit.needs_review,
                crop_uri=crop_uri(digit.crop.tobytes()),
                probabilities=_bars(digit.digit, digit.probabilities),
                box=digit.box,
            )
            for order, digit in enumerate(number.digits)
        ],
        box=number.box,
    )


def _number_of_row(index: int, prediction: Prediction, form: CorrectionForm | None) -> NumberView:
    said = _said(prediction)
    text = prediction.text if said is None else said
    # What was seen between the digits is worth showing as long as the digits are right.
    shown = prediction.formatted or text if text == prediction.text else text
    return NumberView(
        index=index,
        id=prediction.id,
        text=prediction.text,
        shown=shown,
        confidence=prediction.confidence,
        state=prediction.state,
        corrected=said,
        line=prediction.line,
        correct_form=form or CorrectionForm(initial={"text": text}, auto_id=f"{prediction.id}-%s"),
        digits=[digit_of_row(row, prediction, index=index) for row in prediction.digits.all()],
        box=_box(prediction),
    )


def digit_of_row(row: DigitResult, prediction: Prediction, *, index: int = 1) -> DigitView:
    """A digit of a prediction that has its digits, models and corrections at hand; ``index`` is its number's place."""
    doubted = prediction.state == Prediction.State.NEEDS_REVIEW
    threshold = (prediction.number_model or prediction.model_version).threshold
    return DigitView(
        place=f"{index}-{row.order}",
        digit=row.digit,
        confidence=row.confidence,
        needs_review=doubted and row.confidence < threshold,
        crop_uri=None if row.crop is None else crop_uri(bytes(row.crop)),
        probabilities=_bars(row.digit, row.probabilities),
        box=_box(row),
        number_id=prediction.id,
        order=row.order,
        alternatives=_alternatives(row, prediction),
    )


def _said(prediction: Prediction) -> str | None:
    newest = next(iter(prediction.corrections.all()), None)
    return newest.text if newest else None


def _alternatives(row: DigitResult, prediction: Prediction) -> list[dict[str, Any]]:
    """The two likeliest other digits here, each with the whole number's text if it were that one."""
    said = _said(prediction)
    text = prediction.text if said is None else said
    if len(text) != len(prediction.digits.all()):
        return []  # nothing says which digit stands where
    others = sorted((-p, str(digit)) for digit, p in enumerate(row.probabilities) if str(digit) != text[row.order])
    return [
        {"digit": digit, "probability": -p, "text": text[: row.order] + digit + text[row.order + 1 :]}
        for p, digit in others[:2]
    ]


def _box(row: DigitResult | Prediction) -> Box:
    return Box(row.box_x, row.box_y, row.box_width, row.box_height)


def _bars(digit: int, probabilities: Sequence[float]) -> list[dict[str, Any]]:
    return [
        {"digit": value, "probability": p, "percent": round(100 * p, 1), "best": value == digit}
        for value, p in enumerate(probabilities)
    ]


def crop_uri(crop: bytes) -> str:
    """The crop as a data: address, since nothing else of it is kept anywhere."""
    picture = np.frombuffer(crop, np.uint8).reshape(28, 28)
    _, png = cv2.imencode(".png", picture)
    return "data:image/png;base64," + base64.b64encode(png.tobytes()).decode("ascii")
