"""Pictures that are read as a form: from the form's rows to a reading, and from the reading to rows again."""

from __future__ import annotations

import logging
import math
import threading
import time
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import reduce
from uuid import UUID

from recognizer.domain.errors import NumeralError
from recognizer.domain.form_fields import FieldReading, FormSpec
from recognizer.domain.form_fields import FormField as SpecField
from recognizer.domain.phrases import phrase
from recognizer.domain.types import Box, DecodedImage, Expect, NumberReading, Reading, ReadingState, join_numbers
from recognizer.models import FormField, FormPage, FormTemplate, Prediction, Upload
from recognizer.services.decoding import decoder_pool
from recognizer.services.form_checks import field_draft
from recognizer.services.form_reading import form_read, sample_prepare
from recognizer.services.recognise import ReadAsForm, Recognised, image_read, reading_places
from recognizer.services.serving import Readers, models_serving
from recognizer.vision.form_alignment import Alignment
from recognizer.vision.form_sample import FormSample

logger = logging.getLogger(__name__)

MOST_SAMPLES = 8
"""Prepared samples that a process keeps: each takes some 10 MB, and preparing one takes as long as reading a page."""

_lock = threading.Lock()
_samples: OrderedDict[UUID, FormSample] = OrderedDict()


@dataclass(frozen=True, slots=True, eq=False)
class PreparedForm:
    """All of a form that reading a picture as it needs; ``problem`` says why none can be read as it."""

    id: UUID
    name: str
    spec: FormSpec
    sample: FormSample | None
    problem: str = ""


def form_prepare(form: FormTemplate, fields: tuple[SpecField, ...] | None = None) -> PreparedForm:
    """Fetch a form's fields (unless others are to be tried) and its sample. Afterwards it can be used in another
    thread: no row is asked for again.
    """
    fields = tuple(_spec_field(row) for row in form.fields.all()) if fields is None else fields
    spec = FormSpec(form.width, form.height, fields)
    if not fields:
        problem = phrase("The form “{name}” has no fields, so nothing could be read as it.", name=form.name)
        return PreparedForm(form.id, form.name, spec, None, problem)
    try:
        return PreparedForm(form.id, form.name, spec, _sample(form, spec))
    except (OSError, ValueError, NumeralError) as error:
        logger.error("The sample of the form %s cannot be opened: %s", form.id, error)
        problem = phrase("The sample of the form “{name}” cannot be opened. Describe the form anew.", name=form.name)
        return PreparedForm(form.id, form.name, spec, None, problem)


def _spec_field(row: FormField) -> SpecField:
    draft = field_draft(row)
    return SpecField(row.id, draft.name, draft.box, draft.rule)


def _sample(form: FormTemplate, spec: FormSpec) -> FormSample:
    """A form's sample, prepared at most once a process. Raises OSError, ValueError and NumeralErrors."""
    with _lock:
        if form.id in _samples:
            _samples.move_to_end(form.id)
            return _samples[form.id]
    with form.image.open("rb") as file:
        image = decoder_pool().decode(file.read())
    sample = sample_prepare(sample=image.gray, spec=spec)
    with _lock:
        _samples[form.id] = sample
        while len(_samples) > MOST_SAMPLES:
            _samples.popitem(last=False)
    return sample


def picture_recognise_as_form(*, data: bytes, expect: Expect, form: FormTemplate, page: int = 1) -> Recognised:
    """Read a picture given as the bytes of a file as a form; freely where it is not that form. Writes nothing.

    Raises what ``picture_recognise`` raises.
    """
    serving, prepared = models_serving(), form_prepare(form)
    image = decoder_pool().decode(data, page=page)
    reading, as_form = image_read_as_form(image=image, expect=expect, readers=serving.readers, form=prepared)
    return Recognised(reading=reading, image=image, serving=serving, form=as_form)


def image_read_as_form(
    *, image: DecodedImage, expect: Expect, readers: Readers, form: PreparedForm
) -> tuple[Reading, ReadAsForm]:
    """Read a decoded picture as a form. One that is not that form, or whose form cannot be used, is read freely, and
    what is wrong is said: fields are never filled with what stands elsewhere.
    """
    started, likeness, problem = time.perf_counter(), None, form.problem
    if form.sample is not None:
        with reading_places:
            found = form_read(image=image, spec=form.spec, sample=form.sample, readers=readers)
        if found.alignment is not None and found.alignment.is_form:
            return _reading(image, found.fields, readers, started), _as_form(form.id, found.alignment, found.fields)
        likeness = found.alignment.likeness if found.alignment else None
        problem = phrase(
            "This picture does not look like the form “{name}”. Its numbers were found without it.", name=form.name
        )
    reading = image_read(image=image, expect=expect, readers=readers, started=started)
    if reading.state is ReadingState.ACCEPTED:
        reading = replace(reading, state=ReadingState.NEEDS_REVIEW)
    return reading, ReadAsForm(form.id, likeness=likeness, problem=problem)


def _reading(image: DecodedImage, fields: Sequence[FieldReading], readers: Readers, started: float) -> Reading:
    """The fields as numbers, each on a line of its own; an empty field is a number without digits."""
    numbers = tuple(_number(line, field) for line, field in enumerate(fields))
    doubted = any(number.state is ReadingState.NEEDS_REVIEW for number in numbers)
    written = [number.confidence for number in numbers if number.text]
    return Reading(
        text=join_numbers((number.line, number.text) for number in numbers),
        confidence=math.prod(written) if written else 0.0,
        state=ReadingState.NEEDS_REVIEW if doubted else ReadingState.ACCEPTED,
        reason=None,
        width=image.width,
        height=image.height,
        ms=round((time.perf_counter() - started) * 1000, 1),
        models={str(card.kind): card.name for card in readers.cards},
        numbers=numbers,
        versions={str(card.kind): card.version for card in readers.cards},
    )


def _number(line: int, field: FieldReading) -> NumberReading:
    state = ReadingState.NEEDS_REVIEW if field.needs_review else ReadingState.ACCEPTED
    if field.number is None:
        box = field.box or Box(0, 0, 1, 1)
        return NumberReading("", "", 0.0 if field.doubt else 1.0, state, box, line, ())
    # On a picture held askew the digits stand on a slope.
    box = reduce(Box.union, (digit.box for digit in field.number.digits), field.number.box)
    return replace(field.number, line=line, state=state, box=box)


def _as_form(form_id: UUID, alignment: Alignment, fields: Sequence[FieldReading]) -> ReadAsForm:
    transform = tuple(float(value) for value in alignment.matrix.ravel())
    return ReadAsForm(
        form_id, tuple((field.field_id, str(field.doubt)) for field in fields), transform, alignment.likeness
    )


def form_lock(form_id: UUID) -> FormTemplate | None:
    """A form, which nobody changes or deletes until the transaction ends; None where it is gone already."""
    return FormTemplate.objects.select_for_update().filter(id=form_id).first()


def form_rows_add(*, upload: Upload, predictions: Sequence[Prediction], form: ReadAsForm | None) -> None:
    """Note on predictions that are not stored yet which field each is of and what speaks against it, and store how the
    picture lies on the sample. A reading that has nothing to do with a form leaves nothing of an earlier one.

    The form may have been changed or deleted meanwhile: what is not there any more is not named.
    """
    if form is None:
        return
    there = form_lock(form.form_id)
    known = set(there.fields.values_list("id", flat=True)) if there else set()
    for prediction, (field_id, doubt) in zip(predictions, form.fields, strict=False):
        prediction.form_field_id = field_id if field_id in known else None
        prediction.doubt = doubt
    FormPage.objects.update_or_create(
        upload=upload,
        defaults={
            "transform": None if form.transform is None else list(form.transform),
            "likeness": form.likeness,
            "problem": str(form.problem),
        },
    )
