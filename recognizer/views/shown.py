"""What the result page shows of a reading, a number and a digit: the same shape whether rows were written or not."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from recognizer.domain.types import Box
from recognizer.forms import CorrectionForm, MarkForm
from recognizer.models import Prediction, Upload
from recognizer.views.digit_views import DigitView
from recognizer.views.form_views import FieldView, FormView
from recognizer.views.overlay import Overlay, level, shade

MANY_DIGITS = 24
"""A page of more digits than this leaves what is known of each to a page of its own, fetched when it is opened."""


@dataclass(frozen=True, slots=True)
class NumberView:
    index: int
    id: Any
    text: str
    shown: str
    confidence: float
    state: str
    corrected: str | None
    line: int
    correct_form: CorrectionForm | None
    digits: list[DigitView]
    box: Box
    field: FieldView | None = None

    @property
    def removed(self) -> bool:
        """Whether a person said that there is no number here; an empty field of a form still is one."""
        return self.corrected == "" and self.field is None

    @property
    def level(self) -> str:
        """How sure, as a word: by a person's word, sure, fairly sure, in doubt."""
        if self.corrected is not None:
            return "said"
        return "doubt" if self.state == Prediction.State.NEEDS_REVIEW else level(self.confidence)

    @property
    def shade(self) -> str:
        return shade(self.confidence)


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
    mark_form: MarkForm | None = None
    form: FormView | None = None

    @property
    def standing(self) -> list[NumberView]:
        """The numbers that nobody took away."""
        return [number for number in self.numbers if not number.removed]

    @property
    def is_settled(self) -> bool:
        """Whether it was read, whatever came of it."""
        return self.state not in (Upload.State.QUEUED, Upload.State.READING, Upload.State.FAILED)

    @property
    def many_digits(self) -> bool:
        """Whether there are too many digits to say all of each of them on one page."""
        return self.upload is not None and sum(len(number.digits) for number in self.numbers) > MANY_DIGITS

    @property
    def overlay(self) -> Overlay | None:
        """What is drawn over the picture; None where none was kept."""
        if self.upload is None or not self.upload.image or not (self.width and self.height):
            return None
        return Overlay(self.width, self.height, [(number, number.box) for number in self.standing])
