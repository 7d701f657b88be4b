"""A reading as the result page shows it: the same shape whether rows were written or not."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np

from recognizer.domain.types import Expect, NumberReading, Reading, ReadingState
from recognizer.forms import CorrectionForm
from recognizer.models import Prediction, Upload

SENTENCES = {
    "no_ink": "No digit was found: the picture looks blank.",
    "not_a_number": "No digit was found: what is on the picture does not look like a number.",
    "needs_review": "Not sure. Please check the reading.",
    "failed": "This picture could not be read. Delete it and try again.",
    "queued": "This picture waits to be read. Look again in a few minutes.",
    "reading": "This picture is being read. Look again in a few minutes.",
}


@dataclass(frozen=True, slots=True)
class DigitView:
    digit: int
    confidence: float
    needs_review: bool
    crop_uri: str | None
    probabilities: list[dict[str, Any]]


@dataclass(frozen=True, slots=True)
class NumberView:
    id: Any
    text: str
    shown: str
    confidence: float
    state: str
    corrected: str | None
    line: int
    correct_form: CorrectionForm | None
    digits: list[DigitView]


@dataclass(frozen=True, slots=True)
class ModelView:
    kind: str
    name: str
    version: int


@dataclass(frozen=True, slots=True)
class ResultView:
    upload: Upload | None
    state: str
    sentence: str
    text: str
    confidence: float
    ms: float | None
    models: list[ModelView]
    width: int | None
    height: int | None
    numbers: list[NumberView]


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
        numbers=[_number_of_reading(number) for number in reading.numbers],
    )


def result_of_upload(upload: Upload, *, forms: dict[Any, CorrectionForm] | None = None) -> ResultView:
    """An upload from its rows; ``forms``: correction forms with errors, by prediction id."""
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
        sentence=_sentence(upload.reason or upload.state, upload.text, Expect.parse(upload.expect)),
        text=upload.final_text,
        confidence=upload.confidence or 0.0,
        ms=upload.ms,
        models=[ModelView(model.kind, model.name, model.version) for model in used.values()],
        width=upload.width,
        height=upload.height,
        numbers=[_number_of_row(prediction, (forms or {}).get(prediction.id)) for prediction in predictions],
    )


def _sentence(key: str, text: str, expect: Expect) -> str:
    found = sum(character.isdigit() for character in text)
    if key == ReadingState.NEEDS_REVIEW and expect.digits not in (None, found):
        return f"You expected {_digits(expect.digits or 0)}; {_digits(found)} {'was' if found == 1 else 'were'} found."
    return SENTENCES.get(str(key), "")


def _digits(count: int) -> str:
    return f"{count} digit{'' if count == 1 else 's'}"


def _number_of_reading(number: NumberReading) -> NumberView:
    return NumberView(
        id=None,
        text=number.text,
        shown=number.formatted,
        confidence=number.confidence,
        state=number.state.value,
        corrected=None,
        line=number.line,
        correct_form=None,
        digits=[
            _digit(digit.digit, digit.confidence, digit.needs_review, list(digit.probabilities), digit.crop.tobytes())
            for digit in number.digits
        ],
    )


def _number_of_row(prediction: Prediction, form: CorrectionForm | None) -> NumberView:
    newest = next(iter(prediction.corrections.all()), None)
    corrected = newest.text if newest else None
    text = prediction.text if corrected is None else corrected
    # What was seen between the digits is worth showing as long as the digits are right.
    shown = prediction.formatted or text if text == prediction.text else text
    doubted = prediction.state == Prediction.State.NEEDS_REVIEW
    threshold = (prediction.number_model or prediction.model_version).threshold
    return NumberView(
        id=prediction.id,
        text=prediction.text,
        shown=shown,
        confidence=prediction.confidence,
        state=prediction.state,
        corrected=corrected,
        line=prediction.line,
        correct_form=form or CorrectionForm(initial={"text": text}, auto_id=f"{prediction.id}-%s"),
        digits=[
            _digit(row.digit, row.confidence, doubted and row.confidence < threshold, row.probabilities, row.crop)
            for row in prediction.digits.all()
        ],
    )


def _digit(
    digit: int, confidence: float, needs_review: bool, probabilities: list[float], crop: bytes | memoryview | None
) -> DigitView:
    return DigitView(
        digit=digit,
        confidence=confidence,
        needs_review=needs_review,
        crop_uri=None if crop is None else _crop_uri(bytes(crop)),
        probabilities=[
            {"digit": value, "probability": p, "percent": round(100 * p, 1), "best": value == digit}
            for value, p in enumerate(probabilities)
        ],
    )


def _crop_uri(crop: bytes) -> str:
    """The crop as a data: address, since nothing else of it is kept anywhere."""
    picture = np.frombuffer(crop, np.uint8).reshape(28, 28)
    _, png = cv2.imencode(".png", picture)
    return "data:image/png;base64," + base64.b64encode(png.tobytes()).decode("ascii")
