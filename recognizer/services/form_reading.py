"""Read a picture as a form that was described once: laid on the sample, field by field, each under its rule.

Writes nothing, and knows nothing of rows.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from recognizer.domain.form_fields import Doubt, FieldReading, FieldRule, FormSpec, rule_doubt, value_shown
from recognizer.domain.types import (
    DecodedImage,
    Expect,
    GlyphCrop,
    Gray,
    NumberCrop,
    NumberReading,
    ReadingState,
)
from recognizer.inference.agreement import Agreed
from recognizer.inference.alignment import align as align_text
from recognizer.inference.alignment import digit_columns, middle_column
from recognizer.inference.decoding import Seen
from recognizer.inference.field_decoding import read_field, read_field_by_digits
from recognizer.inference.marks import UNSURE, Mark, marks_before
from recognizer.inference.number_engine import Frames
from recognizer.services.number_reading import digit_readings
from recognizer.services.serving import Readers
from recognizer.vision.form_alignment import Alignment, align
from recognizer.vision.form_field_cut import FieldCut, cut_field
from recognizer.vision.form_sample import FormSample, prepare_sample
from recognizer.vision.strip_digits import strip_digits

ANY = Expect()


@dataclass(frozen=True, slots=True, eq=False)
class FormRead:
    """A picture read as a form. ``alignment`` takes the sample's pixels to the upright picture's; where it is None or
    not ``is_form``, the picture shows something else, and no field was read.
    """

    alignment: Alignment | None
    fields: tuple[FieldReading, ...]


def form_read(*, image: DecodedImage, spec: FormSpec, sample: FormSample | Gray, readers: Readers) -> FormRead:
    """Read a decoded picture as a form. ``sample`` is the form's sample, grey, or prepared by ``sample_prepare``."""
    prepared = sample if isinstance(sample, FormSample) else sample_prepare(sample=sample, spec=spec)
    found = align(prepared, image.gray)
    if found is None:
        return FormRead(None, ())
    to_original = np.diag([image.scale, image.scale, 1.0])
    alignment = Alignment(to_original @ found.matrix, found.likeness)
    if not found.is_form:
        return FormRead(alignment, ())
    readings = []
    for field in spec.fields:
        cut = cut_field(image.gray, prepared, found.matrix, field.box, scale=image.scale)
        number = None if cut.number is None else number_by_rule(look_at(cut.number, readers), field.rule, readers)
        readings.append(FieldReading(field.id, number, _doubt(number, cut, field.rule), cut.box))
    return FormRead(alignment, tuple(readings))


def sample_prepare(*, sample: Gray, spec: FormSpec) -> FormSample:
    """A form's sample, grey (height, width), ready to be compared with many pictures."""
    return prepare_sample(sample, width=spec.width, height=spec.height)


@dataclass(frozen=True, slots=True, eq=False)
class LookedAt:
    """A field's number as the networks see it before anything is known of it: the line's looks and what they show, none
    where there is no line network; the glyphs, and what the digit network says of them, (n, 10).
    """

    number: NumberCrop
    looks: Sequence[Frames]
    seen: Sequence[Seen]
    glyphs: Sequence[GlyphCrop]
    table: NDArray[np.floating]


def look_at(number: NumberCrop, readers: Readers) -> LookedAt:
    """Have the networks look at a field's number; where the line sees another count of digits, glyphs are cut anew."""
    glyphs: Sequence[GlyphCrop] = number.glyphs
    looks = readers.number.looks(number.strip.pixels) if readers.number is not None else ()
    seen = [Seen.of(look.probabilities) for look in looks]
    columns = digit_columns(seen, [look.stride for look in looks], unless=len(glyphs)) if looks else []
    glyphs = strip_digits(number, columns) if columns else glyphs
    table = readers.digit.probabilities(np.stack([glyph.crop for glyph in glyphs]))
    return LookedAt(number, looks, seen, glyphs, table)


def number_by_rule(looked: LookedAt, rule: FieldRule, readers: Readers) -> NumberReading | None:
    """A field's number, its rule in mind; None where it says nothing."""
    engine = readers.number
    if engine is None:
        agreed = read_field_by_digits(looked.table, rule)
        return _reading(looked.number, agreed, looked.glyphs, rule, readers.digit.card.threshold, clear=True)
    agreed = read_field(looked.seen, looked.table, rule, engine.agreement_for(ANY))
    if not agreed.text:
        return None
    look, glyphs = looked.looks[agreed.look], looked.glyphs
    spans = align_text(looked.seen[agreed.look].frames, agreed.text) or []
    if not agreed.of_glyphs:
        glyphs = strip_digits(looked.number, [middle_column(span, look.stride) for span in spans])
    marks_fit = _marks_fit(agreed.text, marks_before(look.probabilities, spans), rule.decimals)
    return _reading(looked.number, agreed, glyphs, rule, engine.threshold_for(ANY), clear=marks_fit)


def _marks_fit(text: str, marks: Sequence[Mark], decimals: int) -> bool:
    """Whether the dots and commas seen stand where the field has its point, or part thousands."""
    whole = len(text) - decimals
    seen = [mark.place for mark in marks if mark.place and mark.probability >= UNSURE[1]]
    return all(place == whole or (place < whole and (whole - place) % 3 == 0) for place in seen)


def _reading(
    number: NumberCrop, agreed: Agreed, glyphs: Sequence[GlyphCrop], rule: FieldRule, threshold: float, *, clear: bool
) -> NumberReading:
    sure = clear and not number.remains and agreed.confidence >= threshold and not rule_doubt(agreed.text, rule)
    return NumberReading(
        text=agreed.text,
        formatted=value_shown(agreed.text, rule.decimals),
        confidence=agreed.confidence,
        state=ReadingState.ACCEPTED if sure else ReadingState.NEEDS_REVIEW,
        box=number.box,
        line=number.line,
        digits=digit_readings(agreed.text, agreed.probabilities, glyphs, threshold),
    )


def _doubt(number: NumberReading | None, cut: FieldCut, rule: FieldRule) -> Doubt:
    """What a field's outcome breaks of its rule; ink that says nothing is no empty field."""
    if number is not None:
        return rule_doubt(number.text, rule)
    return "empty" if cut.written else rule_doubt("", rule)
