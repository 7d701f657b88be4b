"""One digit as pages show it: its crop, its probabilities, and what else it may be."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import cv2
import numpy as np

from recognizer.domain.types import Box, DigitReading
from recognizer.models import DigitResult, Prediction
from recognizer.views.overlay import level, shade


@dataclass(frozen=True, slots=True)
class DigitView:
    place: str
    digit: int
    confidence: float
    needs_review: bool
    crop_uri: str | None
    probabilities: list[dict[str, Any]]
    box: Box
    number_id: Any = None
    order: int = 0
    alternatives: list[dict[str, Any]] = field(default_factory=list)

    @property
    def level(self) -> str:
        return "doubt" if self.needs_review else level(self.confidence)

    @property
    def shade(self) -> str:
        return shade(self.confidence)


def digit_of_reading(digit: DigitReading, *, place: str) -> DigitView:
    """A digit of which nothing is kept."""
    return DigitView(
        place=place,
        digit=digit.digit,
        confidence=digit.confidence,
        needs_review=digit.needs_review,
        crop_uri=crop_uri(digit.crop.tobytes()),
        probabilities=_bars(digit.digit, digit.probabilities),
        box=digit.box,
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
        box=box_of(row),
        number_id=prediction.id,
        order=row.order,
        alternatives=_alternatives(row, prediction),
    )


def said_of(prediction: Prediction) -> str | None:
    """What a person said of it last, None where nobody did."""
    newest = next(iter(prediction.corrections.all()), None)
    return newest.text if newest else None


def _alternatives(row: DigitResult, prediction: Prediction) -> list[dict[str, Any]]:
    """The two likeliest other digits here, each with the whole number's text if it were that one."""
    said = said_of(prediction)
    text = prediction.text if said is None else said
    if len(text) != len(prediction.digits.all()):
        return []  # nothing says which digit stands where
    others = sorted((-p, str(digit)) for digit, p in enumerate(row.probabilities) if str(digit) != text[row.order])
    return [
        {"digit": digit, "probability": -p, "text": text[: row.order] + digit + text[row.order + 1 :]}
        for p, digit in others[:2]
    ]


def box_of(row: DigitResult | Prediction) -> Box:
    """Where it stands on the picture."""
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
