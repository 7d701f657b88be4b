"""A reading as the result page shows it: the same shape whether rows were written or not."""

from __future__ import annotations

from typing import Any

from recognizer import wording
from recognizer.domain.phrases import phrase
from recognizer.domain.types import Expect, NumberReading, Reading, ReadingState
from recognizer.forms import CorrectionForm, MarkForm
from recognizer.models import Prediction, Upload
from recognizer.views.digit_views import box_of, digit_of_reading, digit_of_row, said_of
from recognizer.views.form_views import FieldView, FormView, field_of, form_of_upload
from recognizer.views.shown import ModelView, NumberView, ResultView
from recognizer.wording import say_n

SENTENCES = {
    "no_ink": phrase("No digit was found: the picture looks blank."),
    "not_a_number": phrase("No digit was found: what is on the picture does not look like a number."),
    "needs_review": phrase("Not sure. Please check the reading."),
    "failed": phrase("This picture could not be read. Delete it and try again."),
    "queued": phrase("This picture waits to be read. Look again in a few minutes."),
    "reading": phrase("This picture is being read. Look again in a few minutes."),
}


def result_of_reading(reading: Reading, expect: Expect, form: FormView | None = None) -> ResultView:
    """A reading of which nothing is kept; ``form``: what it was read as."""
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
        numbers=[
            _number_of_reading(index, number, form.fields[index - 1] if form and form.fields else None)
            for index, number in enumerate(reading.numbers, 1)
        ],
        form=form,
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
        form=form_of_upload(upload),
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


def _number_of_reading(index: int, number: NumberReading, field: FieldView | None) -> NumberView:
    return NumberView(
        index=index,
        id=None,
        text=number.text,
        shown=field.shown(number.text) if field else number.formatted,
        confidence=number.confidence,
        state=number.state.value,
        corrected=None,
        line=number.line,
        correct_form=None,
        digits=[digit_of_reading(digit, place=f"{index}-{order}") for order, digit in enumerate(number.digits)],
        box=number.box,
        field=field,
    )


def _number_of_row(index: int, prediction: Prediction, form: CorrectionForm | None) -> NumberView:
    said = said_of(prediction)
    text = prediction.text if said is None else said
    # What was seen between the digits is worth showing as long as the digits are right.
    shown = prediction.formatted or text if text == prediction.text else text
    field = field_of(prediction)
    shown = field.shown(text) if field else shown
    return NumberView(
        index=index,
        id=prediction.id,
        text=prediction.text,
        shown=shown,
        confidence=prediction.confidence,
        state=prediction.state,
        corrected=said,
        line=prediction.line,
        correct_form=form
        or CorrectionForm(initial={"text": shown if field and text else text}, auto_id=f"{prediction.id}-%s"),
        digits=[digit_of_row(row, prediction, index=index) for row in prediction.digits.all()],
        box=box_of(prediction),
        field=field,
    )
